"""Draws the HTML pages: the template environment, its filters, and what every page is given."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, Undefined, select_autoescape
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from api.links import FORM_NAMES as FORM_NAMES
from api.links import alternates_of as alternates_of
from api.links import link_header as link_header
from api.links import with_query as with_query
from api.security import nonce
from graph.law.sentences import Sentence
from graph.namespaces import IDENTIFIER, ONTOLOGY, VOCABULARY
from graph.records.kinds import BY_SINGULAR, KINDS
from graph.records.things import Thing, is_own, split

TEMPLATES = Path(__file__).parent / "templates"

#: The pages that lead to the uses of the graph, in the order of the masthead.
USES = (
    ("/conflicts", "Conflicts"),
    ("/networks", "Networks"),
    ("/bridges", "Bridges"),
    ("/queries", "Queries"),
    ("/sparql", "SPARQL"),
)

#: Kinds of things whose page is another router's, by the kind in their address.
ELSEWHERE = {"conflict": "/conflicts"}

#: The sign that stands before the word of a grade of verification.
SIGNS = {"official": "●", "reported": "◐", "recalled": "○", "inferred": "◇"}

#: Words of codes that are written in capitals.
ABBREVIATIONS = frozenset({"un", "copuos", "iri", "id"})

_DURATION, _PART = re.compile(r"P((?:\d+[YMD])+)"), re.compile(r"(\d+)([YMD])")
_UNITS = {"Y": "year", "M": "month", "D": "day"}
_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")


def render(
    request: Request,
    template: str,
    *,
    status_code: int = 200,
    headers: Mapping[str, str] | None = None,
    **context: Any,
) -> HTMLResponse:
    """Draw a page.

    Parameters
    ----------
    request
        The request that asks for it.
    template
        The file in ``api/templates``.
    status_code, headers
        Of the answer.
    **context
        What the template shows. ``alternates`` (a list of ``{label, type, href}``) becomes links in
        the head and in the footer.

    Returns
    -------
    HTMLResponse
        Every value escaped.
    """
    given = {**_common(request), **context}
    page = environment().get_template(template).render(given)
    return HTMLResponse(page, status_code=status_code, headers=dict(headers or {}))


def _common(request: Request) -> dict[str, Any]:
    graph = getattr(request.app.state, "graph", None)
    path = request.url.path

    def current(href: str) -> Markup:
        here = path == href or path.startswith(href + "/")
        return Markup(' aria-current="page"') if here else Markup("")

    return {
        "request": request,
        "data_version": getattr(graph, "version", None),
        "navigation": {"uses": USES, "records": record_links(), "on_record": _on_record(path)},
        "current": current,
    }


def _on_record(path: str) -> bool:
    return any(path == href or path.startswith(f"{href}/") for href, _ in record_links())


@cache
def record_links() -> list[tuple[str, str]]:
    """Return the address and the name of every list of records."""
    return [(f"/{kind.name}", heading(kind.name)) for kind in KINDS]


@cache
def environment() -> Environment:
    """Return the template environment: everything escaped, a misspelt name an error."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=_Absent,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        dated=dated,
        badge=badge,
        local=local_path,
        words=words,
        heading=heading,
        is_date=is_date,
        is_link=is_link,
        lasting=lasting,
        bare=bare,
        query=with_query,
        count=count,
        filled=filled,
        linked=linked,
        shortened=shortened,
    )
    made.globals["is_thing"] = lambda value: isinstance(value, Thing)
    made.globals["nonce"] = nonce
    return made


class _Absent(Undefined):
    """A name the page was not given: false and empty, and an error when it is shown."""

    __slots__ = ()

    def __str__(self) -> str:
        return str(self._fail_with_undefined_error())


def dated(value: object) -> Markup:
    """Show a date at the precision it has.

    Parameters
    ----------
    value
        ``1967-01-27``, ``1967-01`` or ``1967``; anything else is shown as it is.

    Returns
    -------
    Markup
        ``27 January 1967``, ``January 1967`` or ``1967``, in a ``time`` element.
    """
    text = str(value)
    match = _DATE.fullmatch(text)
    if not match:
        return Markup("{}").format(text)
    year, month, day = match.groups()
    parts = [str(int(day))] if day else []
    if month and 1 <= int(month) <= 12:
        parts.append(calendar.month_name[int(month)])
    shown = " ".join([*parts, year])
    return Markup('<time datetime="{}">{}</time>').format(text, shown)


