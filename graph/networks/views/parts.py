"""What the views share: nodes from rows, facts that hold on a day, and the numbers beside a network."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import networkx as nx

from graph.namespaces import local_name
from graph.networks.affiliations import best_grade, trusted
from graph.networks.blocs import Knowledge
from graph.networks.building import Network, Request, blocs_of, count, group_of, imprecision

Row = Mapping[str, Any]


def kind_of(iri: str) -> str:
    """Return the kind of a thing from its address: ``state``, ``alliance``, ``norm`` …"""
    return iri.rsplit("/", 2)[-2]


def code_of(row: Row, side: str) -> str:
    """Return the code of the thing on one side of a row, or the last part of its address."""
    return str(row.get(f"{side}_code") or local_name(str(row[side])))


class Builder:
    """Gathers the nodes and ties of a graph on a request's day.

    Parameters
    ----------
    kg
        The knowledge graph.
    request
        What was asked for.
    parallel
        Whether two nodes can have several ties.
    """

    def __init__(self, kg: Knowledge, request: Request, *, parallel: bool = True) -> None:
        self.request = request
        self.graph = nx.MultiGraph() if parallel else nx.Graph()
        self.grades: list[str] = []
        self.sources: list[str] = []
        self.imprecise: set[str] = set()
        self._kg = kg
        self._day = request.as_of.isoformat()
        self._belongs = blocs_of(kg, request.as_of, request.blocs)

    def rows(self, rows: Sequence[Row]) -> list[Row]:
        """Return the rows whose source and verification are as asked."""
        chosen = self.request.chosen()
        return trusted(
            self._kg, list(rows), str(chosen.get("tradition") or ""), str(chosen.get("verified") or "any")
        )

    def holds(self, row: Row, name: str) -> bool:
        """Say whether a dated row counts on the day; a row too coarsely dated is noted under a name."""
        if row.get("ended") and row["ended"] <= self._day:
            return False
        if row.get("begun") and row["begun"] <= self._day:
            return True
        if row.get("possible") and row["possible"] <= self._day:
            self.imprecise.add(name)
            return self.request.imprecise == "include"
        return False

    def node(self, row: Row, side: str) -> str:
        """Add the thing on one side of a row, and return its node."""
        iri = str(row[side])
        kind, code = kind_of(iri), code_of(row, side)
        if code in self.graph and self.graph.nodes[code]["iri"] != iri:
            code = f"{kind}/{code}"
        if code not in self.graph:
            own = self._belongs.get(code, ()) if kind == "state" else ()
            self.graph.add_node(
                code,
                code=code,
                label=str(row[f"{side}_label"]),
                kind=kind,
                iri=iri,
                group=group_of(own) if kind == "state" else kind,
                **({"blocs": ";".join(own)} if kind == "state" else {}),
            )
        return code

    def tie(self, a: str, b: str, key: str, rows: Sequence[Row], **known: Any) -> None:
        """Add a tie that some rows, one for each source, speak of."""
        grade = best_grade(str(row["verification"]) for row in rows)
        sources = list(dict.fromkeys(local_name(str(row["source"])) for row in rows))
        keyed = {"key": key} if self.graph.is_multigraph() else {}
        self.graph.add_edge(a, b, **keyed, verification=grade, sources=";".join(sources), **known)
        self.grades.append(grade)
        self.sources.extend(str(row["source"]) for row in rows)

    def network(self, network: Network, notes: Iterable[str]) -> Network:
        """Return a network with what was gathered."""
        return replace(
            network,
            graph=nx.freeze(self.graph),
            imprecise=len(self.imprecise),
            notes=(*notes, *imprecision(len(self.imprecise), self.request.imprecise)),
            grades=count(self.grades),
            sources=tuple(count(self.sources)),
        )


def empty(kg: Knowledge, request: Request, view: str, title: str, description: str, method: str) -> Network:
    """Return a network without nodes, with everything else that a view says of itself."""
    return Network(
        view=view,
        title=title,
        description=description,
        method=method,
        as_of=request.as_of.isoformat(),
        graph=nx.freeze(nx.MultiGraph()),
        imprecise=0,
        notes=(),
        version=kg.version,
        blocs=request.blocs,
        parameters=request.parameters(),
    )


def grouped(rows: Iterable[Row], *names: str) -> dict[tuple[str, ...], list[Row]]:
    """Return rows by the values of some columns, in the order in which they come."""
    found: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        found.setdefault(tuple(str(row[name]) for name in names), []).append(row)
    return found
