"""Finds room: dots that would lie on one another side by side, labels where nothing else is."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

Point = tuple[float, float]
Rectangle = tuple[float, float, float, float]

#: States in a column of a corner, before the next column begins.
DEEP = 11

#: How far from its dot a label may begin, the nearest first.
RINGS = (7.0, 16.0, 27.0, 41.0, 59.0, 81.0, 107.0)


def spread(points: Sequence[Point], outward: Sequence[tuple[int, int]], pitch: float) -> list[Point]:
    """Return where dots are drawn so that none covers another.

    Parameters
    ----------
    points
        Where each dot belongs.
    outward
        For each, the direction in which there is room: -1, 0 or 1 across and up and down; (0, 0) for all.
    pitch
        Least distance of two dots.

    Returns
    -------
    list
        A place for each dot, in order: the nearest free one in its direction.
    """
    found: list[Point] = []
    cells: dict[tuple[int, int], list[Point]] = {}  # by squares as wide as the distance: few are near a place
    for (x, y), direction in zip(points, outward, strict=True):
        steps = ((x + across * pitch, y + down * pitch) for across, down in _steps(direction))
        place = next(each for each in steps if _free(cells, each, pitch))
        found.append(place)
        cells.setdefault(_cell(place, pitch), []).append(place)
    return found


def _cell(place: Point, pitch: float) -> tuple[int, int]:
    return math.floor(place[0] / pitch), math.floor(place[1] / pitch)


def _free(cells: Mapping[tuple[int, int], Sequence[Point]], place: Point, pitch: float) -> bool:
    column, row = _cell(place, pitch)
    near = ((column + across, row + down) for across in (-1, 0, 1) for down in (-1, 0, 1))
    return all(
        math.hypot(place[0] - a, place[1] - b) >= pitch * 0.97
        for cell in near
        for a, b in cells.get(cell, ())
    )


def _steps(direction: tuple[int, int]) -> Iterator[Point]:
    across, down = direction
    if across and down:
        yield from ((across * (n // DEEP), down * (n % DEEP)) for n in range(10_000))
    elif across or down:
        for far in range(10_000):
            for side in (0, -1, 1):
                yield (
                    (across * far or side, down * far or side)
                    if far
                    else (side * abs(down), side * abs(across))
                )
    else:
        yield 0.0, 0.0
        for ring in range(1, 200):
            for part in range(6 * ring):
                turn = part / (6 * ring) * math.tau
                yield ring * math.cos(turn), ring * math.sin(turn)


def label_place(
    x: float,
    y: float,
    wide: float,
    high: float,
    taken: Sequence[Rectangle],
    bounds: Rectangle,
    rings: int = len(RINGS),
) -> Rectangle | None:
    """Return a free rectangle for a label near a dot, the nearest first; None when there is none."""
    for away in RINGS[:rings]:
        for step in range(16):
            turn = math.radians(
                (0, 0, 180, 180, 45, -45, 135, -135, 90, -90, 22, -22, 158, -158, 68, -68)[step]
            )
            found = _box(x + away * math.cos(turn), y - away * math.sin(turn), wide, high, math.cos(turn))
            if _inside(found, bounds) and not any(overlap(found, other) for other in taken):
                return found
    return None


def _box(x: float, y: float, wide: float, high: float, side: float) -> Rectangle:
    left = x if side > 0.2 else x - wide if side < -0.2 else x - wide / 2
    return left, y - high / 2, left + wide, y + high / 2


def _inside(one: Rectangle, bounds: Rectangle) -> bool:
    return one[0] >= bounds[0] and one[1] >= bounds[1] and one[2] <= bounds[2] and one[3] <= bounds[3]


def overlap(one: Rectangle, other: Rectangle) -> bool:
    """Say whether two rectangles (left, top, right, bottom) share room."""
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
