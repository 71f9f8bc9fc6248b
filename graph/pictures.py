"""Draws networks as pages: vis-network from pyvis in a template that loads nothing from another host."""

from __future__ import annotations

import datetime as dt
import json
import math
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import jinja2
from markupsafe import Markup

from graph.blocs import Bloc, Knowledge
from graph.bridges import CLAIMED, STATE, Bridge, Bridges, bridges
from graph.layout import TALL, WIDE, Box, Form, Layout, place
from graph.measures import measure, ranks, values
from graph.networks import BLOCS, BOTH, NEITHER, Network, network

#: Colours told apart with every common kind of colour blindness (Okabe and Ito, 2008), and their dark forms.
COLOURS: dict[str, dict[str, Any]] = {
    "light": {
        "first": "#0072b2", "second": "#d55e00", "other": "#8a8d91", "square": "#8a8d91", "wash": 0.07,
        "ink": "#1c1f24", "muted": "#575d66", "paper": "#fdfcf9", "halo": "rgba(253,252,249,0.82)",
    },
    "dark": {
        "first": "#56b4e9", "second": "#f0a03c", "other": "#80868f", "square": "#80868f", "wash": 0.1,
        "ink": "#e6e4de", "muted": "#a9adb3", "paper": "#14171c", "halo": "rgba(20,23,28,0.8)",
    },
}  # fmt: skip

FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", Arial, sans-serif'
HEAD_FONT = (
    '"Iowan Old Style", "Palatino Linotype", Palatino, "URW Palladio L", P052, Georgia, "DejaVu Serif", serif'
)

#: Radii of the smallest and the greatest value; the area grows with the value.
SMALLEST, GREATEST = 4.5, 18.0

#: Ties of a projection beyond this many are not drawn, the weakest first.
MOST_TIES = 600

#: Names of the files that a linked page asks for.
ASSETS = ("vis-network.min.js", "picture.js", "picture.css", "page.css")

OPTIONS: dict[str, Any] = {
    "physics": {"enabled": False},
    "layout": {"improvedLayout": False},
    "interaction": {
        "hover": True,
        "tooltipDelay": 120,
        "zoomView": False,
        "dragView": False,
        "dragNodes": False,
        "selectable": True,
        "selectConnectedEdges": False,
        "hoverConnectedEdges": False,
    },
    "nodes": {"chosen": False},
    "edges": {"smooth": False, "chosen": False, "arrows": {"to": {"enabled": False}}},
    "autoResize": False,
}


@dataclass(frozen=True)
class Column:
    """A column of the table: its title, whether it holds numbers, whether it names the row."""

    title: str
    number: bool = False
    head: bool = False


