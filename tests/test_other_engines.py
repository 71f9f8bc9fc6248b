"""Other SPARQL servers that hold the exported graph answer every saved query as the embedded store does.

What is compared: rows as multisets of terms. A text that GROUP_CONCAT made is compared as its parts, whose
order is nobody's promise. For Virtuoso a text is compared without its language, which it drops in aggregates
and functions.
"""

from __future__ import annotations

import asyncio
import datetime
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest

from graph.conflicts.lookup import index as conflict_index
from graph.conflicts.telling import told
from graph.errors import QueryTooLarge
from graph.knowledge import KnowledgeGraph
from graph.measures.bridges import bridges
from graph.namespaces import GRAPHS
from graph.networks.building import VIEWS, network
from graph.networks.exports import bridges_record
from graph.rdf.export import export
from graph.records.kinds import BY_NAME
from graph.records.lookup import Records
from graph.search.engine import index as search_index
from graph.series.timeline import events
from graph.sparql import saved
from graph.sparql.answers import TABLES
from graph.sparql.dialects import joined
from graph.sparql.endpoint import Endpoint
from graph.sparql.guard import inspect
from graph.sparql.remote import RemotePool
from graph.sparql.workers import WorkerPool
from tests.conftest import TODAY
from tests.engines import SERVERS, virtuoso

DOCS = Path(__file__).parent.parent / "docs"

_SEPARATOR = re.compile(r'separator\s*=\s*"((?:[^"\\]|\\.)*)"', re.IGNORECASE)
#: Rules have been run when a graph is exported, and the hygiene rules are asked of files, by `check`.
_RUN_HERE = ("rules/", "hygiene/")
NAMES = [name for name in saved.load_all() if not name.startswith(_RUN_HERE)]

#: What Virtuoso 7.2.5 answers otherwise than the embedded store. docs/deployment.md says so to its operators.
KNOWN = {
    "virtuoso": {
        "competency/07-across-the-divide-in-rule-making": "a branch of a union is lost",
        "competency/19-withdrawal-clauses": "a FILTER in OPTIONAL does not see a value from outside",
        "conflicts-of-a-state": "no rows from a union of subselects that is joined to another",
        "networks/affiliation": "an error in an expression over an unbound parameter counts as true",
        "readings-held-by-an-actor": "a FILTER in OPTIONAL does not see a value from outside",
        "views/record-dataset": "a row of more than 4,000 bytes is not sorted",
        "views/record-silences": "its planner overflows its stack",
    }
}


