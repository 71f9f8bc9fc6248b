"""Places the states of two blocs on a plane: the one bloc, what lies between, the other bloc."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Point = tuple[float, float]

#: The bands from the one bloc to the other, in order.
BANDS = ("first", "first-tied", "between", "second-tied", "second")

#: The bands beneath, shown on request.
BENEATH = ("neither", "affiliation")


@dataclass(frozen=True)
class Form:
    """A shape of picture. Lengths are in units of the plane, about a pixel each.

    Attributes
    ----------
    upright
        Whether the blocs stand one above the other instead of side by side.
    cells
        Room for a state of each of `BANDS` (along the direction from bloc to bloc, across it).
    beneath_cells
        Width and height of the room for each of `BENEATH`.
    margin, head
        Room around the states of a bloc, and for its heading.
    """

    upright: bool
    cells: tuple[Point, ...]
    beneath_cells: tuple[Point, Point]
    margin: float
    head: float


WIDE = Form(
    upright=False,
    cells=((104.0, 60.0), (122.0, 78.0), (176.0, 112.0), (122.0, 78.0), (104.0, 60.0)),
    beneath_cells=((47.0, 44.0), (128.0, 62.0)),
    margin=22.0,
    head=70.0,
)
TALL = Form(
    upright=True,
    cells=((46.0, 45.0), (50.0, 45.0), (84.0, 84.0), (50.0, 45.0), (46.0, 45.0)),
    beneath_cells=((47.0, 46.0), (66.0, 46.0)),
    margin=12.0,
    head=56.0,
)

#: Width of the tall form and the shape (width by height) that the wide form comes near to.
TALL_WIDTH = 344.0
WIDE_ASPECT = 1.78


@dataclass(frozen=True)
class Box:
    """A rectangle on the plane."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True)
class Layout:
    """Where everything stands: nodes, the boxes of the two blocs, and the boxes of each band beneath."""

    positions: Mapping[str, Point]
    blocs: tuple[Box, Box]
    beneath: Mapping[str, Box]


def place(members: Mapping[str, Sequence[str]], form: Form) -> Layout:
    """Return where the states of two blocs stand.

    Parameters
    ----------
    members
        Band (of `BANDS` and `BENEATH`) to the nodes in it, in reading order.
    form
        The shape of the picture.

    Returns
    -------
    Layout
        The origin is the middle of the two blocs; y grows downwards. No two rooms overlap.
    """
    bands = _fill(members, form, _across(members, form))
    spans, end = _spans(bands, form)
    positions: dict[str, Point] = {}
    for band in BANDS:
        for node, (along, across) in _in_band(bands[band], spans[band][0], form, band).items():
            positions[node] = _turn(along - end / 2, across, form)
    boxes = _boxes(bands, spans, end, form)
    beneath, boxes_beneath = _beneath(members, boxes, form)
    return Layout({**positions, **beneath}, boxes, boxes_beneath)


def _cell(band: str, form: Form) -> Point:
    return form.cells[BANDS.index(band)]


def _fill(members: Mapping[str, Sequence[str]], form: Form, across: float) -> dict[str, list[Sequence[str]]]:
    """Return the lines of each band; a line runs across the direction from bloc to bloc."""
    found = {}
    for band in BANDS:
        nodes = members.get(band, ())
        room = max(1, int(across / _cell(band, form)[1]))
        if band == "second" and not form.upright:
            room = min(room, max(3, math.ceil(math.sqrt(2.2 * len(nodes)))))
        found[band] = _lines(nodes, room)
    return found


def _lines(nodes: Sequence[str], room: int) -> list[Sequence[str]]:
    if not nodes:
        return []
    count = math.ceil(len(nodes) / room)
    even = math.ceil(len(nodes) / count)
    return [nodes[start : start + even] for start in range(0, len(nodes), even)]


def _across(members: Mapping[str, Sequence[str]], form: Form) -> float:
    """Return the room across the direction from bloc to bloc: given, or the one of the best shape."""
    if form.upright:
        return TALL_WIDTH - 2 * form.margin
    choices = [rows * _cell("first", form)[1] for rows in range(4, 21)]
    return min(choices, key=lambda across: abs(_aspect(members, form, across) - WIDE_ASPECT))


def _aspect(members: Mapping[str, Sequence[str]], form: Form, across: float) -> float:
    bands = _fill(members, form, across)
    return _spans(bands, form)[1] / (_depth(bands, BANDS, form) + form.head + 2 * form.margin)


def _spans(bands: Mapping[str, Sequence[Sequence[str]]], form: Form) -> tuple[dict[str, Point], float]:
    """Return the start and end of each band along the direction from bloc to bloc, and the whole length."""
    spans, reached = {}, form.margin
    for band in BANDS:
        if band in ("between", "second-tied"):
            reached += form.margin * (2 if band == "second-tied" else 1)  # the edge of a bloc runs here
        least = 1 if band == "between" else 0
        spans[band] = (reached, reached + max(len(bands[band]), least) * _cell(band, form)[0])
        reached = spans[band][1]
    return spans, reached + form.margin


def _depth(bands: Mapping[str, Sequence[Sequence[str]]], names: Sequence[str], form: Form) -> float:
    """Return the room that the longest line of some bands takes across."""
    return max(max(map(len, bands[band]), default=1) * _cell(band, form)[1] for band in names)


def _in_band(lines: Sequence[Sequence[str]], start: float, form: Form, band: str) -> dict[str, Point]:
    along, across = _cell(band, form)
    longest = max(map(len, lines), default=0)
    found = {}
    for number, line in enumerate(lines):
        longest = longest if band in ("first", "second") else len(line)
        for rank, node in enumerate(line):
            found[node] = (start + (number + 0.5) * along, (rank - (longest - 1) / 2) * across)
    return found


def _turn(along: float, across: float, form: Form) -> Point:
    return (across, along) if form.upright else (along, across)


def _boxes(
    bands: Mapping[str, Sequence[Sequence[str]]], spans: Mapping[str, Point], end: float, form: Form
) -> tuple[Box, Box]:
    half = end / 2
    first_end = spans["between"][1] + form.margin - half
    second_start = spans["between"][0] - form.margin - half
    if form.upright:
        side = TALL_WIDTH / 2
        return (
            Box(-side, -half - form.head, side, first_end),
            Box(-side, second_start, side, half + form.head),
        )
    tall = _depth(bands, BANDS, form) / 2 + form.margin
    low = _depth(bands, ("between", "second-tied", "second"), form) / 2 + form.margin
    return Box(-half, -tall - form.head, first_end, tall), Box(second_start, -low - form.head, half, low)


def _beneath(
    members: Mapping[str, Sequence[str]], boxes: tuple[Box, Box], form: Form
) -> tuple[dict[str, Point], dict[str, Box]]:
    left, right = min(box.left for box in boxes), max(box.right for box in boxes)
    top = max(box.bottom for box in boxes)
    positions: dict[str, Point] = {}
    found = {}
    for band, cell in zip(BENEATH, form.beneath_cells, strict=True):
        nodes = members.get(band, ())
        room = max(1, int((right - left) / cell[0]))
        start = top + form.head * 0.75
        for number, node in enumerate(nodes):
            row, column = divmod(number, room)
            positions[node] = (left + (column + 0.5) * cell[0], start + (row + 0.5) * cell[1])
        bottom = start + math.ceil(len(nodes) / room) * cell[1]
        found[band] = Box(left, top, right, bottom)
        top = bottom
    return positions, found
