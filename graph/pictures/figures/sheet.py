"""Lays a figure on its sheet: headline, legend, the plane, notes, and the line of the source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from graph.pictures.captions import long_date
from graph.pictures.figures.pen import (
    INK,
    MUTED,
    PAPER,
    RULE,
    SANS,
    SERIF,
    Pen,
    Sign,
    safe,
    width_of,
    wrapped,
)

#: Width of every sheet, and the margin around what is on it, in units of about a pixel.
WIDTH, MARGIN = 1200.0, 40.0

#: Room between the margins.
ROOM = WIDTH - 2 * MARGIN


@dataclass(frozen=True)
class Figure:
    """What a figure shows, before it is laid on a sheet.

    Attributes
    ----------
    kicker, headline, lede
        Words above: what it is, what it finds, and what else a reader sees.
    legend
        Signs and their meaning.
    plane
        The elements of the figure; the origin is the upper left corner, the width is `ROOM`.
    height
        Height of the plane.
    notes
        What a reader must know; one marked as a warning stands first and in bold.
    warning
        The warning, if any.
    as_of, version, sources
        The day, the version of the data, and the titles of the most used sources.
    rests_on
        Number of votes, ties or records that it rests on, in words.
    """

    kicker: str
    headline: str
    lede: str
    legend: tuple[Sign, ...]
    plane: str
    height: float
    notes: tuple[str, ...]
    warning: str
    as_of: str
    version: str
    sources: tuple[str, ...]
    rests_on: str


def lay(figure: Figure) -> str:
    """Return a figure as one SVG document that asks for nothing else."""
    pen = Pen()
    top = _head(pen, figure)
    top = _legend(pen, figure.legend, top)
    with pen.group(transform=f"translate({MARGIN:.1f} {top:.1f})"):
        pen.parts.append(figure.plane)
    bottom = _foot(pen, figure, top + figure.height + 26)
    return _document(figure, str(pen), bottom)


def _document(figure: Figure, drawn: str, height: float) -> str:
    words = " ".join(filter(None, (figure.lede, figure.rests_on, figure.warning)))
    size = f'width="{WIDTH:.0f}" height="{height:.0f}" viewBox="0 0 {WIDTH:.0f} {height:.0f}"'
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="{SANS}" role="img" '
        'aria-labelledby="drawing-title drawing-desc">\n'
        f'<title id="drawing-title">{safe(figure.headline)}, as of {safe(long_date(figure.as_of))}</title>\n'
        f'<desc id="drawing-desc">{safe(words)}</desc>\n'
        f'<rect width="{WIDTH:.0f}" height="{height:.0f}" fill="{PAPER}"/>\n{drawn}\n</svg>\n'
    )


def _head(pen: Pen, figure: Figure) -> float:
    pen.add("rect", x=MARGIN, y=30, width=46, height=4, fill=INK)
    kicker = f"{figure.kicker} · as of {long_date(figure.as_of)}"
    pen.text(MARGIN, 56, kicker, 13, fill=MUTED, bold=True)
    y = 88.0
    for line in wrapped(figure.headline, ROOM, 27):
        pen.text(MARGIN, y, line, 27, bold=True, family=SERIF)
        y += 34
    return pen.lines(MARGIN, y - 8, wrapped(figure.lede, ROOM * 0.92, 14), 14, fill=MUTED) + 12


def _legend(pen: Pen, signs: Sequence[Sign], top: float) -> float:
    x, y = MARGIN, top
    for each in signs:
        wide = 28 + width_of(each.text, 12.5) * 0.92 + 18
        if x > MARGIN and x + wide > WIDTH - MARGIN:
            x, y = MARGIN, y + 23
        with pen.group(transform=f"translate({x + 10:.1f} {y:.1f})"):
            pen.parts.append(each.drawn)
        pen.text(x + 26, y + 4.5, each.text, 12.5)
        x += wide
    return y + 26


def _foot(pen: Pen, figure: Figure, y: float) -> float:
    pen.add("line", x1=MARGIN, x2=WIDTH - MARGIN, y1=y - 18, y2=y - 18, stroke=RULE)
    if figure.warning:
        pen.add("path", d=f"M{MARGIN:.0f} {y + 3:.1f}l7 -13l7 13z", fill="none", stroke=INK, stroke_width=1.4)
        pen.text(MARGIN + 7, y + 1.5, "!", 9, bold=True, anchor="middle")
        y = pen.lines(MARGIN + 22, y, wrapped(figure.warning, ROOM - 30, 12.5), 12.5, bold=True) + 3
    for note in figure.notes:
        y = pen.lines(MARGIN, y, wrapped(note, ROOM, 11.5), 11.5, fill=MUTED) + 2
    return pen.lines(MARGIN, y + 3, wrapped(_source(figure), ROOM, 11.5), 11.5) + 14


def _source(figure: Figure) -> str:
    most = f" Sources, the most used: {'; '.join(figure.sources)}." if figure.sources else ""
    day = long_date(figure.as_of)
    return f"{figure.rests_on} Source: spacenorms, data version {figure.version}, as of {day}.{most}".strip()
