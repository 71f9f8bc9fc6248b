"""The network of norms: the texts that state them, who promotes them, and which norms conflict."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from graph.networks.blocs import Knowledge
from graph.networks.building import VIEWS, Network, Request, count
from graph.networks.views.parts import Builder, Row, code_of, empty, grouped

METHOD = (
    "Norms, the instruments that state them (by a provision), the alliances, states, groups and "
    "organizations that promote them, and the curated conflicts between two norms, each a tie of its own "
    "kind (states, promotes, conflicts). A norm counts from the day the first text that states it is in "
    "force or, where it does not enter into force, adopted; a norm that no text states counts on every "
    "day. Promoting counts with the norm, unless a position dates it. A conflict counts when both norms do; "
    "it says that the norms clash, not that anyone is bound by both."
)

RECORDED = (
    "Which norms are recorded, and how finely one text is cut into norms, is the curators' choice; "
    "degree counts records, not weight in law."
)


def build(kg: Knowledge, request: Request) -> Network:
    """Return the norms of a request's day, and what ties them."""
    building = Builder(kg, request)
    rows = building.rows(kg.run("networks/norms"))
    by_relation = {relation: own for (relation,), own in grouped(rows, "relation").items()}
    stated = by_relation.get("states", [])
    held = [row for row in stated if building.holds(row, f"{row['a']} {row['b']}")]
    norms = _norms(rows, stated, held)
    _states(building, held)
    _promotes(building, by_relation.get("promotes", []), norms)
    _conflicts(building, by_relation.get("conflicts", []), norms)
    view = VIEWS["norms"]
    found = empty(kg, request, view.name, view.title, view.description, METHOD)
    return building.network(found, _notes(building))


def _norms(rows: Iterable[Row], stated: Iterable[Row], held: Iterable[Row]) -> set[str]:
    """Return the norms that count: those a text states on the day, and those that no text states."""
    named = {str(row["b"]) for row in rows} | {str(r["a"]) for r in rows if r["relation"] == "conflicts"}
    return {str(row["b"]) for row in held} | (named - {str(row["b"]) for row in stated})


def _states(building: Builder, rows: Sequence[Row]) -> None:
    for own in grouped(rows, "a", "b").values():
        first = own[0]
        text, norm = building.node(first, "a"), building.node(first, "b")
        provisions = len({row["fact"] for row in own})
        building.tie(text, norm, f"states {code_of(first, 'a')} {code_of(first, 'b')}", own,
                     relation="states", provisions=provisions, **_since(first))  # fmt: skip


def _promotes(building: Builder, rows: Sequence[Row], norms: set[str]) -> None:
    for own in grouped(rows, "a", "b").values():
        undated = [row for row in own if not row.get("begun")]
        dated = [row for row in own if row.get("begun") and building.holds(row, str(row["fact"]))]
        if own[0]["b"] not in norms or not (undated or dated):
            continue
        first = (undated or dated)[0]
        actor, norm = building.node(first, "a"), building.node(first, "b")
        key = f"promotes {code_of(first, 'a')} {code_of(first, 'b')}"
        building.tie(actor, norm, key, undated + dated, relation="promotes", **_since(first))


def _conflicts(building: Builder, rows: Sequence[Row], norms: set[str]) -> None:
    for (code,), own in grouped(rows, "code").items():
        first = own[0]
        if {first["a"], first["b"]} <= norms:
            building.tie(
                building.node(first, "a"), building.node(first, "b"), code, own,
                relation="conflicts", title=first["label"], conflict_type=first["conflict_type"],
            )  # fmt: skip


def _since(row: Row) -> Mapping[str, str]:
    return {"since": str(row["begun"])} if row.get("begun") else {}


def _notes(building: Builder) -> Iterable[str]:
    told = count(relation for _, _, relation in building.graph.edges(data="relation"))
    if told:
        yield "Ties: " + ", ".join(f"{relation} {number}" for relation, number in told.items()) + "."
    yield RECORDED
