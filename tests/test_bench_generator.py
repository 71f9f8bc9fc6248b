"""The facts that the benchmarks generate, and the queries that are asked of them."""

from __future__ import annotations

import datetime
import itertools
from collections import Counter
from pathlib import Path

import pyoxigraph as ox
import pytest

from benchmarks.generator import facts
from benchmarks.generator.release import release
from benchmarks.peers.answers import differences, questions, read
from benchmarks.peers.load import ASKED, varied
from graph.errors import BadValue
from graph.namespaces import GRAPHS, ONTOLOGY
from graph.rdf import loader
from graph.sparql.guard import inspect

SIZE = 30_000


@pytest.fixture(scope="module")
def text() -> str:
    return "".join(facts.lines(SIZE))


@pytest.fixture(scope="module")
def store(text: str) -> ox.Store:
    found = ox.Store()
    found.bulk_load(text, format=ox.RdfFormat.N_QUADS)
    loader.derive(found, datetime.date.today())
    return found


def test_the_same_seed_gives_the_same_facts(text: str) -> None:
    assert "".join(facts.lines(SIZE)) == text
    assert "".join(facts.lines(SIZE, seed=facts.SEED + 1)) != text


def test_a_line_is_not_said_twice(text: str) -> None:
    repeated = [line for line, count in Counter(text.splitlines()).items() if count > 1]
    assert repeated == []


def test_a_store_holds_about_as_much_as_was_asked_for(store: ox.Store) -> None:
    assert 0.9 * SIZE < len(store) < 1.1 * SIZE


def test_more_is_asked_for_and_comes() -> None:
    smaller, larger = (sum(1 for _ in facts.lines(size)) for size in (SIZE, 4 * SIZE))
    share = smaller / SIZE  # the rest is derived
    assert 3.5 < larger / smaller < 4.5
    assert 0.5 < share < 1


@pytest.mark.parametrize(
    "rule", ["start-bounds", "party-standings", "party-to", "member-of", "bound-by", "promotes", "exposed-to"]
)
def test_rules_find_what_they_look_for(store: ox.Store, rule: str) -> None:
    derived = list(store.quads_for_pattern(None, None, None, ox.NamedNode(f"{GRAPHS}rules/{rule}")))
    assert len(derived) > 10


def test_classes_and_properties_are_those_of_the_ontology(store: ox.Store) -> None:
    known = {
        quad.subject for quad in store.quads_for_pattern(None, None, None, ox.NamedNode(f"{GRAPHS}ontology"))
    }
    used = {
        quad.predicate
        for quad in store
        if quad.graph_name.value.startswith(f"{GRAPHS}facts/") and quad.predicate.value.startswith(ONTOLOGY)
    }
    assert used
    assert used <= known


def test_what_is_derived_does_not_change_from_day_to_day(text: str, store: ox.Store) -> None:
    later = ox.Store()
    later.bulk_load(text, format=ox.RdfFormat.N_QUADS)
    loader.derive(later, datetime.date.today() + datetime.timedelta(days=400))
    assert set(later) == set(store)


def test_a_smaller_graph_has_the_instruments_of_a_larger_one() -> None:
    begun = itertools.islice((line for line in facts.lines(SIZE) if "/id/act/" in line), 50)
    assert set(begun) <= {line for line in facts.lines(3 * SIZE) if "/id/act/" in line}


@pytest.mark.parametrize("asked", questions(), ids=lambda asked: asked.name)
def test_a_query_of_the_benchmark_has_an_answer(store: ox.Store, asked: object) -> None:
    answer = store.query(asked.text, use_default_graph_as_union=True)
    if isinstance(answer, ox.QueryBoolean):
        assert answer
    else:
        rows = len(list(answer))
        assert rows > 0
        assert rows == 1000 if asked.name == "thousand-rows" else True


@pytest.mark.parametrize(
    "asked", [*questions(), *questions("bombs"), *questions("forms")], ids=lambda asked: asked.name
)
def test_a_query_is_varied_and_lets_itself_be_asked(asked: object) -> None:
    assert asked.text.count(ASKED) == 1
    assert varied(asked.text) != varied(asked.text)
    assert inspect(varied(asked.text)).form in ("SELECT", "ASK", "CONSTRUCT")


def test_twelve_queries_are_asked() -> None:
    assert len(questions()) == 12


def test_a_size_is_read_or_told(tmp_path: Path) -> None:
    assert [facts.parse_size(size) for size in ("30k", "3M", "500")] == [30_000, 3_000_000, 500]
    with pytest.raises(BadValue, match="is no size"):
        facts.parse_size("many")


def test_facts_are_kept_in_a_file(tmp_path: Path, text: str) -> None:
    path = facts.written("30k", folder=tmp_path)
    assert path.read_text(encoding="utf-8") == text
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_states_are_those_of_the_release() -> None:
    assert "AUS" in release().states


def test_answers_are_compared_by_their_rows() -> None:
    asked = next(each for each in questions() if each.name == "companions")
    head = '{"head":{"vars":["one"]},"results":{"bindings":[%s]}}'
    one, other = (f'{{"one":{{"type":"literal","value":"{value}"}}}}' for value in (7, 8))
    bodies = {
        "ours": (200, (head % f"{one},{other}").encode()),
        "alike": (200, (head % f"{other},{one}".replace('"7"', '"7.0"')).encode()),
        "short": (200, (head % one).encode()),
        "failed": (500, b""),
    }
    found = differences(asked, bodies, "ours")
    assert found == {"short": "1 rows missing, 0 more, of 2", "failed": "status 500"}
    assert read(asked, bodies["ours"][1]) == read(asked, bodies["alike"][1])


def test_a_truth_told_as_a_table_is_no_other_answer_but_is_named() -> None:
    asked = next(each for each in questions() if each.is_ask)
    table = '{"head":{"vars":["x"]},"results":{"bindings":[{"x":{"type":"literal","value":"%s"}}]}}'
    bodies = {"ours": (200, b'{"head":{},"boolean":true}')}
    bodies |= {"table": (200, table.replace("%s", "1").encode())}
    bodies |= {"false": (200, b'{"head":{},"boolean":false}'), "no": (200, table.replace("%s", "0").encode())}
    found = differences(asked, bodies, "ours")
    assert "instead of a truth value" in found["table"]
    assert found["false"] == found["no"] == "1 rows missing, 1 more, of 1"
