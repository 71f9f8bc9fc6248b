"""Nothing that reaches out or writes gets past the guard, and nothing that reads is refused."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from serving import Listener, listening, small_store

from graph.errors import BadQuery
from graph.namespaces import BASE
from graph.sparql import guard
from graph.sparql.diagnosis import malformed
from graph.sparql.guard import ReadQuery, examine, inspect

STORE = small_store(4)

HEAD = "PREFIX : <{at}> PREFIX ex: <http://example.org/> "

REACHING_OUT = {
    "plain": "SELECT * {{ SERVICE <{at}> {{ ?a ?b ?c }} }}",
    "silent": "SELECT * {{ SERVICE SILENT <{at}> {{ ?a ?b ?c }} }}",
    "variable": "SELECT * {{ VALUES ?v {{ <{at}> }} SERVICE ?v {{ ?a ?b ?c }} }}",
    "lower case": "SELECT * {{ service <{at}> {{ ?a ?b ?c }} }}",
    "mixed case": "SELECT * {{ SeRvIcE sIlEnT <{at}> {{ ?a ?b ?c }} }}",
    "no spaces": "SELECT*{{SERVICE<{at}>{{?a ?b ?c}}}}",
    "comment between": "SELECT * {{ SERVICE # a comment }}\n <{at}> {{ ?a ?b ?c }} }}",
    "carriage return ends the comment": "SELECT * {{ # \r SERVICE <{at}> {{ ?a ?b ?c }} }}",
    "codepoint escape": "SELECT * {{ \\u0053ERVICE <{at}> {{ ?a ?b ?c }} }}",
    "long codepoint escape": "SELECT * {{ SERVIC\\U00000045 <{at}> {{ ?a ?b ?c }} }}",
    "prefixed name": HEAD + "SELECT * {{ SERVICE :x {{ ?a ?b ?c }} }}",
    "glued to a name": HEAD + "SELECT * {{ SERVICE:x {{ ?a ?b ?c }} }}",
    "glued to a declared name": HEAD + "PREFIX SERVICE: <http://s/> SELECT * {{ SERVICE:x {{ ?a ?b ?c }} }}",
    "glued to a literal": "SELECT * {{ ?s ?p trueSERVICE<{at}>{{ ?a ?b ?c }} }}",
    "glued to a number": HEAD + "SELECT * {{ ?s ?p 1SERVICE:x{{ ?a ?b ?c }} }}",
    "glued to SILENT": "SELECT * {{ ?s ?p 1 SERVICESILENT<{at}> {{ ?a ?b ?c }} }}",
    "after a dot": HEAD + "SELECT * {{ ?s ?p true.SERVICE:x {{ ?a ?b ?c }} }}",
    "after a bare prefix": HEAD + "SELECT * {{ ?s ?p ex:.SERVICE<{at}>{{ ?a ?b ?c }} }}",
    "in EXISTS": "SELECT * {{ ?s ?p ?o FILTER EXISTS {{ SERVICE <{at}> {{ ?a ?b ?c }} }} }}",
    "in a subquery": "SELECT * {{ {{ SELECT * {{ SERVICE <{at}> {{ ?a ?b ?c }} }} }} }}",
    "in GRAPH": "SELECT * {{ GRAPH ?g {{ SERVICE <{at}> {{ ?a ?b ?c }} }} }}",
    "in CONSTRUCT": "CONSTRUCT {{ ?a ?b ?c }} {{ SERVICE <{at}> {{ ?a ?b ?c }} }}",
    "less-than read as an IRI": "SELECT * {{?s ?p ?o FILTER(?o<?o||true)SERVICE#>\n<{at}>{{?a ?b ?c}}}}",
    "string behind a less-than": (
        "SELECT * {{?s ?p ?o FILTER(?o<?o#>'''\n||true)SERVICE<{at}>{{?a ?b ?c}}#'''\n}}"
    ),
    "quote behind a less-than": HEAD
    + "SELECT * {{?s ?p ?o FILTER(?o<'a>'||true)SERVICE<{at}>{{?a ?b ?c}}#'\n}}",
    "long string with a bad escape": "SELECT * {{('''x' )SERVICE<{at}>{{?a ?b ?c}} #\\q'''\n}}",
    "name that makes no IRI": "PREFIX z:<http://e:> SELECT * {{?s ?p z:SERVICE<{at}>{{?a ?b ?c}}}}",
}


@pytest.fixture(scope="module")
def listener() -> Iterator[Listener]:
    with listening() as found:
        yield found


def test_the_engine_alone_would_reach_out(listener: Listener) -> None:
    before = listener.connections
    with pytest.raises(OSError):
        list(STORE.query(REACHING_OUT["plain"].format(at=listener.address)))
    assert listener.settle() > before


@pytest.mark.parametrize("query", REACHING_OUT.values(), ids=REACHING_OUT.keys())
def test_no_form_of_service_reaches_the_listener(query: str, listener: Listener) -> None:
    before = listener.connections
    text = query.format(at=listener.address)
    try:
        read = inspect(text)
    except BadQuery as error:
        assert error.remedy
        assert error.extension["query"] == text
    else:
        with pytest.raises(SyntaxError):
            STORE.query(read.text, base_iri=BASE)
    assert listener.settle() == before


def test_service_is_refused_with_its_place() -> None:
    with pytest.raises(BadQuery) as caught:
        inspect("SELECT *\n{\n  SERVICE <http://example.org/> { ?s ?p ?o } }")
    assert (caught.value.extension["line"], caught.value.extension["column"]) == (3, 3)
    assert "line 3, column 3" in caught.value.message
    assert caught.value.code == "service-refused"


def test_the_place_counts_escapes_as_they_were_written() -> None:
    query = 'SELECT ("\\u0041\\u0042" AS ?x) { SERVICE ?v {} }'
    with pytest.raises(BadQuery) as caught:
        inspect(query)
    assert caught.value.extension["column"] == query.index("SERVICE") + 1


@pytest.mark.parametrize(
    "update",
    [
        "INSERT DATA { <a:b> <a:b> <a:b> }",
        "DELETE WHERE { ?s ?p ?o }",
        "PREFIX ex: <http://example.org/> delete { ?s ?p ?o } WHERE { ?s ?p ?o }",
        "WITH <http://example.org/g> DELETE { ?s ?p ?o } INSERT { ?s ?p ?o } WHERE { ?s ?p ?o }",
        "LOAD <{at}>",
        "LOAD SILENT <{at}> INTO GRAPH <http://example.org/g>",
        "L\\u004FAD <{at}>",
        "# comment\nlOaD<{at}>",
        "CLEAR ALL",
        "DROP GRAPH <http://example.org/g>",
        "CREATE GRAPH <http://example.org/g>",
        "ADD DEFAULT TO <http://example.org/g>",
        "MOVE DEFAULT TO <http://example.org/g>",
        "COPY DEFAULT TO <http://example.org/g>",
        "SELECT * { ?s ?p ?o } ; DROP ALL",
    ],
)
def test_every_update_is_refused_by_name(update: str, listener: Listener) -> None:
    before = listener.connections
    with pytest.raises(BadQuery) as caught:
        inspect(update.replace("{at}", listener.address))
    assert caught.value.code == "update-refused"
    assert caught.value.extension["word"] in caught.value.message
    assert listener.settle() == before


def test_from_names_only_graphs_of_the_store(listener: Listener, tmp_path: Path) -> None:
    secret = tmp_path / "secret.ttl"
    secret.write_text("<http://example.org/a> <http://example.org/b> <http://example.org/secret> .")
    known = {"http://example.org/graph/1"}
    before = listener.connections
    for clause in ("FROM", "FROM NAMED", "from", "\\u0046ROM", "FROM # c\n", "FROMNAMED"):
        for graph in (listener.address, secret.as_uri(), "file:///etc/passwd", "http://example.org/graph/2"):
            with pytest.raises(BadQuery) as caught:
                inspect(f"SELECT * {clause} <{graph}> {{ ?s ?p ?o }}", known)
            assert caught.value.code == "unknown-graph"
    assert listener.settle() == before


@pytest.mark.parametrize(
    ("query", "default", "named"),
    [
        ("SELECT * FROM <http://example.org/graph/1> {}", ("http://example.org/graph/1",), ()),
        ("SELECT * FROM NAMED <http://example.org/graph/1> {}", (), ("http://example.org/graph/1",)),
        (
            "PREFIX g: <http://example.org/graph/> SELECT * FROM g:1 WHERE {}",
            ("http://example.org/graph/1",),
            (),
        ),
        ("BASE <http://example.org/graph/> SELECT*FROM<1>{}", ("http://example.org/graph/1",), ()),
        (
            "BASE <http://example.org/x/y> DESCRIBE ?s FROM <../graph/1> {}",
            ("http://example.org/graph/1",),
            (),
        ),
        ("SELECT * FROM <graph/x> {}", (f"{BASE}graph/x",), ()),
        ("SELECT ?from { ?from <a:FROM> 'FROM <http://nowhere>' } # FROM <http://nowhere>", (), ()),
    ],
)
def test_from_is_resolved(query: str, default: tuple[str, ...], named: tuple[str, ...]) -> None:
    read = inspect(query, {"http://example.org/graph/1", f"{BASE}graph/x"})
    assert (read.from_graphs, read.from_named) == (default, named)
    assert read.has_dataset == bool(default or named)


READING = [
    "SELECT ?service { ?service ?p ?load }",
    "SELECT * { ?s ?p 'SERVICE <http://x/> {}' }",
    'SELECT * { ?s ?p "SERVICE", "a \\" SERVICE" }',
    'SELECT * { ?s ?p \'\'\'it\'s a SERVICE\n\'\'\' , """"LOAD" <x>""" }',
    "SELECT * { ?s ?p ?o } # SERVICE <http://x/> {}",
    "SELECT * { ?s <http://example.org/service#load> ?o }",
    "SELECT * { ?s <http://example.org/SERVICE> ?o }",
    "PREFIX service: <http://example.org/> SELECT * { ?s service:p ?o }",
    "PREFIX service: <http://example.org/> SELECT * { GRAPH service:g { ?s service:p ?o } }",
    "PREFIX service: <http://example.org/> SELECT * { ?s service:p 1 { ?a ?b ?c } }",
    "PREFIX ex: <http://example.org/> SELECT * { ?s ex:service ?o . ?s ex:insert ex:LOAD }",
    "PREFIX : <http://example.org/service#> SELECT * { ?s :service ?o }",
    "PREFIX load: <http://example.org/> SELECT * { load:insert ?p ?o }",
    "SELECT * { _:service ?p 'a'@service }",
    "SELECT * { ?s ?p ?o FILTER(?o<3&&?o>1) }",
    "SELECT * { ?s ?p ?o FILTER(?s<?o&&?o>?s) }",
    "SELECT * { ?s ?p ?o FILTER(STR(?o)<'b'&&STR(?o)>'0') }",
    "SELECT * { ?s ?p ?o FILTER(?o<=3) }",
    "SELECT * { ?s ?p ?o FILTER(?s<?o#>\n) }",
    "SELECT * { VALUES (?s ?o) { (<http://example.org/#a> <http://example.org/it's>) } }",
    "SELECT * { ?s ?p (<http://example.org/a> <http://example.org/#b>) }",
    "PREFIX e: <http://example.org/> SELECT (e:a\\'b AS ?x) (e:a\\#b AS ?y) (e:%41.b AS ?z) {}",
    "SELECT ('caf\\u00E9' AS ?x) (\"a\\u0022b\" AS ?y) ('\\\\u0041' AS ?z) {}",
    "SELECT (COUNT(*) AS ?n) { ?s ?p ?o } GROUP BY ?p HAVING (COUNT(*) > 1) ORDER BY DESC(?n)",
    "ASK{}",
    "DESCRIBE <http://example.org/s1>",
    "CONSTRUCT WHERE { ?s ?p ?o }",
    "select distinct * where { ?s ^<http://example.org/p>|<http://example.org/q>? ?o }",
    "SELECT * { VALUES ?o { '''' } }",
    "VERSION '1.2' SELECT * { ?s ?p ?o }",
]


@pytest.mark.parametrize("query", READING)
def test_what_reads_is_let_through_and_answers_the_same(query: str) -> None:
    read = inspect(query)
    assert read.given == query
    assert answer(read.text) == answer(query)


def answer(query: str) -> list[bytes]:
    found = STORE.query(query, base_iri=BASE, use_default_graph_as_union=True)
    if isinstance(found, ox.QueryTriples):
        body = found.serialize(format=ox.RdfFormat.N_TRIPLES)
    else:
        body = found.serialize(format=ox.QueryResultsFormat.CSV)
    return sorted(re.sub(rb"_:\w+", b"_:b", body or b"").splitlines())


@pytest.mark.parametrize("form", ["SELECT", "ASK", "CONSTRUCT", "DESCRIBE"])
def test_the_form_is_reported(form: str) -> None:
    query = {"SELECT": "select*{}", "CONSTRUCT": "Construct{}{}", "DESCRIBE": "DESCRIBE<a:b>"}.get(
        form, "aSk{}"
    )
    assert inspect(f"BASE <http://example.org/select> PREFIX ask: <a:b> # SELECT\n{query}").form == form


@pytest.mark.parametrize(
    ("query", "remedy"),
    [
        ("SELEKT * {}", "SELECT"),
        ("PREFX e: <http://e/> SELECT * {}", "PREFIX"),
        ("", "Begin with"),
        ("# only a comment", "Begin with"),
        ("SELECT ('open AS ?x) {}", "same quotes"),
        ("SELECT ('a\\qb' AS ?x) {}", "backslash"),
        ("SELECT * { \\ }", "Remove"),
        ("{}", "Begin with"),
    ],
)
def test_what_is_no_query_is_told_so(query: str, remedy: str) -> None:
    assert remedy in fault(query).remedy


def fault(query: str) -> BadQuery:
    """Return what is told of a query that the guard or, behind it, the engine refuses."""
    try:
        read = inspect(query)
        STORE.query(read.text, base_iri=BASE)
    except BadQuery as error:
        return error
    except SyntaxError as error:
        return malformed(read, str(error))
    raise AssertionError(f"Nothing is wrong with {query}")


def test_a_place_in_the_evaluated_text_is_told_in_the_given_one() -> None:
    read = inspect("SELECT *\n{ ?s <a:\\u0062#c> ?o . ?s ?p }")
    assert read.text != read.given
    line, column = 2, read.text.splitlines()[1].index("?o") + 1
    line, column = read.place(line, column)
    assert read.given.splitlines()[line - 1][column - 1 :].startswith("?o")


@pytest.mark.parametrize(
    "piece",
    [
        "<",
        "'''",
        '"',
        "a.",
        "e:a.",
        "\\u0041",
        "(",
        "?a<",
        "'\\'",
        "#\n",
        "<a#",
        "SELECT ",
        "\\",
        "_:a.",
        "1.",
    ],
)
def test_time_grows_with_the_length_alone(piece: str) -> None:
    query = "SELECT * { ?s ?p " + piece * (100_000 // len(piece))
    began = time.process_time()
    examined(query)
    assert time.process_time() - began < 3


# fmt: off
PIECES = [
    "?s", "?p", "?o", "<", ">", "<=", ">=", "<http://e/p>", "<http://e/a#b>", "<x>", "<it's>", "'a'",
    "'''", "''", '"', "'", '"""', "#", "(", ")", "{", "}", "[", "]", ".", ";", ",", "FILTER", "FILTER(",
    "BIND(", "AS", "&&", "||", "true", "false", "1", "1.", "1.5e3", "e:p", "e:", "e:a\\'", "e:a\\#",
    "\\", "\\u0027", "\\u0023", "\\u003E", "'\\u0022'", "\\n", "@en", "^^", ":x", ":", "a", "OPTIONAL{",
    "UNION", "GRAPH", "VALUES", "EXISTS{", "LATERAL{", "?", "*", "+", "/", "|", "^", "!", "=", "_:b",
    "<<", ">>", "{|", "|}", "%41", "-", "é", "\\u0041", ")}", "?o<'a'", " ", "\n", "VALUES ?o {",
    "IN (",
]
# fmt: on
# fmt: off
SERVICES = [
    "SERVICE", "service", "SERVICE<http://127.0.0.1:9/>{}", "SERVICE:x{}", "SILENT", "\\u0053ERVICE",
    "service:", "service:y", "e:service", "SERVICE#>", "trueSERVICE", "1SERVICE", "SERVICE?v",
    "z:SERVICE", "z:80", "\\q", "SERVICE<http://127.0.0.1:9/>{?a?b?c}",
]
# fmt: on
HEADS = [
    "PREFIX e:<http://e/> PREFIX :<http://127.0.0.1:9/> PREFIX service:<http://e/> PREFIX z:<http://e:>\n"
    "SELECT * {?s ?p ?o ",
    "BASE <http://b/> PREFIX e:<http://e/> PREFIX :<http://e/> SELECT * {?s e:p ?o FILTER(?o<",
    "PREFIX e:<http://e/> PREFIX :<http://e:>\nASK{?s ?p ?o. ",
    "PREFIX e:<http://e/> SELECT ?s (?o<",
    "PREFIX z:<http://e:> SELECT * { ?s ?p z:",
]
TAILS = ["}", ")}", "}#", "|| true)}", "\n}", "'''}", "AS ?x){?s ?p ?o}", "}}"]