@dataclass(frozen=True)
class Table:
    """The numbers of a picture as text."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Scene:
    """What is to be drawn, before it is placed.

    Attributes
    ----------
    network
        The network of the view.
    bridges
        What bridges the blocs on the same day.
    sizes
        State to the value that its disc shows.
    size_title, size_method
        The name of that value, and how it was computed.
    """

    network: Network
    bridges: Bridges
    sizes: Mapping[str, float]
    size_title: str
    size_method: str

    @property
    def tied(self) -> dict[str, Bridge]:
        """States tied to both blocs, by code."""
        found = (*self.bridges.both, *self.bridges.claimed, *self.bridges.indirect)
        return {bridge.code: bridge for bridge in found}


@dataclass(frozen=True)
class Picture:
    """A finished picture: words, data for the script, and the table of the same numbers."""

    headline: str
    context: Mapping[str, Any] = field(repr=False)
    data: Mapping[str, Any] = field(repr=False)

    def body(self) -> Markup:
        """Return the HTML of the picture, for a page that brings its own frame, styles and scripts."""
        return Markup(_templates().get_template("picture_body.html").render(self.context))  # noqa: S704

    def json(self) -> Markup:
        """Return the data for the JSON script element ``picture-data``, safe inside it."""
        return safe_json(self.data)

    def page(
        self,
        assets: Literal["inline", "linked"] = "inline",
        urls: Mapping[str, str] | None = None,
        nonce: str | None = None,
    ) -> str:
        """Return a whole page.

        Parameters
        ----------
        assets
            ``inline`` for a file that stands alone, ``linked`` for addresses of one's own server.
        urls
            For ``linked``: the address of each of `ASSETS`.
        nonce
            For ``inline`` behind a content security policy: the nonce of the scripts and styles.

        Returns
        -------
        str
            HTML that asks for nothing but the addresses given.
        """
        parts = {name: _asset(name, assets, urls or {}) for name in ASSETS}
        return (
            _templates()
            .get_template("picture.html")
            .render(
                self.context,
                headline=self.headline,
                nonce=nonce,
                data=self.json(),
                sheets=[parts["page.css"], parts["picture.css"]],
                scripts=[parts["vis-network.min.js"], parts["picture.js"]],
            )
        )


def picture(
    kg: Knowledge,
    view: str = "affiliation",
    *,
    as_of: str | dt.date | None = None,
    between: Sequence[str] = BLOCS,
    measure_name: str | None = None,
    imprecise: str = "exclude",
    raw: bool = False,
) -> Picture:
    """Return the picture of a network between two blocs.

    Parameters
    ----------
    kg
        The knowledge graph.
    view
        A key of `graph.networks.VIEWS`.
    as_of
        The day, as a date or in ISO form; today when None.
    between
        Two names of alliances; the first has the first colour and stands left (on a phone: above).
    measure_name
        What the size of a state shows: a key of `graph.measures.MEASURES` over the network of the view;
        when None, betweenness, in the affiliation view without the meeting places of the blocs.
    imprecise, raw
        As in `graph.networks.network`.

    Raises
    ------
    UnknownName
        There is no such view, alliance or measure.
    BadDate
        The day is no calendar date.
    """
    drawn = network(kg, view, as_of=as_of, imprecise=imprecise, raw=raw, between=between)
    scene = _scene(drawn, bridges(kg, between, as_of, imprecise), measure_name)
    titles = {str(row["source"]): str(row["title"]) for row in kg.run("networks/sources")}
    return _finish(scene, titles)


def asset(name: str) -> tuple[str, str]:
    """Return the text and the media type of one of `ASSETS`."""
    text = _asset_path(name).read_text(encoding="utf-8")
    return text, "text/css" if name.endswith(".css") else "text/javascript"


def safe_json(data: object) -> Markup:
    """Return data as JSON that cannot end the script element it stands in."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)  # noqa: S704


# What is drawn


def _scene(drawn: Network, found: Bridges, measure_name: str | None) -> Scene:
    if measure_name is None and drawn.view == "affiliation":
        sizes = {row.code: row.betweenness for row in found.rows}
        method = "Betweenness in the two-mode graph of states and affiliations without the meeting places "
        "of the blocs"
        return Scene(
            drawn, found, {code: sizes.get(code, 0.0) for code in drawn.states()}, "Betweenness", method
        )
    chosen = measure(measure_name or "betweenness")
    found_values = values(drawn.graph, chosen.name, strength=drawn.strength)
    method = f"{chosen.title} in the network “{drawn.title}”"
    return Scene(drawn, found, {code: found_values[code] for code in drawn.states()}, chosen.title, method)


def _bands(scene: Scene) -> dict[str, list[str]]:
    """Return the nodes of each band of the layout, in order of name."""
    first, second = scene.bridges.between
    bands: dict[str, list[str]] = {}
    for code in scene.network.states():
        bands.setdefault(_band(scene, code, first, second), []).append(code)
    bands["affiliation"] = [node for node, mode in scene.network.graph.nodes(data="bipartite") if mode == 1]
    label = scene.network.graph.nodes
    ordered = {band: sorted(codes, key=lambda code: label[code]["label"]) for band, codes in bands.items()}
    between = ordered.get("between", [])
    ordered["between"] = sorted(between, key=lambda code: scene.tied[code].engagement != STATE)
    return ordered


