"""Writes the words of a picture: headline, legend, caption, and the table of the same numbers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graph.measures.bridges import STATE, Bridge
from graph.measures.catalogue import ranks
from graph.networks.building import Network
from graph.pictures.scene import WITHOUT_PLACES, Scene, span_words, stands


@dataclass(frozen=True)
class Column:
    """A column of the table: its title, whether it holds numbers, whether it names the row, and its key."""

    title: str
    number: bool = False
    head: bool = False
    key: str = ""


@dataclass(frozen=True)
class Table:
    """The numbers of a picture as text, one row for each node."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    nodes: tuple[str, ...]


_NUMBERS = (
    "No",
    "One",
    "Two",
    "Three",
    "Four",
    "Five",
    "Six",
    "Seven",
    "Eight",
    "Nine",
    "Ten",
    "Eleven",
    "Twelve",
)


def _number(count: int) -> str:
    return _NUMBERS[count] if count < len(_NUMBERS) else f"{count:,}"


def headline_of(scene: Scene) -> tuple[str, str]:
    """Return the headline of a picture, and the sentences beneath it."""
    if scene.network.view == "affiliation":
        first, second = scene.bridges.between
        both = len(scene.bridges.both)
        verb = "state belongs" if both == 1 else "states belong"
        headline = f"{_number(both)} {verb} to both the {first.label} and the {second.label}"
        return headline, _tied_words(scene)
    return _ties_headline(scene.network), " ".join(scene.network.notes)


def _ties_headline(found: Network) -> str:
    """Return how many ties a network of one mode, or of several kinds of things, has."""
    number = found.graph.number_of_edges()
    if found.view == "alignment":
        more = "in some affiliation" if found.strength else "more than chance explains"
        noun = "pair of states overlaps" if number == 1 else "pairs of states overlap"
        return f"{_number(number)} {noun} {more}"
    one, many = TIES.get(found.view, ("tie joins two actors", "ties join two actors each"))
    return f"{_number(number)} {one if number == 1 else many}"


#: What a tie of a view is, as one and as many, with its verb.
TIES = {
    "voting": ("pair of states votes alike", "pairs of states vote alike"),
    "linkages": ("pair of actors is tied", "pairs of actors are tied"),
    "norms": (
        "tie joins a norm to what states, promotes or contradicts it",
        "ties join norms to what states, promotes or contradicts them",
    ),
    "readings": (
        "tie joins a reading to its question or its holder",
        "ties join readings to their questions and holders",
    ),
}


def _tied_words(scene: Scene) -> str:
    both, claimed, indirect = scene.bridges.both, scene.bridges.claimed, scene.bridges.indirect
    sentences = []
    if both:
        sentences.append(f"{joined(bridge.label for bridge in both)} {_be(both)} in both at state level.")
    if claimed:
        sentences.append(
            f"{joined(bridge.label for bridge in claimed)} would be, if a membership whose level no source "
            "gives is the state's own."
        )
    if indirect:
        verb = "is" if len(indirect) == 1 else "are"
        sentences.append(
            f"{_number(len(indirect))} more {verb} tied to the other bloc only through a company, a "
            "university or another body, or by way of an organization."
        )
    return " ".join(sentences) or "No state is tied to both blocs on this day."


def _be(found: Sequence[Bridge]) -> str:
    return "is" if len(found) == 1 else "are"


def joined(names: Iterable[str]) -> str:
    """Return one or more names as a list in words: ``A, B and C``."""
    listed = list(names)
    return listed[0] if len(listed) == 1 else f"{', '.join(listed[:-1])} and {listed[-1]}"


def long_date(day: str) -> str:
    """Return a day in ISO form in words, such as ``5 January 2024``."""
    date = dt.date.fromisoformat(day)
    return f"{date.day} {date:%B %Y}"


def legend_of(scene: Scene, bands: Mapping[str, Sequence[str]]) -> list[dict[str, str]]:
    """Return the lines of the legend that a picture needs: a sign of the template, and its text."""
    first, second = scene.bridges.between
    signs = [
        ("first", f"{first.short} only"),
        ("second", f"{second.short} only"),
        ("both", "in both"),
        ("first-tied", f"{first.short}; tied to {second.short} indirectly or by a claim"),
        ("second-tied", f"{second.short}; tied to {first.short} indirectly or by a claim"),
        ("size", f"area: {scene.size_title.lower()}, from 0 to {max(scene.sizes.values(), default=0.0):.3g}"),
    ]
    claims = {f"{side}-tied" for side in _claims(scene)}
    absent = {"first-tied", "second-tied"} - set(bands) - claims
    absent |= set() if scene.bridges.both else {"both"}
    return [{"sign": sign, "text": text} for sign, text in signs if sign not in absent]


