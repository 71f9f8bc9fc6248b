"""Loads and derives a graph in memory, or takes over what an earlier start has kept."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pyoxigraph as ox

from graph import namespaces
from graph.prepared import startcache
from graph.prepared.manifest import program
from graph.rdf import loader
from graph.resources import queries_dir
from graph.sparql import examples, saved
from graph.writing.changes import lay_over, version_with, written_in

if TYPE_CHECKING:
    from graph.writing.journal import Written

#: Bytes of files beyond which nothing is kept: a prepared store is the better way then.
MOST_BYTES = 64 * 2**20

#: The modules that decide what a store holds, beside the files it is loaded from.
_CODE = (loader, examples, saved, namespaces)


def load(
    data: Sequence[Path], release: bool, today: datetime.date, cache: Path | None = None
) -> tuple[ox.Store, str]:
    """Load files into memory and run the rules.

    Parameters
    ----------
    data
        A user's own files and folders.
    release
        Whether to load the facts of the release.
    today
        The day for which plain derived edges hold.
    cache
        Folder of what earlier starts have kept; None to do without.

    Returns
    -------
    tuple of pyoxigraph.Store and str
        The store, and the version of its data.

    Raises
    ------
    BadData
        A file does not exist or does not parse.
    """
    files = [*loader.data_files(data), *(loader.release_files() if release else ())]
    written = written_in(data)
    version = version_with(loader.fingerprint([*files, *loader.rule_files()]), written)
    if cache is None or written or sum(path.stat().st_size for path in files) > MOST_BYTES:
        return derived(data, release, today, written), version
    key = _key(files, release, today)
    store = startcache.fetch(cache, key)
    if store is None:
        store = derived(data, release, today)
        startcache.keep(cache, key, store)
    return store, version


def derived(
    data: Iterable[Path], release: bool, today: datetime.date, written: Iterable[Written] = ()
) -> ox.Store:
    """Load files, and what was written over them, into memory and run the rules; errors as `load`."""
    store = ox.Store()
    if release:
        loader.load_release(store)
        loader.load_examples(store)
    loader.load_data(store, data)
    lay_over(store, written)
    loader.derive(store, today)
    return store


def _key(files: Iterable[Path], release: bool, today: datetime.date) -> str:
    """Return a hash of all that a store depends on."""
    digest = hashlib.sha256()
    parts: list[object] = [program(), ox.__version__, release, today.isoformat()]
    queries = sorted(queries_dir().rglob("*.rq"))
    code = [Path(str(module.__file__)) for module in _CODE]
    for path in (*files, *queries, *code):
        # A file may name itself by its place: relative addresses in it are resolved against that.
        parts += (str(path.absolute()), hashlib.sha256(path.read_bytes()).hexdigest())
    digest.update(repr(parts).encode())
    return digest.hexdigest()[:32]
