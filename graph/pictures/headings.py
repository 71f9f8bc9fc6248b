"""Places the headings of a picture between two blocs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from graph.pictures.layout import Box, Form, Layout
from graph.pictures.scene import Scene


def headings_of(
    scene: Scene, bands: Mapping[str, Sequence[str]], placed: Layout, form: Form
) -> list[dict[str, Any]]:
    """Return the headings of a picture: of each bloc, of what lies between, and of the bands beneath."""
    first, second = placed.blocs
    both = len(scene.bridges.both)
    size, small = (17.0, 12.0) if form.upright else (23.0, 14.0)
    texts = [
        (bloc.label, f"{scene.bridges.members[bloc.code]} states, {both} in both")
        for bloc in scene.bridges.between
    ]
    in_between = _middle(first, second) if not form.upright else 0.0
    found = [
        _heading("first", texts[0], first.left + 16, first.top + size + 10, size, small),
        _heading("second", texts[1], second.right - 16, second.top + size + 8, size, small, align="right"),
    ]
    if form.upright:
        found[1] |= {"x": second.left + 16, "y": second.bottom - small * 1.45 - 12, "align": "left"}
        room = second.right - second.left
    else:
        room = second.right - first.right
    if _too_long(texts[1][0], room, size):
        found[1]["title"] = scene.bridges.between[1].short
    if both:
        found.append(
            _heading(
                "ink", ("In both", ""), in_between, second.top + size + 8, size * 0.8, small, align="center"
            )
        )
    beneath = {
        "neither": f"In neither: {len(bands.get('neither', ()))} states",
        "affiliation": "What states belong to",
    }
    for layer, title in beneath.items():
        if bands.get(layer) and layer in placed.beneath:
            top = placed.beneath[layer].top + (28.0 if form.upright else 38.0)
            found.append(
                _heading("ink", (title, ""), first.left + 4, top, small + 2, small) | {"layer": layer}
            )
    return found


def _too_long(text: str, room: float, size: float) -> bool:
    return len(text) * size * 0.6 > room - 24


def _middle(first: Box, second: Box) -> float:
    return (second.left + first.right) / 2


def _heading(
    tone: str, words: tuple[str, str], x: float, y: float, size: float, small: float, align: str = "left"
) -> dict[str, Any]:
    return {
        "tone": tone, "title": words[0], "line": words[1], "align": align,
        "x": round(x, 1), "y": round(y, 1), "size": size, "small": small,
    }  # fmt: skip
