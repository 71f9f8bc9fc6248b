"""Keeps recent answers of each knowledge graph, and lets one caller compute what several ask for."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

Answer = TypeVar("Answer")


class Cache(Generic[Answer]):
    """The most recent answers of each owner; they go when the owner goes.

    Parameters
    ----------
    size
        How many answers of one owner are kept.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._lock = Lock()
        self._kept: WeakKeyDictionary[Any, OrderedDict[Hashable, Answer]] = WeakKeyDictionary()
        self._busy: WeakKeyDictionary[Any, dict[Hashable, Lock]] = WeakKeyDictionary()

    def get(self, owner: object, key: Hashable, build: Callable[[], Answer]) -> Answer:
        """Return the answer kept under a key, or build and keep it; a second caller waits for the first."""
        with self._lock:
            busy = self._busy.setdefault(owner, {}).setdefault(key, Lock())
        with busy:
            found = self._find(owner, key)
            if found is None:
                found = (build(),)
                self._keep(owner, key, found[0])
        return found[0]

    def has(self, owner: object, key: Hashable) -> bool:
        """Say whether an answer is kept."""
        return self._find(owner, key) is not None

    def _find(self, owner: object, key: Hashable) -> tuple[Answer] | None:
        with self._lock:
            kept = self._kept.setdefault(owner, OrderedDict())
            if key not in kept:
                return None
            kept.move_to_end(key)
            return (kept[key],)

    def _keep(self, owner: object, key: Hashable, answer: Answer) -> None:
        with self._lock:
            kept = self._kept.setdefault(owner, OrderedDict())
            kept[key] = answer
            while len(kept) > self._size:
                gone = kept.popitem(last=False)[0]
                self._busy.get(owner, {}).pop(gone, None)
