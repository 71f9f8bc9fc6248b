"""What if, for networks: the same measures with acts supposed or left out; the graph stays as it is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graph import dates
from graph.cache import Cache
from graph.conflicts.counterfactual import Supposition, suppose
from graph.errors import BadValue, UnknownName, suggest
from graph.knowledge import KnowledgeGraph
from graph.measures.catalogue import centrality, measure
from graph.namespaces import BASE, IDENTIFIER, local_name
from graph.networks.blocs import Knowledge
from graph.networks.building import BLOCS, VIEWS, Network, find_view, network
from graph.threads import one_thread

Row = Mapping[str, Any]

#: What is compared when a caller names no measure.
MEASURES = ("degree", "betweenness")

#: The queries whose rows say who belongs to what.
AFFILIATIONS = ("networks/affiliation", "networks/blocs")

#: Values closer than this are the same.
SAME = 1e-12


class Supposed:
    """A knowledge graph with some memberships and treaty acts added, ended or left out.

    Parameters
    ----------
    kg
        The knowledge graph; it is not changed.
    rows
        The rows of the affiliation query as supposed.
    version
        What to call the data; that of the graph with a remark when None.

    Notes
    -----
    Only the rows of ``networks/affiliation`` differ, and those of ``networks/blocs``, which are among them;
    every network and measure built on them follows.
    """

    def __init__(self, kg: Knowledge, rows: Sequence[Row], version: str | None = None) -> None:
        self.version = version or f"{kg.version}, with acts supposed or left out"
        self.today: dt.date = kg.today
        self._kg = kg
        self._rows = rows

    def run(self, name: str, **values: object) -> Sequence[Row]:
        """Run a view query; those of affiliations give the rows as supposed."""
        return self._rows if name in AFFILIATIONS else self._kg.run(name, **values)


class States:
    """Knows states by code or name, for acts to be read.

    Parameters
    ----------
    graph
        The knowledge graph.
    """

    def __init__(self, graph: KnowledgeGraph) -> None:
        self.graph = graph

    def actor(self, name: str) -> tuple[str, str]:
        """Return code and address of a state; UnknownName for none."""
        address = self.graph.resolve("state", name)
        return local_name(address), address

    def day(self, as_of: str) -> str:
        """Return a day as text, ``today`` being the graph's own; BadDate for what is none."""
        return self.graph.today.isoformat() if as_of == "today" else dates.day(as_of).isoformat()


@dataclass(frozen=True)
class NodeChange:
    """What the suppositions change for one node and measure; None where the node is not in the network."""

    measure: str
    node: str
    label: str
    kind: str
    before: float | None
    after: float | None
    rank_before: int | None
    rank_after: int | None
    group_before: str | None
    group_after: str | None


@dataclass(frozen=True)
class NetworkWhatIf:
    """The answer to what-if for a network.

    Attributes
    ----------
    view, as_of
        The network and the day compared.
    supposed
        The acts supposed, as they were read.
    left_out
        Addresses of the memberships and acts left out.
    actual, assumed
        The network as it is and as supposed.
    measures
        What was compared.
    changes
        One for each node and measure whose value, rank or group differs, the greatest change of value
        first.
    notes
        What the reader must know, such as acts that make no tie.
    """

    view: str
    as_of: str
    supposed: tuple[Supposition, ...]
    left_out: tuple[str, ...]
    actual: Network
    assumed: Network
    measures: tuple[str, ...]
    changes: tuple[NodeChange, ...]
    notes: tuple[str, ...]
    version: str


_KEPT: Cache[NetworkWhatIf] = Cache(32)


def what_if(
    kg: KnowledgeGraph,
    view: str,
    acts: Sequence[str | dict[str, Any]] = (),
    as_of: str | None = None,
    *,
    remove: Sequence[str] = (),
    measures: Sequence[str] = MEASURES,
    between: Sequence[str] = BLOCS,
    raw: bool = False,
    **options: Any,
) -> NetworkWhatIf:
    """Compare a network with and without supposed acts.

    Parameters
    ----------
    kg
        The knowledge graph; it is not changed.
    view
        A key of `graph.networks.building.VIEWS`.
    acts
        Acts to suppose, as of conflicts: ``"IND joins ILRS in 2027"``, or mappings with ``state``,
        ``deed``, ``of`` and perhaps ``date``.
    as_of
        The day to compare; the day on which the last supposed act takes effect, and no day before
        today, when absent.
    remove
        Codes or addresses of memberships or treaty acts to leave out, such as ``AUS-MOON-accession``
        or ``SRB-artemis-accords``.
    measures
        Keys of `graph.measures.catalogue.MEASURES`.
    between, raw, **options
        As of `graph.networks.building.network`.

    Returns
    -------
    NetworkWhatIf
        The values before and after of every node that changes.

    Raises
    ------
    BadValue, UnknownName, BadDate
        An act does not read or is not there, or there is none.
    """
    if not acts and not remove:
        raise BadValue(
            "Nothing is supposed.",
            remedy="Give acts to add, such as “IND joins ILRS in 2027”, or to remove.",
        )
    chosen, names = find_view(view).name, tuple(measure(name).name for name in measures)
    names_of = States(kg)
    supposed = tuple(suppose(names_of, act) for act in acts)
    when = as_of or max([kg.today.isoformat(), *(each.effective for each in supposed)])
    rows: list[Row] = list(kg.run("networks/affiliation"))
    left_out = _known_facts(rows, remove)
    changed, notes = _changed([row for row in rows if row["fact"] not in left_out], supposed, kg)
    other = Supposed(kg, changed)

    def compare() -> NetworkWhatIf:
        with one_thread():
            actual = network(kg, chosen, as_of=when, raw=raw, between=between, **options)
            assumed = network(other, chosen, as_of=when, raw=raw, between=between, **options)
            changes = _changes(actual, assumed, names)
        return NetworkWhatIf(
            view=chosen,
            as_of=actual.as_of,
            supposed=supposed,
            left_out=tuple(left_out),
            actual=actual,
            assumed=assumed,
            measures=names,
            changes=changes,
            notes=(*notes, *_remarks(chosen, changes)),
            version=kg.version,
        )

    asked = (chosen, supposed, tuple(left_out), when, names, tuple(between), raw, repr(options))
    return _KEPT.get(kg, asked, compare)


