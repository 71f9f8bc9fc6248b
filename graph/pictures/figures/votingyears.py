"""Small multiples of the voting map: the same two axes and the same scale in every year."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from graph.pictures.figures.blocs import bloc_signs, counted, place_of
from graph.pictures.figures.panels import Panel, panel_width, set_panels
from graph.pictures.figures.pen import INK, MUTED, RULE, Pen, wrapped
from graph.pictures.figures.places import spread
from graph.pictures.figures.sheet import Figure
from graph.pictures.figures.votingmap import ORDER, outward
from graph.votes.voting import POSITIONS, Axes

#: Room left, above, right and below the square of a panel, for the states that stand outward.
LEFT, TOP, RIGHT, BOTTOM = 46.0, 66.0, 64.0, 44.0
RADIUS, PITCH = 2.3, 5.5

COLUMNS = 3


def figure(years: Mapping[int, Axes], sources: Sequence[str] = ()) -> Figure:
    """Return the figure of states on two axes in several years.

    Parameters
    ----------
    years
        Year to the positions of states over the votes up to its end, in order of year, on the same lines.
    sources
        Titles of the most used sources of the last year.
    """
    last = years[max(years)]
    columns = min(COLUMNS, len(years))
    panels = [_panel(year, found, columns) for year, found in years.items()]
    lines = [label for _, label in last.lines]
    names = (
        "Year", "Votes from", "to", f"Roll calls: {lines[0]}", f"Roll calls: {lines[1]}", "States drawn",
        "Too few votes", f"Yes to {lines[0]} and to the other", "Yes to the first, no to the second",
        "No to the first, yes to the second", "Other positions",
    )  # fmt: skip
    plane, height = set_panels(panels, columns, names, "The same in numbers (states)")
    return Figure(
        kicker=f"Votes on outer space in the General Assembly: {counted(len(years), 'year')}",
        headline=_headline(years),
        lede=(
            f"Mean vote on {lines[0]} (across) and on {lines[1]} (up): 1 is yes, ½ an abstention, 0 no; the "
            "axes are the same in every panel. States with the same position stand side by side, outward. "
            "Each panel covers the six years that end with its year; blocs are those of its last day."
        ),
        legend=bloc_signs(last.blocs),
        plane=plane,
        height=height,
        notes=(last.method, *last.notes[1:]),
        warning=last.notes[0] if last.notes else "",
        as_of=last.end,
        version=last.version,
        sources=tuple(sources),
        rests_on="",
    )


def _headline(years: Mapping[int, Axes]) -> str:
    shown = {year: found for year, found in years.items() if found.places}
    if not shown:
        return "No roll call on the two lines of texts in these years"
    yes = (POSITIONS[0], POSITIONS[0])
    told = ", ".join(
        f"{_holding(found, yes)} of {len(found.places)} in {year}" for year, found in shown.items()
    )
    return f"States that vote yes to both lines of texts: {told}"


def _holding(found: Axes, positions: tuple[str, str]) -> int:
    return sum(each.total for each in found.quadrants if each.positions == positions)


def _panel(year: int, found: Axes, columns: int) -> Panel:
    pen, wide = Pen(), panel_width(columns)
    side = min(wide - LEFT - RIGHT, 300.0)
    _ground(pen, found, side)
    _dots(pen, year, found, side)
    counts = f"votes of {found.start[:4]}–{found.end[:4]}: {found.votes[0]} across, {found.votes[1]} up; " + (
        f"{counted(len(found.places), 'state')} drawn, {len(found.too_few)} with too few votes"
        if found.places
        else "no state has a place"
    )
    return Panel(year, counts, str(pen), TOP + side + BOTTOM, _row(found))


def _row(found: Axes) -> tuple[str, ...]:
    yes, _, no = POSITIONS
    named = [_holding(found, pair) for pair in ((yes, yes), (yes, no), (no, yes))]
    cells = (*named, len(found.places) - sum(named)) if found.places else ("–",) * 4
    return (
        found.start,
        found.end,
        *(str(number) for number in found.votes),
        str(len(found.places)),
        str(len(found.too_few)),
        *(str(cell) for cell in cells),
    )


def _ground(pen: Pen, found: Axes, side: float) -> None:
    bottom = TOP + side
    pen.add("rect", x=LEFT, y=TOP, width=side, height=side, fill="none", stroke=RULE)
    for share in found.thresholds if found.places else ():
        x, y = LEFT + share * side, bottom - share * side
        pen.add("line", x1=x, x2=x, y1=TOP, y2=bottom, stroke=MUTED, stroke_width=0.7, stroke_dasharray="3 3")
        pen.add("line", x1=LEFT, x2=LEFT + side, y1=y, y2=y, stroke=MUTED, stroke_width=0.7,
                stroke_dasharray="3 3")  # fmt: skip
    for share in (0.0, 0.5, 1.0):
        x = LEFT + share * side - 8 * (share == 1.0)
        pen.text(x, bottom + 13, f"{share:g}", 9.5, anchor="middle", fill=MUTED)
        pen.text(LEFT - 9, bottom - share * side + 3.5, f"{share:g}", 9.5, anchor="end", fill=MUTED)
    across, up = (label for _, label in found.lines)
    pen.text(LEFT + side / 2, bottom + 28, f"no ← {across} → yes", 10.5, anchor="middle")
    pen.text(14, TOP + side / 2, f"no ← {up} → yes", 10.5, anchor="middle", turn=-90)
    missing = [label for (_, label), number in zip(found.lines, found.votes, strict=True) if not number]
    if missing:
        told = wrapped(f"No roll call on {' or on '.join(missing)} in these years", side - 30, 11)
        pen.lines(LEFT + 15, TOP + side / 2, told, 11, fill=INK)
    elif not found.places:
        pen.lines(LEFT + 15, TOP + side / 2, ["No state has enough votes"], 11, fill=INK)


def _dots(pen: Pen, year: int, found: Axes, side: float) -> None:
    places = sorted(
        found.places, key=lambda each: (ORDER.index(place_of(each.group, found.blocs)), each.label)
    )
    wanted = [(LEFT + each.means[0] * side, TOP + side - each.means[1] * side) for each in places]
    at = spread(wanted, [outward(each) for each in places], PITCH)
    for each, (x, y) in zip(places, at, strict=True):
        told = ", ".join(
            f"{label} {mean:.2f} ({number} votes)"
            for (_, label), mean, number in zip(found.lines, each.means, each.votes, strict=True)
        )
        with pen.mark(f"{each.label} ({year}): {told}", data_code=each.code, data_year=year):
            pen.bloc_mark(x, y, RADIUS, place_of(each.group, found.blocs))
    for quadrant in found.quadrants:
        _total(pen, found, quadrant.positions, quadrant.total, side)


def _total(pen: Pen, found: Axes, positions: tuple[str, str], total: int, side: float) -> None:
    limits = {POSITIONS[0]: (found.thresholds[0], 1.0), POSITIONS[2]: (0.0, found.thresholds[1])}
    middle = (found.thresholds[1], found.thresholds[0])
    (low, high), (under, over) = (limits.get(position, middle) for position in positions)
    x, y = LEFT + (low + high) / 2 * side, TOP + side - (under + over) / 2 * side
    pen.text(x, y + 5, str(total), 14, anchor="middle", bold=True, family="serif")
