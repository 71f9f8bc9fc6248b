"""The bridging picture for print: two blocs by position and colour, and the states between them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graph.pictures.figures.pen import FIRST, INK, MUTED, OTHER, PAPER, SECOND, Pen, Sign, sign
from graph.pictures.figures.sheet import ROOM, Figure
from graph.pictures.page import Picture

_TONES = {"first": FIRST, "second": SECOND, "other": OTHER, "ink": INK}


def figure(drawn: Picture, kicker: str, as_of: str, version: str) -> Figure:
    """Return the figure of a picture: the same places, sizes and words as on the page."""
    layout = drawn.data["layouts"]["wide"]
    nodes = [node for node in drawn.data["nodes"] if not node["affiliation"]]
    left, top, right, bottom = layout["frame"]
    bottom = max([bottom, *(layout["positions"][node["id"]][1] + 30 for node in nodes)])
    scale = ROOM / (right - left)
    pen = Pen()
    with pen.group(transform=f"scale({scale:.4f}) translate({-left:.1f} {-top:.1f})"):
        _blocs(pen, layout)
        _ties(pen, drawn.data, layout, {node["id"] for node in nodes})
        for node in nodes:
            _node(pen, node, *layout["positions"][node["id"]])
    caption = list(drawn.context["caption"])
    return Figure(
        kicker=kicker,
        headline=drawn.headline,
        lede=str(drawn.context["lede"]),
        legend=tuple(_sign(entry) for entry in drawn.context["legend"]),
        plane=str(pen),
        height=(bottom - top) * scale,
        notes=(caption[0],),
        warning=" ".join(drawn.context["warnings"]),
        as_of=as_of,
        version=version,
        sources=(),
        rests_on=caption[1].partition(". ")[2],
    )


def _blocs(pen: Pen, layout: Mapping[str, Any]) -> None:
    for bloc in layout["blocs"]:
        x, y, right, bottom = bloc["box"]
        colour = _TONES[bloc["tone"]]
        pen.add(
            "rect",
            x=x,
            y=y,
            width=right - x,
            height=bottom - y,
            rx=18,
            fill=colour,
            fill_opacity=0.07,
            stroke=colour,
            stroke_width=1.4,
        )
    anchors = {"left": "start", "right": "end", "center": "middle"}
    for head in layout["headings"]:
        if head.get("layer") == "affiliation":
            continue
        colour, anchor = _TONES[head["tone"]], anchors[head["align"]]
        pen.text(
            head["x"],
            head["y"],
            head["title"],
            head["size"],
            bold=True,
            fill=colour,
            anchor=anchor,
            family="serif",
        )
        if head["line"]:
            pen.text(
                head["x"],
                head["y"] + head["small"] * 1.45,
                head["line"],
                head["small"],
                fill=MUTED,
                anchor=anchor,
            )


def _ties(pen: Pen, data: Mapping[str, Any], layout: Mapping[str, Any], shown: set[str]) -> None:
    if data["tiesOnDemand"]:
        return
    for edge in data["edges"]:
        if {edge["from"], edge["to"]} <= shown:
            (x1, y1), (x2, y2) = (layout["positions"][edge[end]] for end in ("from", "to"))
            across = bool(edge.get("across"))
            pen.add(
                "line",
                x1=x1,
                y1=y1,
                x2=x2,
                y2=y2,
                stroke=INK if across else OTHER,
                stroke_opacity=0.75 if across else 0.3,
                stroke_width=1.4 if across else 0.8,
            )


def _node(pen: Pen, node: Mapping[str, Any], x: float, y: float) -> None:
    radius = float(node["radius"])
    with pen.mark(str(node["title"]), data_code=node["id"]):
        disc(pen, node, x, y, radius)
        below = y + radius + (4 if node.get("ring") else 1)
        for line in node["wide"]["lines"]:
            below += line["size"] * 1.15
            pen.text(
                x,
                below,
                line["text"],
                line["size"],
                anchor="middle",
                bold=bool(line["bold"]),
                fill=MUTED if line["muted"] else INK,
            )


def disc(pen: Pen, node: Mapping[str, Any], x: float, y: float, radius: float) -> None:
    """Draw a state: a disc, a diamond for the second bloc, both halves, and a ring for an indirect tie."""
    if len(node["fill"]) > 1:
        pen.halves(x, y, radius)
    elif node["fill"][0] == "second":
        pen.bloc_mark(x, y, radius, "second")
    else:
        pen.add("circle", cx=x, cy=y, r=radius, fill=_TONES[node["fill"][0]], stroke=PAPER)
    if node.get("ring"):
        wide = min(2.6, 0.6 + radius * 0.35)
        ring = radius + wide + 0.8
        pen.add("circle", cx=x, cy=y, r=ring, fill="none", stroke=_TONES[node["ring"]], stroke_width=wide)


def _sign(entry: Mapping[str, str]) -> Sign:
    name = entry["sign"]
    if name == "both":
        return sign(entry["text"], "both")
    if name == "size":
        return sign(
            entry["text"],
            "path",
            d="M-10 0a3 3 0 1 0 6 0a3 3 0 1 0 -6 0M-1 0a6 6 0 1 0 12 0a6 6 0 1 0 -12 0",
            fill=OTHER,
        )
    if name == "second":
        return sign(entry["text"], "second")
    side = name.partition("-")[0]
    ring = (SECOND if side == "first" else FIRST) if name.endswith("-tied") else PAPER
    return sign(entry["text"], "circle", r=5.5, fill=_TONES[side], stroke=ring, stroke_width=2.4)
