"""The web of conflicts: norms on a circle by theme, and a chord for each recorded conflict."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from graph.networks.building import Network, count
from graph.networks.views.norms import RECORDED
from graph.pictures.figures.blocs import counted
from graph.pictures.figures.pen import (
    AMBER,
    FIRST,
    INK,
    MUTED,
    OTHER,
    PURPLE,
    RULE,
    SECOND,
    Pen,
    line_sign,
    wrapped,
)
from graph.pictures.figures.sheet import ROOM, Figure

#: Radius of the circle, and room for the names around it.
RADIUS, NAMES = 345.0, 205.0

#: Size of the name of a norm, and the gap between two themes in norms.
NAME, APART = 9.6, 0.2

#: Colour and dashes of the kinds of conflict, in order of how sharp they are; others are drawn in grey.
KINDS: Mapping[str, tuple[str, float, str | None]] = {
    "direct-contradiction": (SECOND, 2.6, None),
    "tension": (FIRST, 1.6, None),
    "divergent-interpretation": (PURPLE, 1.8, "7 3"),
    "gap": (AMBER, 1.6, "2 3"),
}
_ELSE = (OTHER, 1.4, "1 3")


def figure(found: Network, themes: Mapping[str, str], sources: Sequence[str] = ()) -> Figure:
    """Return the figure of the conflicts of norms.

    Parameters
    ----------
    found
        The network of norms.
    themes
        Address of a norm to the name of its theme.
    sources
        Titles of the most used sources.
    """
    graph = found.graph
    conflicts = sorted(
        (
            (a, b, key, known)
            for a, b, key, known in graph.edges(keys=True, data=True)
            if known["relation"] == "conflicts"
        ),
        key=lambda each: str(each[2]),
    )
    norms = {end for a, b, _, _ in conflicts for end in (a, b)}
    turns, heads = _slots(graph, norms, themes)
    pen = Pen()
    for conflict in conflicts:
        _chord(pen, graph, conflict, turns)
    _themes(pen, heads)
    degree = count(end for a, b, _, _ in conflicts for end in (a, b))
    for norm, turn in turns.items():
        _norm(pen, norm, graph.nodes[norm], turn, degree[norm], themes)
    kinds = count(str(known["conflict_type"]) for _, _, _, known in conflicts)
    alone = sum(kind == "norm" for _, kind in graph.nodes(data="kind")) - len(norms)
    return Figure(
        kicker=found.title,
        headline=_headline(graph, conflicts, degree),
        lede=(
            "Norms that conflict, as dots in groups by theme; a dot grows with its conflicts. Each chord is "
            "a curated conflict between two norms: it says that they clash, not that anyone is bound by both."
        ),
        legend=tuple(
            line_sign(f"{kind.replace('-', ' ')} ({kinds[kind]})", *KINDS.get(kind, _ELSE))
            for kind in sorted(
                kinds, key=lambda kind: (list(KINDS).index(kind) if kind in KINDS else 99, kind)
            )
        ),
        plane=str(pen),
        height=2 * (RADIUS + NAMES) if norms else 40,
        notes=(
            f"{counted(alone, 'norm')} of the day without a recorded conflict "
            f"{'is' if alone == 1 else 'are'} not drawn.",
            *(note for note in found.notes if note != RECORDED),
        ),
        warning=RECORDED,
        as_of=found.as_of,
        version=found.version,
        sources=tuple(sources),
        rests_on=f"Rests on {counted(len(conflicts), 'recorded conflict')} between "
        f"{counted(len(norms), 'norm')}.",
    )


def _headline(graph: Any, conflicts: Sequence[Any], degree: Mapping[str, int]) -> str:
    if not conflicts:
        return "No conflict between norms is recorded on this day"
    most = next(iter(degree))
    return f"{counted(len(conflicts), 'conflict')} of norms; most meet in “{graph.nodes[most]['label']}”"


def _slots(
    graph: Any, norms: Iterable[str], themes: Mapping[str, str]
) -> tuple[dict[str, float], dict[str, tuple[float, float]]]:
    """Return the turn of each norm, and for each theme where its title and its last norm stand."""
    by_theme: dict[str, list[str]] = {}
    for norm in sorted(norms, key=lambda norm: str(graph.nodes[norm]["label"])):
        by_theme.setdefault(themes.get(str(graph.nodes[norm]["iri"]), "no theme"), []).append(norm)
    total = sum(len(own) + 1 + APART for own in by_theme.values())
    reached, turns, heads = 0.0, {}, {}
    for theme in sorted(by_theme):
        start = reached
        reached += 1
        for norm in by_theme[theme]:
            turns[norm] = math.tau * (reached + 0.25) / total - math.pi / 2
            reached += 1
        heads[theme] = (
            math.tau * (start + 0.3) / total - math.pi / 2,
            math.tau * (reached - 0.5) / total - math.pi / 2,
        )
        reached += APART
    return turns, heads


def _at(turn: float, radius: float) -> tuple[float, float]:
    return ROOM / 2 + radius * math.cos(turn), RADIUS + NAMES + radius * math.sin(turn)


def _chord(
    pen: Pen, graph: Any, conflict: tuple[str, str, str, Mapping[str, Any]], turns: Mapping[str, float]
) -> None:
    a, b, _, known = conflict
    kind = str(known["conflict_type"])
    colour, width, dash = KINDS.get(kind, _ELSE)
    (x1, y1), (x2, y2) = _at(turns[a], RADIUS - 9), _at(turns[b], RADIUS - 9)
    apart = abs(math.remainder(turns[a] - turns[b], math.tau)) / math.pi
    (x3, y3), (x4, y4) = (_at(turns[end], RADIUS * (1 - apart) ** 1.1 * 0.82) for end in (a, b))
    title = (
        f"{known['title']} ({kind.replace('-', ' ')}): {graph.nodes[a]['label']} – {graph.nodes[b]['label']}"
    )
    with pen.mark(title, data_kind=kind):
        pen.add(
            "path",
            d=f"M{x1:.1f} {y1:.1f}C{x3:.1f} {y3:.1f} {x4:.1f} {y4:.1f} {x2:.1f} {y2:.1f}",
            fill="none",
            stroke=colour,
            stroke_width=width,
            stroke_dasharray=dash,
            stroke_opacity=0.85,
        )


def _themes(pen: Pen, heads: Mapping[str, tuple[float, float]]) -> None:
    for theme, (start, end) in heads.items():
        (x1, y1), (x2, y2) = _at(start, RADIUS + 9), _at(end, RADIUS + 9)
        wide = int(end - start > math.pi)
        pen.add(
            "path",
            d=f"M{x1:.1f} {y1:.1f}A{RADIUS + 9:.0f} {RADIUS + 9:.0f} 0 {wide} 1 {x2:.1f} {y2:.1f}",
            fill="none",
            stroke=RULE,
            stroke_width=5,
        )
        _radial(pen, start, [theme[:1].upper() + theme[1:]], 10.5, bold=True)


def _norm(
    pen: Pen, norm: str, known: Mapping[str, Any], turn: float, degree: int, themes: Mapping[str, str]
) -> None:
    x, y = _at(turn, RADIUS)
    theme = themes.get(str(known["iri"]), "no theme")
    with pen.mark(f"{known['label']} ({theme}): {counted(degree, 'conflict')}", "norm", data_code=norm):
        pen.add("circle", cx=x, cy=y, r=2.2 + 1.5 * math.sqrt(degree), fill=INK)
        _radial(pen, turn, wrapped(str(known["label"]), NAMES - 34, NAME, 2), NAME, bold=degree > 3)


def _radial(pen: Pen, turn: float, lines: Sequence[str], size: float, *, bold: bool) -> None:
    left = math.cos(turn) < 0
    degrees = math.degrees(turn) + (180 if left else 0)
    x, y = _at(turn, RADIUS + 18)
    with pen.group(transform=f"translate({x:.1f} {y:.1f}) rotate({degrees:.2f})"):
        first = size * 0.35 - (len(lines) - 1) * size * 0.5
        for number, line in enumerate(lines):
            pen.text(
                0,
                first + number * size,
                line,
                size,
                anchor="end" if left else None,
                bold=bold,
                fill=INK if not bold or size < 10.2 else MUTED,
            )