def texts(pieces: list[str]) -> st.SearchStrategy[str]:
    body = st.lists(st.sampled_from(pieces), min_size=1, max_size=7)
    parts = st.tuples(st.sampled_from(HEADS), body, st.sampled_from(["", " "]), st.sampled_from(TAILS))
    return parts.map(lambda made: made[0] + made[2].join(made[1]) + made[3])


def parses(query: str) -> bool:
    try:
        STORE.query(query, base_iri=BASE)
    except SyntaxError:
        return False
    except (RuntimeError, OSError):
        return True
    return True


def examined(query: str) -> ReadQuery | None:
    try:
        return inspect(query)
    except BadQuery:
        return None


MANY = settings(max_examples=1500, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


@MANY
@given(texts(PIECES + SERVICES * 4))
def test_what_passes_never_holds_service_as_a_keyword(query: str) -> None:
    """With another word in its place a keyword no longer parses; a name, string or comment still does."""
    read = examined(query)
    if read is not None:
        assert parses(read.text) == parses(re.sub("service", "servicX", read.text, flags=re.IGNORECASE))


@MANY
@given(texts([piece for piece in PIECES if "u0053" not in piece]))
def test_what_the_engine_reads_without_service_is_never_refused(query: str) -> None:
    if "service" not in query and parses(query):
        read = inspect(query)
        assert parses(read.text)
        assert answer(read.text) == answer(query)


@MANY
@given(texts(PIECES))
def test_what_need_not_be_taken_apart_is_read_as_if_it_had_been(query: str) -> None:
    try:
        thorough = examine(query)
    except BadQuery:
        return
    quick = inspect(query)
    assert (quick.form, quick.from_graphs, quick.from_named) == (
        thorough.form, thorough.from_graphs, thorough.from_named
    )  # fmt: skip
    assert parses(quick.text) == parses(thorough.text)
    assert not parses(quick.text) or answer(quick.text) == answer(thorough.text)


@pytest.mark.parametrize(
    "text",
    [
        "ASK { FILTER('a\\u0053ERVICE' != '') }",
        "ASK { FILTER('no SeRvIcE' != '') }",
        "ASK { FILTER('no \u017fervice' != '') }",
        "ASK { ?s ?p ?o } # from",
        "SELECT * FROM <a:b> { ?s ?p ?o }",
        "SELECT ?s # {\n{ SERVICE <a:b> { ?s ?p ?o } }",
        "# { \u2028 SELECT\nSELECT * { SERVICE <a:b> { ?s ?p ?o } }",
        "ASK { } INSERT\n#\nDATA { <a:b> <a:b> <a:b> }",
    ],
)
def test_what_could_do_harm_in_some_reading_is_taken_apart(text: str) -> None:
    assert guard._plain(text) is None


def test_a_beginning_that_many_queries_share_says_nothing_of_what_follows() -> None:
    head = "SELECT (1 AS ?one) WHERE "
    plain = [guard._plain(head + rest) is not None for rest in ("{}", "{ SERVICE <a:b> {} }", "{}")]
    assert plain == [True, False, True]
    lasting = [inspect(f"{head}{{ FILTER({call}) }}").lasts for call in ("true", "RAND() < 1", "true")]
    assert lasting == [True, None, True]


@pytest.mark.parametrize(
    "text", ["ASK {}", "# with care\nBASE <a:b#c> PREFIX ex: <a:b> Select*{ ?add ?with ?o }"]
)
def test_what_can_do_no_harm_is_not_taken_apart(text: str) -> None:
    read = guard._plain(text)
    assert read is not None
    assert (read.text, read.given) == (text, text)
