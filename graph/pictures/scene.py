"""Decides what a picture between two blocs shows: who stands where, how large, with which words."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graph.chance.robustness import Interval
from graph.measures.bridges import CLAIMED, STATE, Bridge, Bridges, Tie
from graph.measures.catalogue import measure, ranks, values
from graph.networks.blocs import Bloc
from graph.networks.building import BOTH, NEITHER, Network

#: Radii of the smallest and the greatest value; the area grows with the value.
SMALLEST, GREATEST = 4.5, 18.0

#: Ties of a projection beyond this many are not drawn, the weakest first.
MOST_TIES = 600

#: How betweenness is computed when a picture shows what lies between the blocs.
WITHOUT_PLACES = (
    "Betweenness in the two-mode graph of states and affiliations without the meeting places of the blocs"
)


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
    spans
        State to the interval of its rank when parts of the facts are left out; None when not computed.
    """

    network: Network
    bridges: Bridges
    sizes: Mapping[str, float]
    size_title: str
    size_method: str
    spans: Mapping[str, Interval] | None = None

    @property
    def tied(self) -> dict[str, Bridge]:
        """States tied to both blocs, by code."""
        found = (*self.bridges.both, *self.bridges.claimed, *self.bridges.indirect)
        return {bridge.code: bridge for bridge in found}


def make_scene(
    drawn: Network,
    found: Bridges,
    measure_name: str | None,
    spans: Mapping[str, Interval] | None = None,
) -> Scene:
    """Return a scene whose sizes show a named measure, or what lies between the blocs when None."""
    if measure_name is None and drawn.view == "affiliation":
        sizes = {row.code: row.betweenness for row in found.rows}
        sizes = {code: sizes.get(code, 0.0) for code in drawn.states()}
        return Scene(drawn, found, sizes, "Betweenness", WITHOUT_PLACES, spans)
    chosen = measure(measure_name or "betweenness")
    found_values = values(drawn.graph, chosen.name, strength=drawn.strength)
    method = f"{chosen.title} in the network “{drawn.title}”"
    sizes = {code: found_values[code] for code in drawn.states()}
    return Scene(drawn, found, sizes, chosen.title, method, spans)


def bands_of(scene: Scene) -> dict[str, list[str]]:
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


def radius_of(value: float, greatest: float) -> float:
    """Return the radius of a disc whose area grows with a value, given the greatest value drawn."""
    share = value / greatest if greatest > 0 else 0.0
    return round(SMALLEST + (GREATEST - SMALLEST) * math.sqrt(max(share, 0.0)), 2)


def nodes_of(scene: Scene, bands: Mapping[str, Sequence[str]]) -> list[dict[str, Any]]:
    """Return every node as it is drawn, for both forms of the picture."""
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
                    "radius": radius_of(scene.sizes[code], greatest),
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
    facts = [stands(scene, code) + "."]
    if code in scene.tied:
        facts.extend(_tie_words(scene, tie) for tie in scene.tied[code].ties)
    facts.append(f"{scene.size_title} {scene.sizes[code]:.4f}, rank {rank} of {len(scene.sizes)}.")
    facts.append(f"{span_words(scene, code)}.")
    names = sorted(graph.nodes[other]["label"] for other in graph[code])
    word = "Belongs to" if graph.graph.get("two_mode") else "Overlaps with"
    facts.append(f"{word} {len(names)}: {', '.join(names)}." if names else f"{word} none.")
    return facts


#: What stands in the place of an interval that is not known.
NO_INTERVAL = "Rank interval not computed"


def span_words(scene: Scene, code: str) -> str:
    """Return in words how far the rank of a state moves when parts of the facts are left out."""
    own = None if scene.spans is None else scene.spans.get(code)
    if own is None:
        return NO_INTERVAL
    if own.best is None:
        return "No rank without any one part of the facts"
    moved = f"Rank {own.best} to {own.worst}" if own.best != own.worst else f"Rank {own.best} still"
    return f"{moved} with parts of the facts left out" + (
        f"; absent without {' or '.join(own.absent)}" if own.absent else ""
    )


def _tie_words(scene: Scene, tie: Tie) -> str:
    bloc = next(bloc for bloc in scene.bridges.between if bloc.code == tie.bloc)
    way = " by way of ".join([bloc.short, *(step.alliance_label for step in tie.steps[:-1])])
    last = tie.steps[-1]
    since = f"since {last.since}" if last.since else "date not recorded"
    titles = "; ".join(title for _, title in last.sources)
    return f"{way}: {last.level}, {since} ({tie.verification}; {titles})."


def stands(scene: Scene, code: str) -> str:
    """Return in words where a state stands between the blocs."""
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


def ties_of(scene: Scene) -> tuple[list[dict[str, Any]], int]:
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
