"""Sets small pictures of the same kind side by side, one for each year, above a table of their numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from graph.pictures.figures.pen import INK, MUTED, RULE, Pen, wrapped
from graph.pictures.figures.sheet import ROOM

#: Room between two panels, and for the year and the counts above each.
GAP, HEAD = 24.0, 42.0

#: Height of a line of the table, and size of its text.
LINE, SIZE = 17.0, 11.5


@dataclass(frozen=True)
class Panel:
    """One small picture.

    Attributes
    ----------
    year
        The year it shows.
    counts
        What it holds, in a line or two.
    plane
        Its elements; the origin is the upper left corner beneath the counts.
    height
        Height of the plane.
    row
        The same numbers, a cell for each column of the table.
    """

    year: int
    counts: str
    plane: str
    height: float
    row: tuple[str, ...]


def panel_width(columns: int) -> float:
    """Return the width of a panel when so many stand side by side."""
    return (ROOM - (columns - 1) * GAP) / columns


def set_panels(
    panels: Sequence[Panel], columns: int, names: Sequence[str], caption: str
) -> tuple[str, float]:
    """Return the elements of panels in rows, and of the table beneath them, and their height.

    Parameters
    ----------
    panels
        In order of year.
    columns
        Panels in a row.
    names
        Titles of the columns of the table, that of the year first.
    caption
        What the table holds.
    """
    pen, y = Pen(), 0.0
    wide = panel_width(columns)
    for start in range(0, len(panels), columns):
        row = panels[start : start + columns]
        for number, each in enumerate(row):
            with pen.group(transform=f"translate({number * (wide + GAP):.1f} {y:.1f})", class_="panel"):
                _panel(pen, each, wide)
        y += HEAD + max(each.height for each in row) + GAP
    bottom = _table(pen, panels, names, caption, y + 14)
    return str(pen), bottom


def _panel(pen: Pen, each: Panel, wide: float) -> None:
    pen.add("line", x1=0, x2=wide, y1=0, y2=0, stroke=INK, stroke_width=1.2)
    pen.text(0, 20, str(each.year), 18, bold=True, family="serif")
    pen.lines(52, 16, wrapped(each.counts, wide - 56, 11.5, 2), 11.5, fill=MUTED, leading=1.25)
    with pen.group(transform=f"translate(0 {HEAD:.1f})"):
        pen.parts.append(each.plane)


def _table(pen: Pen, panels: Sequence[Panel], names: Sequence[str], caption: str, y: float) -> float:
    """Draw the numbers of the panels; every row is a mark, so that it stands in the table of a page too."""
    pen.text(0, y, caption, SIZE, bold=True)
    edges = [0.0, 52.0]
    room = (ROOM - edges[1]) / max(len(names) - 1, 1)
    edges += [edges[1] + room * number for number in range(1, len(names) - 1)]
    heads = [wrapped(name, room - 10, SIZE, 3) for name in names]
    y += LINE + 4
    for left, lines in zip(edges, heads, strict=True):
        pen.lines(left, y, lines, SIZE, fill=MUTED, leading=1.15)
    y += SIZE * 1.15 * (max(map(len, heads)) - 1) + LINE + 3
    for each in panels:
        pen.add("line", x1=0, x2=ROOM, y1=y - SIZE + 1, y2=y - SIZE + 1, stroke=RULE)
        cells = [wrapped(cell, room - 10, SIZE, 4) for cell in (str(each.year), *each.row)]
        told = "; ".join(f"{name}: {cell}" for name, cell in zip(names[1:], each.row, strict=True))
        y += 4
        with pen.mark(f"{each.year}: {told}", data_year=each.year):
            for left, lines in zip(edges, cells, strict=True):
                pen.lines(left, y, lines, SIZE, leading=1.2)
        y += SIZE * 1.2 * max(map(len, cells)) + 3
    return y
