"""Evaluates a write over a copy of the store, in a process that can be lost without harm.

The process holds all graphs, the reserved ones too, so that an update sees what a query sees. It tells what
the write would change; nothing else of it is kept. What is told for a reserved graph refuses the write.
"""

from __future__ import annotations

import datetime
import json
import socket
import struct
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import pairwise
from typing import Any

import pyoxigraph as ox

from graph.errors import SpacenormsError
from graph.namespaces import GRAPHS
from graph.rdf import loader
from graph.sparql.tokens import tokens
from graph.sparql.zygote import WorkerLimits, confine, receive
from graph.writing import validation
from graph.writing.graphs import DEFAULT, check_own, is_reserved
from graph.writing.guard import Operation
from graph.writing.triples import moved, quads, triples_of
from graph.writing.write import Document, Write

_LENGTH = struct.Struct("!Q")

_DEFAULT = ox.NamedNode(DEFAULT)
_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"

#: The triples of each graph, as N-Triples without the final dot.
Contents = dict[str, frozenset[str]]


def send(connection: socket.socket, told: Any) -> None:
    """Send what JSON can hold to the other process of a connection."""
    body = json.dumps(told).encode()
    connection.sendall(_LENGTH.pack(len(body)) + body)


def received(connection: socket.socket) -> Any:
    """Return what the other process sends next; EOFError when it ends before."""
    (length,) = _LENGTH.unpack(receive(connection, _LENGTH.size))
    return json.loads(receive(connection, length))


def serve(store: ox.Store, limits: WorkerLimits, connection: socket.socket, _: int = 0) -> None:
    """Evaluate the one request that comes, and end: the life of a worker of `graph.sparql.zygote`."""
    confine(limits)
    request = received(connection)
    today = datetime.date.fromisoformat(request["today"])
    try:
        answer = evaluate(store, Write.told(request["write"]), today)
    except SpacenormsError as error:
        fault = [error.message, error.remedy, error.code, error.status]
        answer = {"fault": fault, "extension": error.extension}
    send(connection, answer)


def evaluate(store: ox.Store, write: Write, today: datetime.date) -> dict[str, Any]:
    """Carry out a write, check it, and derive anew what follows from it.

    Parameters
    ----------
    store
        Changed; the caller throws it away.
    write
        What to do.
    today
        The day for which plain edges are derived.

    Returns
    -------
    dict
        ``graphs``: by address, triples added and removed and whether the graph is there afterwards.
        ``derived``: the same for the graphs of the rules. Triples are N-Triples without the final dot.

    Raises
    ------
    SpacenormsError
        The write fails, would change a reserved graph, or breaks a shape.
    """
    before = _contents(store, write.may_name_reserved)
    if write.method == "update":
        _update(store, write)
    else:
        _send(store, write)
    after = _contents(store, write.may_name_reserved)
    graphs = _differences(before, after)
    check_own(graphs)
    if not any(each["added"] or each["removed"] for each in graphs.values()):
        return {"graphs": graphs, "derived": {}}
    if not bears_on_rules(graphs):
        validation.check(store, graphs)
        return {"graphs": graphs, "derived": {}}
    # What followed from the facts as they were says nothing of the facts as they are.
    derived = _taken_out(store)
    validation.check(store, graphs)
    loader.derive(store, today)
    return {"graphs": graphs, "derived": _differences(derived, {n: triples_of(store, n) for n in derived})}


def _contents(store: ox.Store, with_reserved: bool) -> Contents:
    """Return what each graph holds; of those that the write cannot have named, only that they are there."""
    names = [graph.value for graph in store.named_graphs() if isinstance(graph, ox.NamedNode)]
    passed = set() if with_reserved else {n for n in names if is_reserved(n) and n.startswith(GRAPHS)}
    return {name: frozenset() if name in passed else triples_of(store, name) for name in names}


def _differences(before: Contents, after: Contents) -> dict[str, Any]:
    """Tell graphs apart: triples added and removed, and whether a graph is there afterwards."""
    none = frozenset[str]()
    return {
        name: {
            "added": sorted(after.get(name, none) - before.get(name, none)),
            "removed": sorted(before.get(name, none) - after.get(name, none)),
            "is_there": name in after,
        }
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    }


def bears_on_rules(graphs: Mapping[str, Mapping[str, Any]]) -> bool:
    """Tell whether changes could change what the rules derive: whether they use a property that a rule names.

    Parameters
    ----------
    graphs
        Triples ``added`` and ``removed`` by graph.
    """
    known = _terms_of_rules()
    for name, change in graphs.items():
        for quad in quads([*change["added"], *change["removed"]], name):
            is_class = quad.predicate.value == _TYPE
            named = quad.object.value if is_class and isinstance(quad.object, ox.NamedNode) else None
            if quad.predicate.value in known and (named is None or named in known):
                return True
    return False


