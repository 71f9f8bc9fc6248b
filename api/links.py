"""Links from an answer to its other forms and to its other parts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import urlencode

from api.negotiation import HTML, Format

#: How a form of an answer is called where its short name in capitals is not its name.
FORM_NAMES = {
    "turtle": "Turtle",
    "jsonld": "JSON-LD",
    "ntriples": "N-Triples",
    "trig": "TriG",
    "nquads": "N-Quads",
    "graphml": "GraphML",
}


def with_query(path: str, **parameters: object) -> str:
    """Return a path with a query string of the parameters that have a value."""
    given = {name: value for name, value in parameters.items() if value not in (None, "")}
    return f"{path}?{urlencode(given)}" if given else path


def alternates_of(path: str, formats: Iterable[Format], **parameters: object) -> list[dict[str, str]]:
    """Return the machine forms of a page, for its head, its footer and its ``Link`` header.

    Parameters
    ----------
    path
        The path of the page.
    formats
        The forms it has; that of a page for people is left out.
    **parameters
        The rest of the query string.

    Returns
    -------
    list of dict
        With ``label``, ``type`` and ``href``.
    """
    return [
        {
            "label": FORM_NAMES.get(form.name, form.name.upper()),
            "type": form.media_type,
            "href": with_query(path, **{**parameters, "format": form.name}),
        }
        for form in formats
        if form is not HTML
    ]


def link_header(alternates: Iterable[Mapping[str, str]]) -> str:
    """Return the ``Link`` header that announces the machine forms of a page."""
    return ", ".join(f'<{each["href"]}>; rel="alternate"; type="{each["type"]}"' for each in alternates)
