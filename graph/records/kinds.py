"""The kinds of things that have lists and records, and the views that fill them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """A kind of record: the name of its list, and the views that make up a record.

    Attributes
    ----------
    name
        The name of the list, such as ``states``; the view ``list-states`` fills it.
    singular
        The kind in addresses, such as ``state``; the view ``record-state`` gives the fields.
    sections
        The rest of a record, in reading order: ``acts`` is filled by ``record-state-acts``.
    """

    name: str
    singular: str
    sections: tuple[str, ...] = ()


KINDS: tuple[Kind, ...] = (
    Kind(
        "states",
        "state",
        (
            "standings",
            "memberships",
            "conflicts",
            "commitments",
            "norms",
            "promotes",
            "positions",
            "readings",
            "vote_summary",
            "votes",
            "laws",
            "linkages",
            "claims",
            "acts",
            "disputed",
            "listed",
            "seats",
        ),
    ),
    Kind(
        "alliances",
        "alliance",
        ("members", "promotes", "positions", "readings", "memberships", "linkages", "claims"),
    ),
    Kind(
        "organizations",
        "organization",
        ("standings", "memberships", "promotes", "positions", "readings", "linkages", "claims", "acts"),
    ),
    Kind(
        "instruments",
        "instrument",
        ("provisions", "norms", "ambiguities", "silences", "standings", "acts", "disputed", "tables"),
    ),
    Kind("provisions", "provision", ("norms", "ambiguities", "texts")),
    Kind(
        "norms",
        "norm",
        ("provisions", "conflicts", "ambiguities", "consequences", "positions", "addressees"),
    ),
    Kind(
        "ambiguities",
        "ambiguity",
        ("readings", "consequences", "provisions", "positions", "norms", "silences", "recommendations"),
    ),
    Kind("interpretations", "interpretation", ("consequences", "rivals")),
    Kind("consequences", "consequence"),
    Kind("silences", "silence"),
    Kind("sources", "source", ("facts",)),
    Kind("resolutions", "resolution", ("tally", "votes")),
    Kind("claims", "claim"),
    Kind("linkages", "linkage"),
    Kind("recommendations", "recommendation"),
    Kind("positions", "position"),
    Kind("memberships", "membership"),
    Kind("acts", "act", ("related",)),
    Kind("commitments", "commitment"),
    Kind("groups", "group", ("promotes", "positions", "readings", "linkages", "claims")),
    Kind("persons", "person", ("promotes", "positions", "readings", "linkages", "claims")),
)

BY_NAME = {kind.name: kind for kind in KINDS}
BY_SINGULAR = {kind.singular: kind for kind in KINDS}