def badge(grade: str | Thing | None) -> Markup:
    """Show a grade of verification as a sign and a word, so that colour is not needed to tell it."""
    if not grade:
        return Markup("")
    name = grade.id if isinstance(grade, Thing) else str(grade)
    known = name if name in SIGNS else "plain"
    sign = Markup('<span aria-hidden="true">{}</span> ').format(SIGNS[name]) if name in SIGNS else ""
    return Markup('<span class="badge {}">{}{}</span>').format(known, sign, words(name))


def local_path(target: str | Thing) -> str:
    """Return the path on this server of a thing.

    Parameters
    ----------
    target
        A thing or an address of the graph.

    Returns
    -------
    str
        ``/states/AUS`` for a thing with a list, ``/id/seat/FRA`` for another, ``/vocabulary/…`` for a
        concept, ``/ontology#…`` for a term; any other address unchanged.
    """
    iri = target.iri if isinstance(target, Thing) else str(target)
    if iri.startswith(ONTOLOGY):
        return f"/ontology#{quote(iri.removeprefix(ONTOLOGY))}"
    if iri.startswith(VOCABULARY):
        return f"/vocabulary/{quote(iri.removeprefix(VOCABULARY))}"
    if not iri.startswith(IDENTIFIER):
        return iri
    kind, local = split(iri)
    if kind in BY_SINGULAR:
        return f"/{BY_SINGULAR[kind].name}/{quote(local)}"
    return f"{ELSEWHERE.get(kind, f'/id/{kind}')}/{quote(local)}"


def words(name: object) -> str:
    """Return a code as words: ``hard-law`` as ``hard law``, ``in_force`` as ``in force``."""
    return re.sub(r"[_-]+", " ", str(name)).strip()


def heading(name: object) -> str:
    """Return a code as the words of a heading, with a capital, and abbreviations in capitals."""
    text = " ".join(word.upper() if word in ABBREVIATIONS else word for word in words(name).split())
    return text[:1].upper() + text[1:]


def linked(sentence: Sentence, record: Thing) -> Markup:
    """Show a sentence with the names of what it speaks of as links.

    Parameters
    ----------
    sentence
        The sentence.
    record
        What the page is of, which is not linked to itself.

    Returns
    -------
    Markup
        Each thing linked once, where its name stands first.
    """
    named = [each for each in sentence.things if each.iri != record.iri and each.label in sentence.text]
    by_name = {each.label: each for each in sorted(named, key=lambda each: -len(each.label))}
    shown, rest = Markup(""), sentence.text
    while by_name:
        found = [(rest.find(name), -len(name), name) for name in by_name if name in rest]
        if not found:
            break
        at, _, name = min(found)
        link = Markup('<a href="{}">{}</a>').format(local_path(by_name.pop(name)), name)
        shown += Markup("{}").format(rest[:at]) + link
        rest = rest[at + len(name) :]
    return shown + Markup("{}").format(rest)


def shortened(text: str, most: int = 90) -> str:
    """Return a text cut at a word where it is long."""
    return text if len(text) <= most else text[:most].rsplit(" ", 1)[0] + " …"


def filled(columns: Sequence[Any], rows: Iterable[Any]) -> list[Any]:
    """Return the columns in which any of the rows has a value, so that a page shows no empty ones."""
    kept = {
        column.name for row in rows for column in columns if row.values.get(column.name) not in (None, "", [])
    }
    return [column for column in columns if column.name in kept]


def is_date(value: object) -> bool:
    """Return whether a text is a date with a month or a day; a bare year may be any number."""
    return isinstance(value, str) and "-" in value and _DATE.fullmatch(value) is not None


def lasting(value: object) -> str:
    """Return a length of time in words: ``P1Y`` as ``1 year``, ``P30D`` as ``30 days``; empty if none."""
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return ""
    return " ".join(count(int(number), _UNITS[unit]) for number, unit in _PART.findall(match[1]))


def is_link(value: object) -> bool:
    """Return whether a text is an address on the web that may be linked to."""
    return isinstance(value, str) and re.fullmatch(r"https?://\S+", value) is not None and not is_own(value)


def bare(address: str) -> str:
    """Return an address on the web as it is read aloud: without scheme, cut where it is long."""
    text = re.sub(r"^https?://(www\.)?", "", address).rstrip("/")
    return text if len(text) <= 60 else text[:57] + "…"


def count(number: int, singular: str, plural: str | None = None) -> str:
    """Return a number with its noun: ``1 row``, ``1,714 rows``."""
    noun = singular if number == 1 else plural or f"{singular}s"
    return f"{number:,} {noun}"
