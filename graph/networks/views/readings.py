"""The network of open questions, their readings, and who holds them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from graph.networks.blocs import Knowledge
from graph.networks.building import VIEWS, Network, Request, count
from graph.networks.views.parts import Builder, Row, empty, grouped

METHOD = (
    "Open questions (ambiguities), the readings of each, and the actors, groups and scholars that the record "
    "names as holding them. A reading counts from the day its earliest dated source was issued; one that "
    "only undated sources give has no such day and counts only when imprecise dates are included. The "
    "record gives no day on which a holder gave a reading up."
)

RECORDED = "A holder with many readings is one whose readings were recorded, not one who holds more."


def build(kg: Knowledge, request: Request) -> Network:
    """Return the readings of a request's day."""
    building = Builder(kg, request, parallel=False)
    rows = building.rows(kg.run("networks/readings"))
    for own in grouped(rows, "reading").values():
        earliest = _earliest(own)
        if building.holds(earliest, str(own[0]["reading"])):
            _add(building, own, earliest)
    view = VIEWS["readings"]
    found = empty(kg, request, view.name, view.title, view.description, METHOD)
    return building.network(found, _notes(building))


def _earliest(rows: Sequence[Row]) -> Mapping[str, Any]:
    """Return the bounds of the earliest dated source; without one, a reading may have begun at any time."""
    dated = [row for row in rows if row.get("begun")]
    if not dated:
        return {"begun": None, "possible": "0001-01-01"}
    first = min(dated, key=lambda row: str(row["begun"]))
    return {
        "begun": first["begun"],
        "possible": min(str(row.get("possible") or row["begun"]) for row in dated),
    }


def _add(building: Builder, rows: Sequence[Row], earliest: Mapping[str, Any]) -> None:
    first = rows[0]
    question, reading = building.node(first, "ambiguity"), building.node(first, "reading")
    building.graph.nodes[reading]["strength"] = str(first.get("strength") or "")
    since = {"since": str(earliest["begun"])} if earliest["begun"] else {}
    building.tie(reading, question, f"reads {reading}", rows, relation="reads", **since)
    held = [row for row in rows if row.get("holder")]
    for own in grouped(held, "holder").values():
        holder = building.node(own[0], "holder")
        building.tie(holder, reading, f"holds {holder} {reading}", own, relation="holds", **since)


def _notes(building: Builder) -> Iterable[str]:
    kinds = count(kind for _, kind in building.graph.nodes(data="kind"))
    if kinds:
        yield "Nodes: " + ", ".join(f"{kind} {number}" for kind, number in kinds.items()) + "."
    yield RECORDED
