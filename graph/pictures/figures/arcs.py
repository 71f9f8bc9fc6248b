"""The arcs of recorded ties: actors on a line by bloc, cooperation above, competition beneath."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from graph.networks.blocs import Bloc
from graph.networks.building import Network, count
from graph.networks.views.linkages import recording
from graph.pictures.figures.blocs import bloc_signs, counted, place_of
from graph.pictures.figures.pen import (
    FIRST,
    GREEN,
    INK,
    MUTED,
    OTHER,
    PURPLE,
    SECOND,
    Pen,
    Sign,
    line_sign,
    width_of,
)
from graph.pictures.figures.sheet import ROOM, Figure

#: Room for the names between the two lines, and how flat an arc is.
BAND, FLAT, MOST = 196.0, 0.62, 345.0

_WAYS = {"cooperation": GREEN, "competition": PURPLE, "mixed": INK}
_FAINT = {"cooperation": "#a9cfc2", "competition": "#dcb5cc", "mixed": OTHER}


@dataclass(frozen=True)
class Arc:
    """The ties of one sign between two actors."""

    ends: tuple[str, str]
    tie: str
    titles: tuple[str, ...]
    crosses: bool


def figure(found: Network, sources: Sequence[str] = ()) -> Figure:
    """Return the figure of ties between actors."""
    order = _ordered(found)
    arcs = sorted(_arcs(found), key=lambda arc: (arc.crosses, len(arc.titles), arc.ends))
    at = _stations(found, order)
    above = _reach(arcs, at, above=True) + 30
    pen = Pen()
    for arc in arcs:
        _arc(pen, found, arc, at, above)
    _actors(pen, found, order, at, above)
    deep = _hub(pen, found, arcs, at, above) if order else 0.0
    height = above + BAND + max(_reach(arcs, at, above=False) + 22, deep)
    crossing = sum(len(arc.titles) for arc in arcs if arc.crosses)
    return Figure(
        kicker=found.title,
        headline=_headline(found, crossing),
        lede=(
            "Each arc joins two actors; its width grows with the number of recorded ties. Cooperation arches "
            "above the names, competition and mixed ties beneath. Strong colour: it joins the two blocs, "
            "by the memberships of the day."
        ),
        legend=(*bloc_signs(found.blocs, "in neither, or no state"), *_signs()),
        plane=str(pen),
        height=height,
        notes=tuple(note for note in found.notes if note not in set(recording(found.graph))),
        warning=" ".join(recording(found.graph)),
        as_of=found.as_of,
        version=found.version,
        sources=tuple(sources),
        rests_on=f"Rests on {counted(found.graph.number_of_edges(), 'recorded tie')} between "
        f"{counted(len(order), 'actor')}.",
    )


def _headline(found: Network, crossing: int) -> str:
    ties = found.graph.number_of_edges()
    if not ties:
        return "No tie between actors holds on this day"
    names = " and ".join(bloc.short for bloc in found.blocs)
    return f"{crossing} of {ties} recorded ties join the blocs of {names}"


def _signs() -> tuple[Sign, ...]:
    return (
        line_sign("cooperation across the blocs", GREEN, 3.5),
        line_sign("other cooperation", _FAINT["cooperation"], 3.5),
        line_sign("competition across", PURPLE, 3.5),
        line_sign("other competition", _FAINT["competition"], 3.5),
        line_sign("mixed", INK, 2.5, "5 3"),
    )


def _ordered(found: Network) -> list[str]:
    """Return the first bloc, both, the second bloc, the others; the most tied nearest to the other bloc."""
    degree = dict(found.graph.degree())
    places = {node: place_of(known["group"], found.blocs) for node, known in found.graph.nodes(data=True)}

    def key(node: str) -> tuple[int, bool, int, str]:
        place = places[node]
        near = degree[node] if place == "first" else -degree[node]
        number = ("first", "both", "second", "neither").index(place)
        return number, found.graph.nodes[node]["kind"] != "state", near, node

    return sorted(found.graph, key=key)


def _stations(found: Network, order: Sequence[str]) -> dict[str, float]:
    """Return where actors stand on the line, with a gap wherever the bloc changes."""
    places = [place_of(found.graph.nodes[node]["group"], found.blocs) for node in order]
    changes = [0, *(int(a != b) for a, b in itertools.pairwise(places))]
    total = len(order) + sum(changes)
    pitch = (ROOM - 20) / max(total, 1)
    reached, at = 0.0, {}
    for node, change in zip(order, changes, strict=False):
        reached += change
        at[node] = 10 + (reached + 0.5) * pitch
        reached += 1
    return at


def _arcs(found: Network) -> Iterable[Arc]:
    held: dict[tuple[str, str, str], list[Mapping[str, object]]] = {}
    for a, b, known in found.graph.edges(data=True):
        one, other = sorted((a, b))
        held.setdefault((one, other, str(known["tie"])), []).append(known)
    for (one, other, tie), ties in held.items():
        titles = tuple(sorted(str(known["title"]) for known in ties))
        yield Arc((one, other), tie, titles, any(known["joins_blocs"] for known in ties))


def _height(arc: Arc, at: Mapping[str, float]) -> float:
    return min(MOST, abs(at[arc.ends[0]] - at[arc.ends[1]]) / 2 * FLAT)


def _reach(arcs: Iterable[Arc], at: Mapping[str, float], *, above: bool) -> float:
    return max((_height(arc, at) for arc in arcs if (arc.tie == "cooperation") == above), default=0.0)


def _arc(pen: Pen, found: Network, arc: Arc, at: Mapping[str, float], above: float) -> None:
    left, right = sorted((at[arc.ends[0]], at[arc.ends[1]]))
    upward = arc.tie == "cooperation"
    y = above if upward else above + BAND
    high = _height(arc, at)
    names = " – ".join(str(found.graph.nodes[end]["label"]) for end in arc.ends)
    title = f"{names}: {arc.tie} {len(arc.titles)} ({'; '.join(arc.titles)})"
    colours = _WAYS if arc.crosses else _FAINT
    bend = f"A{(right - left) / 2:.1f} {high:.1f} 0 0 {int(upward)} {right:.1f} {y:.1f}"
    with pen.mark(title, data_ties=len(arc.titles)):
        pen.add(
            "path",
            d=f"M{left:.1f} {y:.1f}{bend}",
            fill="none",
            stroke=colours.get(arc.tie, OTHER),
            stroke_width=1.1 + 1.15 * (len(arc.titles) - 1) ** 0.75 + 0.5 * arc.crosses,
            stroke_dasharray="5 3" if arc.tie == "mixed" else None,
            stroke_opacity=0.9,
        )


def _actors(pen: Pen, found: Network, order: Sequence[str], at: Mapping[str, float], above: float) -> None:
    degree = dict(found.graph.degree())
    hub = max(order, key=lambda node: (degree[node], node), default=None)
    for node in order:
        known, x = found.graph.nodes[node], at[node]
        place = place_of(known["group"], found.blocs)
        label = (
            str(known["label"])
            if width_of(str(known["label"]), 11.5) < BAND - 52
            else str(known["code"]).upper()
        )
        with pen.mark(f"{known['label']}: {counted(degree[node], 'tie')}", "actor", data_code=node):
            for y in (above, above + BAND):
                pen.bloc_mark(x, y, 4.6, place)
            pen.text(x + 4, above + 13, label, 11.5, turn=90, bold=place == "both" or node == hub)
    _names(pen, found.blocs, found, order, at, above)


def _hub(pen: Pen, found: Network, arcs: Sequence[Arc], at: Mapping[str, float], above: float) -> float:
    """Mark the actor with the most ties, and say beneath, clear of the arcs, what that measures."""
    degree = dict(found.graph.degree())
    hub = max(at, key=lambda node: (degree[node], node))
    if not degree[hub]:
        return 0.0
    x, base = at[hub], above + BAND
    for y in (above, base):
        pen.add("circle", cx=x, cy=y, r=9, fill="none", stroke=INK, stroke_width=1.6, class_="hub")
    words = [
        f"At one end of {degree[hub]} of {found.graph.number_of_edges()} recorded ties:",
        "measures recording, not weight",
    ]
    wide = max(width_of(line, 12, bold=True) for line in words) + 12
    side, down = _clear(arcs, at, x, wide)
    pen.add("path", d=f"M{x:.1f} {base + 9:.1f}V{base + down:.1f}h{16 * side}", fill="none", stroke=INK)
    anchor = "start" if side > 0 else "end"
    pen.lines(x + 21 * side, base + down - 3, words, 12, bold=True, anchor=anchor)
    return down + 34


def _clear(arcs: Sequence[Arc], at: Mapping[str, float], x: float, wide: float) -> tuple[int, float]:
    """Return on which side of a place, and how far beneath the line, words of some width meet no arc."""
    beneath = [arc for arc in arcs if arc.tie != "cooperation"]
    for down in range(60, int(MOST) + 80, 8):
        for side in (1, -1):
            left, right = (x, x + 21 + wide) if side > 0 else (x - 21 - wide, x)
            inside = left >= 0 and right <= ROOM
            if inside and not any(_meets(arc, at, (left, down - 18, right, down + 20)) for arc in beneath):
                return side, float(down)
    return (1 if x < ROOM / 2 else -1), MOST + 40


def _meets(arc: Arc, at: Mapping[str, float], box: tuple[float, float, float, float]) -> bool:
    """Say whether an arc beneath the line runs through a box (left, top, right, bottom)."""
    left, right = sorted((at[arc.ends[0]], at[arc.ends[1]]))
    middle, reach, high = (left + right) / 2, max((right - left) / 2, 1e-9), _height(arc, at)
    low, far = max(box[0], left), min(box[2], right)
    if low > far:
        return False
    depths = [
        high * math.sqrt(max(0.0, 1 - ((low + (far - low) * n / 12 - middle) / reach) ** 2))
        for n in range(13)
    ]
    return min(depths) <= box[3] and max(depths) >= box[1]


def _names(
    pen: Pen,
    blocs: Sequence[Bloc],
    found: Network,
    order: Sequence[str],
    at: Mapping[str, float],
    above: float,
) -> None:
    titles = {place: bloc.label for bloc, place in zip(blocs, ("first", "second"), strict=False)}
    places = {node: place_of(found.graph.nodes[node]["group"], blocs) for node in order}
    for place, number in count(places.values()).items():
        own = [at[node] for node in order if places[node] == place]
        colour = {"first": FIRST, "second": SECOND}.get(place, MUTED)
        y = above + BAND - 15
        pen.add("line", x1=min(own) - 5, x2=max(own) + 5, y1=y, y2=y, stroke=colour, stroke_width=2.5)
        title = titles.get(place, "both" if place == "both" else "neither, or no state")
        if width_of(title, 12.5, bold=True) > max(own) - min(own) + 40:
            title = next((bloc.short for bloc in blocs if titles.get(place) == bloc.label), title)
        pen.text(
            (min(own) + max(own)) / 2,
            y - 7,
            f"{title} ({number})",
            12.5,
            anchor="middle",
            bold=True,
            fill=colour,
        )
