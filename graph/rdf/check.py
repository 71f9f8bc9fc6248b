"""Checks files of facts: their Turtle, their shapes (SHACL), and the hygiene of the whole graph."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pyoxigraph as ox
from pyshacl import validate
from pyshacl.errors import ConstraintLoadError, ReportableRuntimeError, ShapeLoadError
from pyshacl.graph_abstraction import OxigraphDataGraph
from rdflib import RDF, SH, BNode, Graph, Literal, URIRef
from rdflib.term import IdentifiedNode, Node

from graph.errors import BadData
from graph.namespaces import BASE, GRAPHS, shorten
from graph.rdf.loader import load_file, release_files
from graph.resources import ontology_dir
from graph.sparql import saved

#: Told what the check is doing, a sentence at a time.
Progress = Callable[[str], None]

_SHAPES = ox.NamedNode(GRAPHS + "shapes")
_SHAPE = BASE + "shapes#"
_MISSING = (SH.MinCountConstraintComponent,)
_REPEATED = (SH.MaxCountConstraintComponent, SH.UniqueLangConstraintComponent)
_PREFIX = re.compile(r"^@prefix\s+([\w-]*):\s*<([^>]*)>", re.M)
_BLOCK = re.compile(r"(?:<([^>]*)>|([\w-]*):(\S+))(?=\s|$)")


@dataclass(frozen=True, order=True)
class Fault:
    """Something wrong in a file.

    Attributes
    ----------
    file : str
        The file in which the subject stands; relative to the current folder if it lies below it.
    line : int
        The line where the subject's block begins, 0 where it was not found.
    subject : str
        What the fault is about, in prefixed form where a prefix fits.
    rule : str
        ``turtle``, ``shapes/<shape>`` or ``hygiene/<rule>``.
    message : str
        What is wrong.
    remedy : str
        How to mend it.
    severity : str
        ``error`` or ``warning``.
    """

    file: str
    line: int
    subject: str
    rule: str
    message: str
    remedy: str
    severity: str = "error"

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        told = (
            f"{place}: {self.severity}: {self.subject}: " if self.subject else f"{place}: {self.severity}: "
        )
        return f"{told}{self.message}\n    {self.remedy} [{self.rule}]"


@dataclass(frozen=True)
class Finding:
    """A fault whose place is not known yet.

    Attributes
    ----------
    subject, property
        Addresses of the thing and the property at fault; empty where there is none.
    rule, message, remedy, severity
        As in `Fault`.
    """

    subject: str
    property: str
    rule: str
    message: str
    remedy: str
    severity: str = "error"


def check(directory: Path | None = None, progress: Progress = lambda _: None) -> list[Fault]:
    """Check every Turtle file of a folder.

    A folder with a ``spacenorms.ttl`` is checked as a release of its own. Any other folder, or a single
    file, is checked against the installed release, and only what stands in it is reported.

    Parameters
    ----------
    directory : pathlib.Path, optional
        The folder or file; the project's own ontology and facts when absent.
    progress : callable
        Called with a sentence at each step.

    Returns
    -------
    list of Fault
        By file and line. While a file does not parse, the faults of syntax alone: the others would only
        follow from them.

    Raises
    ------
    BadData
        There is no such folder, or no Turtle in it.
    """
    checked, background = _files(directory)
    store = ox.Store()
    progress(f"Reading {len(checked) + len(background)} files")
    unread = [
        fault for path, graph in {**background, **checked}.items() for fault in _read(store, path, graph)
    ]
    if unread:
        return sorted(unread)
    if not any(store.quads_for_pattern(None, None, None, _SHAPES)):
        load_file(store, ontology_dir() / "shapes.ttl", _SHAPES.value)
    things = _things(store, checked) if background else None
    findings = [*_by_shapes(store, things, progress), *_by_hygiene(store, progress)]
    return _placed(store, checked, findings)


def _files(directory: Path | None) -> tuple[dict[Path, str], dict[Path, str]]:
    """Return the files to check and those they are checked against, each with its graph."""
    if directory is None or (directory / "spacenorms.ttl").is_file():
        return release_files(directory), {}
    paths = [directory] if directory.is_file() else sorted(directory.rglob("*.ttl"))
    if not paths:
        fault = "holds no Turtle" if directory.is_dir() else "does not exist"
        raise BadData(f"{directory} {fault}.", remedy="Name a folder with files that end in .ttl.")
    checked = {path: f"{GRAPHS}checked/{number}" for number, path in enumerate(paths)}
    inside = {path.resolve() for path in paths}
    release = release_files().items()
    return checked, {path: graph for path, graph in release if path.resolve() not in inside}


def _read(store: ox.Store, path: Path, graph: str) -> Iterator[Fault]:
    try:
        load_file(store, path, graph)
    except BadData as error:
        line, column = error.extension.get("line", 0), error.extension.get("column", 0)
        message = error.message.removeprefix(f"{path} does not parse: ")
        remedy = f"Mend line {line}, column {column}; nothing else is checked until every file parses."
        yield Fault(_shown(path), line, "", "turtle", f"This is not Turtle: {message}", remedy)
    except UnicodeDecodeError as error:
        yield Fault(_shown(path), 0, "", "turtle", f"Is not UTF-8: {error.reason}.", "Save it as UTF-8.")


def _things(store: ox.Store, checked: Mapping[Path, str]) -> set[str]:
    graphs = (ox.NamedNode(graph) for graph in checked.values())
    quads = (quad for graph in graphs for quad in store.quads_for_pattern(None, None, None, graph))
    return {quad.subject.value for quad in quads if isinstance(quad.subject, ox.NamedNode)}


# --- shapes -----------------------------------------------------------------------------------------------


def _by_shapes(store: ox.Store, things: set[str] | None, progress: Progress) -> list[Finding]:
    """Validate with SHACL; rdflib holds the data, since pySHACL asks a store for one triple at a time."""
    shapes, facts = _as_rdflib(store, shapes=True), _as_rdflib(store, shapes=False)
    progress(f"Validating {len(facts):,} statements against {len(list(shapes.subjects(SH.path))):,} shapes")
    return by_shapes(facts, shapes, None if things is None else sorted(things))


def by_shapes(facts: Graph | ox.Store, shapes: Graph, focus: list[str] | None) -> list[Finding]:
    """Validate with SHACL (https://www.w3.org/TR/shacl/).

    Parameters
    ----------
    facts : rdflib.Graph or pyoxigraph.Store
        The statements; of a store, the union of its graphs.
    shapes : rdflib.Graph
        The shapes.
    focus : list of str, optional
        Addresses of the things to validate; all that the shapes target when absent.

    Returns
    -------
    list of Finding
        Each violation once.

    Raises
    ------
    BadData
        The shapes cannot be used.
    """
    if focus is not None and not focus:
        return []
    try:
        with _without_log("rdflib.term"):
            data = _Facts(facts) if isinstance(facts, ox.Store) else facts
            report = cast(Graph, validate(data, shacl_graph=shapes, focus_nodes=focus)[1])
    except (ShapeLoadError, ConstraintLoadError, ReportableRuntimeError) as error:
        raise BadData(f"The shapes cannot be used: {error}", remedy="Mend shapes.ttl.") from error
    results = report.subjects(RDF.type, SH.ValidationResult)
    return list(dict.fromkeys(_violation(report, result) for result in results))


class _Facts(OxigraphDataGraph):
    """A store that need not be counted, for each violation anew, to know that it is not empty."""

    def __bool__(self) -> bool:
        return True


def _violation(report: Graph, result: Node) -> Finding:
    def told(predicate: URIRef) -> str:
        return str(report.value(result, predicate) or "")

    right, _, remedy = told(SH.resultMessage).partition(". ")
    path = told(SH.resultPath)
    if isinstance(given := report.value(result, SH.resultPath), BNode):  # a path that is read backwards
        path = str(report.value(given, SH.inversePath) or "")
    component = report.value(result, SH.sourceConstraintComponent)
    if component in _MISSING:
        seen = f"{shorten(path)} is missing"
    elif component in _REPEATED:
        seen = f"{shorten(path)} stands more than once"
    else:
        seen = f"{shorten(path)} is {_quoted(report.value(result, SH.value))}"
    rule = told(SH.sourceShape).removeprefix(_SHAPE)
    return Finding(told(SH.focusNode), path, f"shapes/{rule}", f"{right}: {seen}.", remedy)


def _quoted(value: Node | None) -> str:
    if isinstance(value, Literal):
        kind = f"@{value.language}" if value.language else f"^^{shorten(str(value.datatype))}"
        return f"“{value}”{kind if value.language or value.datatype else ''}"
    return shorten(str(value))


def _as_rdflib(store: ox.Store, *, shapes: bool) -> Graph:
    graph = Graph(bind_namespaces="none")
    for quad in store:
        if (quad.graph_name == _SHAPES) == shapes:
            graph.add((_node(quad.subject), URIRef(quad.predicate.value), _term(quad.object)))
    return graph


def _node(term: ox.NamedNode | ox.BlankNode | ox.Triple) -> IdentifiedNode:
    return BNode(term.value) if isinstance(term, ox.BlankNode) else URIRef(str(getattr(term, "value", term)))


def _term(term: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple) -> Node:
    if not isinstance(term, ox.Literal):
        return _node(term)
    if term.language:
        return Literal(term.value, lang=term.language)
    kind = term.datatype.value
    return Literal(term.value, datatype=URIRef(kind), normalize=False)


@contextmanager
def _without_log(name: str) -> Iterator[None]:
    """Keep a logger silent: rdflib logs a traceback for each ill-typed literal, told below anyway."""
    logger = logging.getLogger(name)
    before = logger.disabled
    logger.disabled = True
    try:
        yield
    finally:
        logger.disabled = before


# --- hygiene ----------------------------------------------------------------------------------------------


def hygiene_rules() -> list[saved.SavedQuery]:
    """Return the hygiene rules, sorted by name.

    Returns
    -------
    list of graph.saved.SavedQuery
        Each selects ``?subject`` and ``?message``, and ``?property`` where one statement is at fault; its
        header gives the severity and the remedy.
    """
    return [query for name, query in saved.load_all().items() if name.startswith("hygiene/")]


def _by_hygiene(store: ox.Store, progress: Progress) -> Iterator[Finding]:
    rules = hygiene_rules()
    for number, rule in enumerate(rules, start=1):
        progress(f"Hygiene {number} of {len(rules)}: {rule.title}")
        solutions = cast(ox.QuerySolutions, store.query(rule.text, use_default_graph_as_union=True))
        concerns_property = any(variable.value == "property" for variable in solutions.variables)
        for row in solutions:
            concerned = row["property"].value if concerns_property and row["property"] else ""
            subject, message = row["subject"].value, row["message"].value
            yield Finding(subject, concerned, rule.name, message, rule.remedy, rule.severity)


# --- where a fault stands -----------------------------------------------------------------------------------


def _placed(store: ox.Store, checked: Mapping[Path, str], findings: list[Finding]) -> list[Fault]:
    """Give each finding its file and line; leave out echoes, and what stands outside the checked files."""
    paths = {graph: path for path, graph in checked.items()}
    by_shapes = {(each.subject, each.property) for each in findings if each.rule.startswith("shapes/")}
    own = [each for each in findings if _is_own(each, by_shapes)]
    placed = [(_path(store, paths, each), each) for each in own]
    blocks = {path: _blocks(path) for path, _ in placed if path}
    return sorted({_fault(path, each, blocks[path]) for path, each in placed if path})


def _is_own(finding: Finding, by_shapes: set[tuple[str, str]]) -> bool:
    return finding.rule.startswith("shapes/") or (finding.subject, finding.property) not in by_shapes


def _path(store: ox.Store, paths: Mapping[str, Path], finding: Finding) -> Path | None:
    """Return the file in which the statement stands, or else the first that describes the subject."""
    subject = _subject(finding)
    stated = ox.NamedNode(finding.property) if finding.property else None
    for predicate in (stated, None):
        quads = store.quads_for_pattern(subject, predicate, None)
        found = {paths[_name(quad)] for quad in quads if _name(quad) in paths}
        if found:
            return min(found)
    return None


def _subject(finding: Finding) -> ox.NamedNode | ox.BlankNode:
    is_blank = ":" not in finding.subject
    return ox.BlankNode(finding.subject) if is_blank else ox.NamedNode(finding.subject)


def _name(quad: ox.Quad) -> str:
    return quad.graph_name.value if isinstance(quad.graph_name, ox.NamedNode) else ""


def _fault(path: Path, finding: Finding, blocks: Mapping[str, int]) -> Fault:
    return Fault(
        _shown(path),
        blocks.get(finding.subject, 0),
        shorten(finding.subject),
        finding.rule,
        finding.message,
        finding.remedy,
        finding.severity,
    )


def _blocks(path: Path) -> dict[str, int]:
    """Return the line on which the block of each subject begins."""
    text = path.read_text(encoding="utf-8")
    namespaces = dict(_PREFIX.findall(text))
    lines: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        match = _BLOCK.match(line)
        if match:
            lines.setdefault(match[1] or namespaces.get(match[2], "") + (match[3] or ""), number)
    return lines


def _shown(path: Path) -> str:
    here = Path.cwd()
    return str(path.resolve().relative_to(here)) if path.resolve().is_relative_to(here) else str(path)
