"""Whatever is sent to the addresses of the interface description, the server answers without a fault."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis.core.result import Ok
from serving import serving

from graph.knowledge import KnowledgeGraph

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the pool forks")

FUZZ = settings(
    max_examples=int(os.environ.get("FUZZ_EXAMPLES", "5")),
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
ACCEPTED = st.sampled_from(["application/json", "text/html", "text/csv, */*;q=0.1", "*/*", "nonsense"])


@pytest.fixture(scope="module")
def client(graph: KnowledgeGraph) -> Iterator[httpx.Client]:
    with serving(graph=graph) as running:
        yield running


def test_no_request_makes_the_server_fail(client: httpx.Client) -> None:
    description = schemathesis.openapi.from_url(f"{client.base_url}/openapi.json")
    operations = [found.ok() for found in description.get_all_operations() if isinstance(found, Ok)]
    assert len(operations) > 30
    faults = [fault for operation in operations for fault in faults_of(operation)]
    assert not faults, "\n\n".join(faults)


def faults_of(operation: schemathesis.APIOperation) -> list[str]:
    """Send an operation what its description allows and what it does not; return what went wrong."""
    faults: list[str] = []
    for mode in (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE):

        @FUZZ
        @given(case=operation.as_strategy(generation_mode=mode), accept=ACCEPTED)
        def send(case: schemathesis.Case, accept: str) -> None:
            answer = case.call(headers={"Accept": accept}, timeout=60)
            if wrong := what_is_wrong(case, answer):
                faults.append(f"{wrong}: {case.as_curl_command()}\n{answer.status_code} {answer.text[:600]}")

        # What takes no parameter cannot be given a wrong one.
        with contextlib.suppress(Unsatisfiable):
            send()
    return faults[:3]


def what_is_wrong(case: schemathesis.Case, answer: schemathesis.Response) -> str:
    """Return a word for the fault of an answer; nothing when there is none."""
    if answer.status_code >= 500:
        return "a server error"
    if answer.status_code < 400 or case.method == "HEAD":
        return ""
    kind = answer.headers["content-type"][0].partition(";")[0]
    if kind == "text/html":
        return ""
    if kind != "application/problem+json":
        return "no problem"
    told = answer.json()
    is_whole = told["status"] == answer.status_code and told["code"] and told["detail"] and told["type"]
    return "" if is_whole else "an incomplete problem"
