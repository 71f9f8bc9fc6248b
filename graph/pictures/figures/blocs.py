"""What the figures say of blocs: which place a group has, and the signs that explain it."""

from __future__ import annotations

from collections.abc import Sequence

from graph.networks.blocs import Bloc
from graph.networks.building import BOTH
from graph.pictures.figures.pen import Sign, sign


def place_of(group: str, blocs: Sequence[Bloc]) -> str:
    """Return ``first``, ``second``, ``both`` or ``neither`` for the group of an actor."""
    if group == BOTH:
        return "both"
    places = {bloc.code: place for bloc, place in zip(blocs, ("first", "second"), strict=False)}
    return places.get(group, "neither")


def bloc_signs(blocs: Sequence[Bloc], neither: str = "in neither") -> tuple[Sign, ...]:
    """Return the signs of two blocs, of both and of neither."""
    own = [sign(f"{bloc.label} only", place) for bloc, place in zip(blocs, ("first", "second"), strict=False)]
    return (*own, sign("in both", "both"), sign(neither, "neither"))


def counted(number: int, singular: str, plural: str | None = None) -> str:
    """Return a number with its noun."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"
