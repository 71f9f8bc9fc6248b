"""What a request to write asks for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from graph.writing.guard import Operation


@dataclass(frozen=True)
class Document:
    """Triples that are sent to a graph, in a syntax of RDF."""

    media_type: str
    text: str


@dataclass(frozen=True)
class Write:
    """What a request asks for: the operations of an update, or documents for one graph.

    Attributes
    ----------
    method
        ``update``, or of the graph store ``PUT``, ``POST`` or ``DELETE``.
    text
        The whole update as rewritten.
    operations
        Those of the update.
    using, using_named
        The data set that the request names for its patterns; None where it names none.
    may_name_reserved
        Whether reserved graphs need to be compared at all.
    base
        For relative addresses.
    graph
        The one that documents are for.
    documents
        What is sent to it.
    """

    method: str
    text: str = ""
    operations: tuple[Operation, ...] = ()
    using: tuple[str, ...] | None = None
    using_named: tuple[str, ...] | None = None
    may_name_reserved: bool = False
    base: str | None = None
    graph: str = ""
    documents: tuple[Document, ...] = ()

    @classmethod
    def told(cls, told: dict[str, Any]) -> Write:
        """Return a write that came as JSON."""
        told["operations"] = tuple(Operation(**each) for each in told["operations"])
        told["documents"] = tuple(Document(**each) for each in told["documents"])
        return cls(**told)
