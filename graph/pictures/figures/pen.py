"""Draws marks as SVG: every text is escaped, every mark has a name, nothing is asked of any host."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from graph.pictures.page import COLOURS

#: Colours of the two blocs, of everything else, of text and of paper.
FIRST, SECOND, OTHER = (str(COLOURS["light"][name]) for name in ("first", "second", "other"))
INK, MUTED, RULE, PAPER = "#1c1f24", "#575d66", "#d4d6d9", "#ffffff"

#: Further colours of the same palette (Okabe and Ito, 2008), the purple darkened for thin lines.
GREEN, PURPLE, SKY, AMBER = "#009e73", "#a3487f", "#56b4e9", "#b07a00"

SANS, SERIF = "sans-serif", "serif"

_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NARROW, _BROAD = set("iljftrI.,:;'’| ()[]-"), set("mwMW@%—")


def safe(text: str) -> str:
    """Return text that can stand inside an element of XML."""
    return escape(_FORBIDDEN.sub("", text))


def width_of(text: str, size: float, *, bold: bool = False) -> float:
    """Return about how wide a text is, on the wide side, so that nothing drawn by it overlaps."""
    units = sum(0.34 if c in _NARROW else 0.9 if c in _BROAD else 0.7 if c.isupper() else 0.57 for c in text)
    return units * size * (1.07 if bold else 1.0)


def wrapped(text: str, room: float, size: float, most: int = 99) -> list[str]:
    """Return text in lines that fit a room; what is beyond the greatest number of lines is cut."""
    lines = textwrap.wrap(text, max(8, int(room / (size * 0.505))), break_long_words=True) or [""]
    return lines if len(lines) <= most else [*lines[: most - 1], lines[most - 1].rstrip(",;: ") + " …"]


@dataclass(frozen=True)
class Sign:
    """An entry of a legend: a small drawing of 16 by 16 around the origin, and what it means."""

    drawn: str
    text: str


class Pen:
    """Collects the elements of a drawing."""

    def __init__(self) -> None:
        self.parts: list[str] = []

    def __str__(self) -> str:
        return "\n".join(self.parts)

    def add(self, tag: str, text: str | None = None, **attributes: object) -> None:
        """Add an element; an underscore in a name stands for a hyphen, None leaves an attribute out."""
        told = _told(attributes)
        self.parts.append(f"<{tag}{told}/>" if text is None else f"<{tag}{told}>{safe(text)}</{tag}>")

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float = 12,
        *,
        anchor: str | None = None,
        bold: bool = False,
        fill: str = INK,
        family: str | None = None,
        turn: float | None = None,
    ) -> None:
        """Add a line of text, perhaps turned about its own place."""
        self.add(
            "text",
            text,
            x=x,
            y=y,
            font_size=size,
            fill=fill,
            text_anchor=anchor,
            font_family=family,
            font_weight="bold" if bold else None,
            transform=None if turn is None else f"rotate({_number(turn)} {_number(x)} {_number(y)})",
        )

    def lines(
        self,
        x: float,
        y: float,
        lines: Sequence[str],
        size: float,
        *,
        anchor: str | None = None,
        fill: str = INK,
        bold: bool = False,
        leading: float = 1.32,
    ) -> float:
        """Add lines of text one beneath the other, and return where the next would stand."""
        for line in lines:
            self.text(x, y, line, size, anchor=anchor, fill=fill, bold=bold)
            y += size * leading
        return y

    @contextmanager
    def mark(self, title: str, kind: str = "mark", **attributes: object) -> Iterator[None]:
        """Group what shows one row of the data under its name."""
        told = _told(attributes)
        self.parts.append(f'<g class="{kind}"{told}><title>{safe(title)}</title>')
        yield
        self.parts.append("</g>")

    @contextmanager
    def group(self, **attributes: object) -> Iterator[None]:
        """Group elements that share attributes."""
        told = _told(attributes)
        self.parts.append(f"<g{told}>")
        yield
        self.parts.append("</g>")

    def bloc_mark(self, x: float, y: float, radius: float, place: str) -> None:
        """Add a state by the place of its bloc: a disc, a diamond, both halves, or an open ring."""
        if place == "first":
            self.add("circle", cx=x, cy=y, r=radius, fill=FIRST)
        elif place == "second":
            reach = radius * 1.18
            self.add(
                "path",
                d=f"M{x:.1f} {y - reach:.1f}l{reach:.1f} {reach:.1f}l{-reach:.1f} {reach:.1f}"
                f"l{-reach:.1f} {-reach:.1f}z",
                fill=SECOND,
            )
        elif place == "both":
            self.halves(x, y, radius)
        else:
            self.add(
                "circle",
                cx=x,
                cy=y,
                r=radius * 0.82,
                fill=PAPER,
                stroke=OTHER,
                stroke_width=min(1.5, radius * 0.36),
            )

    def halves(self, x: float, y: float, radius: float) -> None:
        """Add a disc of which one half has the colour of each bloc."""
        for colour, sweep in ((FIRST, 0), (SECOND, 1)):
            arc = f"A{radius:.1f} {radius:.1f} 0 0 {sweep} {x:.1f} {y + radius:.1f}z"
            self.add("path", d=f"M{x:.1f} {y - radius:.1f}{arc}", fill=colour)
        self.add("circle", cx=x, cy=y, r=radius, fill="none", stroke=INK, stroke_width=min(1.0, radius * 0.3))


def sign(text: str, kind: str, **attributes: object) -> Sign:
    """Return an entry of a legend: a place of a bloc, or an element with its attributes."""
    pen = Pen()
    if kind in ("first", "second", "both", "neither"):
        pen.bloc_mark(0, 0, 5.5, kind)
    else:
        pen.add(kind, None, **attributes)
    return Sign(str(pen), text)


def line_sign(text: str, colour: str, width: float = 2.5, dash: str | None = None) -> Sign:
    """Return an entry of a legend for a line."""
    return sign(
        text, "line", x1=-9, x2=9, y1=0, y2=0, stroke=colour, stroke_width=width, stroke_dasharray=dash
    )


def _told(attributes: Mapping[str, object]) -> str:
    return "".join(
        f" {name.rstrip('_').replace('_', '-')}={quoteattr(_FORBIDDEN.sub('', _number(value)))}"
        for name, value in attributes.items()
        if value is not None
    )


def _number(value: object) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
