"""The voting map: where states stand on two lines of texts, by bloc."""

from __future__ import annotations

from collections.abc import Sequence

from graph.networks.building import BOTH
from graph.pictures.captions import long_date
from graph.pictures.figures.blocs import bloc_signs, counted, place_of
from graph.pictures.figures.pen import INK, MUTED, RULE, Pen, width_of
from graph.pictures.figures.places import RINGS, Rectangle, label_place, spread
from graph.pictures.figures.sheet import ROOM, Figure
from graph.votes.voting import POSITIONS, Axes, Place, Quadrant

#: Corners of the square of the two axes, the size of a dot, and the room for one.
LEFT, TOP, RIGHT, BOTTOM = 150.0, 150.0, 850.0, 690.0
RADIUS, PITCH = 4.6, 11.6

#: Groups of states of at most this many with the same positions are named one by one.
FEW = 12

#: In a crowd a name stands at most this many rings from its dot, or not at all.
NEAR = 1

#: The order in which states of a position stand, by the place of their bloc.
ORDER = ("neither", "first", "second", "both")


def figure(found: Axes, sources: Sequence[str] = ()) -> Figure:
    """Return the figure of states on two axes."""
    pen = Pen()
    _ground(pen, found)
    taken = [_quadrant(pen, found, each) for each in found.quadrants]
    lowest = _dots(pen, found, taken)
    return Figure(
        kicker="Votes on outer space in the General Assembly",
        headline=_headline(found),
        lede=(
            f"Mean vote on {found.lines[0][1]} (across) and on {found.lines[1][1]} (up): 1 is yes, ½ an "
            f"abstention, 0 no. Votes from {long_date(found.start)} to {long_date(found.end)}. States with "
            "the same position stand side by side, outward from their place; not all are named."
        ),
        legend=bloc_signs(found.blocs),
        plane=str(pen),
        height=max(BOTTOM + 56, lowest + 16),
        notes=(found.method, *found.notes[1:], *_missing(found)),
        warning=found.notes[0] if found.notes else "",
        as_of=found.end,
        version=found.version,
        sources=tuple(sources),
        rests_on=(
            f"Rests on {counted(found.votes[0], 'roll call')} on {found.lines[0][1]} and {found.votes[1]} on "
            f"{found.lines[1][1]}; {counted(len(found.places), 'state')} drawn, {len(found.too_few)} with "
            "too few votes left out."
        ),
    )


def _ticks(found: Axes) -> tuple[float, ...]:
    return 0.0, found.thresholds[1], 0.5, found.thresholds[0], 1.0


def _headline(found: Axes) -> str:
    if not found.places:
        return "No state has a place on the two lines of texts in this span"
    most = found.quadrants[0]
    across, up = (_voted(position) for position in most.positions)
    how = (
        f"{across} to both lines of texts"
        if across == up
        else f"{across} to {found.lines[0][1]} and {up} to {found.lines[1][1]}"
    )
    return f"{most.total} of {len(found.places)} states vote {how}"


def _voted(position: str) -> str:
    return "both ways" if position == POSITIONS[1] else position


def _missing(found: Axes) -> list[str]:
    if not found.omitted:
        return []
    names = "; ".join(each.symbol for each in found.omitted)
    return [f"Votes of the span without a usable roll call, left out ({len(found.omitted)}): {names}."]


def _at(means: Sequence[float]) -> tuple[float, float]:
    return LEFT + means[0] * (RIGHT - LEFT), BOTTOM - means[1] * (BOTTOM - TOP)


def _ground(pen: Pen, found: Axes) -> None:
    pen.add("rect", x=LEFT, y=TOP, width=RIGHT - LEFT, height=BOTTOM - TOP, fill="none", stroke=RULE)
    for share in found.thresholds:
        x, y = _at((share, share))
        pen.add("line", x1=x, x2=x, y1=TOP, y2=BOTTOM, stroke=MUTED, stroke_width=0.9, stroke_dasharray="4 4")
        pen.add("line", x1=LEFT, x2=RIGHT, y1=y, y2=y, stroke=MUTED, stroke_width=0.9, stroke_dasharray="4 4")
    for share in _ticks(found):
        x, y = _at((share, share))
        beside = share == 1.0  # the states of the corner stand beneath it
        pen.text(x - 12 * beside, BOTTOM + 18, f"{share:g}", 11.5, anchor="middle", fill=MUTED)
        pen.text(LEFT - 10, y + 4, f"{share:g}", 11.5, anchor="end", fill=MUTED)
    across, up = (
        f"Mean vote on {label} ({counted(number, 'roll call')})"
        for (_, label), number in zip(found.lines, found.votes, strict=True)
    )
    middle = (LEFT + RIGHT) / 2, (TOP + BOTTOM) / 2
    pen.text(middle[0], BOTTOM + 42, f"no  ←  {across}  →  yes", 13, anchor="middle", bold=True)
    pen.text(LEFT - 52, middle[1], f"no  ←  {up}  →  yes", 13, anchor="middle", bold=True, turn=-90)


