"""What an answer may hold, and how one that was cut says so: in a header, and within itself where it can.

A table in JSON or XML says it among the links of its head, the place that the formats have for what is to be
known of a result; CSV and TSV have no place for it. A graph says it in a comment at its end, apart from
JSON-LD. Answers that cannot say it at their end are held until they are whole, so that their head can.

References
----------
SPARQL 1.1 Query Results JSON Format, W3C Recommendation, 21 March 2013, section 3.1.2; SPARQL Query Results
XML Format (Second Edition), W3C Recommendation, 21 March 2013, section 2.2.
"""

from __future__ import annotations

from functools import lru_cache

from api.settings import Settings
from graph.errors import BadValue
from graph.namespaces import BASE
from graph.sparql.cutting import BYTES, COMMENTS, ROWS, Most

#: Tells that an answer was cut, why, and at which limit; ``at-end`` where its last line will tell.
HEADER = "X-Result-Cut"
AT_END = "at-end"
#: What a caller names to ask for less than the settings allow.
PARAMETERS = {ROWS: "max-rows", BYTES: "max-bytes"}
LEAST_BYTES = 1024

_JSON, _XML = "application/sparql-results+json", "application/sparql-results+xml"


def most(settings: Settings, rows: str | None = None, length: str | None = None) -> Most:
    """Return what an answer may hold.

    Parameters
    ----------
    settings
        Hold the most that is allowed.
    rows, length
        What the caller asks for; more than the most means the most.

    Raises
    ------
    BadValue
        When one of them is no whole number, or too small for any answer.
    """
    if not (rows or length):
        return _allowed(settings.max_result_rows, settings.max_result_bytes)
    return Most(
        min(settings.max_result_rows, _number(rows, ROWS, 1, settings.max_result_rows)),
        min(settings.max_result_bytes, _number(length, BYTES, LEAST_BYTES, settings.max_result_bytes)),
    )


@lru_cache(maxsize=16)
def _allowed(rows: int, length: int) -> Most:
    return Most(rows, length)


def _number(wanted: str | None, what: str, least: int, limit: int) -> int:
    if not wanted:
        return limit
    if not (wanted.isascii() and wanted.isdigit() and len(wanted) < 19 and int(wanted) >= least):
        name = PARAMETERS[what]
        raise BadValue(
            f"The limit “{wanted[:40]}” of {what} is no whole number of {least} or more.",
            remedy=f"Give {what}, at most {limit}, such as {name}={min(limit, 5000)}.",
            parameter=name,
        )
    return int(wanted)


def can_tell_at_end(media_type: str) -> bool:
    """Tell whether an answer in a media type can be sent before it is known whether it is whole."""
    return media_type in COMMENTS


def can_be_marked(media_type: str) -> bool:
    """Tell whether a table in a media type has a place that tells that it was cut."""
    return media_type in (_JSON, _XML)


def header(reason: str | None, limits: Most) -> dict[str, str]:
    """Return the header of an answer that was cut for a reason; none for a whole one."""
    return {HEADER: f"{reason}; limit={_limit(reason, limits)}"} if reason else {}


def told(body: bytes, media_type: str, reason: str | None, limits: Most) -> bytes:
    """Return a table with a link in its head where it was cut."""
    if not reason:
        return body
    address = f"{BASE}result-cut#{reason}={_limit(reason, limits)}"
    if media_type == _JSON:
        return body.replace(b'{"head":{', f'{{"head":{{"link":["{address}"],'.encode(), 1)
    if media_type == _XML:
        return body.replace(b"</head>", f'<link href="{address}"/></head>'.encode(), 1)
    return body


def _limit(reason: str, limits: Most) -> int:
    return limits.rows if reason == ROWS else limits.bytes
