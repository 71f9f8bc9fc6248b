"""The routers of the application, in the order in which they are asked."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterator

from fastapi import APIRouter

#: Modules of this package; each has a `router`.
NAMES = (
    "sparql",
    "wellknown",
    "graphstore",
    "health",
    "queries",
    "conflicts",
    "significance",
    "voting",
    "timeline",
    "networks",
    "search",
    "records",
    "pages",
)


def routers() -> Iterator[APIRouter]:
    """Yield the router of every module in `NAMES`."""
    for name in NAMES:
        module = f"{__name__}.{name}"
        if importlib.util.find_spec(module) is not None:
            yield importlib.import_module(module).router
