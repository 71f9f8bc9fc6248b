"""What a prepared store says of itself, and whether this program can take it."""

from __future__ import annotations

import datetime
import json
import os
import shlex
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from graph.errors import BadData
from graph.sparql.rows import Value

#: Number of the layout; it grows when an older program could not read a newer store, or the reverse.
FORMAT = 1
NAME = "manifest.json"


def program() -> str:
    """Return the version of spacenorms that is installed."""
    try:
        return version("spacenorms")
    except PackageNotFoundError:
        return "0"


@dataclass(frozen=True)
class Source:
    """A file that was loaded: where it stood, its bytes, and the SHA-256 of its content in hexadecimal."""

    path: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What is in a prepared store and by what it was made.

    Attributes
    ----------
    folder : str
        Name of the folder that holds the quads, beside the manifest.
    data_version : str
        Hash of the data, as an ordinary start computes it.
    day : str
        ISO date of the preparation, for which the plain derived edges hold.
    command : list of str
        The words after ``spacenorms prepare`` that make it again.
    sources : list of Source
        The files that were loaded.
    files : dict of str to int
        The files of the store with their bytes.
    graphs : dict of str to int
        Statements in each named graph.
    views : dict of str to list
        Rows of the views that walk the whole graph, by name.
    format, spacenorms, pyoxigraph
        Number of the layout, and versions of what made it.
    """

    folder: str
    data_version: str
    day: str
    command: list[str]
    sources: list[Source]
    files: dict[str, int]
    graphs: dict[str, int]
    views: dict[str, list[dict[str, Value]]]
    format: int = FORMAT
    spacenorms: str = field(default_factory=program)
    pyoxigraph: str = ox.__version__

    @property
    def today(self) -> datetime.date:
        """Return the day of the preparation."""
        return datetime.date.fromisoformat(self.day)

    @property
    def triples(self) -> int:
        """Return the statements of all graphs, each counted in every graph that it stands in."""
        return sum(self.graphs.values())


def write(manifest: Manifest, folder: Path) -> None:
    """Put a manifest in place at once: whoever reads sees the old one or the new one, never a part."""
    begun = folder / f"{NAME}.{os.getpid()}"
    with begun.open("w", encoding="utf-8") as file:
        json.dump(asdict(manifest), file, ensure_ascii=False)
        file.flush()
        os.fsync(file.fileno())
    begun.replace(folder / NAME)


def read(folder: Path) -> Manifest:
    """Read the manifest of a prepared store and check that it fits this program and its files.

    Parameters
    ----------
    folder : pathlib.Path
        What ``spacenorms prepare -o`` was given.

    Returns
    -------
    Manifest
        That of a store that can be opened.

    Raises
    ------
    BadData
        There is none, it does not read, another version made it, or files of the store are missing; the
        error says how to prepare it again.
    """
    try:
        raw = json.loads((folder / NAME).read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        raise _unfit(folder, "it has no manifest, so that no preparation was finished in it") from None
    except (OSError, ValueError) as error:
        raise _unfit(folder, f"its manifest does not read ({error})") from None
    command = _command(raw)
    made = {name: raw.get(name) if isinstance(raw, dict) else None for name in _MADE_BY}
    if made != _MADE_BY:
        told = "; ".join(f"{name} {made[name]}, here {here}" for name, here in _MADE_BY.items())
        raise _unfit(folder, f"another version made it ({told})", command)
    try:
        found = Manifest(**{**raw, "sources": [Source(**each) for each in raw["sources"]]})
        for name, kind in _KINDS.items():
            if not isinstance(raw[name], kind):
                raise TypeError(f"{name} is no {kind.__name__}")
        _ = found.today
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise _unfit(folder, f"its manifest does not read ({error})", command) from None
    _check_files(folder, found)
    return found


_MADE_BY: dict[str, Any] = {"format": FORMAT, "spacenorms": program(), "pyoxigraph": ox.__version__}

_KINDS = {"folder": str, "data_version": str, "files": dict, "graphs": dict, "views": dict}


def _check_files(folder: Path, manifest: Manifest) -> None:
    for name, length in manifest.files.items():
        path = folder / manifest.folder / name
        try:
            there = path.stat().st_size
        except OSError:
            raise _unfit(folder, f"its file {path.name} is missing", manifest.command) from None
        if there != length:
            told = f"its file {path.name} has {there:,} bytes, not {length:,}"
            raise _unfit(folder, told, manifest.command)


def _command(raw: Any) -> list[str]:
    words = raw.get("command") if isinstance(raw, dict) else None
    return words if isinstance(words, list) and all(isinstance(word, str) for word in words) else []


def _unfit(folder: Path, why: str, command: list[str] | None = None) -> BadData:
    words = ["spacenorms", "prepare", "-o", str(folder), *(command or [])]
    return BadData(
        f"{folder} is no prepared store for this program: {why}.",
        remedy=f"Prepare it again with: {shlex.join(words)}",
        code="bad-store",
        file=str(folder),
    )