def _known_facts(rows: Iterable[Row], remove: Iterable[str]) -> list[str]:
    facts = {str(row["fact"]) for row in rows}
    by_code = {local_name(address): address for address in sorted(facts)}
    found = []
    for name in remove:
        address = name if name in facts else by_code.get(name.strip())
        if address is None:
            raise UnknownName(
                f"No tie rests on an act or membership “{name}”.",
                remedy=suggest(name, by_code),
                code="unknown-act",
            )
        found.append(address)
    return found


def _changed(rows: list[Row], supposed: Iterable[Supposition], kg: Knowledge) -> tuple[list[Row], list[str]]:
    treaties = {str(row["instrument"]): row for row in kg.run("networks/treaties")}
    notes = []
    for act in supposed:
        if act.deed in ("leaves", "withdraws-from"):
            code = str(treaties[act.of]["code"]) if act.of in treaties else ""
            ended = [_ended(row, act) if _is_of(row, act, code) else row for row in rows]
            if ended == rows:
                notes.append(f"{act.label}: no such tie is recorded, so that nothing ends.")
            rows = ended
            continue
        row = _begun(act, treaties)
        if row is None:
            notes.append(f"{act.label}: the text is no treaty in force, so that being a party makes no tie.")
        else:
            rows = [*rows, row]
    return rows, notes


def _is_of(row: Row, act: Supposition, code: str) -> bool:
    if row["state_code"] != act.state:
        return False
    if act.deed == "leaves":
        return bool(row["affiliation"] == act.of)
    return bool(code) and row.get("instrument_code") == code


def _ended(row: Row, act: Supposition) -> Row:
    already = row.get("ended")
    return {**row, "ended": min(already, act.effective) if already else act.effective}


def _begun(act: Supposition, treaties: Mapping[str, Row]) -> Row | None:
    row: dict[str, Any] = {
        "state": f"{IDENTIFIER}state/{act.state}",
        "state_code": act.state,
        "state_label": act.state_label,
        "level": "state",
        "fact": f"{BASE}id/supposed/{act.state}-{act.deed}-{local_name(act.of)}",
        "ended": None,
        "verification": "supposed",
        "source": f"{BASE}id/supposed",
    }
    if act.deed == "joins":
        named = {"affiliation": act.of, "affiliation_code": local_name(act.of)}
        begun = act.effective
        named |= {"affiliation_label": act.of_label, "kind": "alliance", "basis": "membership"}
        return {**row, **named, "instrument_code": None, "begun": begun, "possible": begun}
    treaty = treaties.get(act.of)
    if treaty is None or not treaty.get("in_force"):
        return None
    side = "alliance" if treaty.get("alliance") else "instrument"
    begun = max(act.effective, str(treaty["in_force"]))
    return {
        **row,
        "affiliation": treaty[side],
        "affiliation_code": treaty["alliance_code" if side == "alliance" else "code"],
        "affiliation_label": treaty["alliance_label" if side == "alliance" else "label"],
        "kind": "alliance" if side == "alliance" else "treaty",
        "basis": "treaty",
        "instrument_code": treaty["code"],
        "begun": begun,
        "possible": begun,
    }


def _changes(actual: Network, assumed: Network, names: Iterable[str]) -> tuple[NodeChange, ...]:
    found = [change for name in names for change in _of_measure(actual, assumed, name)]
    order = sorted(found, key=lambda each: (-abs((each.after or 0.0) - (each.before or 0.0)), each.node))
    return tuple(order)


def _of_measure(actual: Network, assumed: Network, name: str) -> Iterable[NodeChange]:
    before, after = placed(actual, name), placed(assumed, name)
    for node in sorted({*before, *after}):
        old, new = before.get(node), after.get(node)
        known = (assumed if node in assumed.graph else actual).graph.nodes[node]
        groups = [
            each.graph.nodes[node].get("group") if node in each.graph else None for each in (actual, assumed)
        ]
        if old and new and abs(old[0] - new[0]) <= SAME and old[1] == new[1] and groups[0] == groups[1]:
            continue
        yield NodeChange(
            measure=name,
            node=node,
            label=str(known.get("label", node)),
            kind=str(known.get("kind", "")),
            before=old[0] if old else None,
            after=new[0] if new else None,
            rank_before=old[1] if old else None,
            rank_after=new[1] if new else None,
            group_before=groups[0],
            group_after=groups[1],
        )


def placed(found: Network, name: str) -> dict[str, tuple[float, int]]:
    """Return the value of a measure for each node, and its rank among the nodes of its mode."""
    return {row.node: (row.value, row.rank) for row in centrality(found, name).rows}


def _remarks(view: str, changes: Sequence[NodeChange]) -> Iterable[str]:
    if not changes:
        rests = view in ("affiliation", "alignment")
        why = (
            "the ties supposed or left out are there, or not there, anyway on that day"
            if rests
            else f"the ties of the network “{VIEWS[view].title}” do not rest on memberships or treaties"
        )
        yield f"No value changes: {why}."
    yield (
        "All else is held as it is: no other state is supposed to answer, and no vote to change. A value "
        "that moves says how the measure rests on the act, not what would happen."
    )
