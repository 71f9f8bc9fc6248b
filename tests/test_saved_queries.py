"""Saved queries: their headers, the binding of values, and every file of the catalogue."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping

import pyoxigraph as ox
import pytest

from graph.errors import BadDate, BadValue, SpacenormsError, UnknownName
from graph.knowledge import KnowledgeGraph
from graph.namespaces import PREFIXES
from graph.sparql import saved
from graph.sparql.guard import inspect

CATALOGUE = saved.catalogue()
NAMES = list(CATALOGUE)
PROCESSOR_SECONDS = 1.0

GOOD = """\
# title: States by region
# description: First sentence.
# description: Second sentence.
# tags: states, regions
# parameter: region (text) = "Africa" : the region
# parameter: state (state) = : a state; empty: for all
# parameter: show (choice(few|all states)) = few : how many
# parameter: as_of (date) = today : the day
# column: state : the state
# column: name : its name: in English
SELECT ?state ?name WHERE {
  VALUES ?region { "Africa"@en }  # parameter
  VALUES ?state { UNDEF }# parameter
    VALUES ?show { "few" }   # parameter
  VALUES ?as_of { "2026-11-23"^^<http://www.w3.org/2001/XMLSchema#date> }  # parameter
  VALUES ?class { <http://example.org/State> }
}
"""

TEXT_ONLY = """\
# title: Things of a name
# parameter: name (text) = : the name
SELECT ?thing WHERE {
  VALUES ?name { UNDEF }  # parameter
  ?thing ?p ?name .
}
"""

HOSTILE = [
    'a "quoted" word',
    "a 'quoted' word",
    "} DROP ALL #",
    "} UNION { ?s ?p ?o",
    '" } # parameter\n  VALUES ?x { "y',
    "line\nbreak\rand\ttab",
    "back\\slash \\u0022 \\n",
    "# parameter",
    '"""',
    "}}}}",
    "\\1 \\g<before> (?P<name>x)",
    "ü 月 🌕",
    "SERVICE <http://127.0.0.1/> { ?s ?p ?o }",
]


def resolve(kind: str, name: str) -> str:
    """Stand in for the graph: everything exists."""
    return f"https://w3id.org/spacenorms/id/{kind}/{name}"


def bound(text: str, **values: object) -> str:
    return saved.parse("test", text).bind(values, resolve)


def slots(text: str) -> dict[str, str]:
    return {
        match[1]: match[2].strip() for match in re.finditer(r"VALUES \?(\w+) \{(.*)\}\s*# parameter", text)
    }


def test_a_header_is_read() -> None:
    query = saved.parse("by-region", GOOD)
    assert (query.name, query.title) == ("by-region", "States by region")
    assert query.description == "First sentence. Second sentence."
    assert query.tags == ("states", "regions")
    assert [(each.name, each.type, each.default) for each in query.parameters] == [
        ("region", "text", "Africa"),
        ("state", "state", ""),
        ("show", "choice(few|all states)", "few"),
        ("as_of", "date", "today"),
    ]
    assert query.parameters[1].description == "a state; empty: for all"
    assert query.columns == {"state": "the state", "name": "its name: in English"}
    assert query.text == GOOD


@pytest.mark.parametrize(
    "text",
    [
        GOOD.replace("# title: States by region\n", ""),
        GOOD.replace("(date) = today :", "date = today"),
        GOOD.replace("# parameter: region (text)", "# parameter: regions (text)"),
        GOOD.replace('VALUES ?region { "Africa"@en }  # parameter', 'VALUES ?region { "Africa"@en }'),
        GOOD.replace("VALUES ?class { <http://example.org/State> }", "VALUES ?class { UNDEF }  # parameter"),
        GOOD.replace("# parameter: show (choice(few|all states)) = few : how many\n", ""),
        GOOD + "# parameter: region (text) = : again\n",
    ],
)
def test_a_header_that_does_not_fit_its_text_is_refused(text: str) -> None:
    with pytest.raises(SpacenormsError) as caught:
        saved.parse("bad", text)
    assert caught.value.code == "bad-saved-query"
    assert caught.value.remedy


def test_defaults_hold_where_nothing_is_given() -> None:
    given = slots(bound(GOOD, as_of="2024-01-05"))
    assert given["region"] == '"Africa"'
    assert given["state"] == "UNDEF"
    assert given["show"] == '"few"'
    assert given["as_of"] == '"2024-01-05"^^<http://www.w3.org/2001/XMLSchema#date>'


@pytest.mark.parametrize("nothing", [None, ""])
def test_an_empty_value_means_the_default(nothing: object) -> None:
    assert slots(bound(GOOD, as_of="2024-01-05", region=nothing))["region"] == '"Africa"'


@pytest.mark.parametrize("value", HOSTILE)
def test_a_hostile_text_changes_its_slot_and_nothing_else(value: str) -> None:
    before = TEXT_ONLY.split("UNDEF")
    after = bound(TEXT_ONLY, name=value)
    assert after.startswith(before[0])
    assert after.endswith(before[1])
    assert "\n" not in after[len(before[0]) : -len(before[1])]
    store = ox.Store()
    thing = ox.NamedNode("http://example.org/thing")
    store.add(ox.Quad(thing, ox.NamedNode("http://example.org/name"), ox.Literal(value), None))
    answer = store.query(after)
    assert isinstance(answer, ox.QuerySolutions)
    assert [solution["thing"] for solution in answer] == [thing]


@pytest.mark.parametrize("value", HOSTILE)
def test_a_hostile_name_of_a_thing_is_unknown(graph: KnowledgeGraph, value: str) -> None:
    with pytest.raises(UnknownName):
        graph.bind(saved.find("withdrawals"), {"state": value})


@pytest.mark.parametrize(
    "value", ["http://example.org/a b", "http://e/> } #", "no address", "http://e/\n", "<x>"]
)
def test_a_text_that_is_no_address_is_refused(value: str) -> None:
    text = TEXT_ONLY.replace("name (text)", "name (iri)")
    with pytest.raises(BadValue, match="not an absolute address"):
        bound(text, name=value)


def test_an_address_is_put_in_angle_brackets() -> None:
    text = TEXT_ONLY.replace("name (text)", "name (iri)")
    assert slots(bound(text, name="http://example.org/a"))["name"] == "<http://example.org/a>"


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"as_of": "5 January 2024"}, BadDate),
        ({"as_of": "2023-02-29"}, BadDate),
        ({"show": "many"}, BadValue),
        ({"regions": "Africa"}, BadValue),
    ],
)
def test_a_value_that_is_none_of_its_type_is_refused(
    values: dict[str, str], error: type[SpacenormsError]
) -> None:
    with pytest.raises(error) as caught:
        bound(GOOD, **{"as_of": "2024-01-05", **values})
    assert next(iter(values.values())) in str(caught.value) or next(iter(values)) in str(caught.value)
    assert caught.value.remedy


