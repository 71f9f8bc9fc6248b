"""A worker: a process that takes queries from a desk and evaluates them, and can be killed at any moment."""

from __future__ import annotations

import json
import os
import socket
import struct
import time
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import pyoxigraph as ox

from graph.namespaces import BASE
from graph.sparql import cutting
from graph.sparql.cutting import Most
from graph.sparql.desk import HEAD, Desk
from graph.sparql.zygote import WorkerLimits, confine, receive

# A request is its options in JSON and its query, behind their lengths; `packed` makes one. Answers come in
# pieces, the last of which says OK, FAULT or why it was cut. Each is bytes behind the number of the request,
# a status, whether the worker ends since it has kept so much memory, and their length. WANTED comes before
# an answer, without bytes: the desk was too small for the request.
ANSWER = struct.Struct("!QB?Q")
OK, FAULT, MORE = 0, 1, 2
CUT = {3: cutting.ROWS, 4: cutting.BYTES}
WANTED = 5
_STATUS = {None: OK} | {reason: status for status, reason in CUT.items()}

# A query that ends sooner has had no time to fill much memory.
_SOON_SECONDS = 0.005
_LOOK_EACH = 100


def packed(
    number: int,
    query: str,
    media_type: str,
    has_dataset: bool,
    most: Most,
    default_graphs: Sequence[str] | None = None,
    named_graphs: Sequence[str] | None = None,
) -> bytes:
    """Return a request as a worker reads it.

    Parameters
    ----------
    number
        Tells it from others; not 0.
    query
        SPARQL that has been examined.
    media_type
        Of the answer.
    has_dataset
        Whether the query has FROM clauses, which hold where no graphs are given.
    most
        What the answer may hold.
    default_graphs, named_graphs
        The data set.
    """
    if default_graphs is None and named_graphs is None:
        options = _plain_options(media_type, has_dataset, most)
    else:
        options = json.dumps(
            [media_type, has_dataset, most.rows, most.bytes, default_graphs, named_graphs]
        ).encode()
    text = query.encode()
    return HEAD.pack(number, len(options), len(text)) + options + text


@lru_cache(maxsize=256)
def _plain_options(media_type: str, has_dataset: bool, most: Most) -> bytes:
    return json.dumps([media_type, has_dataset, most.rows, most.bytes, None, None]).encode()


class AtDesk:
    """The life of a worker, as `graph.sparql.zygote.start_zygote` takes it.

    Parameters
    ----------
    desk
        From which it takes what to evaluate.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def __call__(self, store: ox.Store, limits: WorkerLimits, connection: socket.socket, place: int) -> None:
        """Evaluate one query after another."""
        _Worker(store, limits, connection, self._desk, place).run()


class _Worker:
    def __init__(
        self, store: ox.Store, limits: WorkerLimits, connection: socket.socket, desk: Desk, place: int
    ) -> None:
        self._store = store
        self._limits = limits
        self._connection = connection
        self._desk = desk
        self._place = place
        self._number = 0

    def run(self) -> None:
        self._desk.sit_down()
        memory = confine(self._limits)
        most_kept = memory.used() + self._limits.memory_headroom // 4
        answered, spent = 0, False
        while not spent:
            options, query = self._next()
            began = time.monotonic()
            status, body = self._answer(options, query)
            answered += 1
            spent = (
                bool(self._limits.memory_headroom)
                and (time.monotonic() - began > _SOON_SECONDS or answered % _LOOK_EACH == 0)
                and memory.used() > most_kept
            )
            # Who has said the last is at nothing any more, and is not to be killed for it.
            self._desk.note(self._place, 0)
            self._send(status, body, spent)

    def _next(self) -> tuple[bytes, str]:
        """Wait for a request; return its options and its query."""
        got = self._desk.take()
        if not got:
            os._exit(0)
        self._number, options, query = HEAD.unpack_from(got)
        self._desk.note(self._place, self._number)
        begin = HEAD.size + options
        if len(got) == HEAD.size:
            self._send(WANTED, b"")
            got += receive(self._connection, options + query)
        return got[HEAD.size : begin], got[begin : begin + query].decode()

    def _answer(self, options: bytes, query: str) -> tuple[int, bytes | bytearray]:
        try:
            return self._evaluate(options, query)
        except Exception as error:
            return FAULT, json.dumps({"kind": type(error).__name__, "message": str(error)}).encode()

    def _evaluate(self, options: bytes, query: str) -> tuple[int, bytearray]:
        """Send all of the answer but its last piece, and return that with its status."""
        media_type, most, dataset = _read_options(options)
        answer = self._store.query(query, base_iri=BASE, **dataset)
        rest, reason = cutting.write(answer, media_type, most, self._send_more)
        return _STATUS[reason], rest

    def _send_more(self, piece: bytearray) -> None:
        self._send(MORE, piece)

    def _send(self, status: int, body: bytes | bytearray, spent: bool = False) -> None:
        head = ANSWER.pack(self._number, status, spent, len(body))
        sent = self._connection.sendmsg([head, body])
        if sent < len(head) + len(body):
            self._connection.sendall(memoryview(head + body)[sent:])


@lru_cache(maxsize=64)
def _read_options(options: bytes) -> tuple[str, Most, dict[str, Any]]:
    """Return the media type, what the answer may hold, and the arguments that tell the data set."""
    media_type, has_dataset, rows, length, default, named = json.loads(options)
    most = Most(rows, length)
    if default is None and named is None:
        # The engine lets this option win over FROM, so a query that has FROM goes without. It gives
        # the same answers as a list of all graphs, which is ten times slower to join over sixty.
        return media_type, most, ({} if has_dataset else {"use_default_graph_as_union": True})
    graphs = {
        "default_graph": [ox.NamedNode(graph) for graph in default or ()],
        "named_graphs": [ox.NamedNode(graph) for graph in named or ()],
    }
    return media_type, most, graphs
