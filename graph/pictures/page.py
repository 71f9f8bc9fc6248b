"""Draws networks as pages: vis-network from pyvis in a template that loads nothing from another host."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import jinja2
from markupsafe import Markup

from graph.cache import Cache
from graph.chance.rankspans import QUICK, Spans, rank_spans
from graph.measures.bridges import bridges
from graph.measures.catalogue import measured
from graph.networks.blocs import Knowledge
from graph.networks.options import read_options
from graph.pictures.captions import (
    by_label,
    caption_of,
    headline_of,
    layers_of,
    legend_of,
    long_date,
    numbers_of,
    table_of,
)
from graph.pictures.headings import headings_of
from graph.pictures.layout import TALL, WIDE, Form, place
from graph.pictures.order import Order
from graph.pictures.scene import NO_INTERVAL, Scene, bands_of, make_scene, nodes_of, ties_of

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

#: Names of the files that a linked page asks for.
FILLING = "intervals.js"
ASSETS = ("vis-network.min.js", "picture.js", "picture.css", "page.css", FILLING)

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


_KEPT: Cache[Picture] = Cache(32)


@dataclass(frozen=True)
class Picture:
    """A finished picture: words, data for the script, and the table of the same numbers."""

    headline: str
    context: Mapping[str, Any] = field(repr=False)
    data: Mapping[str, Any] = field(repr=False)
    numbers: Sequence[Mapping[str, Any]] = field(repr=False)
    has_intervals: bool = True

    def body(self, reckon: str = "", fill: str = "") -> Markup:
        """Return the HTML of the picture, for a page that brings its own frame, styles and scripts.

        Parameters
        ----------
        reckon
            For a picture without the intervals of ranks: the address of the same page with them.
        fill
            The address of `record` with the intervals, from which a script fills them in; if any.
        """
        template = _templates().get_template("picture_body.html")
        return Markup(template.render(self.context, reckon=reckon, fill=fill))  # noqa: S704

    def record(self) -> dict[str, Any]:
        """Return the numbers of the picture for programs."""
        return {
            "headline": self.headline,
            "caption": self.context["table"].caption,
            "without_interval": NO_INTERVAL,
            "rows": list(self.numbers),
        }

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
        parts = {name: _asset(name, assets, urls or {}) for name in ASSETS if name != FILLING}
        return (
            _templates()
            .get_template("picture.html")
            .render(
                self.context,
                reckon="",
                fill="",
                headline=self.headline,
                nonce=nonce,
                data=self.json(),
                sheets=[parts["page.css"], parts["picture.css"]],
                scripts=[parts["vis-network.min.js"], parts["picture.js"]],
            )
        )


def picture(kg: Knowledge, view: str | Order = "affiliation", **choices: Any) -> Picture:
    """Return the picture of a network between two blocs.

    Parameters
    ----------
    kg
        The knowledge graph.
    view
        An order, or the name of a view.
    **choices
        With the name of a view: the fields of `graph.pictures.order.Order`.

    Raises
    ------
    UnknownName
        There is no such view, alliance or measure.
    BadDate, BadValue
        The day is no calendar date, or there is no such choice.
    """
    order = Order.of(view, choices)
    read_options(kg, order.view, (), order.options)
    spans = spans_of(kg, order)

    def draw() -> Picture:
        titles = {str(row["source"]): str(row["title"]) for row in kg.run("networks/sources")}
        return _finish(scene_of(kg, order, spans), titles)

    return _KEPT.get(kg, (repr(replace(order, intervals=QUICK)), spans is None), draw)


def spans_of(kg: Knowledge, order: Order) -> Spans | None:
    """Return the intervals of the ranks that an order shows; None as long as they are not known."""
    return rank_spans(
        kg, order.view, order.measure_name, raw=order.raw, as_of=order.as_of, imprecise=order.imprecise,
        between=order.between, effort=order.intervals,
    )  # fmt: skip


def scene_of(kg: Knowledge, order: Order, spans: Spans | None = None) -> Scene:
    """Return what an order shows, with the intervals of ranks if they are known."""
    drawn = order.network(kg)
    graph, strength, merging = measured(drawn)
    drawn = replace(drawn, graph=graph, strength=strength, notes=(*drawn.notes, *merging))
    found = bridges(kg, order.between, order.as_of, order.imprecise)
    return make_scene(drawn, found, order.measure_name, spans)


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


# Placing and finishing


def _finish(scene: Scene, titles: Mapping[str, str]) -> Picture:
    bands = bands_of(scene)
    nodes, (edges, ties) = nodes_of(scene, bands), ties_of(scene)
    drawn_nodes, drawn_edges, options = _pyvis(nodes, edges)
    layouts = {name: _plane(scene, bands, form) for name, form in (("wide", WIDE), ("tall", TALL))}
    headline, lede = headline_of(scene)
    hint = "Choose a state in the picture, with the arrow keys or in the list to read how it is tied."
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
        "kicker": f"{scene.network.title} · as of {long_date(scene.network.as_of)}",
        "headline": headline,
        "lede": lede,
        "warnings": [f"Only the {len(edges):,} strongest of {ties:,} ties are drawn."]
        if len(edges) < ties
        else [],
        "legend": legend_of(scene, bands),
        "choices": [(code, scene.network.graph.nodes[code]["label"]) for code in by_label(scene)],
        "layers": layers_of(bands),
        "summary": f"{headline}. {lede} The numbers stand in the table beneath.",
        "hint": hint,
        "caption": caption_of(scene, titles),
        "table": table_of(scene),
    }
    return Picture(headline, context, data, numbers_of(scene), has_intervals=scene.spans is not None)


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
    headings = headings_of(scene, bands, placed, form)
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


# Files


@cache
def _templates() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(str(files("graph.pictures") / "templates")),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
    )


def _asset_path(name: str) -> Path:
    if name == "vis-network.min.js":
        return Path(str(files("pyvis"))) / "lib" / "vis-9.1.2" / name
    return Path(str(files("graph.pictures"))) / "templates" / name


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
