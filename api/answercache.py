"""Answers kept in memory, so that a question that is asked again costs no evaluation."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Hashable
from functools import cache, lru_cache, partial
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from starlette.requests import HTTPConnection

from graph.knowledge import KnowledgeGraph
from graph.sparql.guard import ReadQuery, is_lasting

_OVERHEAD = 500

#: A client may keep an answer, but asks each time whether the data are still the same.
CACHE_CONTROL = "public, no-cache"


class AnswerCache:
    """The answers asked for last, up to so many bytes.

    Parameters
    ----------
    most
        Bytes to keep in all; 0 keeps nothing.
    longest
        Bytes of the longest answer that is kept.
    """

    def __init__(self, most: int, longest: int = 2**20) -> None:
        self._most = most
        self._longest = min(longest, most)
        self._kept: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self.size = 0

    def get(self, key: Hashable) -> Any:
        """Return what is kept under a key; None when nothing is."""
        found = self._kept.get(key)
        if found is None:
            return None
        self._kept.move_to_end(key)
        return found[0]

    def put(self, key: Hashable, answer: Any, length: int) -> None:
        """Keep an answer of so many bytes, and let those go that were not asked for longest."""
        if length > self._longest:
            return
        if key in self._kept:
            self.size -= self._kept.pop(key)[1]
        self._kept[key] = (answer, length + _OVERHEAD)
        self.size += length + _OVERHEAD
        while self.size > self._most:
            _, (_, freed) = self._kept.popitem(last=False)
            self.size -= freed

    def clear(self) -> None:
        """Let all answers go."""
        self._kept.clear()
        self.size = 0


def edition(graph: KnowledgeGraph) -> bytes | None:
    """Return what an answer depends on beside the question: the data, the day and the program, a line each.

    None where the data are another server's, which may change them at any moment.
    """
    return graph.keep("edition", partial(_edition, graph))


def _edition(graph: KnowledgeGraph) -> bytes | None:
    if graph.version == "remote":
        return None
    return f"{graph.version}\n{graph.today.isoformat()}\n{program_version()}\n".encode()


@cache
def program_version() -> str:
    """Return the version of the program."""
    try:
        return version("spacenorms")
    except PackageNotFoundError:
        return "0"


def entity_tag(request: HTTPConnection, query: str | ReadQuery, *parts: object) -> str | None:
    """Return the entity tag of an answer: weak, since compressed or not it is the same answer.

    Parameters
    ----------
    request
        Asks the application whose data count.
    query
        What is evaluated.
    *parts
        All else that the answer depends on: format, data set, parameters.

    Returns
    -------
    str or None
        The value of an ETag header; None when the answer may differ the next time.
    """
    made = edition(request.app.state.graph)
    text, lasts = (query, None) if isinstance(query, str) else (query.text, query.lasts)
    if made is None or not (lasts or is_lasting(text)):
        return None
    told = "\0".join(
        [str(len(text)), text, *[part if isinstance(part, str) else repr(part) for part in parts]]
    )
    asked = _hash_of(made).copy()
    asked.update(told.encode("utf-8", "replace"))
    return f'W/"{asked.hexdigest()}"'


@lru_cache(maxsize=4)
def _hash_of(made: bytes) -> hashlib.blake2b:
    return hashlib.blake2b(made, digest_size=16)


def is_known(wanted: str | None, tag: str | None) -> bool:
    """Tell whether an If-None-Match header names an entity tag (RFC 9110, section 13.1.2)."""
    if not wanted or not tag:
        return False
    given = {each.strip().removeprefix("W/") for each in wanted.split(",")}
    return tag.removeprefix("W/") in given