def _claims(scene: Scene) -> set[str]:
    """Return on which side states stand that are in the other bloc by a claim."""
    found = (bridge.ties[0].engagement == STATE for bridge in scene.bridges.claimed)
    return {"first" if certain else "second" for certain in found}


def layers_of(bands: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
    """Return what can be shown on request: a band of the layout, and the words of its switch."""
    words = {"neither": "States in neither", "affiliation": "Alliances and treaties"}
    return [(layer, f"{text} ({len(bands[layer])})") for layer, text in words.items() if bands.get(layer)]


def by_label(scene: Scene) -> list[str]:
    """Return the codes of the states in order of name."""
    return sorted(scene.network.states(), key=lambda code: scene.network.graph.nodes[code]["label"])


def caption_of(scene: Scene, titles: Mapping[str, str]) -> list[str]:
    """Return the paragraphs beneath a picture: what the size means, and the sources."""
    rests = ", ".join(f"{count} {grade}" for grade, count in scene.bridges.rests_on.items())
    most = [titles[source] for source in scene.network.sources if source in titles][:4]
    places = (
        joined(label for _, label in scene.bridges.meeting_places) if scene.bridges.meeting_places else "none"
    )
    shown = scene.network.view == "affiliation" and scene.size_method == WITHOUT_PLACES
    return [
        f"Size of a state: {scene.size_method}. Its place within a bloc has no meaning; names are in "
        "alphabetical order." + (f" Meeting places left out: {places}." if shown else ""),
        f"Source: spacenorms, data version {scene.network.version}, as of {long_date(scene.network.as_of)}. "
        f"Memberships of the two blocs by verification: {rests}. "
        f"Of {len(scene.network.sources)} sources, the most used: {'; '.join(most)}.",
    ]


_SPAN = (
    "the best and the worst rank when one treaty, one alliance, one tradition of sources or all recalled "
    "facts are left out (variants without two blocs do not count)"
)
_NO_SPAN = "the rank interval is not computed here"


def _span(scene: Scene, code: str) -> str:
    own = None if scene.spans is None else scene.spans.get(code)
    if own is None or own.best is None:
        return "–"
    return str(own.best) if own.best == own.worst else f"{own.best}–{own.worst}"


def table_of(scene: Scene) -> Table:
    """Return the numbers of a picture, one row for each state in order of rank."""
    shares = {row.code: row.share for row in scene.bridges.rows}
    place_of = ranks(dict(scene.sizes))
    graph = scene.network.graph
    first, second = scene.bridges.between
    columns = (
        Column("Rank", number=True), Column("Rank interval", number=True, key="interval"),
        Column("State", head=True), Column("Code"), Column("Stands"), Column(scene.size_title, number=True),
        Column(f"Paths {first.short}–{second.short}", number=True), Column("Ties", number=True),
    )  # fmt: skip
    rows = tuple(
        (
            str(place_of[code]),
            _span(scene, code),
            graph.nodes[code]["label"],
            code,
            stands(scene, code),
            f"{scene.sizes[code]:.4f}",
            f"{100 * shares.get(code, 0.0):.1f} %",
            str(graph.degree(code)),
        )
        for code in place_of
    )
    spans = _NO_SPAN if scene.spans is None else _SPAN
    caption = (
        f"{scene.size_method}; {spans}; the share of the shortest paths between the two blocs that runs "
        "through the state, meeting places left out; and the number of its ties in the network. "
        f"{len(rows)} states, as of {long_date(scene.network.as_of)}; equal values share a rank and stand in "
        "order of code."
    )
    return Table(caption, columns, rows, tuple(place_of))


def numbers_of(scene: Scene) -> list[dict[str, Any]]:
    """Return the numbers of a picture for programs, one row for each state in order of rank."""
    shares = {row.code: row.share for row in scene.bridges.rows}
    graph = scene.network.graph
    return [
        {
            "node": code,
            "label": graph.nodes[code]["label"],
            "rank": rank,
            "interval": _span(scene, code) if scene.spans is not None else None,
            "interval_in_words": span_words(scene, code),
            "stands": stands(scene, code),
            "value": scene.sizes[code],
            "share_of_paths": shares.get(code, 0.0),
            "ties": graph.degree(code),
        }
        for code, rank in ranks(dict(scene.sizes)).items()
    ]
