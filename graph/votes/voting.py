"""Measures votes: positions on two lines of texts, cohesion of blocs, and agreement across them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from graph.cache import Cache
from graph.errors import BadValue, UnknownName, suggest
from graph.networks.blocs import Bloc, Knowledge, find_blocs
from graph.networks.building import BLOCS, BOTH, NEITHER, blocs_of, day, group_of
from graph.threads import one_thread
from graph.votes import rollcalls
from graph.votes.rollcalls import FAVOUR, Agreement, Matrix, Record, RollCall

#: A mean position from this upward is yes, and up to the other one no; between them it is mixed.
YES, NO = 0.75, 0.25
POSITIONS = ("yes", "mixed", "no")

#: Random relabellings that a modularity is compared with, and the seed they start from.
RELABELLINGS, SEED = 1000, 20261122

METHOD_AXES = (
    "A state's position on a line of texts is the mean of its votes on them: 1 for yes, ½ for an "
    "abstention, 0 for no; absences are skipped. The line of a text is that of its subject in the "
    "vocabulary of vote topics, a grouping for analysis and not a legal category."
)
METHOD_COHESION = (
    "Agreement of two states on a vote is 1 when they vote alike, ½ when one of them abstains, and 0 for yes "
    "against no; absences are skipped. Agreement of a pair is the mean over the votes both took part in; "
    "within a bloc the mean over its pairs, across two blocs the mean over pairs of a member of the one only "
    "and a member of the other only. States of both blocs are in neither mean. Membership is that of one "
    "day, held fixed over all years. Modularity: of the blocs' members in the graph weighted by agreement "
    "(Newman 2004, doi:10.1103/PhysRevE.70.056131). Its z is from the mean and the variance over all "
    "relabellings of the members that keep the sizes, which are known exactly (Mantel 1967, Cancer Research "
    "27, 209-220)."
)
_METHOD_P = " Its p is from {runs:,} random relabellings (seed {seed})."


@dataclass(frozen=True)
class Place:
    """Where a state stands on the two axes; ``votes`` and ``means`` in the order of the lines."""

    code: str
    label: str
    group: str
    votes: tuple[int, int]
    means: tuple[float, float]
    positions: tuple[str, str]


@dataclass(frozen=True)
class Quadrant:
    """A combination of positions, and the states that hold it, by group."""

    positions: tuple[str, str]
    total: int
    groups: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Axes:
    """The positions of states on two lines of texts.

    Attributes
    ----------
    lines
        Code and name of the two lines.
    start, end
        First and last day of the votes.
    votes
        Number of roll calls on each line.
    thresholds
        Mean from which a position is yes, and up to which it is no.
    minimum
        Votes on each line that a state must have taken part in.
    places
        States with enough votes, in order of code.
    too_few
        Codes of the states with fewer.
    quadrants
        Every combination that occurs, the most frequent first.
    blocs, members_as_of
        The blocs states are grouped by, as they stood on a day.
    omitted
        Votes of the span on the lines that have no usable roll call.
    """

    lines: tuple[tuple[str, str], tuple[str, str]]
    start: str
    end: str
    votes: tuple[int, int]
    thresholds: tuple[float, float]
    minimum: int
    places: tuple[Place, ...]
    too_few: tuple[str, ...]
    quadrants: tuple[Quadrant, ...]
    blocs: tuple[Bloc, ...]
    members_as_of: str
    omitted: tuple[rollcalls.Unrecorded, ...]
    method: str
    notes: tuple[str, ...]
    version: str


@dataclass(frozen=True)
class Year:
    """How the blocs voted in a year; values are None where nothing can be said, and ``reason`` says why.

    ``tally`` counts votes cast in each way, with absent and missing states apart; ``pairs`` the pairs of
    states behind ``across``; ``modularity_p`` is the share of random relabellings that score as high.
    """

    year: int
    votes: int
    topics: Mapping[str, int]
    tally: Mapping[str, int]
    within: Mapping[str, float | None]
    across: float | None
    pairs: int
    modularity: float | None
    modularity_z: float | None
    modularity_p: float | None
    reason: str


@dataclass(frozen=True)
class Cohesion:
    """Agreement within and across blocs by year."""

    years: tuple[Year, ...]
    topic: str
    blocs: tuple[Bloc, ...]
    members: Mapping[str, int]
    in_both: tuple[str, ...]
    members_as_of: str
    method: str
    notes: tuple[str, ...]
    version: str


_KEPT: Cache[Cohesion] = Cache(32)


def axes(
    kg: Knowledge,
    as_of: str | dt.date | None = None,
    *,
    since: str | dt.date | None = None,
    lines: Sequence[str] = (),
    between: Sequence[str] = BLOCS,
    thresholds: tuple[float, float] = (YES, NO),
    minimum: int | None = None,
) -> Axes:
    """Return where states stand on two lines of texts.

    Parameters
    ----------
    kg
        The knowledge graph.
    as_of
        The last day of the votes, and the day of the memberships; today when None.
    since
        The first day; the start of the six years up to ``as_of`` when None.
    lines
        Codes of two wider groups of subjects; those the vocabulary has, when it has two.
    between
        Alliances to group states by.
    thresholds
        Mean position from which a state counts as yes, and up to which it counts as no.
    minimum
        Votes on each line that a state must have taken part in; half of them when None.

    Raises
    ------
    UnknownName
        There is no such line or alliance.
    BadValue
        There are not two lines, or the thresholds are in the wrong order.
    """
    if not 0 <= thresholds[1] < thresholds[0] <= 1:
        raise BadValue(
            f"The thresholds {thresholds[0]} for yes and {thresholds[1]} for no are not in order.",
            remedy="Give 0 ≤ no < yes ≤ 1, such as 0.75 and 0.25.",
            code="bad-thresholds",
        )
    votes, last = rollcalls.record(kg), day(kg, as_of)
    first = day(kg, since) if since else rollcalls.window_start(last)
    named = _lines(votes, lines)
    blocs = find_blocs(kg, between)
    span = (first.isoformat(), last.isoformat())
    calls = [rollcalls.select(votes, *span, code) for code, _ in named]
    least = tuple(_least(minimum, len(own)) for own in calls)
    places, few = _places(votes, calls, least, thresholds, blocs_of(kg, last, blocs))
    return Axes(
        lines=named,
        start=span[0],
        end=span[1],
        votes=(len(calls[0]), len(calls[1])),
        thresholds=thresholds,
        minimum=max(least),
        places=places,
        too_few=few,
        quadrants=_quadrants(places),
        blocs=blocs,
        members_as_of=span[1],
        omitted=tuple(each for code, _ in named for each in rollcalls.omitted(votes, *span, code)),
        method=METHOD_AXES,
        notes=(*_few_votes(named, calls), *rollcalls.WARNINGS, FORMER_APART),
        version=kg.version,
    )


FORMER_APART = (
    "Former states stand for themselves; their votes are not counted as those of the states that continue "
    "them, unless one line over time is asked for."
)
FORMER_JOINED = "One line over time was asked for: {}."


def former(votes: Record, *, joined: bool) -> str:
    """Return the sentence that says how former states are treated."""
    if not joined:
        return FORMER_APART
    pairs = "; ".join(
        f"{votes.labels.get(old, old)} is continued by {votes.labels.get(new, new)}"
        for old, new in votes.continued.items()
    )
    return FORMER_JOINED.format(pairs or "no former state is continued by another")


def cohesion(
    kg: Knowledge,
    start: int,
    end: int,
    *,
    topic: str = "",
    between: Sequence[str] = BLOCS,
    members_as_of: str | dt.date | None = None,
    relabellings: int = RELABELLINGS,
) -> Cohesion:
    """Return agreement within and across two blocs by year.

    Parameters
    ----------
    kg
        The knowledge graph.
    start, end
        First and last year.
    topic
        A subject or a wider group of subjects; every subject when empty.
    between
        Two alliances.
    members_as_of
        The day whose memberships hold for every year; today when None.
    relabellings
        How many to draw for the p of each modularity; with 0 there is no p.

    Returns
    -------
    Cohesion
        One `Year` for every year of the span; a year without a vote has no values and says why.
    """
    fixed, blocs = day(kg, members_as_of), find_blocs(kg, between)
    return _KEPT.get(
        kg,
        (start, end, topic, blocs, fixed, relabellings),
        lambda: _cohesion(kg, start, end, topic, blocs, fixed, relabellings),
    )


def _cohesion(
    kg: Knowledge, start: int, end: int, topic: str, blocs: tuple[Bloc, ...], fixed: dt.date, runs: int
) -> Cohesion:
    votes = rollcalls.record(kg)
    belongs = blocs_of(kg, fixed, blocs)
    groups = {bloc.code: {s for s, own in belongs.items() if own == (bloc.code,)} for bloc in blocs}
    both = tuple(sorted(state for state, own in belongs.items() if len(own) > 1))
    years = tuple(_year(votes, year, topic, groups, runs) for year in range(start, end + 1))
    return Cohesion(
        years=years,
        topic=topic,
        blocs=blocs,
        members={code: len(states) for code, states in groups.items()},
        in_both=both,
        members_as_of=fixed.isoformat(),
        method=METHOD_COHESION + (_METHOD_P.format(runs=runs, seed=SEED) if runs else ""),
        notes=(former(votes, joined=True), *rollcalls.WARNINGS),
        version=kg.version,
    )


def split(found: Agreement, minimum: int = 1) -> tuple[tuple[set[str], set[str]], float]:
    """Return the split of voters in two that the votes themselves suggest, and its modularity.

    Parameters
    ----------
    found
        Agreement of pairs of states.
    minimum
        Votes that a pair must share to count.

    Returns
    -------
    sides, modularity
        Two sets of states by the sign of the leading eigenvector of the modularity matrix, and the
        modularity of that split; one side is empty when no split is better than none. States that share
        too few votes with every other are on neither.

    References
    ----------
    Newman, M. E. J. (2006). Finding community structure in networks using the eigenvectors of matrices.
    Physical Review E 74, 036104. doi:10.1103/PhysRevE.74.036104
    """
    weights = np.nan_to_num(found.mean(minimum))
    tied = weights.sum(axis=1) > 0
    weights, names = weights[np.ix_(tied, tied)], np.array(found.states)[tied]
    if not len(names):
        return (set(), set()), 0.0
    surplus = _surplus(weights)
    with one_thread():
        sizes, vectors = np.linalg.eigh(surplus)
    if sizes[-1] < 1e-9:
        return (set(names.tolist()), set()), 0.0
    side = vectors[:, -1] > 0
    value = sum(float(surplus[np.ix_(part, part)].sum()) for part in (side, ~side)) / float(weights.sum())
    return (set(names[side].tolist()), set(names[~side].tolist())), value


def bloc_modularity(
    weights: Matrix, labels: np.ndarray, runs: int = RELABELLINGS, seed: int = SEED
) -> tuple[float, float | None, float | None]:
    """Return the modularity of a grouping of a weighted graph, and how far it is from chance.

    Chance are all relabellings of the nodes that keep the sizes of the groups.

    Parameters
    ----------
    weights
        n × n, symmetric, with an empty diagonal.
    labels
        n whole numbers: the group of each node.
    runs, seed
        How many relabellings to draw at random for p, and where they start; with 0 there is no p.

    Returns
    -------
    value, z, p
        The modularity; its distance from the mean of all relabellings in their standard deviations; and the
        share of the drawn ones that score as high, the value itself counted in. No z and no p where all
        relabellings score the same.

    References
    ----------
    Mantel, N. (1967). The detection of disease clustering and a generalized regression approach. Cancer
    Research 27(2), 209-220.
    """
    total = weights.sum()
    if total == 0:
        return 0.0, None, None
    surplus = _surplus(weights)
    value = float(surplus[labels[:, None] == labels[None, :]].sum() / total)
    mean, spread = (number / total for number in _relabelled(surplus, labels))
    if spread < 1e-9:
        return value, None, None
    if not runs:
        return value, (value - mean) / spread, None
    found = np.unique(labels)
    sizes = tuple(int((labels == group).sum()) for group in found)
    # The rows of the surplus sum to 0, so that two groups have the same inner sum: one is enough.
    kept, times = (1, 2) if len(found) == 2 else (len(found), 1)
    with one_thread():
        drawn = sum(_inner(surplus, members) for members in _drawn(sizes, runs, seed)[:kept])
    above = int((times * drawn / total >= value - 1e-12).sum())
    return value, (value - mean) / spread, (above + 1) / (runs + 1)


def _relabelled(surplus: Matrix, labels: np.ndarray) -> tuple[float, float]:
    """Return the mean and the standard deviation of the sum within groups over all relabellings.

    The sum runs over the pairs that two matrices have in common when the nodes of one are put in any order
    (Mantel 1967); the diagonal is the same in each.
    """
    number = len(labels)
    between = ~np.eye(number, dtype=bool)
    usual = surplus[between].mean()
    # Apart from the usual entry nothing is left to expect, and the variance is the mean square.
    apart = np.where(between, surplus - usual, 0.0)
    sizes = np.unique(labels, return_counts=True)[1].astype(float)
    pairs = float((sizes * (sizes - 1)).sum())
    own = _shapes(pairs, pairs, float((sizes * (sizes - 1) ** 2).sum()))
    other = _shapes(0.0, float((apart**2).sum()), float((apart.sum(axis=1) ** 2).sum()))
    ways = np.cumprod([number * (number - 1), number - 2, number - 3]).tolist()
    variance = sum(one * two / way for one, two, way in zip(own, other, ways, strict=True) if way)
    return pairs * usual + surplus.trace(), max(variance, 0.0) ** 0.5


def _shapes(whole: float, squares: float, rows: float) -> tuple[float, float, float]:
    """Return the sums of products of two entries that lie on two, three and four nodes.

    Parameters
    ----------
    whole, squares, rows
        Sums of all entries, of their squares, and of the squares of the sums of rows.
    """
    return 2**0.5 * squares, 2 * (rows - squares), whole**2 + 2 * squares - 4 * rows


def _inner(surplus: Matrix, members: Matrix) -> Matrix:
    found: Matrix = ((members @ surplus) * members).sum(axis=1)
    return found


@lru_cache(maxsize=64)
def _drawn(sizes: tuple[int, ...], runs: int, seed: int) -> tuple[Matrix, ...]:
    """Return random groups of the given sizes: for each group a matrix of runs × nodes of 0 and 1."""
    labels = np.repeat(np.arange(len(sizes)), sizes)
    shuffled = np.random.default_rng(seed).permuted(np.tile(labels, (runs, 1)), axis=1)
    return tuple((shuffled == group).astype(float) for group in range(len(sizes)))


def _surplus(weights: Matrix) -> Matrix:
    strength = weights.sum(axis=1)
    found: Matrix = weights - np.outer(strength, strength) / weights.sum()
    return found


# Axes


def _lines(votes: Record, wanted: Sequence[str]) -> tuple[tuple[str, str], tuple[str, str]]:
    for name in wanted:
        if name not in votes.lines:
            raise UnknownName(
                f"There is no line of texts “{name}”.",
                remedy=suggest(name, votes.lines),
                code="unknown-line",
                known=list(votes.lines),
            )
    chosen = list(wanted) or list(votes.lines)
    if len(set(chosen)) != 2:
        raise BadValue(
            f"Two axes need two lines of texts; there are {len(set(chosen))}.",
            remedy=f"Name two of {', '.join(votes.lines) or 'none'}.",
            code="not-two-lines",
        )
    return (chosen[0], votes.lines[chosen[0]]), (chosen[1], votes.lines[chosen[1]])


def _least(minimum: int | None, number: int) -> int:
    return max(1, (number + 1) // 2) if minimum is None else minimum


def _places(
    votes: Record,
    calls: Sequence[Sequence[RollCall]],
    least: Sequence[int],
    thresholds: tuple[float, float],
    belongs: Mapping[str, tuple[str, ...]],
) -> tuple[tuple[Place, ...], tuple[str, ...]]:
    cast = [_favour(own) for own in calls]
    found, few = [], []
    for code in sorted({*cast[0], *cast[1]}):
        own = [each.get(code, []) for each in cast]
        if any(len(given) < needed for given, needed in zip(own, least, strict=True)):
            few.append(code)
            continue
        means = [sum(given) / len(given) for given in own]
        found.append(
            Place(
                code=code,
                label=votes.labels.get(code, code),
                group=group_of(belongs.get(code, ())),
                votes=(len(own[0]), len(own[1])),
                means=(means[0], means[1]),
                positions=(_position(means[0], thresholds), _position(means[1], thresholds)),
            )
        )
    return tuple(found), tuple(few)


def _favour(calls: Iterable[RollCall]) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for call in calls:
        for code, way in call.cast.items():
            if way in FAVOUR:
                found.setdefault(code, []).append(FAVOUR[way])
    return found


def _position(mean: float, thresholds: tuple[float, float]) -> str:
    if mean >= thresholds[0]:
        return POSITIONS[0]
    return POSITIONS[2] if mean <= thresholds[1] else POSITIONS[1]


def _quadrants(places: Sequence[Place]) -> tuple[Quadrant, ...]:
    held: dict[tuple[str, str], dict[str, list[str]]] = {}
    for place in places:
        held.setdefault(place.positions, {}).setdefault(place.group, []).append(place.code)
    found = [
        Quadrant(positions, sum(map(len, own.values())), {name: tuple(own[name]) for name in sorted(own)})
        for positions, own in held.items()
    ]
    return tuple(sorted(found, key=lambda each: (-each.total, each.positions)))


def _few_votes(lines: Sequence[tuple[str, str]], calls: Sequence[Sequence[RollCall]]) -> Iterable[str]:
    for (_, label), own in zip(lines, calls, strict=True):
        if not own:
            yield f"No roll call on {label} in this span: no state has a place."


# Years


def _year(votes: Record, year: int, topic: str, groups: Mapping[str, set[str]], runs: int) -> Year:
    span = (f"{year}-01-01", f"{year}-12-31", topic)
    calls = rollcalls.select(votes, *span, joined=True)
    everyone = set().union(*groups.values())
    found = rollcalls.agreement(calls, everyone)
    mean = found.mean()
    places = {
        code: np.array([n for n, state in enumerate(found.states) if state in states], dtype=int)
        for code, states in groups.items()
    }
    pairs = _between(mean, list(places.values()))
    scored = _scored(mean, places, runs) if calls else (None, None, None)
    return Year(
        year=year,
        votes=len(calls),
        topics=_topics(calls),
        tally=rollcalls.tallies(calls),
        within={code: _inside(mean, own) for code, own in places.items()},
        across=float(pairs.mean()) if len(pairs) else None,
        pairs=len(pairs),
        modularity=scored[0],
        modularity_z=scored[1],
        modularity_p=scored[2],
        reason="" if len(pairs) else _reason(calls, rollcalls.omitted(votes, *span)),
    )


def _topics(calls: Iterable[RollCall]) -> dict[str, int]:
    found: dict[str, int] = {}
    for call in calls:
        found[call.topic] = found.get(call.topic, 0) + 1
    return dict(sorted(found.items()))


def _inside(mean: Matrix, own: np.ndarray) -> float | None:
    values = mean[np.ix_(own, own)][np.triu_indices(len(own), 1)]
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else None


def _between(mean: Matrix, places: Sequence[np.ndarray]) -> Matrix:
    if len(places) != 2:
        return np.zeros(0)
    values = mean[np.ix_(places[0], places[1])].ravel()
    known: Matrix = values[~np.isnan(values)]
    return known


def _scored(mean: Matrix, places: Mapping[str, np.ndarray], runs: int) -> tuple[Any, Any, Any]:
    if len(mean) == 0 or sum(len(own) > 0 for own in places.values()) < 2:
        return None, None, None
    labels = np.zeros(len(mean), dtype=int)
    for number, own in enumerate(places.values()):
        labels[own] = number
    return bloc_modularity(np.nan_to_num(mean), labels, runs)


def _reason(calls: Sequence[RollCall], missing: Sequence[rollcalls.Unrecorded]) -> str:
    if calls:
        return "No pair of states across the blocs took part in a vote."
    if missing:
        told = "; ".join(f"{each.symbol}: {each.remark or each.reason}" for each in missing)
        return f"Votes took place, but no roll call can be used ({told})."
    return "No vote is recorded: texts adopted without a vote leave no row."


__all__ = [
    "BOTH", "NEITHER", "POSITIONS", "Axes", "Cohesion", "Place", "Quadrant", "Year", "axes",
    "bloc_modularity", "cohesion", "former", "split",
]  # fmt: skip