def _band(scene: Scene, code: str, first: Bloc, second: Bloc) -> str:
    group = scene.network.graph.nodes[code]["group"]
    bridge = scene.tied.get(code)
    if group == BOTH or (bridge and bridge.engagement == CLAIMED and group != NEITHER):
        return "between"
    if group == NEITHER:
        return "neither"
    side = "first" if group == first.code else "second"
    return f"{side}-tied" if bridge else side


def _radius(value: float, greatest: float) -> float:
    share = value / greatest if greatest > 0 else 0.0
    return round(SMALLEST + (GREATEST - SMALLEST) * math.sqrt(max(share, 0.0)), 2)


def _nodes(scene: Scene, bands: Mapping[str, Sequence[str]]) -> list[dict[str, Any]]:
    greatest = max(scene.sizes.values(), default=0.0)
    place_of = ranks(dict(scene.sizes))
    found = []
    for band, codes in bands.items():
        for code in codes:
            known = scene.network.graph.nodes[code]
            common = {"id": code, "label": code, "name": known["label"], "affiliation": band == "affiliation"}
            if band == "affiliation":
                found.append({**common, **_square(scene, code)})
                continue
            facts = _facts(scene, code, place_of[code])
            found.append(
                {
                    **common,
                    **_disc(scene, code, band),
                    "radius": _radius(scene.sizes[code], greatest),
                    "facts": facts,
                    "title": "\n".join([f"{known['label']} ({code})", *facts[:-1]]),
                }
            )
    return found


def _disc(scene: Scene, code: str, band: str) -> dict[str, Any]:
    fill = {"first": ["first"], "second": ["second"], "between": ["first", "second"], "neither": ["other"]}
    found: dict[str, Any] = {"form": "disc", "fill": fill[band.removesuffix("-tied")]}
    label = scene.network.graph.nodes[code]["label"]
    if band == "between":
        bridge = scene.tied[code]
        certain = [tie.engagement == STATE for tie in bridge.ties]
        if not all(certain):
            found |= {
                "fill": ["first" if certain[0] else "second"],
                "ring": "second" if certain[0] else "first",
            }
        remark = [] if all(certain) else [_line("by a claim", 12, muted=True)]
        found["wide"] = {"lines": [*_lines(label, 18, 16, bold=True), *remark]}
        found["tall"] = {"lines": [*_lines(label, 11, 13, bold=True), *remark]}
        return found
    if band.endswith("-tied"):
        found["ring"] = "second" if band == "first-tied" else "first"
        found["wide"] = {"lines": [*_lines(label, 16, 12.5), _line(_way(scene.tied[code]), 10.5, muted=True)]}
    else:
        found["wide"] = {"lines": _lines(label, 16, 12.5)}
    found["tall"] = {"lines": [_line(code, 11.5)]}
    if band == "neither":
        found["layer"] = "neither"
        found["wide"] = {"lines": [_line(code, 11, muted=True)]}
    return found


def _way(bridge: Bridge) -> str:
    """Return by which way a state is tied to the other bloc, in two or three words."""
    tie = max(bridge.ties, key=lambda tie: tie.length)
    if len(tie.steps) > 1:
        return f"via {_short(tie.steps[0].alliance_label, tie.steps[0].alliance)}"
    level = tie.steps[0].level.partition(",")[0]
    return f"via {'an' if level[:1] in 'aeio' else 'a'} {level}"


def _short(label: str, code: str) -> str:
    return code.upper() if len(label) > 14 else label


def _square(scene: Scene, code: str) -> dict[str, Any]:
    known = scene.network.graph.nodes[code]
    members = sorted(scene.network.graph.nodes[state]["label"] for state in scene.network.graph[code])
    kind = known["kind"].capitalize()
    return {
        "form": "square",
        "layer": "affiliation",
        "radius": 5.0,
        "wide": {"lines": [{**line, "muted": True} for line in _lines(known["label"], 20, 11)]},
        "tall": {"lines": [_line(code[:11], 9.5, muted=True)]},
        "title": f"{known['label']}\n{kind} with {len(members)} states",
        "facts": [f"{kind} with {len(members)} states:", ", ".join(members) + "."],
    }


