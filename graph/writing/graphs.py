"""Which graphs may be written, and the addresses that writing itself uses."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from graph.errors import SpacenormsError
from graph.namespaces import BASE, GRAPHS

#: The graph that an update without GRAPH writes, and that ``?default`` names.
DEFAULT = f"{GRAPHS}data/default"

#: The graph that tells who changed what, and when.
CHANGES = f"{GRAPHS}changes"

#: The file in a folder of data that keeps what was written there (see `journal`).
JOURNAL = "written.sqlite"

_OWN = f"{GRAPHS}data/"


def has_journal(folder: Path) -> bool:
    """Tell whether a folder holds a journal."""
    return (folder / JOURNAL).is_file()


def is_reserved(graph: str) -> bool:
    """Tell whether a graph is the release's, derived, or kept by the server, so that nobody writes it."""
    return graph.startswith(BASE) and not (graph.startswith(_OWN) and len(graph) > len(_OWN))


def check_own(graphs: Iterable[str]) -> None:
    """Refuse reserved graphs.

    Parameters
    ----------
    graphs
        Addresses of graphs that a request would change.

    Raises
    ------
    SpacenormsError
        With status 403; it names the reserved ones among them.
    """
    reserved = sorted(graph for graph in graphs if is_reserved(graph))
    if reserved:
        raise SpacenormsError(
            f"The request would change {_listed(reserved)}, which is never written: the facts of the "
            "release, its terms, what the rules derive and the log of changes stay as they are.",
            remedy=f"Write a graph of your own, such as <{_OWN}mine>; to correct a fact, propose the change "
            "to its file.",
            code="reserved-graph",
            status=403,
            graphs=reserved,
        )


def _listed(graphs: list[str]) -> str:
    shown = ", ".join(f"<{graph}>" for graph in graphs[:3])
    return f"{shown} and {len(graphs) - 3} more" if len(graphs) > 3 else shown