@pytest.mark.parametrize("kind", ["integer", "year"])
def test_a_number_is_written_as_one(kind: str) -> None:
    text = TEXT_ONLY.replace("name (text)", f"name ({kind})")
    assert slots(bound(text, name="1967"))["name"].startswith('"1967"')
    with pytest.raises(BadValue, match="not a whole number"):
        bound(text, name="1967 } #")


def test_an_unknown_query_is_told_with_near_names() -> None:
    with pytest.raises(UnknownName, match="withdrawals"):
        saved.find("withdrawal")


def test_the_catalogue_has_no_internal_views() -> None:
    assert len(NAMES) >= 26
    folders = {name.rpartition("/")[0] for name in NAMES}
    assert folders == {"", "competency"}


def test_titles_are_unique() -> None:
    titles = [query.title for query in CATALOGUE.values()]
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("name", NAMES)
def test_a_saved_query_says_what_it_answers(name: str) -> None:
    query = CATALOGUE[name]
    assert re.fullmatch(r"(competency/)?[a-z0-9]+(-[a-z0-9]+)*", name)
    assert query.title[0].isupper() and not query.title.endswith(".")
    assert query.description.endswith(".")
    assert query.tags
    assert all(parameter.description for parameter in query.parameters)
    assert all(query.columns.values())


@pytest.mark.parametrize("name", NAMES)
def test_a_saved_query_declares_the_prefixes_it_uses(name: str) -> None:
    text = CATALOGUE[name].text
    declared = dict(re.findall(r"^PREFIX (\w+): <([^>]+)>$", text, re.M))
    assert declared == {prefix: PREFIXES[prefix] for prefix in sorted(declared)}
    body = re.sub(r'^#.*$|"[^"]*"|<[^>\s]*>|^PREFIX.*$', "", text, flags=re.M)
    assert set(re.findall(r"(?<![\w?])([a-z][a-z0-9]*):", body)) == set(declared)


@pytest.mark.parametrize("name", NAMES)
def test_a_saved_query_answers_with_its_defaults(graph: KnowledgeGraph, name: str) -> None:
    query = CATALOGUE[name]
    text = graph.bind(query, {})
    began = time.process_time()
    if inspect(text).form != "SELECT":
        assert graph.describe(name)
        return
    answer = graph.query(name)
    assert time.process_time() - began < PROCESSOR_SECONDS
    assert answer.columns == tuple(query.columns)
    assert answer.rows


@pytest.mark.parametrize("name", NAMES)
def test_a_saved_query_runs_as_it_stands(graph: KnowledgeGraph, name: str) -> None:
    query = CATALOGUE[name]
    as_it_stands = re.sub(
        r"(VALUES \?\w+ \{ )\"[0-9-]{10}\"\^\^xsd:date( \}  # parameter)",
        lambda match: f'{match[1]}"{_default_day(graph, query, match)}"^^xsd:date{match[2]}',
        query.text,
    )
    if inspect(as_it_stands).form != "SELECT":
        assert set(graph.store.construct(as_it_stands)) == set(graph.describe(name))
        return
    plain = graph.query(as_it_stands).rows
    assert sorted(map(_key, plain)) == sorted(map(_key, graph.query(name).rows))


def _default_day(graph: KnowledgeGraph, query: saved.SavedQuery, match: re.Match[str]) -> str:
    name = match[1].split("?")[1].split(" ")[0]
    (default,) = {parameter.default for parameter in query.parameters if parameter.name == name}
    return graph.today.isoformat() if default == "today" else default


def _key(row: Mapping[str, object]) -> str:
    """A row without regard to the order in which lists were joined."""
    return repr([(name, sorted(str(value).replace("; ", "\n").split("\n"))) for name, value in row.items()])


@pytest.mark.parametrize("name", NAMES)
def test_every_answer_can_be_traced(name: str) -> None:
    columns = CATALOGUE[name].columns
    if not columns:
        return
    assert any(re.search(r"source|keys", column) for column in columns)
    counts_only = "counts" in CATALOGUE[name].tags
    assert counts_only or any("verification" in column for column in columns)