def _facts(scene: Scene, code: str, rank: int) -> list[str]:
    graph = scene.network.graph
    facts = [_stands(scene, code) + "."]
    if code in scene.tied:
        facts.extend(_tie_words(scene, tie) for tie in scene.tied[code].ties)
    facts.append(f"{scene.size_title} {scene.sizes[code]:.4f}, rank {rank} of {len(scene.sizes)}.")
    names = sorted(graph.nodes[other]["label"] for other in graph[code])
    word = "Belongs to" if graph.graph.get("two_mode") else "Overlaps with"
    facts.append(f"{word} {len(names)}: {', '.join(names)}." if names else f"{word} none.")
    return facts


def _tie_words(scene: Scene, tie: Any) -> str:
    bloc = next(bloc for bloc in scene.bridges.between if bloc.code == tie.bloc)
    way = " by way of ".join([bloc.short, *(step.alliance_label for step in tie.steps[:-1])])
    last = tie.steps[-1]
    since = f" since {last.since}" if last.since else ", date not recorded"
    return (
        f"{way}: {last.level}{since} ({tie.verification}; {'; '.join(title for _, title in last.sources)})."
    )


def _stands(scene: Scene, code: str) -> str:
    first, second = scene.bridges.between
    group = scene.network.graph.nodes[code]["group"]
    bridge = scene.tied.get(code)
    if group == BOTH:
        return "In both"
    if group == NEITHER:
        return "In neither bloc"
    own, other = (first, second) if group == first.code else (second, first)
    if bridge is None:
        return f"{own.label} only"
    if bridge.engagement == CLAIMED:
        return f"{own.label}; in the {other.short} by a claim whose level no source gives"
    return f"{own.label}; tied to the {other.short} only indirectly"


def _lines(text: str, width: int, size: float, *, bold: bool = False) -> list[dict[str, Any]]:
    parts = textwrap.wrap(text, width, break_long_words=False) or [text]
    if len(parts) > 2:
        parts = [parts[0], textwrap.shorten(" ".join(parts[1:]), width + 3, placeholder="…")]
    return [_line(part, size, bold=bold) for part in parts]


def _line(text: str, size: float, *, bold: bool = False, muted: bool = False) -> dict[str, Any]:
    return {"text": text, "size": size, "bold": bold, "muted": muted}


def _edges(scene: Scene) -> tuple[list[dict[str, Any]], int]:
    """Return the ties to draw, and how many there are."""
    graph = scene.network.graph
    two_mode = bool(graph.graph.get("two_mode"))
    ties = sorted(graph.edges(data="weight", default=0), key=lambda tie: (-tie[2], tie[0], tie[1]))
    blocs = {bloc.code for bloc in scene.bridges.between}
    found = []
    for number, (one, other, _) in enumerate(ties if two_mode else ties[:MOST_TIES]):
        across = blocs <= {graph.nodes[one]["group"], graph.nodes[other]["group"]}
        found.append({"id": number, "from": one, "to": other} | ({"across": True} if across else {}))
    return found, len(ties)


# Placing and finishing