def _quadrant(pen: Pen, found: Axes, quadrant: Quadrant) -> Rectangle:
    """Write how many states hold two positions, and return the room it takes."""
    limits = {POSITIONS[0]: (found.thresholds[0], 1.0), POSITIONS[2]: (0.0, found.thresholds[1])}
    middle = (found.thresholds[1], found.thresholds[0])
    (low, high), (under, over) = (limits.get(position, middle) for position in quadrant.positions)
    (x, _), (_, y) = _at((low, high)), _at((low, (under + over) / 2))
    x += 12
    names = {bloc.code: f"{bloc.short} only" for bloc in found.blocs}
    lines = [f"{len(own)} {names.get(group, f'in {group}')}" for group, own in quadrant.groups.items()]
    start = y - 6 - 7 * len(lines)
    pen.text(x, start, counted(quadrant.total, "state"), 15, bold=True, family="serif")
    pen.lines(x, start + 16, lines, 11.5, fill=MUTED)
    return x - 4, start - 16, x + 94, start + 14 + 15.2 * len(lines)


def outward(place: Place) -> tuple[int, int]:
    """Return the direction in which states with the same position stand side by side."""
    across, up = (1 if mean > 0.995 else -1 if mean < 0.005 else 0 for mean in place.means)
    return across, -up


def _dots(pen: Pen, found: Axes, taken: list[Rectangle]) -> float:
    """Draw the states and the names of some; return how far down they reach."""

    def rank(place: Place) -> tuple[int, str]:
        return ORDER.index(place_of(place.group, found.blocs)), place.label

    places = sorted(found.places, key=rank)
    at = spread([_at(place.means) for place in places], [outward(place) for place in places], PITCH)
    taken = taken + [(x - 5.4, y - 5.4, x + 5.4, y + 5.4) for x, y in at]
    taken += [
        (LEFT - 44, _at((0, share))[1] - 6, LEFT - 7, _at((0, share))[1] + 6) for share in _ticks(found)
    ]
    taken.append((LEFT - 68, TOP, LEFT - 46, BOTTOM))
    named, crowded = _named(found), {each.positions for each in found.quadrants if each.total > FEW}
    for place, (x, y) in zip(places, at, strict=True):
        told = ", ".join(
            f"{label} {mean:.2f} ({number} votes)"
            for (_, label), mean, number in zip(found.lines, place.means, place.votes, strict=True)
        )
        with pen.mark(f"{place.label} ({place.code}): {told}", data_code=place.code):
            pen.bloc_mark(x, y, RADIUS, place_of(place.group, found.blocs))
    for place, (x, y) in sorted(zip(places, at, strict=True), key=lambda each: -each[1][0]):
        if place.code in named:
            rings = NEAR if place.positions in crowded and place.group != BOTH else len(RINGS)
            taken.append(_label(pen, place, x, y, taken, rings))
    return max((box[3] for box in taken), default=BOTTOM)


def _named(found: Axes) -> set[str]:
    few = {q.positions for q in found.quadrants if q.total <= FEW or POSITIONS[1] in q.positions}
    own = {bloc.code for bloc in found.blocs} | {BOTH}
    rare = {
        code
        for each in found.quadrants
        for group, codes in each.groups.items()
        if group in own and len(codes) <= FEW
        for code in codes
    }
    return rare | {place.code for place in found.places if place.positions in few}


def _label(pen: Pen, place: Place, x: float, y: float, taken: Sequence[Rectangle], rings: int) -> Rectangle:
    wide = width_of(place.label, 11) * 0.95
    box = label_place(x, y, wide, 11, taken, (4, 4, ROOM - 4, max(BOTTOM + 4, y + 6)), rings)
    if box is None:
        return (x, y, x, y)
    left, top, right, _ = box
    near = left if left > x else right if right < x else (left + right) / 2
    if abs(near - x) + abs(top + 5.5 - y) > 20:
        pen.add("line", x1=x, y1=y, x2=near, y2=top + 6, stroke=MUTED, stroke_width=0.6)
    pen.text(left, top + 9.4, place.label, 11, fill=INK)
    return box