@pytest.fixture(scope="session")
def quads(graph: KnowledgeGraph, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("exported") / "graph.nq"
    assert export(graph, path) > 0
    return path


@pytest.fixture(scope="session", params=sorted(SERVERS))
def engine(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@pytest.fixture(scope="session")
def endpoint(engine: str, quads: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    with SERVERS[engine](quads, tmp_path_factory.mktemp(engine)) as found:
        yield found


@pytest.fixture(scope="session")
def remote(endpoint: Endpoint) -> KnowledgeGraph:
    return KnowledgeGraph.load(endpoint=endpoint, today=TODAY)


def texts(graph: KnowledgeGraph, name: str) -> list[str]:
    """Return a query as it stands, with the examples inside, and with the defaults of its parameters.

    A view of one thing is asked of the thing that stands in it; by default it would be asked of all at once,
    which nobody does.
    """
    query = saved.find(name)
    if any(parameter.name in ("subject", "q") and not parameter.default for parameter in query.parameters):
        return [query.text]
    return list(dict.fromkeys([query.text, graph.bind(query, {})]))


def _cell(term: object, parts: list[str], *, keeps_language: bool) -> object:
    if isinstance(term, ox.BlankNode):
        return "_:"
    if not isinstance(term, ox.Literal):
        return term
    value = tuple(sorted(re.split("|".join(map(re.escape, parts)), term.value))) if parts else term.value
    kind = "text" if term.language or term.datatype.value.endswith("#string") else term.datatype.value
    return value, kind, term.language if keeps_language else None


def answer(graph: KnowledgeGraph, text: str, *, keeps_language: bool) -> object:
    """Return what a graph answers, in a form to compare."""
    read = inspect(text)
    if read.form == "ASK":
        return graph.store.ask(text)
    if read.form != "SELECT":
        triples = graph.store.construct(text)
        return {tuple(_cell(term, [], keeps_language=keeps_language) for term in each) for each in triples}
    separators = [each.replace("\\n", "\n") for each in _SEPARATOR.findall(text)]
    found, lists = graph.store.select(text), joined(text)
    return found.columns, Counter(
        tuple(
            _cell(row[name], separators if name in lists else [], keeps_language=keeps_language)
            for name in found.columns
        )
        for row in found.rows
    )


def _difference(here: object, there: object) -> str:
    if not isinstance(here, tuple) or not isinstance(there, tuple) or here[0] != there[0]:
        return f"{str(here)[:300]} and there {str(there)[:300]}"
    columns, missing, extra = here[0], list((here[1] - there[1]).elements()), (there[1] - here[1]).elements()
    more = list(extra)
    told = f"{len(missing)} rows are missing, {len(more)} are added of {sum(here[1].values())}"
    if missing and more:
        near = max(more, key=lambda row: sum(a == b for a, b in zip(row, missing[0], strict=True)))
        cells = zip(columns, missing[0], near, strict=True)
        return f"{told}; {[(name, a, b) for name, a, b in cells if a != b]}"
    return f"{told}; {(missing or more)[0]}"


@pytest.mark.parametrize("name", NAMES)
def test_a_saved_query_has_the_same_answer(
    request: pytest.FixtureRequest, graph: KnowledgeGraph, remote: KnowledgeGraph, engine: str, name: str
) -> None:
    if reason := KNOWN.get(engine, {}).get(name):
        request.applymarker(pytest.mark.xfail(reason=reason, strict=True))
    keeps_language = engine != "virtuoso"
    for text in texts(graph, name):
        here = answer(graph, text, keeps_language=keeps_language)
        there = answer(remote, text, keeps_language=keeps_language)
        if here != there:  # an assertion would spell out thousands of rows
            pytest.fail(_difference(here, there))


@pytest.mark.skipif(not DOCS.is_dir(), reason="the tests run outside a checkout")
@pytest.mark.parametrize("name", sorted({name for names in KNOWN.values() for name in names}))
def test_what_is_known_to_differ_is_told(name: str) -> None:
    assert name in NAMES
    assert name in (DOCS / "deployment.md").read_text(encoding="utf-8")


def _sorted(told: object) -> object:
    """Return what was told with sources in the order of their keys, not that of GROUP_CONCAT."""
    if isinstance(told, dict):
        return {name: _sorted(value) for name, value in told.items()}
    if isinstance(told, list):
        found = [_sorted(each) for each in told]
        is_sources = all(isinstance(each, dict) and {"id", "title"} <= each.keys() for each in found)
        return sorted(found, key=lambda each: str(each["id"])) if is_sources else found
    return told


@pytest.mark.parametrize(
    ("state", "as_of"),
    [("AUS", "2022-01-01"), ("AUS", "2026-11-23"), ("SAU", "2023-06-01")],
)
def test_conflicts_are_the_same(
    graph: KnowledgeGraph, remote: KnowledgeGraph, state: str, as_of: str
) -> None:
    here, there = (
        told(conflict_index(kg), conflict_index(kg).find(state=state, as_of=as_of)) for kg in (graph, remote)
    )
    assert _sorted({**there, "version": ""}) == _sorted({**here, "version": ""})


@pytest.mark.parametrize("view", VIEWS)
def test_a_network_is_the_same(graph: KnowledgeGraph, remote: KnowledgeGraph, view: str) -> None:
    here, there = (network(kg, view, as_of="2025-06-01").graph for kg in (graph, remote))
    assert dict(there.nodes(data="label")) == dict(here.nodes(data="label"))
    assert Counter(map(frozenset, there.edges())) == Counter(map(frozenset, here.edges()))


def test_bridges_are_the_same(graph: KnowledgeGraph, remote: KnowledgeGraph) -> None:
    here, there = (bridges_record(bridges(kg, ("artemis", "ilrs"), "2025-06-01")) for kg in (graph, remote))
    assert {**there, "data_version": ""} == {**here, "data_version": ""}


@pytest.mark.parametrize(
    ("kind", "code"), [("norms", "N-CHM"), ("instruments", "OST"), ("ambiguities", "A01"), ("states", "AUS")]
)
def test_a_record_is_the_same(graph: KnowledgeGraph, remote: KnowledgeGraph, kind: str, code: str) -> None:
    here, there = (Records(kg).record(BY_NAME[kind], code, as_of="2025-06-01") for kg in (graph, remote))
    assert there.thing == here.thing
    assert {field.name for field in there.fields} == {field.name for field in here.fields}
    assert [(each.name, len(each.rows)) for each in there.sections] == [
        (each.name, len(each.rows)) for each in here.sections
    ]


def test_a_search_finds_the_same(graph: KnowledgeGraph, remote: KnowledgeGraph) -> None:
    here, there = (search_index(kg).search("common heritage", limit=100) for kg in (graph, remote))
    assert {hit.thing.iri for hit in there.hits} == {hit.thing.iri for hit in here.hits}
    assert there.total == here.total > 0


def test_events_are_the_same(graph: KnowledgeGraph, remote: KnowledgeGraph) -> None:
    span = datetime.date(2023, 1, 1), datetime.date(2025, 12, 31)
    here, there = (events(kg, *span) for kg in (graph, remote))
    assert there == here
    assert here[0]


@pytest.mark.parametrize(
    "clause", ["", "FROM <{0}ontology>", "FROM <{0}derived>", "FROM NAMED <{0}ontology>", "FROM <{0}schema>"]
)
@pytest.mark.parametrize(
    "pattern", ["?s ?p ?o", "GRAPH ?g { ?s ?p ?o } FILTER(CONTAINS(STR(?g), 'spacenorms'))"]
)
def test_the_data_set_is_the_same(
    graph: KnowledgeGraph, endpoint: Endpoint, clause: str, pattern: str
) -> None:
    text = f"SELECT (COUNT(*) AS ?n) {clause.format(GRAPHS)} {{ {pattern} }}"

    async def counted(pool: WorkerPool | RemotePool, **given: list[str]) -> bytes:
        await pool.start()
        try:
            return await pool.evaluate(text, "text/csv", timeout=10, **given)
        finally:
            await pool.close()

    for given in ({}, {"default_graphs": [f"{GRAPHS}facts/norms"]}):
        here = WorkerPool(graph.store.oxigraph, workers=1)
        assert asyncio.run(counted(RemotePool(endpoint), **given)) == asyncio.run(counted(here, **given))


_TERMS = """
PREFIX spn: <https://w3id.org/spacenorms/ontology#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
SELECT ?state ?label ?since ?launches WHERE {
  ?state a spn:State ; rdfs:label ?label
  OPTIONAL { ?state spn:unMemberSince ?since }
  OPTIONAL { ?state spn:launchCapable ?launches }
} ORDER BY ?state
"""


@pytest.mark.parametrize("form", ["csv", "tsv", "xml", "json"])
def test_every_format_is_the_same(graph: KnowledgeGraph, remote: KnowledgeGraph, form: str) -> None:
    written = TABLES[form]
    assert remote.store.table(_TERMS, written) == graph.store.table(_TERMS, written)
    assert remote.store.table("ASK { ?s ?p ?o }", written) == graph.store.table("ASK { ?s ?p ?o }", written)


def test_virtuoso_does_not_pass_a_part_off_as_whole(quads: Path, tmp_path: Path) -> None:
    with virtuoso(quads, tmp_path, rows=100) as endpoint:
        graph = KnowledgeGraph.load(endpoint=endpoint, today=TODAY)
        with pytest.raises(QueryTooLarge, match="100"):
            graph.store.select("SELECT ?s { ?s ?p ?o }")
