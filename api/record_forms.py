"""Writes lists and records as JSON and as the rows of CSV."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from api import pages
from graph.law.sentences import Cited, Sentence
from graph.records.tables import Listing, Record, Row, Section
from graph.records.things import Apparatus, Citation, Knowledge, Thing


def thing_json(thing: Thing) -> dict[str, str]:
    """Return a thing with its address, id, kind, name and path."""
    return {
        "iri": thing.iri,
        "id": thing.id,
        "kind": thing.kind,
        "label": thing.label,
        "url": pages.local_path(thing),
    }


def _json(value: Any) -> Any:
    if isinstance(value, Thing):
        return thing_json(value)
    if isinstance(value, (list, tuple)):
        return [_json(each) for each in value]
    return value


def _support_json(apparatus: Apparatus) -> dict[str, Any]:
    return {
        "sources": _json(apparatus.sources),
        "locators": apparatus.locators,
        "verification": apparatus.verification,
        "notes": apparatus.notes,
    }


def list_json(listing: Listing, graph: Knowledge, following: str | None, dated: bool) -> dict[str, Any]:
    """Return a page of a list as JSON.

    Parameters
    ----------
    listing
        The page.
    graph
        Gives the version of the data and the day.
    following
        Path of the next page.
    dated
        Whether the list holds for a day.

    Returns
    -------
    dict
        As `api.record_models.ListModel`.
    """
    asked = dict(listing.asked)
    when = asked.pop("as_of", graph.today.isoformat())
    return {
        "kind": listing.kind.name,
        "title": listing.title,
        "description": listing.description,
        "columns": {column.name: column.description for column in listing.columns},
        "data_version": graph.version,
        "as_of": when if dated else None,
        "filters": asked,
        "total": listing.total,
        "limit": listing.limit,
        "offset": listing.offset,
        "next": following,
        "items": [_item_json(row) for row in listing.rows],
    }


def _item_json(row: Row) -> dict[str, Any]:
    identity = thing_json(row.thing) if row.thing else {}
    identity.pop("kind", None)
    return {**identity, **{name: _json(value) for name, value in row.values.items()}}


def record_json(record: Record, graph: Knowledge, limit: int, offset: int) -> dict[str, Any]:
    """Return a record as JSON.

    Parameters
    ----------
    record
        The record.
    graph
        Gives the version of the data and the day.
    limit, offset
        Which part of each section the record holds.

    Returns
    -------
    dict
        As `api.record_models.RecordModel`.
    """
    return {
        **thing_json(record.thing),
        "classes": _json(record.classes),
        "data_version": graph.version,
        "as_of": record.as_of or graph.today.isoformat(),
        "fields": {field.name: _field_json(field.many, field.values) for field in record.fields},
        **_support_json(record.apparatus),
        "sentences": [sentence_json(sentence) for sentence in record.sentences],
        "sections": {section.name: _section_json(section) for section in record.sections},
        "cited": [_citation_json(citation) for citation in record.citations],
        "limit": limit,
        "offset": offset,
    }


def sentence_json(sentence: Sentence) -> dict[str, Any]:
    """Return a sentence as JSON: its heading, text, sources, the addresses it speaks of, and its day."""
    return {
        "topic": sentence.topic,
        "text": sentence.text,
        "sources": [_cited_json(cited) for cited in sentence.sources],
        "things": [thing.iri for thing in sentence.things],
        "as_of": sentence.as_of,
    }


def _cited_json(cited: Cited) -> dict[str, str | None]:
    return {
        "id": cited.source.id,
        "title": cited.source.label,
        "locator": cited.locator,
        "verification": cited.verification,
    }


def _field_json(many: bool, values: tuple[Any, ...]) -> Any:
    if many or len(values) > 1:
        return _json(values)
    return _json(values[0]) if values else None


def _section_json(section: Section) -> dict[str, Any]:
    return {
        "title": section.title,
        "description": section.description,
        "dated": section.dated,
        "total": section.total,
        "rows": [_row_json(row) for row in section.rows],
    }


def _row_json(row: Row) -> dict[str, Any]:
    values = {name: _json(value) for name, value in row.values.items()}
    return {**values, "fact": _json(row.thing), **_support_json(row.apparatus)}


def _citation_json(citation: Citation) -> dict[str, Any]:
    return {
        "source": thing_json(citation.source),
        "publisher": citation.publisher,
        "issued": citation.issued,
        "page": citation.page,
    }


def _code(value: Any) -> Any:
    if isinstance(value, list):
        return "; ".join(str(_code(each)) for each in value)
    if isinstance(value, bool):
        return str(value).lower()
    return value.id if isinstance(value, Thing) else value


def list_rows(listing: Listing) -> Iterable[list[Any]]:
    """Yield the head and the lines of a list for CSV: things by their ids, lists joined by semicolons."""
    names = [column.name for column in listing.columns]
    yield ["iri", "id", "label", *names]
    for row in listing.rows:
        if row.thing:
            yield [row.thing.iri, row.thing.id, row.thing.label, *(_code(row.values[name]) for name in names)]


def record_rows(record: Record) -> Iterable[list[Any]]:
    """Yield the head and the lines of a record for CSV: one value a line, with what it rests on."""
    yield [
        "section",
        "row",
        "field",
        "value",
        "label",
        "fact",
        "sources",
        "locators",
        "verification",
        "notes",
    ]
    for field in record.fields:
        for value in field.values:
            yield [
                "",
                "",
                field.name,
                *_value_cells(value),
                record.thing.id,
                *_support_cells(record.apparatus),
            ]
    for number, sentence in enumerate(record.sentences, 1):
        text = ["sentences", number, sentence.topic, sentence.text, "", ""]
        yield [*text, *_cited_cells(sentence.sources), ""]
    for section in record.sections:
        for number, row in enumerate(section.rows, 1):
            yield from _section_cells(section, number, row)


def sentence_rows(record: Record) -> Iterable[list[Any]]:
    """Yield the head and the lines of the sentences of a record for CSV: one sentence a line."""
    yield ["topic", "text", "things", "as_of", "sources", "locators", "verification"]
    for sentence in record.sentences:
        things = "; ".join(thing.id for thing in sentence.things)
        cells = _cited_cells(sentence.sources)
        yield [sentence.topic, sentence.text, things, sentence.as_of, *cells]


def _cited_cells(sources: Iterable[Cited]) -> list[str]:
    """Return keys, places and grades of sources, in the same order in each cell."""
    listed = list(sources)
    return [
        "; ".join(cited.source.id for cited in listed),
        " | ".join(cited.locator or "" for cited in listed).strip(" |"),
        "; ".join(cited.verification or "" for cited in listed),
    ]


def section_rows(section: Section) -> Iterable[list[Any]]:
    """Yield the head and the lines of one section for CSV: one row a line, with what it rests on."""
    names = [column.name for column in section.columns]
    yield [*names, "fact", "sources", "locators", "verification", "notes"]
    for row in section.rows:
        cells = [_code(row.values[name]) for name in names]
        yield [*cells, row.thing.id if row.thing else "", *_support_cells(row.apparatus)]


def _section_cells(section: Section, number: int, row: Row) -> Iterable[list[Any]]:
    fact = row.thing.id if row.thing else ""
    for name, value in row.values.items():
        for each in value if isinstance(value, list) else [value]:
            if each is not None:
                yield [section.name, number, name, *_value_cells(each), fact, *_support_cells(row.apparatus)]


def _value_cells(value: Any) -> list[Any]:
    return [value.id, value.label] if isinstance(value, Thing) else [_code(value), ""]


def _support_cells(apparatus: Apparatus) -> list[Any]:
    return [
        _code(list(apparatus.sources)),
        "; ".join(apparatus.locators),
        apparatus.verification or "",
        " | ".join(apparatus.notes),
    ]
