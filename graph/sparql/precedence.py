"""Which workers of a pool go first on the processors: those that answer quick queries, before long ones."""

from __future__ import annotations

import contextlib
import os

#: After how many seconds a query counts as long, and as very long.
LONG_SECONDS, VERY_LONG_SECONDS = 0.02, 0.1

_STEPS_BACK, _LOWEST = 10, 19


def _may_raise(usual: int) -> bool:
    """Tell whether a process of this user may be given a usual priority again after a lower one."""
    if os.geteuid() == 0:
        return True
    try:
        import resource

        most = resource.getrlimit(resource.RLIMIT_NICE)[0]
    except (ImportError, AttributeError):  # elsewhere than on Linux
        return False
    return most == resource.RLIM_INFINITY or 20 - most <= usual


class Precedence:
    """Lets workers whose queries are quick go before those whose queries are long.

    A long query has a lower priority, where that may be raised again. A very long one is also kept off one
    processor of those that this process may use, as long as these are more than the very long queries: else
    the system moves it time and again to where a quick query has just paused, which then waits for the end
    of a slice. Beside long queries a quick one may interrupt at once; without them it lets whoever runs go
    on, which takes fewer changes of process.
    """

    def __init__(self) -> None:
        self._all: set[int] = set()
        self._long: set[int] = set()
        self._very_long: set[int] = set()
        #: Whether a priority was refused to be raised again, as it is to root in some containers.
        self._stays_low = False

    def join(self, process: int) -> None:
        """Take it that a worker has been forked."""
        self._all.add(process)
        if self._long:
            _set_interrupting(process, True)

    def leave(self, process: int) -> None:
        """Take it that a worker has ended."""
        self._all.discard(process)
        self._drop(process)

    def give_way(self, process: int, seconds: float) -> None:
        """Let others go before a worker, which has been at a long query for so many seconds."""
        if process not in self._long:
            if not self._long:
                self._let_all_interrupt(True)
            self._long.add(process)
            self._lower(process)
        if seconds >= VERY_LONG_SECONDS and process not in self._very_long:
            self._very_long.add(process)
            self._keep_off_one()

    def come_back(self, process: int) -> bool:
        """Take it that a long query is over; return whether its worker is as quick as any other again."""
        if process in self._very_long:
            _place(process, _processors())
        self._drop(process)
        usual = os.getpriority(os.PRIO_PROCESS, 0)
        try:
            if os.getpriority(os.PRIO_PROCESS, process) > usual:
                os.setpriority(os.PRIO_PROCESS, process, usual)
        except ProcessLookupError:
            pass  # it has ended, which its pool is about to learn
        except OSError:
            self._stays_low = True
            return False
        return True

    def _lower(self, process: int) -> None:
        usual = os.getpriority(os.PRIO_PROCESS, 0)
        if not self._stays_low and _may_raise(usual):
            with contextlib.suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, process, min(usual + _STEPS_BACK, _LOWEST))

    def _drop(self, process: int) -> None:
        if process in self._very_long:
            self._very_long.discard(process)
            self._keep_off_one()
        if process in self._long:
            self._long.discard(process)
            if not self._long:
                self._let_all_interrupt(False)

    def _let_all_interrupt(self, interrupting: bool) -> None:
        for each in self._all:
            _set_interrupting(each, interrupting)

    def _keep_off_one(self) -> None:
        allowed = _processors()
        if len(self._very_long) < len(allowed):
            allowed = allowed - {max(allowed)}
        for process in self._very_long:
            _place(process, allowed)


def let_go_on() -> None:
    """Let this process, a worker, leave whoever is running alone when it wakes up."""
    _set_interrupting(0, False)


def _set_interrupting(process: int, interrupting: bool) -> None:
    if hasattr(os, "sched_setscheduler"):
        with contextlib.suppress(OSError):
            policy = os.sched_getscheduler(0)
            if policy in (os.SCHED_OTHER, os.SCHED_BATCH):  # not another that an operator has chosen
                policy = os.SCHED_OTHER if interrupting else os.SCHED_BATCH
                os.sched_setscheduler(process, policy, os.sched_param(0))


def _processors() -> set[int]:
    return os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()


def _place(process: int, processors: set[int]) -> None:
    if processors:
        with contextlib.suppress(OSError):
            os.sched_setaffinity(process, processors)
