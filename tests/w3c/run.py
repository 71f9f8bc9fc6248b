"""Run the W3C SPARQL 1.1 tests against the server.

Usage: python tests/w3c/run.py SUITE_DIR

SUITE_DIR is the folder `sparql11` of https://github.com/w3c/rdf-tests. The exit status is 1 when a server
that only reads fails a test of the protocol that does not write, takes an update, or fails a query that its
engine answers; or when a server that is written fails a test of the protocol, the graph store or an update.
"""

from __future__ import annotations

import secrets
import sys
from collections.abc import Sequence
from pathlib import Path

import evaluation
import protocol
import writing
from manifests import query_tests
from server import serving


def main() -> int:
    """Run everything, print the totals, and return the exit status."""
    if len(sys.argv) != 2 or not Path(sys.argv[1], "protocol").is_dir():
        print(__doc__)
        return 2
    folder = Path(sys.argv[1]).resolve()
    regressions = [*_protocol(folder), *_writing(folder), *_evaluation(folder)]
    for regression in regressions:
        print(f"FAILED {regression}")
    return 1 if regressions else 0


def _protocol(folder: Path) -> list[str]:
    with serving(protocol.graphs_of(folder)) as endpoint:
        found = list(protocol.protocol_outcomes(folder, endpoint))
        described = list(protocol.description_outcomes(endpoint))
    reading = [each for each in found if not each.writes]
    writing = [each for each in found if each.writes]
    _print("protocol, tests that do not write", reading)
    _print("protocol, updates refused", writing)
    _print("service description", described)
    return [f"{each.name}: {each.reason}" for each in (*found, *described) if not each.passes]


def _writing(folder: Path) -> list[str]:
    graphs = protocol.graphs_of(folder)
    with serving(graphs, token := secrets.token_urlsafe()) as endpoint:
        curator = writing.Curator(endpoint, token)
        spoken = list(writing.protocol_outcomes(folder, curator, graphs))
        stored = list(writing.store_outcomes(folder, curator))
        evaluated = list(writing.evaluation_outcomes(folder, curator))
    _print("protocol, with writing on", spoken)
    _print("graph store", stored)
    counted = [each for each in evaluated if each.name not in writing.OF_ONE_GRAPH]
    _print("updates, LOAD refused", counted)
    return [f"{each.name}: {each.reason}" for each in (*spoken, *stored, *counted) if not each.passes]


def _print(name: str, found: Sequence[protocol.Outcome]) -> None:
    print(f"{name:36} {sum(each.passes for each in found):4} of {len(found)}")


def _evaluation(folder: Path) -> list[str]:
    tests = list(query_tests(folder))
    with serving(evaluation.graphs_of(tests)) as endpoint:
        found = list(evaluation.outcomes(tests, endpoint))
    refused = [each for each in found if each.is_refused_service]
    counted = [each for each in found if not each.is_refused_service]
    print(f"{'queries that ask other hosts, refused':36} {len(refused):4}")
    print(f"{'queries, the engine alone':36} {sum(each.engine for each in counted):4} of {len(counted)}")
    print(
        f"{'queries, through the endpoint':36} {sum(each.endpoint for each in counted):4} of {len(counted)}"
    )
    return [
        f"{each.test.suite}/{each.test.name}: {each.reason}"
        for each in counted
        if each.engine and not each.endpoint
    ]


if __name__ == "__main__":
    sys.exit(main())
