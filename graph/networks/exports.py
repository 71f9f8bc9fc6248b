"""Writes networks, centrality and bridges in the formats of other programs, and reads graphs."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

import networkx as nx

from graph.errors import BadData
from graph.measures.bridges import Bridge, Bridges, Step
from graph.measures.catalogue import CentralityTable, Reference
from graph.networks.building import Network
from graph.spreadsheet import csv_text

#: Characters that XML 1.0 does not allow.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def clean(graph: nx.Graph) -> nx.Graph:
    """Return a copy whose attributes every format can hold: text, numbers and truth values.

    An absent value is left out, several values are joined by ";", and characters that XML does not
    allow (NUL among them) are removed.
    """
    copy = graph.__class__()
    copy.graph.update(_tidy(graph.graph))
    copy.add_nodes_from((_plain(node), _tidy(known)) for node, known in graph.nodes(data=True))
    if graph.is_multigraph():
        copy.add_edges_from(
            (_plain(a), _plain(b), _plain(key), _tidy(known))
            for a, b, key, known in graph.edges(keys=True, data=True)
        )
    else:
        copy.add_edges_from((_plain(a), _plain(b), _tidy(known)) for a, b, known in graph.edges(data=True))
    return copy


def node_link(network: Network) -> dict[str, Any]:
    """Return a network in node-link form, with what a reader has to know under ``graph``."""
    found: dict[str, Any] = nx.node_link_data(clean(network.graph), edges="links")
    found["graph"] |= described(network)
    return found


def described(network: Network) -> dict[str, Any]:
    """Return what a reader has to know of a network."""
    return {
        "view": network.view,
        "title": network.title,
        "description": network.description,
        "method": network.method,
        "as_of": network.as_of,
        "parameters": dict(network.parameters),
        "n": network.graph.number_of_nodes(),
        "m": network.graph.number_of_edges(),
        "strength": network.strength or "none: every tie counts the same",
        "imprecise": network.imprecise,
        "verification": dict(network.grades),
        "counts": dict(network.counts),
        "notes": list(network.notes),
        "data_version": network.version,
    }


def graphml(network: Network) -> bytes:
    """Return a network as GraphML, which igraph, Gephi, yEd and networkx read."""
    buffer = io.BytesIO()
    nx.write_graphml_xml(_labelled(network), buffer)
    return buffer.getvalue()


def gexf(network: Network) -> bytes:
    """Return a network as GEXF 1.3, which Gephi and Gephi Lite read."""
    buffer = io.BytesIO()
    nx.write_gexf(_labelled(network), buffer, version="1.3")
    return buffer.getvalue()


def edge_table(network: Network) -> str:
    """Return a network as an edge list with the columns source, target, weight and what else ties have.

    A graph with parallel ties has a line for each, told apart by the column key.
    """
    ties = sorted(_lines(clean(network.graph)), key=lambda line: line[:2])
    names = sorted({name for _, _, known in ties for name in known} - {"weight"})
    rows = ([a, b, known.get("weight", 1), *(known.get(name, "") for name in names)] for a, b, known in ties)
    return csv_text(["source", "target", "weight", *names], rows)


def _lines(graph: nx.Graph) -> Iterable[tuple[str, str, dict[str, Any]]]:
    if not graph.is_multigraph():
        yield from graph.edges(data=True)
        return
    for a, b, key, known in sorted(graph.edges(keys=True, data=True), key=lambda tie: str(tie[2])):
        yield a, b, {**known, "key": key}


def centrality_record(table: CentralityTable, limit: int | None = None) -> dict[str, Any]:
    """Return a table of centrality as plain values, with its method, graph and reference."""
    return {
        "view": table.view,
        "measure": table.measure,
        "title": table.title,
        "meaning": table.meaning,
        "method": table.method,
        "reference": reference_record(table.reference),
        "parameters": dict(table.parameters),
        "n": table.nodes,
        "m": table.ties,
        "as_of": table.as_of,
        "imprecise": table.imprecise,
        "notes": list(table.notes),
        "data_version": table.version,
        "total": len(table.rows),
        "rows": [
            {
                "node": row.node,
                "label": row.label,
                "value": row.value,
                "rank": row.rank,
                "kind": row.kind,
                "group": row.group,
                "iri": row.iri,
            }
            for row in table.rows[:limit]
        ],
    }


def centrality_csv(table: CentralityTable, limit: int | None = None) -> str:
    """Return a table of centrality as CSV; every row names its measure, its network and its day."""
    columns = [
        "node",
        "label",
        "value",
        "rank",
        "kind",
        "group",
        "iri",
        "measure",
        "view",
        "as_of",
        "data_version",
    ]
    rows = (
        [row.node, row.label, repr(row.value), row.rank, row.kind, row.group, row.iri,
         table.measure, table.view, table.as_of, table.version]
        for row in table.rows[:limit]
    )  # fmt: skip
    return csv_text(columns, rows)


def bridges_record(found: Bridges) -> dict[str, Any]:
    """Return the bridges between two blocs as plain values."""
    return {
        "between": [
            {"code": bloc.code, "label": bloc.label, "iri": bloc.iri, "members": found.members[bloc.code]}
            for bloc in found.between
        ],
        "as_of": found.as_of,
        "both": [_bridge(bridge) for bridge in found.both],
        "claimed": [_bridge(bridge) for bridge in found.claimed],
        "indirect": [_bridge(bridge) for bridge in found.indirect],
        "meeting_places": [{"code": code, "label": label} for code, label in found.meeting_places],
        "pairs": found.pairs,
        "joined": found.joined,
        "states": [
            {
                "code": row.code,
                "label": row.label,
                "iri": row.iri,
                "group": row.group,
                "share_of_paths": row.share,
                "rank": row.rank,
                "betweenness": row.betweenness,
                "betweenness_rank": row.betweenness_rank,
            }
            for row in found.rows
        ],
        "graph": {
            "view": "affiliation without the meeting places",
            "n": found.graph.number_of_nodes(),
            "m": found.graph.number_of_edges(),
        },
        "method": found.method,
        "references": [reference_record(reference) for reference in found.references],
        "rests_on": dict(found.rests_on),
        "imprecise": found.imprecise,
        "notes": list(found.notes),
        "data_version": found.version,
    }


def bridges_csv(found: Bridges) -> str:
    """Return the states that bridge as CSV: those tied to both first, then every other by its numbers."""
    ties = {bridge.code: bridge for bridge in (*found.both, *found.claimed, *found.indirect)}
    numbers = {row.code: row for row in found.rows}
    order = [*ties, *(code for code in numbers if code not in ties)]
    rows = (
        [code, *_bridge_cells(ties.get(code), numbers.get(code)), found.as_of, found.version]
        for code in order
    )
    columns = ["node", "label", "share_of_paths", "rank", "betweenness", "engagement", "path_length"]
    columns += ["path_to_first", "path_to_second", "verification", "as_of", "data_version"]
    return csv_text(columns, rows)


def read_network(path: Path) -> Network:
    """Read a graph from a GraphML, GEXF or edge-list file, so that it can be measured.

    Parameters
    ----------
    path
        ``.graphml``, ``.gexf``, ``.json`` in node-link form, or ``.csv`` with the columns source, target
        and perhaps weight, key (for parallel ties) and sign.

    Returns
    -------
    Network
        With the directions and the parallel ties that the file has; measures that take neither say how
        they merge them. Ties with whole-numbered weights are taken as strengths; weights that are not make
        no difference, and a note says so.

    Raises
    ------
    BadData
        The file does not exist, has another ending, or does not parse.
    """
    readers = {".graphml": nx.read_graphml, ".gexf": nx.read_gexf, ".csv": _read_edges, ".json": _read_json}
    if path.suffix.lower() not in readers:
        raise BadData(f"{path} is no graph file.", remedy="Give a .graphml, .gexf, .csv or .json file.")
    try:
        read = readers[path.suffix.lower()](path)
    except FileNotFoundError:
        raise BadData(f"There is no file {path}.", remedy="Check the path.") from None
    except (ParseError, nx.NetworkXError, KeyError, TypeError, ValueError, UnicodeDecodeError) as error:
        raise BadData(
            f"{path} does not parse: {error}.", remedy="Write it anew as GraphML, GEXF or CSV."
        ) from None
    return _as_network(read, path)


def _as_network(read: nx.Graph, path: Path) -> Network:
    graph = read.copy()
    modes = dict(graph.nodes(data="bipartite"))
    graph.graph["two_mode"] = set(modes.values()) == {0, 1} and all(
        modes[a] != modes[b] for a, b in graph.edges()
    )
    weights = [weight for _, _, weight in graph.edges(data="weight")]
    whole = bool(weights) and all(_whole(weight) for weight in weights)
    plain = all(weight in (None, 1, 1.0) for weight in weights)
    notes = [] if whole or plain else ["Weights are not whole numbers from 1, so every tie counts the same."]
    return Network(
        view=path.name,
        title=path.name,
        description="A graph read from a file.",
        method="Read from a file.",
        as_of="",
        graph=nx.freeze(graph),
        imprecise=0,
        notes=tuple(notes),
        version="",
        blocs=(),
        strength="weight" if whole and not plain else None,
    )


def _whole(weight: Any) -> bool:
    return isinstance(weight, (int, float)) and weight >= 1 and float(weight).is_integer()


def _read_edges(path: Path) -> nx.Graph:
    graph = nx.MultiGraph()
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        if not {"source", "target"} <= set(rows.fieldnames or ()):
            raise ValueError("the first line must name the columns source and target")
        for row in rows:
            known = {name: _value(text) for name, text in row.items() if name and text}
            ends = (str(row["source"]), str(row["target"]))
            told = {name: value for name, value in known.items() if name not in ("source", "target", "key")}
            graph.add_edge(*ends, key=row.get("key") or None, **{"weight": 1, **told})
    parallel = graph.number_of_edges() > nx.Graph(graph).number_of_edges()
    return graph if parallel else nx.Graph(graph)


def _read_json(path: Path) -> nx.Graph:
    data = json.loads(path.read_text(encoding="utf-8"))
    read: nx.Graph = nx.node_link_graph(data, edges="links")
    read.graph.clear()
    return read


def _value(text: str) -> str | int | float:
    try:
        number = float(text)
    except ValueError:
        return text
    return int(number) if number.is_integer() else number


def _bridge(bridge: Bridge) -> dict[str, Any]:
    return {
        "code": bridge.code,
        "label": bridge.label,
        "iri": bridge.iri,
        "engagement": bridge.engagement,
        "path_length": bridge.length,
        "ties": [
            {
                "bloc": tie.bloc,
                "engagement": tie.engagement,
                "length": tie.length,
                "verification": tie.verification,
                "path": [_step(step) for step in tie.steps],
            }
            for tie in bridge.ties
        ],
    }


def _step(step: Step) -> dict[str, Any]:
    return {
        "membership": step.membership,
        "member": step.member,
        "member_label": step.member_label,
        "alliance": step.alliance,
        "alliance_label": step.alliance_label,
        "engagement": step.engagement,
        "level": step.level,
        "since": step.since or None,
        "certain": step.certain,
        "verification": step.verification,
        "sources": [{"iri": iri, "title": title} for iri, title in step.sources],
        "notes": list(step.notes),
    }


def _bridge_cells(bridge: Bridge | None, row: Any) -> list[Any]:
    label = bridge.label if bridge else row.label
    numbers = [repr(row.share), row.rank, repr(row.betweenness)] if row else ["", "", ""]
    if bridge is None:
        return [label, *numbers, "", "", "", "", ""]
    paths = [" > ".join([tie.steps[0].member, *(step.alliance for step in tie.steps)]) for tie in bridge.ties]
    grades = " / ".join(tie.verification for tie in bridge.ties)
    return [label, *numbers, bridge.engagement, bridge.length, *paths, grades]


def reference_record(reference: Reference) -> dict[str, str]:
    """Return a reference as plain values."""
    return {"text": reference.text, "doi": reference.doi}


def _labelled(network: Network) -> nx.Graph:
    copy = clean(network.graph)
    copy.graph.clear()
    copy.graph.update(
        _tidy({"name": f"{network.title}, as of {network.as_of}", "data_version": network.version})
    )
    return copy


def _tidy(attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {_plain(name): _plain(value) for name, value in attributes.items() if value is not None}


def _plain(value: Any) -> Any:
    if isinstance(value, (bool, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, str):
        return _FORBIDDEN.sub("", value)
    if isinstance(value, (list, tuple, set, frozenset)):
        return ";".join(
            str(_plain(each)) for each in (sorted(value) if isinstance(value, (set, frozenset)) else value)
        )
    return _FORBIDDEN.sub("", str(value))
