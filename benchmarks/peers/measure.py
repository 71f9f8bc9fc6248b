"""Measures servers in turns, so that what else the machine does falls on all of them alike."""

from __future__ import annotations

import contextlib
import http.client
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from benchmarks.peers.answers import Question, answer, differences, question, questions
from benchmarks.peers.catalogue import BARE, OURS, PEERS, Peer, started
from benchmarks.peers.load import Load, many, one_by_one, varied
from benchmarks.peers.servers import HOST, Data, DidNotStart, NotInstalled, Server

#: What is measured with several connections at once: a question, and whether each request differs.
THROUGHPUT = {
    "cheap": ("look-up", True),
    "repeated": ("look-up", False),
    "thousand rows": ("thousand-rows", True),
}
_SLOW = 0.25
_VERY_SLOW = 5.0
#: Answers of which a median is taken; fewer are asked for one by one, so that none is cut off.
_FEWEST = 3

Told = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """How much is measured.

    Attributes
    ----------
    rounds
        Turns of every server for throughput.
    rounds_each
        Turns of every server for each query.
    seconds
        Of a turn for throughput; a turn of a query takes one second.
    connections
        At once, for throughput.
    alone
        Whether only one server runs at a time.
    """

    rounds: int = 6
    rounds_each: int = 2
    seconds: int = 2
    connections: int = 8
    alone: bool = False


@dataclass
class Found:
    """What was measured over one graph.

    Attributes
    ----------
    started
        Seconds and bytes of each server's start.
    left_out
        Why a server was left out, by name.
    bodies
        Status and answer by question and server.
    probes
        Seconds of the quicker of two first answers, by question and server.
    unequal
        How a server's answer differs, by question and server.
    loads
        One for each round, by section or question, and server.
    memory
        Bytes after everything, by server.
    """

    started: dict[str, dict[str, float]] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    bodies: dict[str, dict[str, tuple[int, bytes]]] = field(default_factory=lambda: defaultdict(dict))
    probes: dict[tuple[str, str], float] = field(default_factory=dict)
    unequal: dict[str, dict[str, str]] = field(default_factory=dict)
    loads: dict[tuple[str, str], list[Load]] = field(default_factory=lambda: defaultdict(list))
    memory: dict[str, float] = field(default_factory=dict)


def measure(data: Data, plan: Plan, peers: tuple[Peer, ...] = PEERS, tell: Told = print) -> Found:
    """Start the servers over some data, compare their answers and measure them.

    Parameters
    ----------
    data
        What they hold.
    plan
        How much is measured.
    peers
        The servers; one that is not installed or does not start is left out.
    tell
        Told what is being done.
    """
    found = Found()
    groups = [(peer,) for peer in peers] if plan.alone else [peers]
    for group in groups:
        with contextlib.ExitStack() as stack:
            servers: dict[str, Server] = {}
            for peer in group:
                server = _start(stack, peer, data, found, tell)
                if server:
                    servers[peer.name] = server
            if servers:
                _compare(servers, found, tell)
                _throughput(servers, plan, found, tell)
                _each(servers, plan, found, tell)
                found.memory |= {name: server.memory() for name, server in servers.items()}
    for asked in questions():
        if OURS in found.bodies[asked.name]:
            found.unequal[asked.name] = differences(asked, found.bodies[asked.name], OURS)
    return found


def _start(stack: contextlib.ExitStack, peer: Peer, data: Data, found: Found, tell: Told) -> Server | None:
    if data.statements > peer.largest:
        found.left_out[peer.name] = f"not run beyond {peer.largest:,.0f} triples"
        return None
    tell(f"Starting {peer.name}")
    try:
        server = stack.enter_context(started(peer, data, varied(question("look-up").text)))
    except (NotInstalled, DidNotStart) as error:
        found.left_out[peer.name] = str(error)
        tell(f"  left out: {error}")
        return None
    found.started[peer.name] = {
        "seconds": server.load_seconds + server.start_seconds,
        "processor": server.load_processor + server.start_processor,
        "memory": server.first_memory,
        "peak": server.peak_memory,
    }
    return server


def _compare(servers: Mapping[str, Server], found: Found, tell: Told) -> None:
    for asked in questions():
        tell(f"Comparing answers: {asked.name}")
        for name, server in servers.items():
            if name == BARE:
                continue
            begun = time.perf_counter()
            found.bodies[asked.name][name] = answer(server, asked, asked.text)
            taken = time.perf_counter() - begun
            if taken < _VERY_SLOW:
                begun = time.perf_counter()
                answer(server, asked, varied(asked.text))
                taken = min(taken, time.perf_counter() - begun)
            found.probes[asked.name, name] = taken


def _throughput(servers: Mapping[str, Server], plan: Plan, found: Found, tell: Told) -> None:
    for section, (name, vary) in THROUGHPUT.items():
        asked = question(name)
        for number in range(plan.rounds):
            tell(f"Throughput, {section}: round {number + 1} of {plan.rounds}")
            for each, server in servers.items():
                if each == BARE:
                    _lay_out(server, found.bodies[name])
                load = many(server, asked.text, plan.seconds, plan.connections, asked.accept, vary)
                found.loads[section, each].append(load)


def _lay_out(server: Server, bodies: Mapping[str, tuple[int, bytes]]) -> None:
    """Give the bare route the bytes to return: those of this project's server."""
    body = bodies[OURS][1] if OURS in bodies else next(iter(bodies.values()))[1]
    connection = http.client.HTTPConnection(HOST, server.port, timeout=10)
    with contextlib.closing(connection):
        connection.request("PUT", server.path, body)
        connection.getresponse().read()


def _each(servers: Mapping[str, Server], plan: Plan, found: Found, tell: Told) -> None:
    for asked in questions():
        for number in range(plan.rounds_each):
            tell(f"Query {asked.name}: round {number + 1} of {plan.rounds_each}")
            for name, server in servers.items():
                if name != BARE and _is_worth(found, asked, name, number):
                    found.loads[asked.name, name].append(_once(server, asked, found.probes[asked.name, name]))


def _is_worth(found: Found, asked: Question, name: str, number: int) -> bool:
    return found.bodies[asked.name][name][0] == 200 and (
        number == 0 or found.probes[asked.name, name] < _VERY_SLOW
    )


def _once(server: Server, asked: Question, probe: float) -> Load:
    if probe <= _SLOW:
        load = many(server, asked.text, 1, 1, asked.accept)
        if load.requests >= _FEWEST:
            return load
    return one_by_one(server, asked.text, 1.0, asked.accept, timeout=300.0)
