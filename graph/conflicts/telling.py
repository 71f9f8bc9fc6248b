"""Tells conflicts as data for programs and as rows for a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from graph.conflicts import counterfactual, inference, intervals, wording
from graph.conflicts.conflict import Consequence, Evidence
from graph.conflicts.counterfactual import DEEDS, Counterfactual, Difference
from graph.conflicts.lookup import Carriage, Conflict, ConflictAnswer, ConflictIndex, Side
from graph.knowledge import KnowledgeGraph, Result, Value
from graph.law import phrases


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
        "because": _because(index, conflict) if with_acts else [],
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
        **index.once(("law", conflict.code), lambda: _law(conflict)),
    }


def _law(conflict: Conflict) -> dict[str, Any]:
    """Return what is told of a conflict whatever the day: arguments, and readings with what follows."""
    return {
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
        ``as_of``, ``version``, ``sentences``, ``supposed``, ``left_out`` and ``differences`` by state.
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
        "sentences": _told_differences(answer),
        "differences": [_difference(answer, each) for each in answer.differences],
    }


def _told_differences(answer: Counterfactual) -> list[str]:
    """Return sentences on what is supposed and on what it changes for whom."""
    told = [
        wording.supposed_sentence(
            (each.state, each.state_label),
            each.deed,
            (DEEDS[each.deed], each.of_label),
            each.date,
            each.effective,
        )
        for each in answer.supposed
    ]
    told += [f"The act {phrases.quoted(name)} is left out." for name in answer.left_out]
    changed = {each.state: each for each in answer.differences}
    actors = {each.state: each.state_label for each in answer.supposed}
    actors |= {each.state: each.state_label for each in answer.differences}
    for actor in actors.items():
        difference = changed.get(actor[0])
        gained, lost = counterfactual.sides(answer, actor[0])
        told += [
            wording.difference_sentence(
                actor,
                answer.as_of,
                gained=[each.issue for each in difference.gained] if difference else [],
                lost=[each.issue for each in difference.lost] if difference else [],
                what="both sides of the conflict",
            ),
            wording.difference_sentence(actor, answer.as_of, gained=gained, lost=lost, what="the norm"),
        ]
        if gained or lost:
            told.append("Only norms that stand in conflicts are compared.")
    if not changed:
        told.append(f"On {phrases.day_words(answer.as_of)} no conflict would be gained or lost.")
    return [each for each in told if each]


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
        "sources": _evidence(index.evidence(carriage)),
    }


def _evidence(evidence: Iterable[Evidence]) -> list[dict[str, Any]]:
    return [
        {
            "id": each.source,
            "title": each.source_label,
            "locator": each.locator,
            "verification": each.verification,
            "note": each.note,
        }
        for each in evidence
    ]


def told_history(
    index: ConflictIndex, state: str, since: str, until: str, count: str | None = None
) -> dict[str, Any]:
    """Return a state's conflicts over time as JSON-ready data.

    Parameters
    ----------
    index : ConflictIndex
        The conflicts.
    state : str
        Code or name.
    since, until : str
        Changes after the first day and up to the other are told.
    count : str, optional
        Key of the source whose count of parties is taken where lists disagree.

    Returns
    -------
    dict
        ``state``, ``state_label``, ``version``, ``intervals`` and ``changes``; each change with a
        sentence and the sources of its acts.

    Raises
    ------
    UnknownName, BadDate, BadValue
        No such state, count or day, or the days are in the wrong order.
    """
    code, address = index.actor(state)
    label = index.names[address]
    return {
        "state": code,
        "state_label": label,
        "version": index.graph.version,
        "intervals": [asdict(each) for each in intervals.intervals(index, state, count)],
        "changes": [
            _change(index, code, label, each) for each in intervals.changes(index, state, since, until, count)
        ],
    }


def _change(index: ConflictIndex, code: str, label: str, change: intervals.Change) -> dict[str, Any]:
    behind = {each.source: each for act in change.acts for each in index.behind(act)}
    return {
        **asdict(change),
        "told": wording.change_sentence(code, label, change.date, change.change, change.issue, change.by),
        "sources": _evidence(behind.values()),
    }


def conflict_table(index: ConflictIndex, answer: ConflictAnswer) -> Result:
    """Return an answer as one row a conflict, for CSV.

    Parameters
    ----------
    index : ConflictIndex
        Gives the sources of acts.
    answer : ConflictAnswer
        What was found.

    Returns
    -------
    Result
        Codes, issue, type, both norms, who is exposed, source keys and the day; where a state was asked
        for, also since when it carries both sides, and by which acts in sentences.
    """
    state = answer.filters.get("state")
    answered = [index.narrow(each, state) if state else each for each in answer.conflicts]
    columns = ("id", "issue", "type", "norm_a", "norm_a_label", "norm_b", "norm_b_label")
    more = ("exposed", "explanation", "sources", "verification", "as_of", "since", "because")
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
            "since": _since(each) if state else None,
            "because": " ".join(_because(index, each)) if state else None,
        }
        for each in answered
    ]
    return Result(columns + more, rows)


def _because(index: ConflictIndex, conflict: Conflict) -> list[str]:
    sides = (conflict.side_a, conflict.side_b)
    return [index.sentence(side, act) for side in sides for act in side.carried_by]


def _since(conflict: Conflict) -> str | None:
    """Return the day since which the actor of a narrowed conflict carries both sides; None for one side."""
    sides = (conflict.side_a.carried_by, conflict.side_b.carried_by)
    return max(min(act.latest for act in acts) for acts in sides) if all(sides) else None
