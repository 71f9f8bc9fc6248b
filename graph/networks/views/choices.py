"""What a caller may choose of the networks that have a module of their own."""

from __future__ import annotations

from graph.networks.affiliations import TRADITION, VERIFIED_OPTION
from graph.networks.blocs import Knowledge
from graph.networks.options import Option, calendar_day, choice, known_name, share, whole

#: Two states are tied when their mean agreement is at least this.
THRESHOLD = 0.75


def _topics(kg: Knowledge) -> list[str]:
    rows = kg.run("networks/resolutions")
    return [str(row[name]) for row in rows for name in ("topic", "line") if row.get(name)]


def _kinds(kg: Knowledge) -> list[str]:
    return [str(row["tie_kind"]) for row in kg.run("networks/linkages")]


VOTING = (
    Option("since", "First day of the votes; the six years up to the day when absent.", "",
           calendar_day("since")),
    Option("topic", "One subject, or one wider group of subjects; every subject when absent.", "",
           known_name("topic", _topics)),
    Option("minimum", "Votes that two states must share; half of those of the span when absent.", None,
           whole("minimum", 1)),
    Option("threshold", "Mean agreement from which two states are tied; 0 for every pair.", THRESHOLD,
           share("threshold")),
    Option("former", "joined counts the votes of a former state as those of the state that continues it; "
           "apart leaves them to it.", "apart", choice("former", ("apart", "joined"))),
)  # fmt: skip

LINKAGES = (
    Option("tie", "Only ties of this valence.", "", choice("tie", ("cooperation", "competition", "mixed"))),
    Option("kind", "Only ties of this kind.", "", known_name("kind", _kinds)),
    TRADITION,
    VERIFIED_OPTION,
)
READINGS = (VERIFIED_OPTION, TRADITION)
NORMS = READINGS
