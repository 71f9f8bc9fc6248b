"""The network of states by agreement on roll calls of the General Assembly on outer space."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import networkx as nx
import numpy as np

from graph.namespaces import IDENTIFIER
from graph.networks.blocs import Knowledge
from graph.networks.building import VIEWS, Network, Request, blocs_of, count, group_of
from graph.networks.copies import add_new_ties
from graph.networks.views.choices import THRESHOLD
from graph.votes import rollcalls
from graph.votes.rollcalls import Agreement, RollCall, Unrecorded
from graph.votes.voting import former

METHOD = (
    "States that voted, tied where their mean agreement over the roll calls of the span is at least the "
    "threshold and they share at least the minimum of votes. Agreement on a vote is 1 when both vote alike, "
    "½ when one of them abstains, 0 for yes against no; votes in which either was absent are skipped. "
    "Each tie carries its agreement and the number of shared votes."
)


def build(kg: Knowledge, request: Request) -> Network:
    """Return the network of agreement on a request's day."""
    chosen, votes = request.chosen(), rollcalls.record(kg)
    end = request.as_of.isoformat()
    start = str(chosen["since"] or rollcalls.window_start(request.as_of).isoformat())
    topic = str(chosen["topic"] or "")
    joined = chosen["former"] == "joined"
    calls = rollcalls.select(votes, start, end, topic, joined=joined)
    found = rollcalls.agreement(calls)
    given = chosen["minimum"]
    least = max(1, (len(calls) + 1) // 2) if given is None else int(str(given))
    cut = 0.0 if request.raw else float(str(chosen["threshold"]))
    graph = nx.Graph()
    graph.add_nodes_from(_nodes(found, calls, votes.labels, blocs_of(kg, request.as_of, request.blocs)))
    add_new_ties(graph, _ties(found, least, cut))
    missing = rollcalls.omitted(votes, start, end, topic)
    return Network(
        view="voting",
        title="States that vote alike on outer space",
        description=VIEWS["voting"].description,
        method=METHOD,
        as_of=end,
        graph=nx.freeze(graph),
        imprecise=0,
        notes=(
            *_notes(calls, missing, cut, graph.number_of_edges()),
            former(votes, joined=joined),
            *rollcalls.WARNINGS,
        ),
        version=kg.version,
        blocs=request.blocs,
        parameters={
            **request.parameters(),
            "since": start,
            "minimum": str(least),
            "threshold": str(cut),
            "votes": str(len(calls)),
        },
        grades=count(call.verification for call in calls),
        sources=tuple(count(call.source for call in calls)),
        counts={
            "votes": len(calls),
            **rollcalls.tallies(calls),
            "votes_without_roll_call": sum(each.reason == "no roll call" for each in missing),
            "votes_with_partial_roll_call": sum(each.reason != "no roll call" for each in missing),
        },
    )


def _nodes(
    found: Agreement,
    calls: Sequence[RollCall],
    labels: Mapping[str, str],
    belongs: Mapping[str, tuple[str, ...]],
) -> Iterable[tuple[str, dict[str, Any]]]:
    cast: dict[str, dict[str, int]] = {code: dict.fromkeys(rollcalls.CAST, 0) for code in found.states}
    missing: dict[str, int] = {}
    for call in calls:
        for code, way in call.cast.items():
            if code in cast:
                cast[code][way] += 1
        for code in call.missing:
            missing[code] = missing.get(code, 0) + 1
    for code in found.states:
        own = belongs.get(code, ())
        yield (
            code,
            {
                "code": code,
                "label": labels.get(code, code),
                "kind": "state",
                "iri": f"{IDENTIFIER}state/{code}",
                "group": group_of(own),
                "blocs": ";".join(own),
                **{f"votes_{way}": number for way, number in cast[code].items()},
                "votes_missing": missing.get(code, 0),
            },
        )


def _ties(found: Agreement, least: int, cut: float) -> Iterable[tuple[str, str, dict[str, Any]]]:
    mean = found.mean(least)
    keep = np.triu(np.nan_to_num(mean, nan=-1.0) >= cut, 1)
    columns = (*np.nonzero(keep), mean[keep], found.shared[keep])
    for one, other, agreed, shared in zip(*(column.tolist() for column in columns), strict=True):
        value = round(agreed, 6)
        known = {"weight": value, "agreement": value, "shared": int(shared)}
        yield found.states[one], found.states[other], known


def _notes(calls: Sequence[RollCall], missing: Sequence[Unrecorded], cut: float, ties: int) -> Iterable[str]:
    if not calls:
        yield "No roll call in this span."
    else:
        subjects = count(call.topic_label for call in calls)
        told = ", ".join(f"{label} {number}" for label, number in subjects.items())
        yield f"Rests on {len(calls)} roll calls ({told}), from {calls[0].date} to {calls[-1].date}."
    if missing:
        told = "; ".join(f"{each.symbol}: {each.remark or each.reason}" for each in missing)
        yield f"Votes without a usable roll call, left out ({len(missing)}): {told}."
    if cut and ties:
        yield (
            f"Ties are pairs that agree {cut:.2f} or more; betweenness moves with that cut and mostly finds "
            "states with few votes, so that it is no measure of bridging here: see the positions on two axes."
        )


__all__ = ["THRESHOLD", "build"]
