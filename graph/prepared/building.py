"""Loads and derives a graph into a store on disk, from which servers and commands start at once."""

from __future__ import annotations

import datetime
import hashlib
import shutil
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyoxigraph as ox

from graph.errors import BadValue
from graph.knowledge import KnowledgeGraph
from graph.prepared import manifest, starting
from graph.prepared.locks import InUse, unless_in_use
from graph.prepared.manifest import Manifest, Source
from graph.prepared.opening import QUADS
from graph.rdf import loader
from graph.sparql.store import EmbeddedStore
from graph.writing.changes import lay_over, version_with, written_in
from graph.writing.journal import Written

#: Views that walk the whole graph: the statistics of the data set, which a server tells in many places.
VIEWS = ("views/void-graphs", "views/void-classes", "views/void-properties", "views/void-class-properties")

_BEGINNING = "graph-"
_TELLING_BYTES = 64 * 2**20
_CHUNK = 2**20

Progress = Callable[[str], None]


def prepare(
    output: Path,
    data: Sequence[Path] = (),
    *,
    release: bool = True,
    today: datetime.date | None = None,
    progress: Progress = lambda _: None,
) -> Manifest:
    """Load files, run the rules and keep the result on disk.

    What is in the folder already goes on being served until the new graph is whole, and is removed once
    nobody reads it any more. A preparation that is broken off leaves nothing that could be taken for a
    store.

    Parameters
    ----------
    output : pathlib.Path
        A folder that is new, empty or holds a prepared store.
    data : sequence of pathlib.Path
        Turtle, TriG, N-Triples or N-Quads files, or folders of them, beside the release.
    release : bool
        Whether to load the facts of the release.
    today : datetime.date, optional
        The day for which plain derived edges hold; the calendar's when absent.
    progress : callable
        Told in a line what is being done.

    Returns
    -------
    Manifest
        What the store says of itself.

    Raises
    ------
    BadValue
        The folder holds something else, or there is nothing to load.
    BadData
        A file does not exist or does not parse.
    """
    when = today or datetime.date.today()
    files = _files(data, release)
    _check_output(output)
    output.mkdir(parents=True, exist_ok=True)
    with _new_folder(output) as folder:
        quads = folder / QUADS
        written = written_in(data)
        _fill(quads, data, written, release, when, progress)
        progress("Counting what there is of each class and property")
        graph = KnowledgeGraph(EmbeddedStore(ox.Store.read_only(str(quads))), "", when)
        views = {name: graph.run(name) for name in VIEWS}
        made = Manifest(
            folder=folder.name,
            data_version=version_with(loader.fingerprint([*files, *loader.rule_files()]), written),
            day=when.isoformat(),
            command=_command(data, release),
            sources=[_source(path) for path in files],
            files={path.relative_to(folder).as_posix(): path.stat().st_size for path in _lasting(quads)},
            graphs={str(row["graph"]): int(row["triples"] or 0) for row in views[VIEWS[0]]},
            views=views,
        )
        manifest.write(made, output)
    _sweep(output, made.folder)
    return made


def _files(data: Sequence[Path], release: bool) -> list[Path]:
    files = [*loader.data_files(data), *(loader.release_files() if release else ())]
    if not files:
        raise BadValue(
            "There is nothing to prepare: the release is left out, and no data are named.",
            remedy="Name files with --data, or leave --only-data out.",
        )
    return files


def _command(data: Iterable[Path], release: bool) -> list[str]:
    named = [word for path in data for word in ("--data", str(path.absolute()))]
    return named if release else [*named, "--only-data"]


def _check_output(output: Path) -> None:
    if output.exists() and not output.is_dir():
        raise BadValue(f"{output} is no folder.", remedy="Name a folder that is new or empty.")
    others = [each for each in output.iterdir() if not _is_ours(each)] if output.is_dir() else []
    if others:
        raise BadValue(
            f"The folder {output} holds other things, such as {others[0].name}.",
            remedy="Name a folder that is new or empty, or one that a preparation made.",
        )


def _is_ours(path: Path) -> bool:
    return path.name.startswith((_BEGINNING, manifest.NAME))


@contextmanager
def _new_folder(output: Path) -> Iterator[Path]:
    """Make a folder of quads that others leave alone; it goes again when the preparation fails."""
    folder = output / f"{_BEGINNING}{uuid.uuid4().hex[:12]}"
    folder.mkdir()
    in_use = InUse(folder)
    try:
        yield folder
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    finally:
        in_use.release()


def _sweep(output: Path, kept: str) -> None:
    """Remove the folders that were replaced or never finished, apart from those that someone reads."""
    for folder in output.glob(f"{_BEGINNING}*"):
        if folder.name != kept:
            with unless_in_use(folder) as is_free:
                if is_free:
                    shutil.rmtree(folder, ignore_errors=True)
    for begun in output.glob(f"{manifest.NAME}.*"):
        begun.unlink(missing_ok=True)


def _fill(
    quads: Path,
    data: Sequence[Path],
    written: Sequence[Written],
    release: bool,
    when: datetime.date,
    progress: Progress,
) -> None:
    files = _files(data, release)
    store = ox.Store(str(quads))
    if sum(path.stat().st_size for path in files) <= starting.MOST_BYTES:
        progress(f"Loading {len(files)} files and running the rules")
        _copy(starting.derived(data, release, when, written), store)
    else:
        _load_much(store, data, written, release, progress)
        _derive_much(store, when, progress)
    progress("Putting the statements in order")
    store.flush()
    store.optimize()


def _load_much(
    store: ox.Store, data: Sequence[Path], written: Sequence[Written], release: bool, progress: Progress
) -> None:
    """Load on disk, so that memory does not grow with the data."""
    if release:
        progress("Loading the release")
        begun = ox.Store()
        loader.load_release(begun)
        loader.load_examples(begun)
        _copy(begun, store)
    files = list(loader.data_files(data))
    for number, path in enumerate(files, 1):
        told = f"Loading {path.name} ({number} of {len(files)})"
        progress(told)
        length = path.stat().st_size
        loader.load_file(store, path, loader.data_graph(path), read=_telling(told, length, progress))
    lay_over(store, written)


def _derive_much(store: ox.Store, when: datetime.date, progress: Progress) -> None:
    progress("Putting the statements in order")
    store.optimize()
    rules = loader.rules()
    for number, rule in enumerate(rules, 1):
        progress(f"Deriving by {rule.name} ({number} of {len(rules)})")
        loader.derive(store, when, [rule])


def _copy(source: ox.Store, target: ox.Store) -> None:
    """Take over a store in one piece: many small ones leave as many files behind."""
    content = source.dump(format=ox.RdfFormat.N_QUADS) or b""
    target.bulk_load(content, format=ox.RdfFormat.N_QUADS, lenient=True)


def _telling(told: str, length: int, progress: Progress) -> Callable[[int], None]:
    """Return what is told the bytes that have been read of a long file."""
    next_told = _TELLING_BYTES

    def read(count: int) -> None:
        nonlocal next_told
        if count >= next_told:
            next_told = count + _TELLING_BYTES
            progress(f"{told}: {count / length:.0%}")

    return read


def _source(path: Path) -> Source:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return Source(str(path), path.stat().st_size, digest.hexdigest())


def _lasting(quads: Path) -> list[Path]:
    """Return the engine's files that a reader needs; it keeps logs beside them, which may change."""
    return sorted(
        path
        for path in quads.iterdir()
        if path.suffix == ".sst" or path.name == "CURRENT" or path.name.startswith("MANIFEST-")
    )
