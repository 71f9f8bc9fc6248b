"""What the tests share: the real graph, loaded once, on a fixed day."""

from __future__ import annotations

import datetime
import os

import pytest

from graph.knowledge import KnowledgeGraph

# What is tested is what the code of today makes of the files, and nothing is left behind.
os.environ.setdefault("SPACENORMS_START_CACHE", "off")

TODAY = datetime.date(2026, 11, 23)


@pytest.fixture(scope="session")
def graph() -> KnowledgeGraph:
    """Return the knowledge graph of the release as it stands on the fixed day."""
    return KnowledgeGraph.load(today=TODAY)
