"""An answer that is cut ends with a whole row and still reads, whatever its texts hold."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.sparql import cutting
from graph.sparql.cutting import BYTES, ROWS, Most

RESULTS = {
    "application/sparql-results+json": ox.QueryResultsFormat.JSON,
    "application/sparql-results+xml": ox.QueryResultsFormat.XML,
    "text/csv": ox.QueryResultsFormat.CSV,
    "text/tab-separated-values": ox.QueryResultsFormat.TSV,
}
READ_BACK = [name for name in RESULTS if name != "text/csv"]
GRAPHS = [
    "text/turtle",
    "application/trig",
    "application/n-triples",
    "application/n-quads",
    "application/rdf+xml",
    "application/ld+json",
]
MUCH = 2**40

# Texts that look like the borders of rows in one format or another.
NASTY = st.text(alphabet='{}[],:"\\\n\r\t<>ab/ü ', max_size=12) | st.sampled_from(
    ['}},{"', '}},{"x":{', "},{}", "</result><result>", "]}}", '"\r\n"', "\\", '\\"', "}},{", "{", '"']
)
ROW = st.fixed_dictionaries({}, optional={"a": NASTY, "b": NASTY})


def asked(rows: list[dict[str, str]]) -> ox.QuerySolutions:
    """Return rows as an engine's answer; one may be empty."""
    values = "\n".join(
        f"({' '.join(str(ox.Literal(row[name])) if name in row else 'UNDEF' for name in 'ab')})"
        for row in rows
    )
    answer = ox.Store().query(f"SELECT ?a ?b {{ VALUES (?a ?b) {{ {values} }} }}")
    assert isinstance(answer, ox.QuerySolutions)
    return answer


def written(answer: Any, media_type: str, most: Most) -> tuple[bytes, str | None, list[int]]:
    pieces: list[bytes] = []
    rest, reason = cutting.write(answer, media_type, most, lambda piece: pieces.append(bytes(piece)))
    return b"".join((*pieces, rest)), reason, [len(piece) for piece in pieces]


def read(body: bytes, media_type: str) -> list[dict[str, str]]:
    if media_type == "text/csv":
        _, *records = csv.reader(io.StringIO(body.decode(), newline=""), strict=True)
        return [dict(zip("ab", record, strict=True)) for record in records]
    parsed = ox.parse_query_results(body, format=RESULTS[media_type])
    assert isinstance(parsed, ox.QuerySolutions)
    return [{name: row[name].value for name in "ab" if row[name] is not None} for row in parsed]  # type: ignore[union-attr]


def blank(row: dict[str, str], media_type: str) -> dict[str, str]:
    """CSV does not tell an empty text from none."""
    return {"a": "", "b": "", **row} if media_type == "text/csv" else row


@pytest.mark.parametrize("piece", [1, 60, 2**17])
@pytest.mark.parametrize("media_type", RESULTS)
@settings(max_examples=60, deadline=None)
@given(rows=st.lists(ROW, max_size=12), limit=st.integers(1, 14))
def test_the_first_rows_are_kept(media_type: str, piece: int, rows: list[dict[str, str]], limit: int) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(cutting, "_PIECE", piece)
        body, reason, _ = written(asked(rows), media_type, Most(limit, MUCH))
    assert reason == (ROWS if len(rows) > limit else None)
    assert read(body, media_type) == [blank(row, media_type) for row in rows[:limit]]
    if reason is None:
        assert body == asked(rows).serialize(format=RESULTS[media_type])


@pytest.mark.parametrize("piece", [1, 60, 2**17])
@pytest.mark.parametrize("media_type", RESULTS)
@settings(max_examples=60, deadline=None)
@given(rows=st.lists(ROW, max_size=12), limit=st.integers(300, 900))
def test_no_more_bytes_are_given_than_may_be(
    media_type: str, piece: int, rows: list[dict[str, str]], limit: int
) -> None:
    whole = asked(rows).serialize(format=RESULTS[media_type])
    assert whole is not None
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(cutting, "_PIECE", piece)
        body, reason, _ = written(asked(rows), media_type, Most(10**9, limit))
    assert reason == (BYTES if len(whole) > limit else None)
    assert len(body) <= limit
    kept = read(body, media_type)
    assert kept == [blank(row, media_type) for row in rows[: len(kept)]]
    if reason:  # and not much less than may be
        assert len(kept) < len(rows)
        following = asked(rows[: len(kept) + 1]).serialize(format=RESULTS[media_type])
        assert following is not None and len(following) > limit


