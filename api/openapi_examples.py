"""Real answers of the graph, cut short, as the examples of the interface description."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from api.record_forms import record_json
from graph.conflicts import counterfactual
from graph.conflicts.lookup import index
from graph.conflicts.telling import told, told_conflict, told_counterfactual, told_history, told_potential
from graph.errors import SpacenormsError
from graph.knowledge import KnowledgeGraph
from graph.law.record import KINDS as TOLD
from graph.records.kinds import BY_SINGULAR
from graph.records.lookup import Records

#: How many items of a list an example shows.
_SHOWN = 2


def add(schema: dict[str, Any], graph: KnowledgeGraph) -> None:
    """Give the paths of the look-ups an example each.

    Parameters
    ----------
    schema
        The interface description; changed.
    graph
        Answers the examples. A path for which it has no answer stays without one.
    """
    for (path, method), ask in _asked().items():
        content = schema["paths"].get(path, {}).get(method, {}).get("responses", {}).get("200", {})
        try:
            example = _short(ask(graph))
        except SpacenormsError:
            continue
        content.get("content", {}).get("application/json", {})["example"] = example


def _asked() -> dict[tuple[str, str], Callable[[KnowledgeGraph], Any]]:
    asked: dict[tuple[str, str], Callable[[KnowledgeGraph], Any]] = {
        ("/conflicts", "get"): _conflicts,
        ("/conflicts/{code}", "get"): _conflict,
        ("/conflicts/history", "get"): _history,
        ("/conflicts/potential", "get"): told_potential,
        ("/conflicts/what-if", "post"): _what_if,
    }
    for singular in sorted(TOLD):
        kind = BY_SINGULAR[singular]
        asked[f"/{kind.name}/{{local}}", "get"] = partial(_record, singular)
    return asked


def _exposed(graph: KnowledgeGraph) -> tuple[str, str]:
    """Return a state that carries a conflict which few carry, and the code of that conflict."""
    found = index(graph).find().conflicts
    conflict = max(found, key=lambda each: (0 < len(each.exposed) < 10, each.code), default=None)
    if conflict is None or not conflict.exposed:
        raise SpacenormsError("No state carries both sides of a conflict.", remedy="Load conflicts.")
    return conflict.exposed[0], conflict.code


def _conflicts(graph: KnowledgeGraph) -> Any:
    found = index(graph)
    return told(found, found.find(state=_exposed(graph)[0]))


def _conflict(graph: KnowledgeGraph) -> Any:
    found, (state, code) = index(graph), _exposed(graph)
    conflict = told_conflict(found, found.narrow(found.get(code), state), with_acts=True)
    return {**conflict, "as_of": graph.today.isoformat(), "version": graph.version}


def _history(graph: KnowledgeGraph) -> Any:
    return told_history(index(graph), _exposed(graph)[0], "1957-01-01", "today")


def _what_if(graph: KnowledgeGraph) -> Any:
    found, (state, code) = index(graph), _exposed(graph)
    conflict = found.narrow(found.get(code), state)
    return told_counterfactual(counterfactual.what_if(found, remove=[conflict.side_b.carried_by[0].act]))


def _record(singular: str, graph: KnowledgeGraph) -> Any:
    records = Records(graph)
    kind, local = BY_SINGULAR[singular], graph.example(singular)
    if local is None:
        raise SpacenormsError(f"There is no {singular}.", remedy="Load one.")
    record = records.record(kind, local, graph.today.isoformat(), _SHOWN, 0, told=True)
    return record_json(record, graph, _SHOWN, 0)


def _short(value: Any) -> Any:
    """Return an answer with its lists cut short."""
    if isinstance(value, dict):
        return {name: _short(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_short(each) for each in value[:_SHOWN]]
    return value
