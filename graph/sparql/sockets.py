"""Takes from a process, for good, the means to open sockets, while it may go on opening files."""

from __future__ import annotations

import ctypes
import errno
import platform
import struct
import sys

_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 38, 22, 2
# Classic BPF: load a word of the call's data, compare, return (linux/bpf_common.h, linux/filter.h).
_LOAD, _IF_EQUAL, _IF_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_NUMBER_AT, _ARCHITECTURE_AT = 0, 4
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | errno.EPERM
#: The name of the architecture to the kernel, and its number of the call ``socket``.
_MACHINES = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}
#: The number of ``io_uring_setup``, through which sockets can be opened too.
_RING = 425
#: Where the numbers of the calls of another interface of the same processor begin.
_OTHER_INTERFACE = 0x40000000


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_char_p))


def refuse_sockets() -> bool:
    """Make the system refuse every new socket to this process and to those that it forks.

    Returns
    -------
    bool
        Whether it does: only Linux can, on processors that are known here.

    References
    ----------
    Linux manual page seccomp(2), SECCOMP_SET_MODE_FILTER.
    """
    if sys.platform != "linux" or platform.machine() not in _MACHINES:
        return False
    architecture, socket = _MACHINES[platform.machine()]
    refuse = 7
    steps = [
        (_LOAD, 0, 0, _ARCHITECTURE_AT),
        (_IF_EQUAL, 0, refuse - 2, architecture),
        (_LOAD, 0, 0, _NUMBER_AT),
        (_IF_EQUAL, refuse - 4, 0, socket),
        (_IF_EQUAL, refuse - 5, 0, _RING),
        (_IF_AT_LEAST, refuse - 6, 0, _OTHER_INTERFACE),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _REFUSE),
    ]
    program = _Program(len(steps), b"".join(struct.pack("=HBBI", *step) for step in steps))
    library = ctypes.CDLL(None, use_errno=True)
    if library.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        return False
    return not library.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0)
