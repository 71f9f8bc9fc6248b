"""Keeps matrix products on one thread, where many small ones would wait for one another."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import Any


def one_thread() -> AbstractContextManager[Any]:
    """Return a context in which products of matrices use one thread.

    A product of matrices of a few hundred rows takes less time than it takes to share it out: on two
    cores, one thread needs a fifth of the processor time. Without the package ``threadpoolctl`` (extra
    ``fast``) nothing changes but the speed.
    """
    controller = _controller()
    if controller is None:
        return nullcontext()
    found: AbstractContextManager[Any] = controller.limit(limits=1, user_api="blas")
    return found


@cache
def _controller() -> Any:
    try:
        from threadpoolctl import ThreadpoolController
    except ImportError:
        return None
    return ThreadpoolController()
