"""Tells conflicts as data for programs and as rows for a spreadsheet."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from graph.conflicts import inference
from graph.conflicts.conflict import Consequence
from graph.conflicts.counterfactual import Counterfactual, Difference
from graph.conflicts.lookup import Carriage, Conflict, ConflictAnswer, ConflictIndex, Side
from graph.knowledge import KnowledgeGraph, Result, Value


def told(index: ConflictIndex, answer: ConflictAnswer) -> dict[str, Any]:
    """Return an answer as JSON-ready data.

    Parameters
    ----------
    index : ConflictIndex
        Gives the sources of acts.
    answer : ConflictAnswer
        What was found. With a state among its filters, each conflict explains that state's acts.

    Returns
    -------
    dict
        ``as_of``, ``version``, ``filters``, ``total``, ``imprecise`` and ``conflicts``.
    """
    state = answer.filters.get("state")
    conflicts = [index.narrow(each, state) if state else each for each in answer.conflicts]
    return {
        "as_of": answer.as_of,
        "version": answer.version,
        "filters": dict(answer.filters),
        "total": len(conflicts),
        "imprecise": answer.imprecise,
        "conflicts": [told_conflict(index, each, with_acts=bool(state)) for each in conflicts],
    }


def told_conflict(index: ConflictIndex, conflict: Conflict, *, with_acts: bool) -> dict[str, Any]:
    """Return one conflict as JSON-ready data.

    Parameters
    ----------
    index : ConflictIndex
        Gives the sources of acts.
    conflict : Conflict
        The conflict on a day.
    with_acts : bool
        Whether to list every act with its sources and to tell each in a sentence; otherwise only
        the codes of those that carry each side.

    Returns
    -------
    dict
        The conflict.
    """
    sides = (conflict.side_a, conflict.side_b)
    because = [index.sentence(side, act) for side in sides for act in side.carried_by] if with_acts else []
    return {
        "id": conflict.code,
        "iri": conflict.address,
        "issue": conflict.issue,
        "type": conflict.type,
        "type_label": conflict.type_label,
        "explanation": conflict.explanation,
        "verification": conflict.verification,
        "sources": [{"id": key, "title": title} for key, title in conflict.sources],
        "side_a": _side(index, conflict.side_a, with_acts),
        "side_b": _side(index, conflict.side_b, with_acts),
        "exposed": list(conflict.exposed),
        "because": because,
        "imprecise": conflict.imprecise,
        "disputed": [
            {
                "actor": each.actor,
                "actor_label": each.actor_label,
                "act": each.act,
                "counted_by": list(each.counted_by),
                "dispute": each.dispute,
            }
            for each in conflict.disputed
        ],
        "arguments": [
            {
                "text": each.text,
                "favours": each.favours,
                "principle": each.principle,
                "basis": [{"id": code, "title": place} for code, place in each.basis],
                "sources": [{"id": key, "title": title} for key, title in each.sources],
                "verification": each.verification,
            }
            for each in conflict.arguments
        ],
        "readings": [
            {
                "ambiguity": each.ambiguity,
                "question": each.question,
                "id": each.code,
                "text": each.text,
                "held_by": each.held_by,
                "strength": each.strength,
                "verification": each.verification,
                "consequences": [_consequence(drawn) for drawn in each.consequences],
            }
            for each in conflict.readings
        ],
    }


def _consequence(drawn: Consequence) -> dict[str, Any]:
    return {
        "id": drawn.code,
        "text": drawn.text,
        "norms": list(drawn.norms),
        "effect": drawn.effect,
        "basis": [{"id": code, "title": place} for code, place in drawn.basis],
        "sources": [{"id": key, "title": title} for key, title in drawn.sources],
        "locator": drawn.locator,
        "verification": drawn.verification,
    }


def told_counterfactual(answer: Counterfactual) -> dict[str, Any]:
    """Return the answer to what-if as JSON-ready data.

    Parameters
    ----------
    answer : Counterfactual
        What changes.

    Returns
    -------
    dict
        ``as_of``, ``version``, ``supposed``, ``left_out`` and ``differences`` by state.
    """
    return {
        "as_of": answer.as_of,
        "version": answer.version,
        "supposed": [
            {
                "state": each.state,
                "deed": each.deed,
                "of": each.of,
                "date": each.date,
                "effective": each.effective,
                "label": each.label,
            }
            for each in answer.supposed
        ],
        "left_out": answer.left_out,
        "differences": [_difference(answer, each) for each in answer.differences],
    }


def told_potential(
    graph: KnowledgeGraph, norm: str | None = None, theme: str | None = None
) -> dict[str, Any]:
    """Return the conflicts that rules propose, and how each rule stands to the curated ones.

    Parameters
    ----------
    graph : KnowledgeGraph
        Asked.
    norm, theme : str, optional
        A norm on either side; a theme of either side.

    Returns
    -------
    dict
        ``version``, ``total``, ``potential`` and ``rules``. None of them is curated.
    """
    found = inference.potential_conflicts(graph, norm, theme)
    return {
        "version": graph.version,
        "total": len(found),
        "potential": [
            {
                "iri": each.address,
                "inferred": True,
                "explanation": each.explanation,
                "rule": each.rule,
                "rule_title": each.rule_title,
                "type": each.type,
                "type_label": each.type_label,
                "norm_a": each.norm_a,
                "norm_a_label": each.label_a,
                "norm_b": each.norm_b,
                "norm_b_label": each.label_b,
                "trace": [asdict(match) for match in each.trace],
            }
            for each in found
        ],
        "rules": [
            {
                **asdict(each),
                "precision": each.precision,
                "near_precision": each.near_precision,
                "recall": each.recall,
            }
            for each in inference.precision(graph)
        ],
    }


def _difference(answer: Counterfactual, each: Difference) -> dict[str, Any]:
    return {
        "state": each.state,
        "state_label": each.state_label,
        "gained": [told_conflict(answer.assumed, conflict, with_acts=True) for conflict in each.gained],
        "lost": [told_conflict(answer.actual, conflict, with_acts=True) for conflict in each.lost],
    }


def _side(index: ConflictIndex, side: Side, with_acts: bool) -> dict[str, Any]:
    return {
        "norm": side.code,
        "iri": side.norm,
        "label": side.label,
        "definition": side.definition,
        "force": side.force,
        "provisions": [
            {
                "id": each.code,
                "instrument": each.instrument_code,
                "instrument_label": each.instrument,
                "locator": each.locator,
                "heading": each.heading,
                "sources": [{"id": key, "title": title} for key, title in each.sources],
                "verification": each.verification,
            }
            for each in side.provisions
        ],
        "named": list(side.named),
        "carriers": sorted(side.carriers),
        "acts": [_act(index, each) for each in side.carried_by] if with_acts else [],
    }


def _act(index: ConflictIndex, carriage: Carriage) -> dict[str, Any]:
    return {
        "actor": carriage.actor,
        "actor_label": carriage.actor_label,
        "manner": carriage.manner,
        "instrument": carriage.instrument,
        "act": carriage.act,
        "act_label": carriage.act_label,
        "since_earliest": carriage.earliest,
        "since": carriage.latest,
        "until": carriage.end,
        "ended_by": carriage.ending_label,
        "sources": [
            {
                "id": each.source,
                "title": each.source_label,
                "locator": each.locator,
                "verification": each.verification,
                "note": each.note,
            }
            for each in index.evidence(carriage)
        ],
    }


def conflict_table(answer: ConflictAnswer) -> Result:
    """Return an answer as one row a conflict, for CSV.

    Parameters
    ----------
    answer : ConflictAnswer
        What was found.

    Returns
    -------
    Result
        Codes, issue, type, both norms, who is exposed, source keys and the day.
    """
    columns = ("id", "issue", "type", "norm_a", "norm_a_label", "norm_b", "norm_b_label")
    more = ("exposed", "explanation", "sources", "verification", "as_of")
    rows: list[dict[str, Value]] = [
        {
            "id": each.code,
            "issue": each.issue,
            "type": each.type,
            "norm_a": each.side_a.code,
            "norm_a_label": each.side_a.label,
            "norm_b": each.side_b.code,
            "norm_b_label": each.side_b.label,
            "exposed": " ".join(each.exposed),
            "explanation": each.explanation,
            "sources": " ".join(key for key, _ in each.sources),
            "verification": each.verification,
            "as_of": answer.as_of,
        }
        for each in answer.conflicts
    ]
    return Result(columns + more, rows)
