"""Writes significance and robustness as plain values and as CSV."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

from graph.chance.leaveouts import KINDS
from graph.chance.outcome import GroupTest, NodeTest, PairTest, Significance, Test
from graph.chance.robustness import BridgeClaim, Interval, NodeRobustness, Robustness, Survival
from graph.errors import BadValue
from graph.networks.exports import reference_record
from graph.spreadsheet import csv_text

#: The tables that significance can be written as.
TABLES = ("nodes", "pairs", "groups")

#: Pairs of states written when a caller names no limit.
PAIRS = 100


def significance_record(found: Significance, limit: int | None = None) -> dict[str, Any]:
    """Return significance as plain values.

    Parameters
    ----------
    found
        What `graph.chance.significance.significance` returned.
    limit
        Nodes at most, and pairs at most; all nodes and `PAIRS` pairs when None.
    """
    mixing, pairs = found.mixing, found.pairs
    return {
        **_common(found),
        "measure": found.measure,
        "nodes": [_node(row) for row in islice(found.nodes, limit)],
        "pairs": {
            "tested": pairs.tested,
            "significant": pairs.significant,
            "least_p": pairs.least_p,
            "least_q": pairs.least_q,
            "p_needed_alone": pairs.lone,
            "able_to_reach_it": pairs.able,
            "rows": [_pair(row) for row in islice(pairs.rows, limit or PAIRS)],
        },
        "modularity": None if found.modularity is None else _test(found.modularity),
        "modularity_method": found.modularity_method,
        "groups": [_group(row) for row in found.groups],
        "mixing": None
        if mixing is None
        else {
            "scale_reduction": mixing.reduction,
            "autocorrelation": mixing.autocorrelation,
            "share_of_ties_changed": mixing.changed,
        },
    }


def significance_csv(found: Significance, limit: int | None = None, table: str | None = None) -> str:
    """Return significance as CSV; every row names its null model.

    Parameters
    ----------
    found
        What `graph.chance.significance.significance` returned.
    limit
        Rows at most; all when None.
    table
        A name of `TABLES`; the nodes when None, or the pairs of a projection.

    Raises
    ------
    BadValue
        There is no such table.
    """
    chosen = table or ("pairs" if found.measure is None else "nodes")
    if chosen not in TABLES:
        raise BadValue(
            f"There is no table “{table}” of significance.",
            remedy=f"Choose one of {', '.join(TABLES)}.",
            code="unknown-table",
            known=list(TABLES),
        )
    numbers = ["value", "expected", "deviation", "z", "p", "q"]
    about = [found.parameters["model"], found.parameters["samples"], found.parameters["seed"]]
    tail = ["model", "samples", "seed", "view", "as_of", "data_version"]
    end = [*about, found.view, found.as_of, found.version]
    if chosen == "groups":
        names = ["name", "label", "counted", *numbers, *tail]
        groups = ([row.name, row.label, row.counted, *_cells(row.test), *end] for row in found.groups)
        return csv_text(names, islice(groups, limit))
    if chosen == "pairs":
        columns = ["first", "second", "first_label", "second_label", *numbers, *tail]
        rows: Iterable[Sequence[Any]] = (
            [row.first, row.second, *row.labels, *_cells(row.test), *end]
            for row in islice(found.pairs.rows, limit)
        )
        return csv_text(columns, rows)
    columns = ["node", "label", *numbers, "rank", "kind", "group", "measure", *tail]
    rows = (
        [row.node, row.label, *_cells(row.test), row.rank, row.kind, row.group, found.measure, *end]
        for row in islice(found.nodes, limit)
    )
    return csv_text(columns, rows)


def robustness_record(found: Robustness, limit: int | None = None) -> dict[str, Any]:
    """Return robustness as plain values.

    Parameters
    ----------
    found
        What `graph.chance.robustness.robustness` returned.
    limit
        Nodes at most; all when None.
    """
    return {
        **_common(found),
        "measure": found.measure,
        "variants": [
            {
                "without": variant.name,
                "kind": variant.kind,
                "code": variant.code,
                "ties_lost": variant.lost,
                "n": variant.nodes,
                "m": variant.ties,
            }
            for variant in found.variants
        ],
        "claims": [_claim(claim) for claim in found.claims],
        "total": len(found.rows),
        "rows": [_row(row) for row in islice(found.rows, limit)],
    }


def robustness_csv(found: Robustness, limit: int | None = None) -> str:
    """Return the rank intervals as CSV."""
    spans = [f"{kind}_{end}" for kind in KINDS for end in ("best", "worst")]
    columns = ["node", "label", "value", "rank", "best", "worst", "best_without", "worst_without", *spans]
    columns += ["kind", "group", "measure", "view", "as_of", "data_version"]
    rows = (
        [
            *(row.node, row.label, repr(row.value), row.rank),
            *(row.whole.best, row.whole.worst, row.whole.best_without, row.whole.worst_without),
            *(end for kind in KINDS for end in _ends(row.by_kind.get(kind))),
            *(row.kind, row.group, found.measure, found.view, found.as_of, found.version),
        ]
        for row in islice(found.rows, limit)
    )
    return csv_text(columns, rows)


def _common(found: Significance | Robustness) -> dict[str, Any]:
    return {
        "view": found.view,
        "title": found.title,
        "method": found.method,
        "parameters": dict(found.parameters),
        "as_of": found.as_of,
        "n": found.n,
        "m": found.m,
        "imprecise": found.imprecise,
        "notes": list(found.notes),
        "references": [reference_record(each) for each in found.references],
        "data_version": found.version,
    }


def _test(test: Test) -> dict[str, float | None]:
    return {
        "value": test.value,
        "expected": test.expected,
        "deviation": test.deviation,
        "z": test.z,
        "p": test.p,
        "q": test.q,
    }


def _node(row: NodeTest) -> dict[str, Any]:
    known = {"node": row.node, "label": row.label, "kind": row.kind, "group": row.group, "iri": row.iri}
    return {**known, "rank": row.rank, **_test(row.test)}


def _pair(row: PairTest) -> dict[str, Any]:
    names = dict(zip(("first_label", "second_label"), row.labels, strict=True))
    return {"first": row.first, "second": row.second, **names, **_test(row.test)}


def _group(row: GroupTest) -> dict[str, Any]:
    return {"name": row.name, "label": row.label, "counted": row.counted, **_test(row.test)}


def _row(row: NodeRobustness) -> dict[str, Any]:
    return {
        "node": row.node,
        "label": row.label,
        "kind": row.kind,
        "group": row.group,
        "iri": row.iri,
        "value": row.value,
        "rank": row.rank,
        **_interval(row.whole),
        "without_one": {kind: _interval(own) for kind, own in row.by_kind.items()},
    }


def _interval(own: Interval) -> dict[str, Any]:
    return {
        "best": own.best,
        "worst": own.worst,
        "best_without": own.best_without or None,
        "worst_without": own.worst_without or None,
        "absent_without": list(own.absent),
    }


def _claim(claim: BridgeClaim) -> dict[str, Any]:
    return {
        "code": claim.code,
        "label": claim.label,
        "iri": claim.iri,
        "group": claim.group,
        "share_of_paths": claim.share,
        "rank_by_share": claim.rank,
        "rank": claim.place,
        "keeps_its_share": None if claim.bridges is None else _survival(claim.bridges),
        "stays_in_the_top": None if claim.top is None else _survival(claim.top),
        "statement": claim.statement,
    }


def _survival(survival: Survival) -> dict[str, Any]:
    return {
        "variants": survival.tried,
        "kept": survival.kept,
        "lost_without": list(survival.lost),
        "undefined_without": list(survival.undefined),
    }


def _cells(test: Test) -> list[Any]:
    numbers = (test.value, test.expected, test.deviation, test.z, test.p, test.q)
    return ["" if number is None else repr(number) for number in numbers]


def _ends(own: Interval | None) -> tuple[Any, Any]:
    return ("", "") if own is None else (own.best, own.worst)
