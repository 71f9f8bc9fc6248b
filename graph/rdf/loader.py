"""Loads files of RDF into named graphs and derives further graphs by the rules."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import IO, cast

import pyoxigraph as ox

from graph.errors import BadData
from graph.namespaces import GRAPHS
from graph.resources import ontology_dir, queries_dir
from graph.sparql import examples, saved
from graph.writing.graphs import has_journal

FORMATS = {
    ".ttl": ox.RdfFormat.TURTLE,
    ".trig": ox.RdfFormat.TRIG,
    ".nt": ox.RdfFormat.N_TRIPLES,
    ".nq": ox.RdfFormat.N_QUADS,
}
_WITH_GRAPHS = (".trig", ".nq")
_CHUNK = 2**20
#: Fewer derived statements than these are added in one transaction, without files of their own on a disk.
_FEW = 10_000


def release_files(folder: Path | None = None) -> dict[Path, str]:
    """Return the Turtle files of the release with the address of the graph that each becomes.

    Parameters
    ----------
    folder : pathlib.Path, optional
        A folder laid out as ``ontology``; the project's own when absent.

    Returns
    -------
    dict of pathlib.Path to str
        Graph address by file, sorted by path.
    """
    root = folder or ontology_dir()
    return {path: graph_of(path, root) for path in sorted(root.rglob("*.ttl"))}


def graph_of(path: Path, root: Path) -> str:
    """Return the address of the graph for a file of the release."""
    stem = path.relative_to(root).with_suffix("").as_posix()
    return GRAPHS + ("ontology" if stem == "spacenorms" else stem)


def data_files(given: Iterable[Path]) -> Iterator[Path]:
    """Yield the RDF files among paths, entering folders.

    Parameters
    ----------
    given : iterable of pathlib.Path
        Files and folders.

    Yields
    ------
    pathlib.Path
        Files with a known ending, folders walked in sorted order.

    Raises
    ------
    BadData
        A path does not exist, has an unknown ending, or is a folder without RDF.
    """
    for path in given:
        if path.is_dir():
            found = sorted(each for each in path.rglob("*") if each.suffix in FORMATS)
            if not found and not has_journal(path):
                raise BadData(f"The folder {path} holds no RDF.", remedy=_ENDINGS, file=str(path))
            yield from found
        elif not path.exists():
            raise BadData(f"There is no file {path}.", remedy="Check the path.", file=str(path), status=404)
        elif path.suffix not in FORMATS:
            raise BadData(
                f"The file {path} has an ending that is not known.", remedy=_ENDINGS, file=str(path)
            )
        else:
            yield path


_ENDINGS = f"Files end in {', '.join(sorted(FORMATS))}."


def load_file(
    store: ox.Store, path: Path, graph: str | None = None, read: Callable[[int], None] | None = None
) -> None:
    """Load one file.

    Parameters
    ----------
    store : pyoxigraph.Store
        Where to.
    path : pathlib.Path
        The file; its ending says the format.
    graph : str, optional
        Address of the graph for statements that name none.
    read : callable, optional
        Told now and then how many bytes have been read.

    Raises
    ------
    BadData
        The file does not parse; the error names file, line and column.
    """
    target = ox.NamedNode(graph) if graph and path.suffix not in _WITH_GRAPHS else None
    form, base = FORMATS[path.suffix], path.absolute().as_uri()
    try:
        if read is None:
            store.bulk_load(path=str(path), format=form, to_graph=target, base_iri=base)
        else:
            with path.open("rb") as file:
                counted = cast(IO[bytes], _Counted(file, read))
                store.bulk_load(counted, format=form, to_graph=target, base_iri=base)
    except SyntaxError as error:
        raise BadData(
            f"{path} does not parse: {error.msg}",
            remedy=f"Mend line {error.lineno} at column {error.offset}.",
            file=str(path),
            line=error.lineno,
            column=error.offset,
        ) from None


class _Counted:
    """A file that tells how much of it has been read."""

    def __init__(self, file: IO[bytes], told: Callable[[int], None]) -> None:
        self._file = file
        self._told = told
        self._count = 0

    def read(self, length: int = -1) -> bytes:
        """Return the next bytes."""
        found = self._file.read(length)
        self._count += len(found)
        self._told(self._count)
        return found


def load_release(store: ox.Store, folder: Path | None = None) -> None:
    """Load every file of the release into a graph of its own."""
    for path, graph in release_files(folder).items():
        load_file(store, path, graph)


def load_data(store: ox.Store, given: Iterable[Path]) -> None:
    """Load a user's files; those that name no graph get one named after the file."""
    for path in data_files(given):
        load_file(store, path, data_graph(path))


def data_graph(path: Path) -> str:
    """Return the address of the graph for the statements of a user's file that name none."""
    return f"{GRAPHS}data/{path.stem}"


def load_examples(store: ox.Store) -> None:
    """Put the saved queries into a graph of their own."""
    target = ox.NamedNode(examples.GRAPH)
    store.bulk_extend([ox.Quad(t.subject, t.predicate, t.object, target) for t in examples.triples()])


def rule_files() -> list[Path]:
    """Return the files of the rules, on which the derived graphs depend."""
    return sorted((queries_dir() / "rules").glob("*.rq"))


def rules() -> list[saved.SavedQuery]:
    """Return the rules in the order in which they run."""
    return [query for name, query in saved.load_all().items() if name.startswith("rules/")]


def rule_graph(rule: saved.SavedQuery) -> ox.NamedNode:
    """Return the graph that holds what a rule derives: named after the rule, without its number."""
    return ox.NamedNode(f"{GRAPHS}rules/{rule.name.removeprefix('rules/').partition('-')[2]}")


def derive(store: ox.Store, today: datetime.date, chosen: Iterable[saved.SavedQuery] | None = None) -> None:
    """Run rules and put what each derives into its own graph.

    Parameters
    ----------
    store : pyoxigraph.Store
        Read and written.
    today : datetime.date
        The day for which the plain edges hold.
    chosen : iterable of SavedQuery, optional
        Some of `rules`, in their order; all of them when absent.
    """
    for rule in rules() if chosen is None else chosen:
        text = rule.bind({p.name: today for p in rule.parameters if p.type == "date"}, _no_names)
        target = rule_graph(rule)
        derived = cast(ox.QueryTriples, store.query(text, use_default_graph_as_union=True))
        quads = (ox.Quad(t.subject, t.predicate, t.object, target) for t in derived)
        first = list(islice(quads, _FEW))
        if len(first) < _FEW:
            store.extend(first)
        else:
            # The query reads the store as it was when it began, and its answer is never held all at once.
            store.bulk_extend(chain(first, quads))


def _no_names(kind: str, name: str) -> str:
    raise AssertionError(f"rules take days only, not a {kind} such as {name}")


def fingerprint(files: Iterable[Path]) -> str:
    """Return a short hash of the contents of files: the version of the data.

    Parameters
    ----------
    files : iterable of pathlib.Path
        Read in sorted order.

    Returns
    -------
    str
        Twelve hexadecimal digits.
    """
    digest = hashlib.sha256()
    for path in sorted(files):
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    return digest.hexdigest()[:12]
