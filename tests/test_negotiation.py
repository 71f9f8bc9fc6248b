"""The format of an answer is the one the caller asked for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.negotiation import CSV, GRAPHS, HTML, JSON, RESULTS, choose, prefers_html
from graph.errors import NotAcceptable

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (None, "application/sparql-results+json"),
        ("", "application/sparql-results+json"),
        ("*/*", "application/sparql-results+json"),
        ("application/*", "application/sparql-results+json"),
        ("application/json", "application/json"),
        ("application/sparql-results+xml", "application/sparql-results+xml"),
        ("application/xml", "application/xml"),
        ("text/csv", "text/csv"),
        ("TEXT/CSV; header=present", "text/csv"),
        ("text/*", "text/csv"),
        ("text/csv;q=0.2, text/tab-separated-values;q=0.9", "text/tab-separated-values"),
        ("text/csv;q=0.2,*/*;q=0.1", "text/csv"),
        ("text/csv;q=0,*/*;q=0.1", "application/sparql-results+json"),
        ("application/sparql-results+json;q=0, application/*", "application/sparql-results+xml"),
        ("image/png, text/csv;q=0.1", "text/csv"),
        ("nonsense, text/csv", "text/csv"),
        ("text/csv;q=nonsense", "text/csv"),
        (BROWSER, "text/html"),
    ],
)
def test_the_best_fit_is_chosen(accept: str | None, media_type: str) -> None:
    assert choose((*RESULTS, HTML), accept).media_type == media_type


@pytest.mark.parametrize(
    ("name", "media_type"),
    [("turtle", "text/turtle"), ("jsonld", "application/ld+json"), ("NTriples", "application/n-triples")],
)
def test_a_name_wins_over_the_header(name: str, media_type: str) -> None:
    assert choose((*GRAPHS, HTML), BROWSER, name).media_type == media_type


def test_a_media_type_does_for_a_name() -> None:
    assert choose(RESULTS, None, "text/csv").format is CSV


def test_text_says_its_character_set() -> None:
    assert choose((CSV,), None).content_type == "text/csv; charset=utf-8"
    assert choose((JSON,), None).content_type == "application/json"


@pytest.mark.parametrize(("accept", "name"), [("image/png", None), ("text/csv;q=0", None), (None, "cvs")])
def test_what_is_not_offered_is_answered_with_what_is(accept: str | None, name: str | None) -> None:
    with pytest.raises(NotAcceptable) as caught:
        choose((CSV, JSON) if name else (CSV,), accept, name)
    assert caught.value.status == 406
    assert "text/csv" in caught.value.extension["offered"]
    assert "csv" in caught.value.remedy
    assert name is None or "Did you mean csv?" in caught.value.remedy


def test_a_browser_prefers_a_page_and_a_program_does_not() -> None:
    assert prefers_html(BROWSER)
    assert not any(prefers_html(accept) for accept in (None, "*/*", "application/json", "text/csv"))


@given(st.text(max_size=80))
def test_any_header_is_answered_or_refused(accept: str) -> None:
    try:
        assert choose((*RESULTS, HTML), accept).media_type
    except NotAcceptable as error:
        assert error.remedy
