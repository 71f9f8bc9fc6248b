"""Tables of terms are read as the same plain values that the terms themselves give."""

from __future__ import annotations

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.knowledge import plain
from graph.sparql import saved
from graph.sparql.rows import read_rows

XSD = "http://www.w3.org/2001/XMLSchema#"
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)


def typed(text, kind):
    return ox.Literal(str(text), datatype=ox.NamedNode(XSD + kind))


TERMS = st.one_of(
    TEXT.map(ox.Literal),
    st.text("\\\t\n\r\"'tnu0@^<>", max_size=8).map(ox.Literal),
    TEXT.map(lambda text: ox.Literal(text, language="en")),
    st.integers(-(10**12), 10**12).map(lambda number: typed(number, "integer")),
    st.integers(-(10**6), 10**6).map(lambda number: typed(number, "int")),
    st.integers(0, 10**6).map(lambda number: typed(f"{number}.25", "decimal")),
    st.floats(allow_nan=False).map(lambda number: typed(number, "double")),
    st.booleans().map(ox.Literal),
    st.dates().map(lambda day: typed(day, "date")),
    st.sampled_from(["http://example.org/a", "http://example.org/é#b"]).map(ox.NamedNode),
    st.sampled_from(["b1", "c"]).map(ox.BlankNode),
)


def table(rows, columns):
    """Return the bytes in which the engine writes rows of terms."""
    store = ox.Store()
    for number, row in enumerate(rows):
        for place, term in enumerate(row):
            if term is not None:
                subject, predicate = f"http://example.org/{number:03}", f"http://example.org/p{place}"
                store.add(ox.Quad(ox.NamedNode(subject), ox.NamedNode(predicate), term))
        store.add(ox.Quad(ox.NamedNode(subject), ox.NamedNode("http://example.org/is"), ox.Literal("")))
    asked = " ".join(f"OPTIONAL {{ ?s <http://example.org/p{place}> ?c{place} }}" for place in range(columns))
    names = " ".join(f"?c{place}" for place in range(columns))
    query = f"SELECT {names} {{ ?s <http://example.org/is> ?is {asked} }} ORDER BY ?s"
    written = store.query(query).serialize(format=ox.QueryResultsFormat.TSV)
    terms = [{name: row[name] for name in names.replace("?", "").split()} for row in store.query(query)]
    return written, [{name: plain(term) for name, term in row.items()} for row in terms]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(TERMS, st.none() | TERMS), min_size=1, max_size=6))
def test_a_table_reads_as_its_terms(rows) -> None:
    written, expected = table(rows, 2)
    columns, found = read_rows(written)
    assert columns == ("c0", "c1")
    assert found == expected
    kinds = [[type(value) for value in row.values()] for row in found]
    assert kinds == [[type(value) for value in row.values()] for row in expected]


def test_equal_terms_are_one_object() -> None:
    written, _ = table([(ox.Literal("the same words"),)] * 2, 1)
    _, (one, other) = read_rows(written)
    assert one["c0"] is other["c0"]


@pytest.mark.parametrize("written", [b"?a\n", b"?a\t?b\n"])
def test_an_empty_table_has_columns_and_no_rows(written) -> None:
    columns, rows = read_rows(written)
    assert rows == []
    assert len(columns) == written.count(b"?")


def test_every_view_reads_as_its_terms(graph) -> None:
    """The fast way and the slow way give the same rows of the release."""
    for name in ("networks/affiliation", "networks/voting", "networks/readings", "networks/resolutions"):
        text = graph.bind(saved.find(name), {})
        slow = graph.store.select(text)
        expected = [{key: plain(term) for key, term in row.items()} for row in slow.rows]
        assert graph.run(name) == expected
        assert expected
