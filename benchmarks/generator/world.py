"""What generated instruments share: states, vocabularies, days and sources."""

from __future__ import annotations

import random

from benchmarks.generator.release import Release
from benchmarks.generator.writing import concept, thing

#: Papers read for each instrument.
SOURCES = 2
#: Norms of each instrument, and how many of them one generated activity and one generated theme serve.
NORMS, NORMS_PER_ACTIVITY, NORMS_PER_THEME = 2, 3, 40


class World:
    """What the instruments share.

    Parameters
    ----------
    release
        The vocabularies and states.
    instruments
        How many there are.
    seed
        Of the generator.
    """

    def __init__(self, release: Release, instruments: int, seed: int) -> None:
        self.instruments = instruments
        self.concepts = release.concepts
        self.labels = release.labels
        self.states = release.states
        norms = instruments * NORMS
        # norms of one theme or activity meet in the rules: their number must not grow with the graph
        self.new_activities = max(0, norms // NORMS_PER_ACTIVITY - len(self.concepts["activity"]))
        self.new_themes = max(0, norms // NORMS_PER_THEME - len(self.concepts["theme"]))
        self.activities = [*self.concepts["activity"], *(f"a{n}" for n in range(1, self.new_activities + 1))]
        self.themes = [*self.concepts["theme"], *(f"t{n}" for n in range(1, self.new_themes + 1))]
        draw = random.Random(f"{seed}:states")  # noqa: S311
        #: Standing of each state between two camps, from 0 to 1: it moves votes and memberships.
        self.leaning = {state: draw.random() for state in self.states}

    def pick(self, draw: random.Random, scheme: str) -> str:
        """Return a concept of a vocabulary of the release."""
        return concept(scheme, draw.choice(self.concepts[scheme]))


def some_day(draw: random.Random, year: int, precise: float = 1.0) -> str:
    """Return a day of a year; of the share that is not precise, a month or the year alone."""
    month, day = draw.randrange(1, 13), draw.randrange(1, 29)
    share = draw.random()
    if share < precise:
        return f"{year}-{month:02}-{day:02}"
    return f"{year}-{month:02}" if share < (1 + precise) / 2 else f"{year}"


def some_source(number: int, draw: random.Random) -> str:
    """Return one of the sources of an instrument."""
    return thing("source", f"b{number}-{draw.randrange(1, SOURCES + 1)}")
