"""What was measured on what: versions and machine, without names or places."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from importlib.metadata import version
from pathlib import Path

from benchmarks.peers.servers import PEERS


def versions() -> str:
    """Return the versions of everything that was measured, in one line."""
    found = [f"Python {platform.python_version()}"]
    found += [f"{name} {version(name)}" for name in ("spacenorms", "pyoxigraph", "uvicorn", "starlette")]
    peers = {"rdflib-endpoint": "rdflib-endpoint", "rdflib": "rdflib", "oxigraph": "oxigraph"}
    for name, package in peers.items():
        found.append(f"{name} {_installed(package)}")
    virtuoso = _told("virtuoso-t", "-?", r"[Vv]ersion ([0-9.]+)")
    wrk = _told("wrk", "-v", r"wrk (?:debian/)?(\S+)")
    found += [f"Virtuoso {virtuoso}", f"wrk {wrk}"]
    return ", ".join(found)


def _installed(package: str) -> str:
    stem = package.replace("-", "_")
    for info in PEERS.parent.glob(f"lib/python*/site-packages/{stem}-*.dist-info"):
        return info.name.removeprefix(f"{stem}-").removesuffix(".dist-info")
    return "not installed"


def _told(name: str, option: str, pattern: str) -> str:
    found = shutil.which(name)
    if found is None:
        return "not installed"
    done = subprocess.run([found, option], capture_output=True, text=True, check=False)  # noqa: S603
    match = re.search(pattern, done.stdout + done.stderr)
    return match[1] if match else "of an unknown version"


def machine() -> str:
    """Return cores, memory and system; no name and no place."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    models = re.findall(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    model = models[0] if models else platform.machine()
    return f"{os.cpu_count()} cores ({model}), {memory:.0f} GiB, {platform.system()}"
