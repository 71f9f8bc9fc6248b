"""The matrix of readings: open questions down, who holds a reading across, strength as the fill of a dot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from graph.networks.building import Network
from graph.networks.views.readings import RECORDED
from graph.pictures.figures.blocs import counted, place_of
from graph.pictures.figures.pen import FIRST, INK, MUTED, PAPER, RULE, SECOND, Pen, sign, width_of, wrapped
from graph.pictures.figures.sheet import ROOM, Figure

#: Room for the questions, for a column and for a row, and for the names above.
QUESTIONS, COLUMN, ROW, HEAD = 345.0, 18.0, 31.0, 190.0

#: Fill, edge and colour of the letter for each strength, the strongest first.
STRENGTHS: Mapping[str, tuple[str, str, str]] = {
    "well-supported": ("#08306b", "#08306b", "#ffffff"),
    "arguable": ("#4a8fc7", "#2b6ca3", "#ffffff"),
    "emerging": ("#cfe2f2", "#4a8fc7", INK),
    "minority": (PAPER, MUTED, INK),
}
_ELSE = (PAPER, RULE, INK)


@dataclass(frozen=True)
class Held:
    """A reading of a question by a holder; no holder when the record names none."""

    question: str
    reading: str
    letter: str
    holder: str


def figure(found: Network, sources: Sequence[str] = ()) -> Figure:
    """Return the figure of readings and their holders."""
    held = _held(found)
    questions = sorted({each.question for each in held}, key=lambda code: (len(code), code))
    columns = _columns(found, held)
    pen = Pen()
    at = {holder: QUESTIONS + (number + 0.5) * COLUMN for number, holder in enumerate(columns)}
    _grid(pen, found, questions, columns, at)
    reached = HEAD
    for question in questions:
        own = [each for each in held if each.question == question]
        reached += _row(pen, found, question, own, at, reached)
    readings = {each.reading for each in held}
    used = {str(found.graph.nodes[reading]["strength"]) for reading in readings}
    order = [*(name for name in STRENGTHS if name in used), *sorted(used - set(STRENGTHS))]
    return Figure(
        kicker=found.title,
        headline=_headline(found, held, questions),
        lede=(
            "One row for each open question; a dot is a reading that a holder holds, and its letter tells "
            "the rival readings of a question apart: the same letter in a row, the same reading. Who holds "
            "one reading only is named at the right."
        ),
        legend=tuple(
            sign(
                name.replace("-", " ") or "strength not recorded",
                "circle",
                r=7,
                fill=STRENGTHS.get(name, _ELSE)[0],
                stroke=STRENGTHS.get(name, _ELSE)[1],
            )
            for name in order
        ),
        plane=str(pen),
        height=reached + 6,
        notes=tuple(note for note in found.notes if note != RECORDED),
        warning=RECORDED,
        as_of=found.as_of,
        version=found.version,
        sources=tuple(sources),
        rests_on=f"Rests on {counted(len(readings), 'reading')} of "
        f"{counted(len(questions), 'open question')}.",
    )


def _headline(found: Network, held: Sequence[Held], questions: Sequence[str]) -> str:
    if not held:
        return "No reading of an open question is recorded on this day"
    number = {q: len({each.reading for each in held if each.question == q}) for q in questions}
    rival = sum(each > 1 for each in number.values())
    return f"{rival} of {len(questions)} open questions have rival readings"


def _held(found: Network) -> list[Held]:
    graph = found.graph
    reads = [
        (a, b) if graph.nodes[b]["kind"] == "ambiguity" else (b, a)
        for a, b, relation in graph.edges(data="relation")
        if relation == "reads"
    ]
    letters: dict[str, str] = {}
    for question in {question for _, question in reads}:
        own = sorted(reading for reading, asked in reads if asked == question)
        letters.update({reading: _letter(number) for number, reading in enumerate(own)})
    held = []
    for reading, question in sorted(reads):
        holders = sorted(other for other in graph[reading] if graph[reading][other]["relation"] == "holds")
        held += [Held(question, reading, letters[reading], holder) for holder in holders or [""]]
    return held


def _letter(number: int) -> str:
    return chr(ord("a") + number % 26) * (1 + number // 26)


def _columns(found: Network, held: Sequence[Held]) -> list[str]:
    """Return the holders of several readings: states by bloc, alliances, organizations, groups, persons."""
    number: dict[str, int] = {}
    for each in held:
        if each.holder:
            number[each.holder] = number.get(each.holder, 0) + 1
    kinds = ("state", "alliance", "organization", "group", "person")

    def key(holder: str) -> tuple[int, int, int, str]:
        known = found.graph.nodes[holder]
        place = ("first", "both", "second", "neither").index(place_of(known["group"], found.blocs))
        kind = kinds.index(known["kind"]) if known["kind"] in kinds else len(kinds)
        return kind, place, -number[holder], holder

    room = int((ROOM - QUESTIONS - 190) / COLUMN)
    several = sorted((holder for holder in number if number[holder] > 1), key=lambda h: (-number[h], h))
    return sorted(several[:room], key=key)


def _grid(
    pen: Pen, found: Network, questions: Sequence[str], columns: Sequence[str], at: Mapping[str, float]
) -> None:
    bottom = HEAD + ROW * len(questions)
    tones = {"first": FIRST, "second": SECOND}
    for holder in columns:
        known = found.graph.nodes[holder]
        pen.add("line", x1=at[holder], x2=at[holder], y1=HEAD - 6, y2=bottom, stroke="#eceded")
        label, size = str(known["label"]), 11.0
        lines = [label]
        if width_of(label, size) > HEAD * 1.02:
            size = 8.6
            lines = wrapped(label, HEAD, size, 2)
        with pen.mark(label, "holder", data_code=holder):
            for number, line in enumerate(lines):
                pen.text(
                    at[holder] + 4 + (number - (len(lines) - 1) / 2) * size,
                    HEAD - 10,
                    line,
                    size,
                    turn=-90,
                    bold=known["kind"] == "state",
                    fill=tones.get(place_of(known["group"], found.blocs), INK),
                )
    pen.text(0, HEAD - 10, "Open question", 11.5, bold=True)
    x = QUESTIONS + len(columns) * COLUMN + 14
    pen.text(x, HEAD - 10, "Who holds one reading only", 11.5, bold=True)


def _row(
    pen: Pen, found: Network, question: str, own: Sequence[Held], at: Mapping[str, float], top: float
) -> float:
    y = top + ROW / 2
    pen.add("line", x1=0, x2=ROOM, y1=top, y2=top, stroke=RULE, stroke_width=0.7)
    lines = wrapped(str(found.graph.nodes[question]["label"]), QUESTIONS - 22, 11, 2)
    pen.lines(0, y + 4 - 6.5 * (len(lines) - 1), lines, 11, leading=1.2)
    cells: dict[str, list[Held]] = {}
    for each in own:
        cells.setdefault(each.holder if each.holder in at else "", []).append(each)
    for holder, dots in cells.items():
        if holder:
            gap = 0.0 if len(dots) == 1 else min(14.0, (ROW - 12) / (len(dots) - 1))
            for number, each in enumerate(dots):
                _dot(pen, found, each, at[holder], y + (number - (len(dots) - 1) / 2) * gap)
    _others(pen, found, cells.get("", []), QUESTIONS + len(at) * COLUMN + 22, y)
    return ROW


def _others(pen: Pen, found: Network, own: Sequence[Held], left: float, y: float) -> None:
    """Draw the readings whose holder has no column, each with its name, in one line or two."""
    names = [str(found.graph.nodes[each.holder]["label"]) if each.holder else "no one named" for each in own]
    wide = sum(28 + width_of(name, 9.6) for name in names)
    half = (len(own) + 1) // 2 if wide > ROOM - left and len(own) > 1 else len(own)
    for first, line in ((0, y - 7.5 if half < len(own) else y), (half, y + 7.5)):
        part = list(zip(own, names, strict=True))[first : first + half]
        _line(pen, found, part, left, line)


def _line(pen: Pen, found: Network, part: Sequence[tuple[Held, str]], left: float, y: float) -> None:
    size, x = 9.6, left
    free = ROOM - left - 26 * len(part)
    wanted = sum(width_of(name, size) for _, name in part)
    for each, name in part:
        room = width_of(name, size) * min(1.0, free / wanted)
        short = name if wanted <= free else name[: int(len(name) * free / wanted) - 1].rstrip() + "…"
        _dot(pen, found, each, x, y, 6.2)
        pen.text(x + 9, y + 3.5, short, size)
        x += room + 24


def _dot(pen: Pen, found: Network, each: Held, x: float, y: float, radius: float = 7.4) -> None:
    known = found.graph.nodes[each.reading]
    fill, edge, ink = STRENGTHS.get(str(known["strength"]), _ELSE)
    holder = found.graph.nodes[each.holder]["label"] if each.holder else "no holder named"
    told = (
        f"{holder}: {known['label']} ({str(known['strength']).replace('-', ' ') or 'strength not recorded'})"
    )
    with pen.mark(told, data_reading=each.reading):
        pen.add("circle", cx=x, cy=y, r=radius, fill=fill, stroke=edge)
        pen.text(x, y + radius * 0.42, each.letter, radius * 1.25, anchor="middle", fill=ink)
