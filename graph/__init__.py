"""The knowledge graph of space governance without any HTTP: load it, ask it, measure it.

>>> from graph import KnowledgeGraph
>>> KnowledgeGraph.load().query("withdrawals")  # doctest: +SKIP
"""

from graph.errors import SpacenormsError
from graph.knowledge import KnowledgeGraph, Result

__all__ = ["KnowledgeGraph", "Result", "SpacenormsError"]
