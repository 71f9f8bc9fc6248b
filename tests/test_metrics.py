"""Prometheus reads what the server counts, and only who may reads it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

import httpx
import pytest
from serving import serving

from api.logs import Answered
from api.metrics import Metrics
from api.settings import Settings

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the pool forks")

SAMPLE = re.compile(
    r'([a-z_]+)(?:\{((?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)*)\})? (-?[0-9.]+(?:e[+-]?[0-9]+)?)\Z'
)


def samples(text: str) -> dict[str, float]:
    """Read the text format; every line must be a comment or a sample of a described family."""
    found: dict[str, float] = {}
    kinds: dict[str, str] = {}
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split()
            kinds[name] = kind
        elif not line.startswith("# HELP "):
            match = SAMPLE.match(line)
            assert match, line
            family = re.sub("_(bucket|sum|count)$", "", match[1])
            assert match[1] in kinds or kinds[family] == "histogram"
            found[line.rpartition(" ")[0]] = float(match[3])
    assert text.endswith("\n")
    return found


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with serving(Settings(query_time_limit=0.3)) as running:
        yield running


def read(client: httpx.Client) -> dict[str, float]:
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    return samples(answer.text)


def test_requests_are_counted_by_route_and_status(client: httpx.Client) -> None:
    before = read(client)
    for path in ("/health", "/health", "/a-made-up-address", "/another-one"):
        client.get(path)
    after = read(client)
    health = 'spacenorms_requests_total{route="/health",method="GET",status="200"}'
    missing = 'spacenorms_requests_total{route="(none)",method="GET",status="404"}'
    assert after[health] - before.get(health, 0) == 2
    assert after[missing] - before.get(missing, 0) == 2


def test_what_clients_write_makes_no_labels(client: httpx.Client) -> None:
    client.get("/queries/made-up-name")
    client.request("PROPFIND", "/health")
    text = client.get("/metrics").text
    assert "made-up" not in text
    assert "PROPFIND" not in text
    assert 'method="other"' in text


def test_durations_add_up(client: httpx.Client) -> None:
    client.get("/health")
    found = read(client)
    buckets = [
        count
        for name, count in found.items()
        if name.startswith('spacenorms_request_duration_seconds_bucket{route="/health"')
    ]
    assert buckets == sorted(buckets)
    assert buckets[-1] == found['spacenorms_request_duration_seconds_count{route="/health"}']
    assert found['spacenorms_request_duration_seconds_sum{route="/health"}'] > 0


def test_queries_are_counted_by_what_became_of_them(client: httpx.Client) -> None:
    cross = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n0 ?o }"
    before = read(client)
    client.get("/sparql", params={"query": "ASK { ?fresh ?p ?o }"})
    client.get("/sparql", params={"query": cross})
    after = read(client)
    for outcome in ("answered", "query-timeout"):
        name = f'spacenorms_queries_total{{outcome="{outcome}"}}'
        assert after[name] - before.get(name, 0) == 1
    assert after["spacenorms_workers_ended_total"] - before["spacenorms_workers_ended_total"] == 1


def test_workers_and_data_are_told(client: httpx.Client) -> None:
    found = read(client)
    assert 'spacenorms_workers{state="busy"}' in found
    assert 'spacenorms_workers{state="idle"}' in found
    assert "spacenorms_queries_waiting" in found
    assert any("spacenorms_info" in name and 'data_version="test-version"' in name for name in found)
    assert found["spacenorms_start_time_seconds"] > 1_700_000_000


@pytest.mark.parametrize("header", [{"X-Forwarded-For": "203.0.113.7"}, {"Origin": "https://example.org"}])
def test_only_this_machine_reads_the_metrics(client: httpx.Client, header: dict[str, str]) -> None:
    answer = client.get("/metrics", headers=header)
    assert answer.status_code == 403
    assert answer.json()["code"] == "metrics-refused"


def test_a_setting_shows_them_to_everyone_or_nobody() -> None:
    far = {"X-Forwarded-For": "203.0.113.7"}
    with serving(Settings(metrics="on")) as client:
        assert client.get("/metrics", headers=far).status_code == 200
    with serving(Settings(metrics="off")) as client:
        assert client.get("/metrics").status_code == 403


def test_labels_are_escaped() -> None:
    metrics = Metrics()
    asked = Answered(None, "id", 200, 3, 0.002, ["answered"], route='/a"b', asked=("GET", "/", None))
    metrics.note(asked)
    text = metrics.text({}, {"version": 'a"b\\c\nd'})
    assert 'spacenorms_info{version="a\\"b\\\\c\\nd"} 1' in text
    samples(text)
