"""Full-text search: what is found, in which order, and how a query is read."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.errors import BadValue
from graph.knowledge import KnowledgeGraph
from graph.search.engine import SearchAnswer, SearchIndex, index, table
from graph.search.passages import Piece, cut
from graph.search.words import folded, key

TEXTS_OF_MANY_SCRIPTS = """
@prefix norm: <https://w3id.org/spacenorms/id/norm/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
norm:N-BAN rdfs:label "No national appropriation"@en ; skos:definition
  "Outer space is not subject to national appropriation."@en ,
  "外层空间不得由国家通过主权要求据为己有"@zh ,
  "Космическое пространство не подлежит национальному присвоению"@ru ,
  "لا يجوز التملك القومي للفضاء الخارجي"@ar ,
  "El espacio ultraterrestre no podrá ser objeto de apropiación nacional"@es ,
  "Το διάστημα δεν υπόκειται σε εθνική ιδιοποίηση"@el ;
  rdfs:label "Pas d'appropriation nationale"@fr .
norm:N-MARKUP rdfs:label "<img src=x onerror=alert(1)> \\u0002 label" ; skos:notation "N-MARKUP" .
norm:N-ØRSTED rdfs:label "Łódź and Ørsted"@en .
norm:N-TWO rdfs:label "Two texts"@en ; skos:definition
  "the first ends with province"@en , "of all mankind begins the second"@en .
