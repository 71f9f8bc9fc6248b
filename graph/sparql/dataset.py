"""The data set of a query: which graphs its default graph gathers, and which ones GRAPH reaches.

The default graph is the union of all graphs, asserted and derived. A request or a FROM clause that names
graphs gets those and no others, and may name a group of graphs by one address.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Protocol

from graph.namespaces import GRAPHS

_RULES = f"{GRAPHS}rules/"

#: Addresses that stand for many graphs, with the beginnings of those that each gathers.
GROUPS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        f"{GRAPHS}asserted": (f"{GRAPHS}facts/", f"{GRAPHS}data/"),
        f"{GRAPHS}derived": (_RULES,),
        f"{GRAPHS}schema": (f"{GRAPHS}ontology", f"{GRAPHS}shapes", f"{GRAPHS}vocabulary/"),
    }
)

#: What each group gathers, in words.
MEANINGS: Mapping[str, str] = MappingProxyType(
    {
        f"{GRAPHS}asserted": "Every fact that a source states",
        f"{GRAPHS}derived": "Every statement that a rule derives",
        f"{GRAPHS}schema": "The ontology, the shapes and the vocabularies",
    }
)


class _NamesGraphs(Protocol):
    @property
    def from_graphs(self) -> tuple[str, ...]: ...

    @property
    def from_named(self) -> tuple[str, ...]: ...


def of_query(
    query: _NamesGraphs,
    default: Sequence[str] | None,
    named: Sequence[str] | None,
    graphs: Collection[str],
) -> tuple[list[str] | None, list[str] | None]:
    """Return the data set to evaluate a query over.

    Parameters
    ----------
    query
        What its FROM and FROM NAMED clauses name.
    default, named
        What the request names, which wins over the clauses; None where it names nothing.
    graphs
        The graphs of the store.

    Returns
    -------
    tuple of list or None
        The graphs of the default graph and the named ones, groups spelled out. Both None when the engine
        may follow the query by itself.
    """
    if default is None and named is None:
        if not GROUPS.keys() & {*query.from_graphs, *query.from_named}:
            return None, None
        default, named = query.from_graphs, query.from_named
    return (
        None if default is None else expand(default, graphs),
        None if named is None else expand(named, graphs),
    )


def expand(names: Iterable[str], graphs: Collection[str]) -> list[str]:
    """Spell out the groups among names of graphs.

    Parameters
    ----------
    names
        Graphs and groups.
    graphs
        The graphs of the store.

    Returns
    -------
    list of str
        Each graph once, those of a group in alphabetical order.
    """
    found: dict[str, None] = {}
    for name in names:
        if name in GROUPS and name not in graphs:
            found |= dict.fromkeys(graph for graph in sorted(graphs) if graph.startswith(GROUPS[name]))
        else:
            found[name] = None
    return list(found)
