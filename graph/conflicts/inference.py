"""Potential conflicts that the rules propose, with what made them, and how often the record agrees."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import comb

from graph.knowledge import KnowledgeGraph
from graph.namespaces import local_name

#: Name under which the rules are counted together.
ALL_RULES = "all rules"

Pair = frozenset[str]


@dataclass(frozen=True)
class Match:
    """A fact that a rule found in both norms.

    Attributes
    ----------
    kind : str
        What sort of fact it is, such as ``matched activity``.
    fact, label : str
        Its address and name.
    """

    kind: str
    fact: str
    label: str


@dataclass(frozen=True)
class PotentialConflict:
    """Two norms that a rule proposes as standing against each other; nobody has curated it.

    Attributes
    ----------
    address : str
        Its own address.
    sentence : str
        What is proposed, beginning with the word “Inferred”.
    rule, rule_title : str
        Name of the rule and what it says.
    type, type_label : str
        The type of conflict that the rule proposes.
    norm_a, norm_b : str
        Codes of the norms.
    label_a, label_b : str
        Names of the norms.
    trace : tuple of Match
        What the rule matched.
    """

    address: str
    sentence: str
    rule: str
    rule_title: str
    type: str
    type_label: str
    norm_a: str
    norm_b: str
    label_a: str
    label_b: str
    trace: tuple[Match, ...]

    @property
    def pair(self) -> Pair:
        """Return the codes of the two norms, in no order."""
        return frozenset((self.norm_a, self.norm_b))

    @property
    def explanation(self) -> str:
        """Return the sentence with the rule and everything that it matched."""
        kinds: dict[str, list[str]] = defaultdict(list)
        for match in self.trace:
            kinds[match.kind].append(match.label)
        matched = "; ".join(f"{kind}: {', '.join(labels)}" for kind, labels in kinds.items())
        ending = "" if self.sentence.endswith((".", "?")) else "."
        return f"{self.sentence}{ending} Proposed by the rule “{self.rule_title}” ({matched})."


@dataclass(frozen=True)
class RulePrecision:
    """How the proposals of a rule stand to the curated conflicts.

    The curated set is no complete list of what could conflict: it names one national law where four
    are alike. A proposal that it lacks is therefore not shown to be wrong.

    Attributes
    ----------
    rule, title : str
        Name of the rule and what it says.
    proposed : int
        Number of different pairs of norms that it proposes.
    hits : int
        Number of them that are the two sides of a curated conflict.
    independent : int
        Hits that do not rest on a silence which was itself drawn from that conflict.
    near : int
        Proposals of which a curated conflict sets one norm against a norm of the other's theme;
        hits are among them.
    same_type : int
        Hits for which the rule proposes the curated type of conflict.
    curated : int
        Number of different curated pairs.
    """

    rule: str
    title: str
    proposed: int
    hits: int
    independent: int
    near: int
    same_type: int
    curated: int

    @property
    def precision(self) -> float:
        """Share of the proposed pairs that are curated, from 0 to 1."""
        return self.hits / self.proposed if self.proposed else 0.0

    @property
    def near_precision(self) -> float:
        """Share of the proposed pairs that are curated or near a curated conflict, from 0 to 1."""
        return self.near / self.proposed if self.proposed else 0.0

    @property
    def recall(self) -> float:
        """Share of the curated pairs that the rule proposes, from 0 to 1."""
        return self.hits / self.curated if self.curated else 0.0

    def __str__(self) -> str:
        return (
            f"{self.rule}: {self.hits} of {self.proposed} proposed pairs are curated"
            f" (precision {self.precision:.0%}, {self.independent} of the hits independent of the record;"
            f" curated or near {self.near_precision:.0%}; type agrees in {self.same_type};"
            f" recall {self.recall:.0%})"
        )


def potential_conflicts(
    graph: KnowledgeGraph, norm: str | None = None, theme: str | None = None
) -> list[PotentialConflict]:
    """Return what the rules propose.

    Parameters
    ----------
    graph : KnowledgeGraph
        Asked.
    norm : str, optional
        Code of a norm on either side.
    theme : str, optional
        Code of a theme of either side.

    Returns
    -------
    list of PotentialConflict
        Sorted by address; one for each pair and rule.

    Raises
    ------
    UnknownName
        There is no such norm or theme.
    """
    traces: dict[str, list[Match]] = defaultdict(list)
    for row in graph.run("views/potential-conflict-traces"):
        match = Match(str(row["kind"]), str(row["fact"]), str(row["label"]))
        if match not in traces[str(row["potential"])]:
            traces[str(row["potential"])].append(match)
    return [
        PotentialConflict(
            address=str(row["potential"]),
            sentence=str(row["sentence"]),
            rule=local_name(str(row["rule"])),
            rule_title=str(row["rule_title"]),
            type=str(row["type"]),
            type_label=str(row["type_label"]),
            norm_a=str(row["norm_a_code"]),
            norm_b=str(row["norm_b_code"]),
            label_a=str(row["norm_a_label"]),
            label_b=str(row["norm_b_label"]),
            trace=tuple(traces[str(row["potential"])]),
        )
        for row in graph.run("views/potential-conflicts", norm=norm, theme=theme)
    ]


def precision(graph: KnowledgeGraph) -> list[RulePrecision]:
    """Compare what each rule proposes with the curated conflicts.

    Parameters
    ----------
    graph : KnowledgeGraph
        Asked.

    Returns
    -------
    list of RulePrecision
        One for each rule, sorted by name, and last one for all rules together.

    Notes
    -----
    The vocabularies were refined, and the rules chosen, with the curated conflicts in view. The figures
    describe the fit to this record; they do not estimate the precision on conflicts yet to be found.
    """
    proposals = potential_conflicts(graph)
    rules = sorted({proposal.rule for proposal in proposals})
    record = _Record(graph)
    counts = [record.compare(rule, [each for each in proposals if each.rule == rule]) for rule in rules]
    return [*counts, record.compare(ALL_RULES, proposals)]


def chance(graph: KnowledgeGraph) -> float:
    """Return the precision of a pair of norms drawn at random: curated pairs by all pairs."""
    record = _Record(graph)
    return len(record.types) / comb(len(record.themes), 2)


class _Record:
    """The curated conflicts as pairs of norms, with their types, and the themes of the norms."""

    def __init__(self, graph: KnowledgeGraph) -> None:
        self.types: dict[Pair, set[str]] = defaultdict(set)
        self.codes: dict[Pair, set[str]] = defaultdict(set)
        for row in graph.run("views/conflicts"):
            pair = frozenset((str(row["norm_a_code"]), str(row["norm_b_code"])))
            if len(pair) == 2:  # rival readings of one norm are no pair that a rule could propose
                self.types[pair].add(str(row["type"]))
                self.codes[pair].add(str(row["conflict"]))
        self.themes = {str(row["id"]): str(row["theme"]) for row in graph.run("views/list-norms")}
        self.origins: Mapping[str, set[str]] = _origins(graph)
        self._opposed = {
            (norm, self.themes[other]) for pair in self.types for norm in pair for other in pair - {norm}
        }

    def compare(self, rule: str, proposals: Iterable[PotentialConflict]) -> RulePrecision:
        made: dict[Pair, list[PotentialConflict]] = defaultdict(list)
        for proposal in proposals:
            made[proposal.pair].append(proposal)
        hits = made.keys() & self.types.keys()
        titles = {each.rule_title for group in made.values() for each in group}
        return RulePrecision(
            rule=rule,
            title=titles.pop() if len(titles) == 1 else rule,
            proposed=len(made),
            hits=len(hits),
            independent=sum(any(not self._circular(each) for each in made[pair]) for pair in hits),
            near=sum(pair in hits or self._near(pair) for pair in made),
            same_type=sum(any(each.type in self.types[pair] for each in made[pair]) for pair in hits),
            curated=len(self.types),
        )

    def _circular(self, proposal: PotentialConflict) -> bool:
        return bool(self.origins.get(proposal.address, set()) & self.codes[proposal.pair])

    def _near(self, pair: Pair) -> bool:
        first, second = pair
        return (first, self.themes[second]) in self._opposed or (second, self.themes[first]) in self._opposed


def _origins(graph: KnowledgeGraph) -> Mapping[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for row in graph.run("views/potential-conflict-traces"):
        if row["drawn_from"]:
            found[str(row["potential"])].add(str(row["drawn_from"]))
    return found