"""


@pytest.fixture(scope="module")
def texts(graph: KnowledgeGraph) -> SearchIndex:
    return index(graph)


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> SearchIndex:
    path: Path = tmp_path_factory.mktemp("scripts") / "texts.ttl"
    path.write_text(TEXTS_OF_MANY_SCRIPTS, encoding="utf-8")
    return SearchIndex(KnowledgeGraph.load(data=[path], release=False))


def found(answer: SearchAnswer) -> list[tuple[str, str]]:
    return [(hit.thing.kind, hit.thing.id) for hit in answer.hits]


def marked(pieces: tuple[Piece, ...]) -> list[str]:
    return [piece.text for piece in pieces if piece.marked]


def corrected(answer: SearchAnswer) -> dict[str, str]:
    return {each.given: each.read for each in answer.corrections}


@pytest.mark.parametrize(
    ("query", "kind", "local"),
    [
        ("N-CHM", "norm", "N-CHM"),
        ("n-chm", "norm", "N-CHM"),
        ("OST-II", "provision", "OST-II"),
        ("OST II", "provision", "OST-II"),
        ("AUS", "state", "AUS"),
        ("aus", "state", "AUS"),
        ("C01", "conflict", "C01"),
        ("A01", "ambiguity", "A01"),
        ("A/RES/77/41", "resolution", "A-RES-77-41"),
        ("MOON", "instrument", "MOON"),
    ],
)
def test_the_thing_whose_code_is_asked_for_comes_first(
    texts: SearchIndex, query: str, kind: str, local: str
) -> None:
    assert found(texts.search(query))[0] == (kind, local)


@pytest.mark.parametrize(
    ("query", "kind", "local"),
    [
        ("Australia", "state", "AUS"),
        ("Moon Agreement", "instrument", "MOON"),
        ("outer space treaty", "instrument", "OST"),
        ("common heritage of mankind", "norm", "N-CHM"),
        ("Türkiye", "state", "TUR"),
        ("turkiye", "state", "TUR"),
        ("cote d'ivoire", "state", "CIV"),
    ],
)
def test_the_thing_whose_name_is_asked_for_comes_first(
    texts: SearchIndex, query: str, kind: str, local: str
) -> None:
    assert found(texts.search(query))[0] == (kind, local)


def test_accents_make_no_difference(texts: SearchIndex) -> None:
    assert found(texts.search("Bogotá")) == found(texts.search("bogota")) != []


def test_a_match_in_a_label_counts_more_than_one_in_a_note(texts: SearchIndex) -> None:
    hits = texts.search("withdrawal", limit=500).hits
    labels = ["withdraw" in hit.thing.label.lower() for hit in hits]
    assert all(labels[:10])
    assert not all(labels)


def test_a_phrase_in_quotation_marks_stays_together(texts: SearchIndex) -> None:
    together = texts.search('"due regard"', limit=500)
    apart = texts.search("due regard", limit=500)
    assert 0 < together.total <= apart.total
    for hit in together.hits:
        stretches = marked(hit.name) + (marked(hit.passage.pieces) if hit.passage else [])
        assert all("due regard" in folded(each) for each in stretches)


def test_a_phrase_does_not_run_from_one_text_into_the_next(scripts: SearchIndex) -> None:
    answer = scripts.search('"province of all mankind"')
    assert answer.remarks == (
        "No text has the phrase “province of all mankind”, so its words were looked for.",
    )


def test_a_star_finds_every_word_that_so_begins(texts: SearchIndex) -> None:
    words = {folded(word) for hit in texts.search("launch*", limit=500).hits for word in marked(hit.name)}
    assert {"launch", "launching"} <= words
    assert all(word.startswith("launch") for word in words)


def test_the_beginning_of_a_word_finds_it_where_no_text_has_the_beginning_alone(texts: SearchIndex) -> None:
    answer = texts.search("appropriatio")
    assert ("norm", "N-NONAPPROP") in found(answer)
    assert "words that begin so" in answer.remarks[0]


def test_an_abbreviation_that_stands_in_codes_only_finds_the_words_too(texts: SearchIndex) -> None:
    assert ("norm", "N-NONAPPROP") in found(texts.search("approp"))


@pytest.mark.parametrize(
    ("query", "given", "read"),
    [
        ("appropiation", "appropiation", "appropriation"),
        ("Artemes acords", "Artemes", "Artemis"),
        ("Artemes acords", "acords", "Accords"),
        ("common heritige", "heritige", "heritage"),
        ("N-CMH", "N-CMH", "N-CHM"),
        ("Kazakstan", "Kazakstan", "Kazakhstan"),
        ("Outre Space Traety", "Traety", "Treaty"),
    ],
)
def test_a_misspelt_word_is_read_as_the_one_most_like_it(
    texts: SearchIndex, query: str, given: str, read: str
) -> None:
    answer = texts.search(query)
    assert corrected(answer)[given] == read
    assert f"“{given}” was read as “{read}”." in answer.remarks
    assert answer.hits


def test_a_misspelt_name_leads_to_the_thing(texts: SearchIndex) -> None:
    assert ("alliance", "artemis-accords") in found(texts.search("Artemes acords"))[:2]
    assert found(texts.search("N-CMH"))[0] == ("norm", "N-CHM")


def test_a_misspelt_phrase_stays_a_phrase(texts: SearchIndex) -> None:
    answer = texts.search('"common heritage of mankimd"')
    assert corrected(answer) == {"mankimd": "mankind"}
    assert "Common heritage of mankind" in marked(answer.hits[0].name)


@pytest.mark.parametrize(
    ("one", "other"), [("organisation", "organization"), ("defence", "defense"), ("programme", "program")]
)
def test_british_and_american_spellings_find_the_same(texts: SearchIndex, one: str, other: str) -> None:
    assert texts.search(one).total == texts.search(other).total > 0


def test_a_compound_is_found_joined_too(texts: SearchIndex) -> None:
    titles = [
        hit.passage.text for hit in texts.search("co-operation", limit=500).hits if hit.passage is not None
    ]
    assert any("co-operation" in title for title in titles)
    assert texts.search("co-operation").total > texts.search('"co-operation"').total


def test_words_that_no_text_has_are_named_and_left_out(texts: SearchIndex) -> None:
    answer = texts.search("xyzzyq moon")
    assert answer.not_found == ("xyzzyq",)
    assert found(answer) == found(texts.search("moon"))


def test_words_that_no_text_has_together_are_looked_for_apart(texts: SearchIndex) -> None:
    answer = texts.search("Luxembourg fortifications asteroid veto telegraph")
    assert answer.matching == "any"
    assert "No text has all of these words; these have some of them." in answer.remarks
    assert answer.hits


def test_small_words_are_left_out_but_a_code_in_capitals_is_not(texts: SearchIndex) -> None:
    assert found(texts.search("the law of the Moon")) == found(texts.search("law Moon"))
    assert all("ARE" in local.upper() for _, local in found(texts.search("ARE Artemis")))


@pytest.mark.parametrize("query", ["", " ", "*", '"', '""', "()", "…", "\x00", "\u200b", "* - +"])
def test_a_query_without_words_finds_nothing_and_says_what_to_write(texts: SearchIndex, query: str) -> None:
    answer = texts.search(query)
    assert (answer.total, answer.hits) == (0, ())
    assert answer.remarks == ("Write a word, a code or a phrase to look for.",)


@pytest.mark.parametrize(
    "query",
    [
        "moon AND",
        'moon" OR',
        "NEAR(moon",
        "moon NOT",
        "label : moon",
        "moon ^",
        "{moon}",
        "- moon",
        "moon;--",
        "mo\x00on moon",
    ],
)
def test_operators_of_the_engine_are_mere_signs(texts: SearchIndex, query: str) -> None:
    assert texts.search(query).total > 0


def test_a_query_of_ten_thousand_letters_is_answered(texts: SearchIndex) -> None:
    assert texts.search("a" * 10_000).total == 0
    many = texts.search("moon agreement " * 700)
    assert many.total > 0
    assert many.remarks[0] == "Only the first 40 words were looked for."


@given(st.text(max_size=200))
@settings(max_examples=150, deadline=None)
def test_any_text_at_all_is_answered(texts: SearchIndex, query: str) -> None:
    answer = texts.search(query, limit=3)
    for hit in answer.hits:
        assert "".join(piece.text for piece in hit.name) == hit.thing.label


def test_kinds_are_counted_and_can_be_asked_for(texts: SearchIndex) -> None:
    everything = texts.search("safety zone")
    norms = texts.search("safety zone", kind="norm")
    assert norms.total == everything.kinds["norm"]
    assert norms.kinds == everything.kinds
    assert sum(everything.kinds.values()) == everything.total
    assert {kind for kind, _ in found(norms)} == {"norm"}
    assert found(texts.search("safety zone", kind="norms")) == found(norms)


def test_an_unknown_kind_is_refused_with_a_suggestion(texts: SearchIndex) -> None:
    with pytest.raises(BadValue, match="provision"):
        texts.search("moon", kind="provison")


def test_pages_follow_one_another_without_gap_or_repetition(texts: SearchIndex) -> None:
    whole = found(texts.search("moon", limit=60))
    parts = [texts.search("moon", limit=20, offset=offset) for offset in (0, 20, 40)]
    assert [each for part in parts for each in found(part)] == whole
    assert [part.following for part in parts] == [20, 40, 60]
    last = texts.search("moon", limit=20, offset=parts[0].total - 1)
    assert (len(last.hits), last.following) == (1, None)


@pytest.mark.parametrize(("limit", "offset"), [(0, 0), (20, -1)])
def test_a_page_out_of_range_is_refused(texts: SearchIndex, limit: int, offset: int) -> None:
    with pytest.raises(BadValue):
        texts.search("moon", limit=limit, offset=offset)


@pytest.mark.parametrize(
    ("query", "language", "word"),
    [
        ("据为己有", "zh", "据为己有"),
        ("主权", "zh", "主权"),
        ("присвоению", "ru", "присвоению"),
        ("ПРИСВОЕНИЮ", "ru", "присвоению"),
        ("присвоения", "ru", "присвоению"),
        ("القومي", "ar", "القومي"),
        ("apropiacion", "es", "apropiación"),
        ("διαστημα", "el", "διάστημα"),
    ],
)
def test_original_language_words_are_found_and_shown_as_they_stand(
    scripts: SearchIndex, query: str, language: str, word: str
) -> None:
    (hit,) = scripts.search(query).hits
    assert hit.thing.label == "No national appropriation"
    assert hit.passage is not None
    assert hit.passage.language == language
    assert word in marked(hit.passage.pieces)


def test_signs_of_a_script_without_spaces_are_looked_for_in_their_order(scripts: SearchIndex) -> None:
    assert scripts.search("有己为据").total == 0


def test_russian_words_that_the_facts_carry_are_found(texts: SearchIndex) -> None:
    assert found(texts.search("достояние"))[0] == ("text", "OST-I-1-ru")


def test_letters_that_carry_a_stroke_are_found_without_it(scripts: SearchIndex) -> None:
    assert [hit.thing.label for hit in scripts.search("lodz orsted").hits] == ["Łódź and Ørsted"]


def test_markup_and_unseen_signs_in_a_label_stay_plain_text(scripts: SearchIndex) -> None:
    (hit,) = scripts.search("N-MARKUP").hits
    assert "<img src=x onerror=alert(1)>" in hit.thing.label
    assert "\x02" not in hit.thing.label


def test_a_long_text_is_cut_around_its_first_match() -> None:
    before, after = "before " * 60, " after" * 60
    shown = cut((Piece(before), Piece("match", marked=True), Piece(after)))
    assert marked(shown) == ["match"]
    assert (shown[0].text, shown[-1].text) == ("…", "…")
    assert len("".join(piece.text for piece in shown)) <= 282
    assert shown[1].text.startswith("before")


def test_a_short_text_is_not_cut() -> None:
    assert cut((Piece("short"),)) == (Piece("short"),)


def test_a_table_has_a_row_for_each_hit(texts: SearchIndex) -> None:
    answer = texts.search("common heritage", limit=5)
    assert [row["id"] for row in table(answer).rows] == [local for _, local in found(answer)]


def test_codes_are_recognised_however_they_are_punctuated() -> None:
    assert key("A/RES/77/41") == key("a-res-77-41") == ("a", "res", "77", "41")


def test_the_index_is_built_once_for_a_graph(graph: KnowledgeGraph, texts: SearchIndex) -> None:
    assert index(graph) is texts