def _finish(scene: Scene, titles: Mapping[str, str]) -> Picture:
    bands = _bands(scene)
    nodes, (edges, ties) = _nodes(scene, bands), _edges(scene)
    drawn_nodes, drawn_edges, options = _pyvis(nodes, edges)
    layouts = {name: _plane(scene, bands, form) for name, form in (("wide", WIDE), ("tall", TALL))}
    headline, lede = _headline(scene)
    hint = "Choose a state in the picture or in the list to read how it is tied."
    data = {
        "nodes": drawn_nodes,
        "edges": drawn_edges,
        "options": options,
        "layouts": layouts,
        "colours": COLOURS,
        "font": FONT,
        "headFont": HEAD_FONT,
        "hint": hint,
        "tiesOnDemand": bool(scene.network.graph.graph.get("two_mode")),
        "tallBelow": 800,
        "tallScale": 0.6,
        "greatestScale": 1.35,
    }
    context = {
        "kicker": f"{scene.network.title} · as of {_words(scene.network.as_of)}",
        "headline": headline,
        "lede": lede,
        "warnings": [f"Only the {len(edges):,} strongest of {ties:,} ties are drawn."]
        if len(edges) < ties
        else [],
        "legend": _legend(scene, bands),
        "choices": [(code, scene.network.graph.nodes[code]["label"]) for code in _by_label(scene)],
        "layers": _layers(bands),
        "summary": f"{headline}. {lede} The numbers stand in the table beneath.",
        "hint": hint,
        "caption": _caption(scene, titles),
        "table": _table(scene),
    }
    return Picture(headline, context, data)


def _pyvis(nodes: Sequence[Mapping[str, Any]], edges: Sequence[Mapping[str, Any]]) -> tuple[Any, Any, Any]:
    """Pass the nodes and ties through pyvis's own structures, which vis-network reads."""
    from pyvis.edge import Edge
    from pyvis.network import Network as Canvas

    canvas = Canvas()
    for node in nodes:
        options = {key: value for key, value in node.items() if key not in ("id", "label")}
        canvas.add_node(node["id"], label=node["label"], shape="dot", **options)
    for edge in edges:
        options = {key: value for key, value in edge.items() if key not in ("from", "to")}
        canvas.edges.append(Edge(edge["from"], edge["to"], **options).options)
    canvas.options = OPTIONS
    drawn_nodes, drawn_edges, _, _, _, options = canvas.get_network_data()
    for node in drawn_nodes:
        node.pop("color", None)
    return drawn_nodes, drawn_edges, json.loads(options)


def _plane(scene: Scene, bands: Mapping[str, Sequence[str]], form: Form) -> dict[str, Any]:
    placed = place(bands, form)
    headings = _headings(scene, bands, placed, form)
    left = min(box.left for box in placed.blocs) - 6
    right = max(box.right for box in placed.blocs) + 6
    top = min(box.top for box in placed.blocs) - 6
    bottom = max(box.bottom for box in placed.blocs) + 8
    return {
        "positions": {node: [round(x, 1), round(y, 1)] for node, (x, y) in placed.positions.items()},
        "blocs": [
            {"tone": tone, "box": [round(value, 1) for value in (box.left, box.top, box.right, box.bottom)]}
            for tone, box in zip(("first", "second"), placed.blocs, strict=True)
        ],
        "headings": headings,
        "frame": [left, top, right, bottom],
        "beneath": {layer: box.bottom + 8 for layer, box in placed.beneath.items()},
    }


def _headings(
    scene: Scene, bands: Mapping[str, Sequence[str]], placed: Layout, form: Form
) -> list[dict[str, Any]]:
    first, second = placed.blocs
    both = len(scene.bridges.both)
    size, small = (17.0, 12.0) if form.upright else (23.0, 14.0)
    texts = [
        (bloc.label, f"{scene.bridges.members[bloc.code]} states, {both} in both")
        for bloc in scene.bridges.between
    ]
    in_between = _middle(first, second) if not form.upright else 0.0
    found = [
        _heading("first", texts[0], first.left + 16, first.top + size + 10, size, small),
        _heading("second", texts[1], second.right - 16, second.top + size + 8, size, small, align="right"),
    ]
    if form.upright:
        found[1] |= {"x": second.left + 16, "y": second.bottom - small * 1.45 - 12, "align": "left"}
        room = second.right - second.left
    else:
        room = second.right - first.right
    if _too_long(texts[1][0], room, size):
        found[1]["title"] = scene.bridges.between[1].short
    if both:
        found.append(
            _heading(
                "ink", ("In both", ""), in_between, second.top + size + 8, size * 0.8, small, align="center"
            )
        )
    beneath = {
        "neither": f"In neither: {len(bands.get('neither', ()))} states",
        "affiliation": "What states belong to",
    }
    for layer, title in beneath.items():
        if bands.get(layer) and layer in placed.beneath:
            top = placed.beneath[layer].top + (28.0 if form.upright else 38.0)
            found.append(
                _heading("ink", (title, ""), first.left + 4, top, small + 2, small) | {"layer": layer}
            )
    return found


