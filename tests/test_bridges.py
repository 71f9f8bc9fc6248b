"""The states that bridge two blocs are those whose memberships say so on the day."""

from __future__ import annotations

import re

import networkx as nx
import pytest

from graph.errors import BadValue, UnknownName
from graph.measures.bridges import between_shares, bridges
from graph.networks import exports
from graph.sparql import saved


def codes(found) -> set[str]:
    return {bridge.code for bridge in found}


def test_thailand_senegal_and_serbia_are_in_both_at_state_level(graph) -> None:
    found = bridges(graph, ("artemis", "ilrs"))
    assert codes(found.both) == {"THA", "SEN", "SRB"}
    for bridge in found.both:
        assert bridge.length == 2
        assert all(tie.steps[0].since and tie.steps[0].sources for tie in bridge.ties)


def test_djibouti_is_in_both_only_by_a_claim(graph) -> None:
    found = bridges(graph)
    assert codes(found.claimed) == {"DJI"}
    assert [tie.engagement for tie in found.claimed[0].ties] == ["state", "claimed"]


def test_serbia_joins_the_bridge_in_july_2026(graph) -> None:
    assert "SRB" not in codes(bridges(graph, as_of="2026-06-30").both)
    assert "SRB" in codes(bridges(graph, as_of="2026-07-31").both)


def test_nobody_was_in_both_in_june_2023_and_the_answer_says_so(graph) -> None:
    found = bridges(graph, as_of="2023-06-01")
    assert not found.both
    assert any("No state belongs to both" in note for note in found.notes)


def test_institutions_tie_their_states_indirectly(graph) -> None:
    found = {bridge.code: bridge for bridge in bridges(graph).indirect}
    for code in ("ARE", "CHE", "COL", "OMN", "PAN", "USA"):
        assert found[code].engagement == "below-state", code
        assert found[code].length == 3


def test_members_of_a_partner_organization_are_tied_by_way_of_it(graph) -> None:
    found = {bridge.code: bridge for bridge in bridges(graph).indirect}
    for code in ("BGD", "PER", "TUR"):
        path = [step.alliance for step in found[code].ties[1].steps]
        assert path == ["apsco", "ilrs"], code
        assert found[code].ties[1].length == 2


def test_names_codes_and_aliases_give_the_same(graph) -> None:
    by_code = bridges(graph, ("artemis-accords", "ilrs"))
    assert bridges(graph, ("ARTEMIS", "International Lunar Research Station")).rows == by_code.rows


def test_the_order_of_the_blocs_changes_sides_and_nothing_else(graph) -> None:
    one, other = bridges(graph, ("artemis", "ilrs")), bridges(graph, ("ilrs", "artemis"))
    assert codes(one.both) == codes(other.both)
    assert {row.code: row.share for row in one.rows} == pytest.approx(
        {row.code: row.share for row in other.rows}
    )


def test_every_path_between_the_blocs_runs_through_a_state_in_both_today(graph) -> None:
    found = bridges(graph)
    shares = {row.code: row.share for row in found.rows if row.share > 1e-9}
    assert set(shares) == codes(found.both)
    assert sum(shares.values()) == pytest.approx(1)
    assert found.joined == found.pairs > 0


def test_meeting_places_hold_states_of_either_bloc_alone(graph) -> None:
    found = bridges(graph)
    named = {code for code, _ in found.meeting_places}
    assert {"OST", "copuos"} <= named
    assert not named & set(found.graph)
    for node, mode in found.graph.nodes(data="bipartite"):
        groups = {found.graph.nodes[state]["group"] for state in found.graph[node]} if mode else set()
        assert not {"artemis-accords", "ilrs"} <= groups


def test_the_finding_says_what_it_rests_on(graph) -> None:
    found = bridges(graph)
    assert sum(found.rests_on.values()) == sum(found.members.values())
    record = exports.bridges_record(found)
    assert record["method"] and record["references"] and record["graph"]["n"] and record["data_version"]
    step = record["both"][0]["ties"][0]["path"][0]
    assert step["since"] and step["sources"][0]["title"] and step["verification"]


def test_shares_agree_with_the_paths_counted_one_by_one() -> None:
    graph = nx.Graph(
        [("a", 1), ("b", 1), ("c", 1), ("c", 2), ("d", 2), ("d", 3), ("b", 3), ("e", 3), ("f", 2)]
    )
    groups = {"a": "x", "b": "x", "c": "n", "d": "n", "e": "y", "f": "y"}
    for node in graph:
        graph.nodes[node].update(bipartite=int(isinstance(node, int)), group=groups.get(node, "place"))
    graph = nx.relabel_nodes(graph, str)
    shares, pairs, joined = between_shares(graph, ("x", "y"))
    expected = dict.fromkeys("abcdef", 0.0)
    for source in "ab":
        for target in "ef":
            paths = list(nx.all_shortest_paths(graph, source, target))
            for path in paths:
                for node in set(path[1:-1]) & set(expected):
                    expected[node] += 1 / len(paths) / 4
    assert (pairs, joined) == (4, 4)
    assert shares == pytest.approx(expected)


def test_bridges_need_two_known_alliances(graph) -> None:
    with pytest.raises(BadValue, match="two alliances"):
        bridges(graph, ("artemis",))
    with pytest.raises(UnknownName, match="ilsr"):
        bridges(graph, ("artemis", "ilsr"))
    with pytest.raises(BadValue, match="twice"):
        bridges(graph, ("artemis", "Artemis Accords"))


def test_the_table_puts_those_tied_to_both_first(graph) -> None:
    lines = exports.bridges_csv(bridges(graph)).splitlines()
    assert lines[0].startswith("node,label,share_of_paths")
    assert {line.split(",")[0] for line in lines[1:4]} == {"THA", "SEN", "SRB"}
    assert any(line.startswith("PER,") and "PER > apsco > ilrs" in line for line in lines)


def test_members_of_every_kind_of_actor_are_asked_for(graph) -> None:
    kinds = graph.query(
        "PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#> "
        "PREFIX spn: <https://w3id.org/spacenorms/ontology#> "
        "SELECT ?kind { ?kind rdfs:subClassOf+ spn:Actor }"
    ).rows
    asked = re.search(r"VALUES \?class \{(.*?)\}", saved.find("networks/memberships").text, re.DOTALL)
    assert asked is not None
    assert {row["kind"].rpartition("#")[2] for row in kinds} == set(re.findall(r"spn:(\w+)", asked[1]))
