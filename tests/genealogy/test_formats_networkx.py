"""The graph of networkx holds the pedigree, and so does the GraphML file."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from hypothesis import given

from tests.kinship.builder import assemble, pedigrees, village
from yeonjwa.core.calendar import format_month
from yeonjwa.core.errors import MissingExtraError
from yeonjwa.genealogy.formats import networkx_graph
from yeonjwa.genealogy.formats.gedcom_reader import read_gedcom
from yeonjwa.genealogy.formats.networkx_graph import to_networkx, write_networkx
from yeonjwa.genealogy.pedigree import NONE, Pedigree
from yeonjwa.kinship.twin import ancestors_of


def only(graph: nx.DiGraph, flag: str) -> nx.DiGraph:
    return nx.DiGraph([(a, b) for a, b, flags in graph.edges(data=True) if flags[flag]])


@given(pedigrees())
def test_graph_holds_the_pedigree(pedigree: Pedigree) -> None:
    graph = to_networkx(pedigree)
    assert graph.graph["synthetic"] is True
    assert set(graph) == set(range(pedigree.num_persons))
    parents, spouses = only(graph, "parent"), only(graph, "spouse")
    for i, facts in graph.nodes(data=True):
        assert facts["sex"] == "fm"[pedigree.sex[i]]
        assert facts["birth"] == format_month(int(pedigree.birth[i]))
        known = {x for x in pedigree.parents(i) if x != NONE}
        assert (set(parents.predecessors(i)) if i in parents else set()) == known
        above = set(ancestors_of(pedigree, i)) - {i}
        assert (nx.ancestors(parents, i) if i in parents else set()) == above
    couples = set(zip(pedigree.wife.tolist(), pedigree.husband.tolist(), strict=True))
    assert set(spouses.edges) == couples | {(b, a) for a, b in couples}
    for wife, husband in couples:
        together = (pedigree.wife == wife) & (pedigree.husband == husband)
        assert graph.edges[wife, husband]["start"] == format_month(int(pedigree.start[together].min()))


def test_a_parent_who_is_a_spouse_has_one_edge_with_both_flags() -> None:
    # A man, his wife, their daughter, whom he marries: no rule of the format may lose one of the two ties.
    pedigree = assemble(
        [0, 0, 300], [900, 900, 900], [0, 1, 0], [-1, -1, 0], [(0, 1, 200), (2, 1, 600)], [2, 3, 3]
    )
    graph = to_networkx(pedigree)
    assert graph.edges[1, 2] == {"parent": True, "spouse": True, "start": format_month(600)}
    assert graph.edges[2, 1] == {"parent": False, "spouse": True, "start": format_month(600)}


def test_what_has_not_happened_is_left_out() -> None:
    pedigree = village(4)
    pedigree = replace(pedigree, last_month=int(np.median(pedigree.birth)))
    graph = to_networkx(pedigree)
    assert set(graph) == set(np.flatnonzero(pedigree.birth <= pedigree.last_month).tolist())
    for i, facts in graph.nodes(data=True):
        assert ("death" in facts) == (pedigree.death[i] <= pedigree.last_month)
    last = format_month(pedigree.last_month)
    assert all(flags["start"] <= last for _, _, flags in graph.edges(data=True) if flags["spouse"])


def test_graphml_is_read_back(tmp_path: Path) -> None:
    pedigree, path = village(5), tmp_path / "out.graphml"
    graph = to_networkx(pedigree)
    assert write_networkx(pedigree, path) == {"persons": len(graph), "edges": graph.number_of_edges()}
    back = nx.read_graphml(path, node_type=int)
    assert dict(back.nodes(data=True)) == dict(graph.nodes(data=True))
    assert {(a, b): f for a, b, f in back.edges(data=True)} == {
        (a, b): f for a, b, f in graph.edges(data=True)
    }
    assert back.graph["synthetic"] is True
    first = path.read_bytes()
    write_networkx(pedigree, path)
    assert path.read_bytes() == first


def test_placeholders_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "some.ged"
    person = "0 @{0}@ INDI\n1 BIRT\n2 DATE {1}\n1 DEAT\n2 DATE 1850\n"
    path.write_text(
        "0 HEAD\n1 GEDC\n2 VERS 7.0\n" + person.format("A", 1780) + person.format("B", 1810)
        + "0 @F@ FAM\n1 WIFE @A@\n1 CHIL @B@\n0 TRLR\n",
    )  # fmt: skip
    genealogy = read_gedcom(path)
    graph = to_networkx(genealogy.pedigree)
    assert set(graph) == set(genealogy.ids.values())
    assert list(graph.edges) == [(genealogy.ids["A"], genealogy.ids["B"])]
    assert graph.graph["synthetic"] is False


def test_without_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "networkx", None)
    with pytest.raises(MissingExtraError, match=r"yeonjwa\[formats\]"):
        to_networkx(village(1))


def test_pieces_of_any_size_give_the_same_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pedigree = village(5)
    write_networkx(pedigree, tmp_path / "a.graphml")
    monkeypatch.setattr(networkx_graph, "_CHUNK", 7)
    write_networkx(pedigree, tmp_path / "b.graphml")
    assert (tmp_path / "a.graphml").read_bytes() == (tmp_path / "b.graphml").read_bytes()