def _too_long(text: str, room: float, size: float) -> bool:
    return len(text) * size * 0.6 > room - 24


def _middle(first: Box, second: Box) -> float:
    return (second.left + first.right) / 2


def _heading(
    tone: str, words: tuple[str, str], x: float, y: float, size: float, small: float, align: str = "left"
) -> dict[str, Any]:
    return {
        "tone": tone, "title": words[0], "line": words[1], "align": align,
        "x": round(x, 1), "y": round(y, 1), "size": size, "small": small,
    }  # fmt: skip


# Words


_NUMBERS = (
    "No",
    "One",
    "Two",
    "Three",
    "Four",
    "Five",
    "Six",
    "Seven",
    "Eight",
    "Nine",
    "Ten",
    "Eleven",
    "Twelve",
)


def _number(count: int) -> str:
    return _NUMBERS[count] if count < len(_NUMBERS) else f"{count:,}"


def _headline(scene: Scene) -> tuple[str, str]:
    first, second = scene.bridges.between
    both = scene.bridges.both
    if scene.network.view == "affiliation":
        verb = "state belongs" if len(both) == 1 else "states belong"
        headline = f"{_number(len(both))} {verb} to both the {first.label} and the {second.label}"
    elif scene.network.graph.number_of_edges():
        noun = (
            "pair of states overlaps"
            if scene.network.graph.number_of_edges() == 1
            else "pairs of states overlap"
        )
        more = "in some affiliation" if scene.network.strength else "more than chance explains"
        headline = f"{_number(scene.network.graph.number_of_edges())} {noun} {more}"
    else:
        headline = "No pair of states overlaps more than chance explains"
    return headline, _tied_words(scene) if scene.network.view == "affiliation" else " ".join(
        scene.network.notes
    )


def _tied_words(scene: Scene) -> str:
    both, claimed, indirect = scene.bridges.both, scene.bridges.claimed, scene.bridges.indirect
    sentences = []
    if both:
        sentences.append(f"{_join(bridge.label for bridge in both)} {_be(both)} in both at state level.")
    if claimed:
        sentences.append(
            f"{_join(bridge.label for bridge in claimed)} would be, if a membership whose level no source "
            "gives is the state's own."
        )
    if indirect:
        verb = "is" if len(indirect) == 1 else "are"
        sentences.append(
            f"{_number(len(indirect))} more {verb} tied to the other bloc only through a company, a "
            "university or another body, or by way of an organization."
        )
    return " ".join(sentences) or "No state is tied to both blocs on this day."


def _be(found: Sequence[Bridge]) -> str:
    return "is" if len(found) == 1 else "are"


def _join(names: Any) -> str:
    listed = list(names)
    return listed[0] if len(listed) == 1 else f"{', '.join(listed[:-1])} and {listed[-1]}"


def _words(day: str) -> str:
    date = dt.date.fromisoformat(day)
    return f"{date.day} {date:%B %Y}"


def _legend(scene: Scene, bands: Mapping[str, Sequence[str]]) -> list[dict[str, str]]:
    first, second = scene.bridges.between
    signs = [
        ("first", f"{first.short} only"),
        ("second", f"{second.short} only"),
        ("both", "in both"),
        ("first-tied", f"{first.short}; tied to {second.short} indirectly or by a claim"),
        ("second-tied", f"{second.short}; tied to {first.short} indirectly or by a claim"),
        ("size", f"area: {scene.size_title.lower()}"),
    ]
    claims = {f"{side}-tied" for side in _claims(scene)}
    absent = {"first-tied", "second-tied"} - set(bands) - claims
    absent |= set() if scene.bridges.both else {"both"}
    return [{"sign": sign, "text": text} for sign, text in signs if sign not in absent]


