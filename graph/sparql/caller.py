"""On whose behalf a query is evaluated, and what became of it."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass
class Caller:
    """Someone who asks.

    Attributes
    ----------
    name
        Tells callers apart that share the workers fairly; None for one who is not limited.
    outcomes
        A word for each query that was evaluated: ``answered``, ``client-left``, or the code of an error.
    """

    name: str | None = None
    outcomes: list[str] = field(default_factory=list)


#: The caller of the request that the running task answers; None outside of requests.
CALLER: ContextVar[Caller | None] = ContextVar("caller", default=None)
