"""Saved queries: SPARQL files that say what they answer and which values they take."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pyoxigraph as ox

from graph.dates import day
from graph.errors import BadValue, SpacenormsError, UnknownName, suggest
from graph.resources import queries_dir

_HEADER = re.compile(r"#\s*(title|description|tags|parameter|column|severity|remedy|reference)\s*:\s*(.*)")
_PARAMETER = re.compile(
    r"(?P<name>\w+)\s*\((?P<type>[\w()\- |,]+?)\)\s*=(?P<default>.*?)\s:\s+(?P<description>.*)"
)
_SLOT = re.compile(
    r"^(?P<before>\s*VALUES\s+\?(?P<name>\w+)\s*\{)(?P<value>[^}]*)(?P<after>\}\s*#\s*parameter)", re.M
)

_XSD = "http://www.w3.org/2001/XMLSchema#"

#: Turns a name that a user writes for a thing of some kind into its address.
Resolver = Callable[[str, str], str]


@dataclass(frozen=True)
class Parameter:
    """A value that a saved query takes.

    Attributes
    ----------
    name : str
        Name of the variable that is bound.
    type : str
        ``date``, ``year``, ``integer``, ``text``, ``choice(a|b)``, ``iri``, a kind of thing such as
        ``state``, or ``concept(scheme)``.
    default : str
        What holds when none is given; empty for "any".
    description : str
        What the value means.
    """

    name: str
    type: str
    default: str
    description: str


@dataclass(frozen=True)
class SavedQuery:
    """One file of ``queries``.

    Attributes
    ----------
    name : str
        Path below ``queries`` without its ending, such as ``withdrawals`` or ``views/conflicts``.
    title, description : str
        What it answers.
    tags : tuple of str
        Subjects to find it by.
    parameters : tuple of Parameter
        The values that it takes.
    columns : dict of str to str
        Meaning of each result column, where described.
    text : str
        The SPARQL, which runs as it stands.
    severity, remedy, reference : str
        Further header lines, empty where absent.
    """

    name: str
    title: str
    description: str
    tags: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    columns: Mapping[str, str]
    text: str
    severity: str = ""
    remedy: str = ""
    reference: str = ""
    _slots: frozenset[str] = field(default=frozenset(), repr=False)

    def bind(self, values: Mapping[str, object], resolve: Resolver) -> str:
        """Return the SPARQL with values in place.

        Only what stands inside the braces of a parameter's VALUES line is replaced, by a checked
        term in the syntax of N-Triples; nothing else of the text can change.

        Parameters
        ----------
        values : mapping of str to object
            Value by parameter name; a missing or None value means the default.
        resolve : callable
            Gives the address of a thing from its kind and name.

        Returns
        -------
        str
            SPARQL ready to run.

        Raises
        ------
        BadValue, UnknownName, BadDate
            A name that is no parameter, or a value that is none of its type.
        """
        known = [parameter.name for parameter in self.parameters]
        for name in values:
            if name not in known:
                raise BadValue(
                    f"“{name}” is not a parameter of the query {self.name}.",
                    remedy=suggest(name, known) or "It takes none.",
                    code="unknown-parameter",
                    parameter=name,
                )
        terms = {
            parameter.name: _term(parameter, _given(values.get(parameter.name), parameter.default), resolve)
            for parameter in self.parameters
        }
        return _SLOT.sub(
            lambda match: f"{match['before']} {terms.get(match['name'], match['value'])} {match['after']}",
            self.text,
        )


def _given(value: object, default: str) -> str:
    if value is None or value == "":
        return default
    return str(value)


def _term(parameter: Parameter, value: str, resolve: Resolver) -> str:
    if value == "":
        return "UNDEF"
    return str(_typed(parameter, value, resolve))


def _typed(parameter: Parameter, value: str, resolve: Resolver) -> ox.NamedNode | ox.Literal:
    kind = parameter.type
    if kind == "date":
        return ox.Literal(day(value, parameter.name).isoformat(), datatype=ox.NamedNode(_XSD + "date"))
    if kind in ("integer", "year"):
        return ox.Literal(_integer(value, parameter.name))
    if kind == "text":
        return ox.Literal(value)
    if kind.startswith("choice("):
        return ox.Literal(_choice(value, kind[len("choice(") : -1].split("|"), parameter.name))
    if kind == "iri":
        return _address(value, parameter.name)
    if kind.startswith("concept("):
        return ox.NamedNode(resolve(kind[len("concept(") : -1], value))
    return ox.NamedNode(resolve(kind, value))


def _integer(value: str, name: str) -> int:
    try:
        return int(value)
    except ValueError:
        raise BadValue(f"“{value}” is not a whole number ({name}).", remedy="Write digits only.") from None


def _choice(value: str, choices: list[str], name: str) -> str:
    if value not in choices:
        raise BadValue(
            f"“{value}” is not a choice for {name}.", remedy=f"Choose one of {', '.join(choices)}."
        )
    return value


def _address(value: str, name: str) -> ox.NamedNode:
    try:
        return ox.NamedNode(value)
    except ValueError:
        raise BadValue(f"“{value}” is not an absolute address ({name}).", remedy="Give a full IRI.") from None


def parse(name: str, text: str) -> SavedQuery:
    """Read a saved query from its text.

    Parameters
    ----------
    name : str
        Its name.
    text : str
        SPARQL with the header of a saved query.

    Returns
    -------
    SavedQuery
        The query.

    Raises
    ------
    SpacenormsError
        The header lacks a title, or parameters and VALUES lines do not match.
    """
    header: dict[str, list[str]] = {}
    for line in text.splitlines():
        match = _HEADER.match(line)
        if match:
            header.setdefault(match[1], []).append(match[2].strip())
    parameters = tuple(_parameter(name, line) for line in header.get("parameter", []))
    slots = [match["name"] for match in _SLOT.finditer(text)]
    if "title" not in header or sorted(set(slots)) != sorted(parameter.name for parameter in parameters):
        raise SpacenormsError(
            f"The query {name} has no title, or its parameters {[p.name for p in parameters]} "
            f"do not match its VALUES lines {slots}.",
            remedy="Give it a title, and each parameter a line “VALUES ?name { … }  # parameter”.",
            code="bad-saved-query",
        )
    columns = dict(line.partition(":")[::2] for line in header.get("column", []))
    return SavedQuery(
        name=name,
        title=header["title"][0],
        description=" ".join(header.get("description", [])),
        tags=tuple(tag.strip() for tag in ",".join(header.get("tags", [])).split(",") if tag.strip()),
        parameters=parameters,
        columns={key.strip(): value.strip() for key, value in columns.items()},
        text=text,
        severity="".join(header.get("severity", [])),
        remedy=" ".join(header.get("remedy", [])),
        reference=" ".join(header.get("reference", [])),
    )


def _parameter(query: str, line: str) -> Parameter:
    match = _PARAMETER.fullmatch(line)
    if not match:
        raise SpacenormsError(
            f"The query {query} has a parameter line that does not read: {line}",
            remedy="Write “# parameter: name (type) = default : description”.",
            code="bad-saved-query",
        )
    return Parameter(match["name"], match["type"], match["default"].strip().strip('"'), match["description"])


@cache
def load_all(folder: Path | None = None) -> Mapping[str, SavedQuery]:
    """Read every query file.

    Parameters
    ----------
    folder : pathlib.Path, optional
        The folder to read; the project's own when absent.

    Returns
    -------
    mapping of str to SavedQuery
        By name, sorted; names of files in subfolders begin with the folder's name.
    """
    root = folder or queries_dir()
    paths = sorted(root.rglob("*.rq"))
    names = {path.relative_to(root).with_suffix("").as_posix(): path for path in paths}
    return {name: parse(name, path.read_text(encoding="utf-8")) for name, path in names.items()}


def catalogue() -> Mapping[str, SavedQuery]:
    """Return the queries that people run, by name: those at the top of ``queries``, then the questions.

    The competency questions are named ``competency/…``.
    """
    found = load_all()
    top = {name: query for name, query in found.items() if "/" not in name}
    return top | {name: query for name, query in found.items() if name.startswith("competency/")}


def published(name: str) -> SavedQuery:
    """Return a query of the catalogue by name; raises UnknownName for any other, internal views included."""
    if name in catalogue():
        return find(name)
    raise _unknown(name)


def find(name: str) -> SavedQuery:
    """Return a query by name.

    Parameters
    ----------
    name : str
        Such as ``withdrawals`` or ``views/conflicts``.

    Returns
    -------
    SavedQuery
        The query.

    Raises
    ------
    UnknownName
        There is none of this name; the error suggests near ones.
    """
    queries = load_all()
    if name not in queries:
        raise _unknown(name)
    return queries[name]


def _unknown(name: str) -> UnknownName:
    return UnknownName(
        f"There is no saved query “{name}”.",
        remedy=suggest(name, catalogue()),
        code="unknown-query",
        name=name,
    )