def _claims(scene: Scene) -> set[str]:
    """Return on which side states stand that are in the other bloc by a claim."""
    found = (bridge.ties[0].engagement == STATE for bridge in scene.bridges.claimed)
    return {"first" if certain else "second" for certain in found}


def _layers(bands: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
    words = {"neither": "States in neither", "affiliation": "Alliances and treaties"}
    return [(layer, f"{text} ({len(bands[layer])})") for layer, text in words.items() if bands.get(layer)]


def _by_label(scene: Scene) -> list[str]:
    return sorted(scene.network.states(), key=lambda code: scene.network.graph.nodes[code]["label"])


def _caption(scene: Scene, titles: Mapping[str, str]) -> list[str]:
    rests = ", ".join(f"{count} {grade}" for grade, count in scene.bridges.rests_on.items())
    most = [titles[source] for source in scene.network.sources if source in titles][:4]
    places = (
        _join(label for _, label in scene.bridges.meeting_places) if scene.bridges.meeting_places else "none"
    )
    shown = scene.network.view == "affiliation" and scene.size_method.endswith("of the blocs")
    return [
        f"Size of a state: {scene.size_method}. Its place within a bloc has no meaning; names are in "
        "alphabetical order." + (f" Meeting places left out: {places}." if shown else ""),
        f"Source: spacenorms, data version {scene.network.version}, as of {_words(scene.network.as_of)}. "
        f"Memberships of the two blocs by verification: {rests}. "
        f"Of {len(scene.network.sources)} sources, the most used: {'; '.join(most)}.",
    ]


def _table(scene: Scene) -> Table:
    shares = {row.code: row.share for row in scene.bridges.rows}
    place_of = ranks(dict(scene.sizes))
    graph = scene.network.graph
    first, second = scene.bridges.between
    columns = (
        Column("Rank", number=True), Column("State", head=True), Column("Code"), Column("Stands"),
        Column(scene.size_title, number=True), Column(f"Paths {first.short}–{second.short}", number=True),
        Column("Ties", number=True),
    )  # fmt: skip
    rows = tuple(
        (
            str(place_of[code]),
            graph.nodes[code]["label"],
            code,
            _stands(scene, code),
            f"{scene.sizes[code]:.4f}",
            f"{100 * shares.get(code, 0.0):.1f} %",
            str(graph.degree(code)),
        )
        for code in place_of
    )
    caption = (
        f"{scene.size_method}; the share of the shortest paths between the two blocs that runs through the "
        f"state, meeting places left out; and the number of its ties in the network. {len(rows)} states, "
        f"as of {_words(scene.network.as_of)}; equal values share a rank and stand in order of code."
    )
    return Table(caption, columns, rows)


# Files


@cache
def _templates() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(str(files("graph") / "templates")),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
    )


def _asset_path(name: str) -> Path:
    if name == "vis-network.min.js":
        return Path(str(files("pyvis"))) / "lib" / "vis-9.1.2" / name
    return Path(str(files("graph"))) / "templates" / name


def _asset(name: str, how: str, urls: Mapping[str, str]) -> dict[str, Any]:
    if how == "linked":
        return {"url": urls[name], "text": ""}
    return {"url": "", "text": _inline(name)}


@cache
def _inline(name: str) -> Markup:
    text = asset(name)[0]
    # An inlined script ends at the first "</script", and "<!--" changes how its end is found; in a string
    # of JavaScript "<\/script" and "<\!--" mean the same.
    return Markup(text.replace("</script", "<\\/script").replace("<!--", "<\\!--"))  # noqa: S704