@pytest.mark.parametrize("media_type", RESULTS)
def test_a_long_answer_is_sent_in_pieces_of_whole_rows(media_type: str) -> None:
    store = ox.Store()
    for number in range(20_000):
        store.add(
            ox.Quad(
                ox.NamedNode(f"http://example.org/{number}"),
                ox.NamedNode("http://example.org/p"),
                ox.Literal("x"),
            )
        )
    body, reason, pieces = written(store.query("SELECT ?a ?b { ?a ?p ?b }"), media_type, Most(15_000, MUCH))
    assert reason == ROWS
    assert len(read(body, media_type)) == 15_000
    assert len(pieces) > 1
    assert max(pieces) < 2**18


@pytest.mark.parametrize("media_type", RESULTS)
@pytest.mark.parametrize("answer", [True, False])
def test_a_truth_value_is_never_cut(media_type: str, answer: bool) -> None:
    asked = ox.Store().query("ASK {}" if answer else "ASK { ?a ?b ?c }")
    body, reason, _ = written(asked, media_type, Most(1, 1024))
    assert reason is None
    assert (b"true" in body) == answer


def triples(number: int) -> ox.QueryTriples:
    values = " ".join(f"<http://example.org/{n // 3}>" for n in range(number))
    text = (
        f"CONSTRUCT {{ ?a <http://example.org/p> ?n }} {{ VALUES ?a {{ {values} }} BIND(STRUUID() AS ?n) }}"
    )
    answer = ox.Store().query(text)
    assert isinstance(answer, ox.QueryTriples)
    return answer


@pytest.mark.parametrize("media_type", GRAPHS)
@pytest.mark.parametrize("limit", [1, 5, 99, 100, 101])
def test_a_graph_is_cut_after_a_statement_and_still_reads(media_type: str, limit: int) -> None:
    body, reason, _ = written(triples(100), media_type, Most(limit, MUCH))
    found = list(ox.parse(body, format=ox.RdfFormat.from_media_type(media_type)))
    assert len(found) == min(limit, 100)
    assert reason == (ROWS if limit < 100 else None)
    told = f"cut at the limit of {limit} rows".encode() in body
    assert told == (reason is not None and media_type in cutting.COMMENTS)


@pytest.mark.parametrize("media_type", GRAPHS)
def test_a_graph_of_many_bytes_is_cut_and_still_reads(media_type: str) -> None:
    body, reason, _ = written(triples(5000), media_type, Most(MUCH, 100_000))
    assert reason == BYTES
    found = list(ox.parse(body, format=ox.RdfFormat.from_media_type(media_type)))
    assert 500 < len(found) < 5000
    assert 70_000 < len(body) < 101_000


@pytest.mark.parametrize("media_type", [*RESULTS, *GRAPHS])
def test_what_another_engine_wrote_is_cut_too(media_type: str) -> None:
    form = RESULTS.get(media_type) or ox.RdfFormat.from_media_type(media_type)
    answer = asked([{"a": str(n)} for n in range(50)]) if media_type in RESULTS else triples(50)
    given = answer.serialize(format=form) or b""  # type: ignore[arg-type]
    assert cutting.whole(given, media_type, Most(1000, MUCH)) == (given, None)
    body, reason = cutting.whole(given, media_type, Most(20, MUCH))
    assert reason == ROWS
    if media_type == "text/csv":
        assert len(read(body, media_type)) == 20
        return
    parse = ox.parse_query_results if media_type in RESULTS else ox.parse
    assert len(list(parse(body, format=form))) == 20  # type: ignore[operator,arg-type]


def test_triples_within_triples_are_counted_as_rows() -> None:
    inner = 'TRIPLE(<http://e/a>, <http://e/b>, "},{}")'
    text = f"SELECT ?t {{ VALUES ?n {{ 1 2 3 }} BIND(TRIPLE(<http://e/a>, <http://e/b>, {inner}) AS ?t) }}"
    body, reason, _ = written(ox.Store().query(text), "application/sparql-results+json", Most(2, MUCH))
    assert reason == ROWS
    assert len(json.loads(body)["results"]["bindings"]) == 2
