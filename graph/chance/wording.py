"""The words of a comparison with chance: the null models, their references, and what a reader must know."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import networkx as nx

from graph.chance.outcome import NodeTest, Pairs, Test
from graph.chance.sampling import BICM, CURVEBALL, PERMUTED, REWIRED, Plan
from graph.measures.catalogue import Reference, measure
from graph.networks.building import FALSE_DISCOVERY_RATE


@dataclass(frozen=True)
class Terms:
    """What the rows and the columns of a two-mode network are called, each as one and as many."""

    row: str
    rows: str
    column: str
    columns: str
    modularity: str

    def method(self, model: str) -> str:
        """Return the null model in words."""
        return (_TWO_MODE[model] + _P + _OF_PAIRS[model]).format(**vars(self))


_TWO_MODE = {
    CURVEBALL: "Each sample is a two-mode network in which every {row} has as many {columns}, and every "
    "{column} as many {rows}, as observed; all such networks are equally likely (curveball algorithm). ",
    BICM: "Each sample is drawn from the bipartite configuration model: ties are independent, and every "
    "{row} and every {column} has its observed number of ties on average. ",
}
_P = (
    "p is two-sided and counts the observed network among the samples; q holds the false-discovery rate "
    "over the tests made together. "
)
_OF_PAIRS = {
    CURVEBALL: "Pairs of {rows} with the same two numbers of {columns} have one null distribution, and share "
    "their samples.",
    BICM: "p of a pair of {rows} is exact (Poisson binomial), not sampled.",
}

_BY_BLOC = (
    "Modularity of three groups ({0} of the one bloc only, of the other only, of both) in the projection "
    "of these {0}, where a tie is as strong as the {1} shared. "
)
TERMS = {
    "affiliation": Terms(
        "state",
        "states",
        "affiliation",
        "affiliations",
        _BY_BLOC.format("states", "affiliations")
        + "The memberships that define the blocs are left out, in the observed network and in the samples: "
        "with them the question would answer itself. States of neither bloc are left out of the projection.",
    ),
    "norms": Terms(
        "promoter",
        "promoters",
        "norm",
        "norms",
        _BY_BLOC.format("promoters", "norms")
        + "An alliance asked for stands with its own members. Promoters of neither bloc are left out of the "
        "projection.",
    ),
    "readings": Terms(
        "holder",
        "holders",
        "reading",
        "readings",
        _BY_BLOC.format("holders", "readings")
        + "An alliance asked for stands with its own members. Holders of neither bloc are left out of the "
        "projection.",
    ),
}
TERMS["alignment"] = TERMS["affiliation"]

REWIRED_METHOD = (
    "Each sample is the graph, parallel ties merged, after swaps of the ends of pairs of ties: every node "
    "has as many ties as observed, and keeps its group. p is two-sided and counts the observed network "
    "among the samples; q holds the false-discovery rate over the nodes."
)
GROUP_MODULARITY = (
    "Modularity of the groups (each bloc, members of both, states of neither, and actors that are no states) "
    "in the graph, parallel ties merged."
)

_EXACTLY = (
    "p of a pair is exact: its votes are independent under the model from one roll call to the next, so that "
    "the distribution of its agreement is a convolution. p of states and blocs counts the observed table "
    "among the samples. All are two-sided; q holds the false-discovery rate over the tests made together."
)
#: The null models of votes, in words.
VOTE_METHODS: Mapping[str, str] = {
    PERMUTED: "On each roll call the votes cast are dealt anew among the states that voted: how many said "
    "yes, no and abstained stays as observed on every roll call, and who was absent; states differ only in "
    "when they voted. What a state's own habit of saying yes explains is not taken out. " + _EXACTLY,
    CURVEBALL: "Each sample is a table of votes in which every roll call has as many yes, abstentions and "
    "no, and every state its own number of each, as observed, and the same states are absent: agreement "
    "beyond what tallies and habits explain. Samples come from a walk of trades between pairs of states, as "
    "in the curveball algorithm; by Besag and Clifford's (1989) design the test is valid though the walk "
    "may not reach every such table. " + _P,
    BICM: "Votes are independent, and every roll call has its tally, and every state its own number of yes, "
    "abstentions and no, on average (the bipartite configuration model with three ways to vote); who was "
    "absent stays as observed. " + _EXACTLY,
}
VOTE_MODULARITY = (
    "Modularity of the blocs' members in the graph weighted by mean agreement; states of both blocs are in "
    "neither group, states of neither are left out, and a pair with too few shared votes has no tie."
)

BENJAMINI = Reference(
    "Benjamini, Y. and Hochberg, Y. (1995). Controlling the false discovery rate. Journal of the Royal "
    "Statistical Society B 57(1), 289-300.",
    "10.1111/j.2517-6161.1995.tb02031.x",
)
DAVISON = Reference(
    "Davison, A. C. and Hinkley, D. V. (1997). Bootstrap Methods and their Application. Cambridge "
    "University Press.",
    "10.1017/CBO9780511802843",
)
_STRONA = Reference(
    "Strona, G., Nappo, D., Boccacci, F., Fattorini, S. and San-Miguel-Ayanz, J. (2014). A fast and "
    "unbiased procedure to randomize ecological binary matrices with fixed row and column totals. "
    "Nature Communications 5, 4114.",
    "10.1038/ncomms5114",
)
_CARSTENS = Reference(
    "Carstens, C. J. (2015). Proof of uniform sampling of binary matrices with fixed row sums and "
    "column sums for the fast curveball algorithm. Physical Review E 91, 042812.",
    "10.1103/PhysRevE.91.042812",
)
_NEAL = Reference(
    "Neal, Z. P., Domagalski, R. and Sagan, B. (2021). Comparing alternatives to the fixed degree sequence "
    "model for extracting the backbone of bipartite projections. Scientific Reports 11, 23929.",
    "10.1038/s41598-021-03238-3",
)
_SARACCO = Reference(
    "Saracco, F., Straka, M. J., Di Clemente, R., Gabrielli, A., Caldarelli, G. and Squartini, T. (2017). "
    "Inferring monopartite projections of bipartite networks. New Journal of Physics 19, 053022.",
    "10.1088/1367-2630/aa6b38",
)
_DESPOSATO = Reference(
    "Desposato, S. W. (2003). Comparing group and subgroup cohesion scores: a nonparametric method with an "
    "application to Brazil. Political Analysis 11(3), 275-288.",
    "10.1093/pan/mpg005",
)
_BESAG = Reference(
    "Besag, J. and Clifford, P. (1989). Generalized Monte Carlo significance tests. Biometrika 76(4), "
    "633-642.",
    "10.1093/biomet/76.4.633",
)
REFERENCES = {
    CURVEBALL: (_STRONA, _CARSTENS),
    REWIRED: (
        Reference(
            "Fosdick, B. K., Larremore, D. B., Nishimura, J. and Ugander, J. (2018). Configuring random "
            "graph models with fixed degree sequences. SIAM Review 60(2), 315-355.",
            "10.1137/16M1087175",
        ),
    ),
    BICM: (
        Reference(
            "Saracco, F., Di Clemente, R., Gabrielli, A. and Squartini, T. (2015). Randomizing bipartite "
            "networks: the case of the World Trade Web. Scientific Reports 5, 10595.",
            "10.1038/srep10595",
        ),
        _SARACCO,
    ),
}
VOTE_REFERENCES = {
    PERMUTED: (_DESPOSATO,),
    CURVEBALL: (_STRONA, _BESAG, _NEAL),
    BICM: (_SARACCO, _NEAL),
}


def citation(name: str | None, graph: nx.Graph) -> tuple[Reference, ...]:
    """Return the reference of a measure; none without one."""
    return () if name is None else (measure(name).citation(graph),)


def remarks(name: str | None, plan: Plan, pairs: Pairs, blocs: Test | None, terms: Terms) -> Iterable[str]:
    """Yield what a reader must know of the test of a two-mode network."""
    if name == "degree" and plan.model == CURVEBALL:
        yield "The null model keeps every degree, so degree cannot be tested against it: choose bicm."
    yield from pair_remark(pairs, terms.rows, "share", f"more or fewer {terms.columns}")
    yield (
        f"Power: standing alone, a pair would need p ≤ {short(pairs.lone)}; {pairs.able:,} of "
        f"{pairs.tested:,} pairs could reach that, if the two shared all that their numbers allow."
    )
    if plan.model == CURVEBALL and pairs.lone and 2 / (plan.samples + 1) > pairs.lone:
        yield (
            f"A pair whose two numbers no other pair has rests on {plan.samples:,} samples alone, and cannot "
            f"have a p below {short(2 / (plan.samples + 1))}; bicm gives exact p under nearly the same null "
            "model."
        )
    if name is not None:
        yield least(plan)
    if blocs is None:
        yield f"The blocs have no modularity on this day: fewer than two of them have {terms.rows}."


def node_remark(nodes: Sequence[NodeTest]) -> Iterable[str]:
    """Yield how many nodes differ from chance."""
    adjusted_p = [row.test.q for row in nodes if row.test.q is not None]
    found = sum(q <= FALSE_DISCOVERY_RATE for q in adjusted_p)
    if found:
        rate = f"false-discovery rate {FALSE_DISCOVERY_RATE}"
        yield f"{found:,} of {len(adjusted_p):,} nodes differ from chance ({rate})."
    elif adjusted_p:
        smallest = short(min(adjusted_p))
        yield f"No node differs from chance: the smallest q of {len(adjusted_p):,} is {smallest}."


def least(plan: Plan) -> str:
    """Return the smallest p that so many samples can give."""
    return f"With {plan.samples:,} samples no p of a node can be below {2 / (plan.samples + 1):.2g}."


def pair_remark(pairs: Pairs, who: str, does: str, what: str) -> Iterable[str]:
    """Yield how many pairs are significant, and plainly when none is."""
    if pairs.significant:
        yield (
            f"{pairs.significant:,} of {pairs.tested:,} pairs of {who} {does}"
            f"{'s' if pairs.significant == 1 else ''} {what} than chance explains "
            f"(false-discovery rate {FALSE_DISCOVERY_RATE})."
        )
    else:
        yield (
            f"No pair is significant: of {pairs.tested:,} pairs the smallest p is {short(pairs.least_p)}, "
            f"and {short(pairs.least_q)} when adjusted for their number."
        )


def short(number: float | None) -> str:
    """Return a number with two digits, or a dash."""
    return "–" if number is None or math.isnan(number) else f"{number:.2g}"
