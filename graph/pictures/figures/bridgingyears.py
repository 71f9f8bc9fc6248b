"""Small multiples of the bridging picture: the same places and the same scale in every year."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from graph.measures.bridges import CLAIMED
from graph.networks.blocs import Bloc
from graph.pictures.captions import joined, long_date
from graph.pictures.figures.blocs import bloc_signs, counted
from graph.pictures.figures.bridging import disc
from graph.pictures.figures.panels import Panel, panel_width, set_panels
from graph.pictures.figures.pen import FIRST, INK, MUTED, OTHER, PAPER, SECOND, Pen, Sign, sign
from graph.pictures.figures.sheet import Figure
from graph.pictures.layout import Box, Form, Layout, place
from graph.pictures.scene import Scene, bands_of, nodes_of, radius_of, stands

#: Room for a state that is named by its code only, and the size of the code.
SMALL = Form(
    upright=False,
    cells=((34.0, 29.0), (36.0, 31.0), (48.0, 40.0), (36.0, 31.0), (34.0, 29.0)),
    beneath_cells=((34.0, 29.0), (34.0, 29.0)),
    margin=12.0,
    head=34.0,
)
CODE = 8.2

#: Discs are this much smaller than in the picture of one day.
SHRINK = 0.55

COLUMNS = 2


def figure(scenes: Mapping[int, Scene], sources: Sequence[str] = ()) -> Figure:
    """Return the figure of two blocs in several years.

    Parameters
    ----------
    scenes
        Year to what is drawn, in order of year; all of the same view, blocs and measure.
    sources
        Titles of the most used sources of the last year.
    """
    last = scenes[max(scenes)]
    greatest = max((value for scene in scenes.values() for value in scene.sizes.values()), default=0.0)
    placed = place(_bands(scenes), SMALL)
    columns = min(COLUMNS, len(scenes))
    panels = [_panel(year, scene, placed, greatest, columns) for year, scene in scenes.items()]
    first, second = last.bridges.between
    names = (
        "Year", "As of", f"In {first.short}", f"In {second.short}", "In both",
        "Tied to both only indirectly", f"Largest {last.size_title.lower()} of a state of a bloc",
    )  # fmt: skip
    plane, height = set_panels(panels, columns, names, "The same in numbers")
    told = ", ".join(f"{len(scene.bridges.both)} in {year}" for year, scene in scenes.items())
    return Figure(
        kicker=f"{last.network.title}: {counted(len(scenes), 'year')}",
        headline=f"States in both {first.label} and {second.short}: {told}",
        lede=(
            "Every state that belongs to a bloc in one of these years keeps its place; a small open ring is "
            "a state that does not belong yet, or no longer; a dashed outline is a bloc without a member. "
            "Areas are to one scale in all years. Each year shows its last day, the current one the day of "
            "the data."
        ),
        legend=(*_signs((first, second)), _size(last.size_title, greatest)),
        plane=plane,
        height=height,
        notes=(f"Size of a state: {last.size_method}. Its place within a bloc has no meaning.",),
        warning="",
        as_of=last.network.as_of,
        version=last.network.version,
        sources=tuple(sources),
        rests_on="",
    )


def _signs(blocs: tuple[Bloc, Bloc]) -> tuple[Sign, ...]:
    ring = sign("tied to the other bloc indirectly or by a claim", "circle", r=5.5, fill=FIRST, stroke=SECOND,
                stroke_width=2.2)  # fmt: skip
    return (*bloc_signs(blocs, "not in either in that year"), ring)


def _size(title: str, greatest: float) -> Sign:
    drawn = "M-9 0a2.5 2.5 0 1 0 5 0a2.5 2.5 0 1 0 -5 0M-2 0a5.5 5.5 0 1 0 11 0a5.5 5.5 0 1 0 -11 0"
    return sign(f"area: {title.lower()}, from 0 to {greatest:.3g}", "path", d=drawn, fill=OTHER)


def _bands(scenes: Mapping[int, Scene]) -> dict[str, list[str]]:
    """Return the band of every state that is in a bloc in some year: that of the last such year."""
    band_of: dict[str, str] = {}
    label: dict[str, str] = {}
    for scene in scenes.values():
        for band, codes in bands_of(scene).items():
            if band not in ("neither", "affiliation"):
                band_of |= dict.fromkeys(codes, band)
                label |= {code: scene.network.graph.nodes[code]["label"] for code in codes}
    bands: dict[str, list[str]] = {}
    for code in sorted(band_of, key=lambda code: label[code]):
        bands.setdefault(band_of[code], []).append(code)
    return bands


def _panel(year: int, scene: Scene, placed: Layout, greatest: float, columns: int) -> Panel:
    pen, wide = Pen(), panel_width(columns)
    left = min(box.left for box in placed.blocs) - 2
    top = min(box.top for box in placed.blocs) - 2
    scale = wide / (max(box.right for box in placed.blocs) + 2 - left)
    members = [scene.bridges.members[bloc.code] for bloc in scene.bridges.between]
    with pen.group(transform=f"scale({scale:.4f}) translate({-left:.1f} {-top:.1f})"):
        for number, box in enumerate(placed.blocs):
            _bloc(pen, scene.bridges.between[number], members[number], box, right=number == 1)
        _states(pen, year, scene, placed, greatest)
    bottom = max(box.bottom for box in placed.blocs) + 2
    return Panel(
        year, _counts(scene, members), str(pen), (bottom - top) * scale, _row(scene, members, placed)
    )


def _bloc(pen: Pen, bloc: Bloc, members: int, box: Box, *, right: bool) -> None:
    colour = SECOND if right else FIRST
    pen.add(
        "rect", x=box.left, y=box.top, width=box.right - box.left, height=box.bottom - box.top, rx=10,
        fill=colour if members else "none", fill_opacity=0.07, stroke=colour, stroke_width=1,
        stroke_dasharray=None if members else "4 3",
    )  # fmt: skip
    x, anchor = (box.right - 9, "end") if right else (box.left + 9, None)
    pen.text(
        x, box.top + 17, f"{bloc.short} {members}", 12, bold=True, family="serif", fill=colour, anchor=anchor
    )


def _states(pen: Pen, year: int, scene: Scene, placed: Layout, greatest: float) -> None:
    bands = {band: codes for band, codes in bands_of(scene).items() if band not in ("neither", "affiliation")}
    nodes = {node["id"]: node for node in nodes_of(scene, bands)}
    for code, (x, y) in placed.positions.items():
        node = nodes.get(code)
        if node is None:
            pen.add("circle", cx=x, cy=y, r=1.9, fill=PAPER, stroke=OTHER, stroke_width=0.9)
            continue
        label, value = scene.network.graph.nodes[code]["label"], scene.sizes[code]
        told = f"{label} ({year}): {stands(scene, code)}; {scene.size_title.lower()} {value:.4f}"
        radius = radius_of(value, greatest) * SHRINK
        with pen.mark(told, data_code=code, data_year=year):
            disc(pen, node, x, y, radius)
            below = y + radius + (3 if node.get("ring") else 0) + CODE
            pen.text(x, below, code, CODE, anchor="middle", fill=INK if node.get("ring") else MUTED)


def _counts(scene: Scene, members: Sequence[int]) -> str:
    first, second = scene.bridges.between
    both = scene.bridges.both
    named = f" ({joined(bridge.label for bridge in both)})" if both else ""
    return (
        f"{first.short} {members[0]} · {second.short} {members[1]} · in both {len(both)}{named} · in neither "
        f"{len(bands_of(scene).get('neither', ()))}"
    )


def _row(scene: Scene, members: Sequence[int], placed: Layout) -> tuple[str, ...]:
    both = scene.bridges.both
    own = [code for code in placed.positions if code in scene.sizes and _belongs(scene, code)]
    most = max(own, key=lambda code: (scene.sizes[code], code), default=None)
    return (
        long_date(scene.network.as_of),
        str(members[0]),
        str(members[1]),
        f"{len(both)}" + (f": {joined(bridge.label for bridge in both)}" if both else ""),
        str(len(scene.bridges.indirect)) + _claimed(scene),
        "–" if most is None else f"{scene.sizes[most]:.4f} ({scene.network.graph.nodes[most]['label']})",
    )


def _belongs(scene: Scene, code: str) -> bool:
    return bool(scene.network.graph.nodes[code].get("blocs"))


def _claimed(scene: Scene) -> str:
    number = sum(bridge.engagement == CLAIMED for bridge in scene.bridges.claimed)
    return f", and {number} by a claim" if number else ""
