"""Choose the format of an answer from ``?format=`` or the Accept header (RFC 9110, section 12.5.1)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from graph.errors import NotAcceptable, suggest


@dataclass(frozen=True, eq=False)
class Format:
    """A format that an answer can have. There is one object for each, so that it is quickly compared.

    Attributes
    ----------
    name
        The short name for ``?format=`` and the ending of a file.
    media_type
        The media type it is sent as.
    aliases
        Other media types under which it may be asked for, and is then sent.
    """

    name: str
    media_type: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Choice:
    """A format and the media type under which it was asked for."""

    format: Format
    media_type: str

    @property
    def content_type(self) -> str:
        """The value of the Content-Type header."""
        is_text = self.media_type.startswith("text/")
        return f"{self.media_type}; charset=utf-8" if is_text else self.media_type


HTML = Format("html", "text/html", ("application/xhtml+xml",))
JSON = Format("json", "application/json")
CSV = Format("csv", "text/csv")
TSV = Format("tsv", "text/tab-separated-values")
RESULTS_JSON = Format("json", "application/sparql-results+json", ("application/json",))
RESULTS_XML = Format("xml", "application/sparql-results+xml", ("application/xml", "text/xml"))
TURTLE = Format("turtle", "text/turtle", ("application/x-turtle",))
NTRIPLES = Format("ntriples", "application/n-triples")
JSONLD = Format("jsonld", "application/ld+json", ("application/json",))
RDFXML = Format("xml", "application/rdf+xml", ("application/xml", "text/xml"))
TRIG = Format("trig", "application/trig", ("application/x-trig",))
NQUADS = Format("nquads", "application/n-quads", ("text/x-nquads",))
PROBLEM = Format("json", "application/problem+json", ("application/json",))

RESULTS = (RESULTS_JSON, RESULTS_XML, CSV, TSV)
GRAPHS = (TURTLE, JSONLD, NTRIPLES, RDFXML, TRIG, NQUADS)


def choose(offered: Sequence[Format], accept: str | None, name: str | None = None) -> Choice:
    """Choose among the formats that are offered.

    Parameters
    ----------
    offered
        The formats, the server's favourite first.
    accept
        The Accept header; None or empty accepts anything.
    name
        A short name or a media type from ``?format=``, which wins over the header.

    Returns
    -------
    Choice
        The format, and the media type to send it as.

    Raises
    ------
    NotAcceptable
        When none of the formats fits; the error lists those that are offered.
    """
    if name:
        return _named(offered, name)
    best = _best(tuple(offered), accept or "*/*")
    if best is None:
        raise _not_acceptable(f"No format of this answer fits “Accept: {(accept or '')[:200]}”.", offered)
    return best


@lru_cache(maxsize=256)
def _best(offered: tuple[Format, ...], accept: str) -> Choice | None:
    """Return the format with the best rank, and the first of these; None when none fits."""
    ranges = _ranges(accept)
    best, best_rank = None, (0.0, 0)
    for each in offered:
        for media_type in (each.media_type, *each.aliases):
            # An alias is only for those who name it; a wildcard gets the type itself.
            rank = _rank(media_type, ranges, only_exact=media_type != each.media_type)
            if rank[0] > 0 and rank > best_rank:
                best, best_rank = Choice(each, media_type), rank
    return best


def prefers_html(accept: str | None) -> bool:
    """Tell whether a client, such as a browser, would rather have a page than JSON."""
    try:
        return choose((PROBLEM, HTML), accept).format is HTML
    except NotAcceptable:
        return False


def _named(offered: Sequence[Format], name: str) -> Choice:
    wanted = name.strip().lower()
    for each in offered:
        if wanted in (each.name, each.media_type):
            return Choice(each, each.media_type)
    names = [each.name for each in offered]
    raise _not_acceptable(f"This answer has no format “{name[:80]}”.", offered, suggest(name, names))


def _not_acceptable(message: str, offered: Sequence[Format], remedy: str = "") -> NotAcceptable:
    names = ", ".join(f"{each.name} ({each.media_type})" for each in offered)
    return NotAcceptable(
        message,
        remedy=f"{remedy} Offered are {names}.".strip(),
        offered=[each.media_type for each in offered],
    )


def _rank(media_type: str, ranges: Sequence[tuple[str, float]], only_exact: bool) -> tuple[float, int]:
    """Return the quality that the most specific range gives a media type, and how specific it is."""
    kind = media_type.partition("/")[0]
    patterns = ((3, media_type), (2, f"{kind}/*"), (1, "*/*"))
    for specificity, pattern in patterns[:1] if only_exact else patterns:
        for candidate, quality in ranges:
            if candidate == pattern:
                return quality, specificity
    return 0.0, 0


def _ranges(accept: str) -> tuple[tuple[str, float], ...]:
    return tuple(_parse(accept))


def _parse(accept: str) -> Iterator[tuple[str, float]]:
    for part in accept.split(","):
        media_range, *parameters = (piece.strip().lower() for piece in part.split(";"))
        if "/" in media_range or media_range == "*":
            yield ("*/*" if media_range == "*" else media_range), _quality(parameters)


def _quality(parameters: Sequence[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                quality = float(value)
            except ValueError:
                return 1.0
            return quality if 0 <= quality <= 1 else 1.0
    return 1.0
