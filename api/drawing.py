"""Works out the points of small charts that the templates draw as SVG: lines by year, and dots on axes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

#: Size of a small chart, in the units of its own view box, and the room around the plot.
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 320, 150, 46, 10, 10, 22

#: Size of the square of two axes.
SQUARE = 460

#: The most dots side by side in a stack of the same place.
ACROSS = 12


@dataclass(frozen=True)
class Line:
    """One line of a chart: its name, a style class, and its runs of points without a gap."""

    name: str
    style: str
    runs: tuple[str, ...]
    dots: tuple[tuple[float, float, str], ...]


@dataclass(frozen=True)
class Chart:
    """A small chart by year.

    Attributes
    ----------
    title, method
        What it shows and how it is made.
    lines
        Its lines; missing years break a line.
    marks
        Values on the vertical axis: text and height.
    years
        Years on the horizontal axis: text and place.
    zero
        Height of zero, if it lies within.
    """

    title: str
    method: str
    lines: tuple[Line, ...]
    marks: tuple[tuple[str, float], ...]
    years: tuple[tuple[str, float], ...]
    zero: float | None


def chart(
    title: str,
    method: str,
    years: Sequence[int],
    series: Mapping[str, Sequence[float | None]],
    bounds: tuple[float, float] | None = None,
) -> Chart | None:
    """Return a small chart by year, or None when no series has a value.

    Parameters
    ----------
    title, method
        What it shows and how it is made.
    years
        In order, without gaps.
    series
        Name to one value for each year; None where it is missing.
    bounds
        The least and the greatest value of the vertical axis; those of the values when None.
    """
    known = [value for values in series.values() for value in values if value is not None]
    if not known or not years:
        return None
    low, high = bounds or (min(known), max(known))
    if low == high:
        low, high = low - 0.5, high + 0.5

    def height(value: float) -> float:
        return round(HEIGHT - BOTTOM - (value - low) / (high - low) * (HEIGHT - TOP - BOTTOM), 1)

    def place(year: int) -> float:
        span = max(years[-1] - years[0], 1)
        return round(LEFT + (year - years[0]) / span * (WIDTH - LEFT - RIGHT), 1)

    lines = tuple(
        _line(name, f"line-{number}", years, values, place, height)
        for number, (name, values) in enumerate(series.items())
    )
    ticks = [year for year in years if year % _step(len(years)) == 0]
    return Chart(
        title=title,
        method=method,
        lines=lines,
        marks=tuple((f"{value:.2g}", height(value)) for value in (low, high)),
        years=tuple((str(year), place(year)) for year in ticks),
        zero=height(0.0) if low < 0 < high else None,
    )


def square(states: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the dots of states on two axes; states of the same place stand side by side.

    Parameters
    ----------
    states
        With ``code``, ``label``, ``group`` and ``means``, two numbers from 0 to 1.
    """
    stacks: dict[tuple[float, float], list[Mapping[str, Any]]] = {}
    for state in states:
        stacks.setdefault((round(state["means"][0], 2), round(state["means"][1], 2)), []).append(state)
    inner = SQUARE - 2 * LEFT
    found = []
    for (across, up), own in sorted(stacks.items()):
        for number, state in enumerate(sorted(own, key=lambda each: (each["group"], each["code"]))):
            row, column = divmod(number, ACROSS)
            side = -1 if across > 0.5 else 1
            found.append(
                {
                    "code": state["code"],
                    "label": state["label"],
                    "group": state["group"],
                    "x": round(LEFT + across * inner + side * column * 6.5, 1),
                    "y": round(SQUARE - LEFT - up * inner + (row * 6.5 if up > 0.5 else -row * 6.5), 1),
                }
            )
    return found


def _line(
    name: str, style: str, years: Sequence[int], values: Sequence[float | None], place: Any, height: Any
) -> Line:
    runs: list[list[str]] = [[]]
    dots = []
    for year, value in zip(years, values, strict=True):
        if value is None:
            runs.append([])
            continue
        runs[-1].append(f"{place(year)},{height(value)}")
        dots.append((place(year), height(value), f"{year}: {value:.4g}"))
    return Line(name, style, tuple(" ".join(run) for run in runs if len(run) > 1), tuple(dots))


def _step(number: int) -> int:
    return next(step for step in (1, 2, 5, 10, 20, 50, 1000) if number / step <= 7)