@cache
def _terms_of_rules() -> frozenset[str]:
    """Return every address that a rule names; no rule has a variable for a property or a class."""
    found = {_TYPE}
    for rule in loader.rules():
        each = [token for token in tokens(rule.text) if token.kind in ("iri", "name")]
        labels = {
            name.text[:-1]: iri.text[1:-1]
            for name, iri in pairwise(each)
            if name.kind == "name" and name.text.endswith(":") and iri.kind == "iri"
        }
        for token in each:
            label, _, local = token.text.partition(":")
            found.add(token.text[1:-1] if token.kind == "iri" else labels.get(label, "") + local)
    return frozenset(found)


def _taken_out(store: ox.Store) -> Contents:
    """Remove what the rules derived, and return it."""
    names = [loader.rule_graph(rule).value for rule in loader.rules()]
    derived = {name: triples_of(store, name) for name in names}
    for name in names:
        store.remove_graph(ox.NamedNode(name))
    return derived


# --- updates ----------------------------------------------------------------------------------------------


def _update(store: ox.Store, write: Write) -> None:
    _check_syntax(write)
    store.bulk_extend(list(moved(store.quads_for_pattern(None, None, None, _DEFAULT), ox.DefaultGraph())))
    for operation in write.operations:
        _copy_default(store)
        copied = triples_of(store, DEFAULT)
        try:
            _run(store, operation, write)
        except (RuntimeError, ValueError, OSError, SyntaxError) as error:
            raise SpacenormsError(
                f"The update could not be carried out, so nothing was changed: {error}.",
                remedy="Mend the operation; SILENT passes over graphs that are not there.",
                code="update-failed",
                query=write.text,
            ) from None
        if triples_of(store, DEFAULT) != copied:
            raise SpacenormsError(
                f"The update writes <{DEFAULT}> by its name.",
                remedy="Leave GRAPH out: what names no graph is written there.",
                code="default-graph-by-name",
            )
    _copy_default(store)


def _check_syntax(write: Write) -> None:
    try:
        ox.Store().update(write.text, base_iri=write.base)
    except SyntaxError as error:
        raise SpacenormsError(str(error), code="malformed-update") from None
    except (RuntimeError, ValueError, OSError):
        pass  # such as a graph that an empty store does not have


def _copy_default(store: ox.Store) -> None:
    """Let the default graph be read by its name, and with the others."""
    quads = list(moved(store.quads_for_pattern(None, None, None, ox.DefaultGraph()), _DEFAULT))
    store.remove_graph(_DEFAULT)
    store.bulk_extend(quads)


def _run(store: ox.Store, operation: Operation, write: Write) -> None:
    if operation.sweep:
        _sweep(store, *operation.sweep)
        return
    text = operation.text
    if write.using is not None or write.using_named is not None:
        text = operation.using(write.using or (), write.using_named or ())
    elif operation.using_at is not None and not operation.names_dataset and not operation.is_shorthand:
        names = [graph.value for graph in store.named_graphs() if isinstance(graph, ox.NamedNode)]
        text = operation.using(names, names)
    store.update(text, base_iri=write.base)


def _sweep(store: ox.Store, verb: str, target: str) -> None:
    """Clear or drop all graphs that may be written: ALL is all of those."""
    if target != "NAMED":
        store.clear_graph(ox.DefaultGraph())
    if target == "DEFAULT":
        return
    for graph in list(store.named_graphs()):
        if is_reserved(graph.value) or graph == _DEFAULT:
            continue
        if verb == "DROP":
            store.remove_graph(graph)
        else:
            store.clear_graph(graph)


# --- the graph store --------------------------------------------------------------------------------------


def _send(store: ox.Store, write: Write) -> None:
    graph = ox.NamedNode(write.graph)
    if write.method == "DELETE":
        store.remove_graph(graph)
        return
    if write.method == "PUT":
        store.remove_graph(graph)
    store.add_graph(graph)
    for document in write.documents:
        store.bulk_extend(moved(_parsed(document, write.graph), graph))


def _parsed(document: Document, base: str) -> Iterator[ox.Quad]:
    form = ox.RdfFormat.from_media_type(document.media_type)
    try:
        # Blank nodes are given new names, so that two documents never share one.
        yield from ox.parse(
            document.text, form, base_iri=base, without_named_graphs=True, rename_blank_nodes=True
        )
    except SyntaxError as error:
        raise SpacenormsError(
            f"The document does not parse as {document.media_type}: {error.msg}.",
            remedy=f"Mend line {error.lineno} at column {error.offset}."
            if error.lineno
            else "Mend it, or send it with its own Content-Type.",
            code="malformed-document",
            line=error.lineno,
            column=error.offset,
        ) from None
