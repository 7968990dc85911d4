"""A pedigree as a networkx graph: an edge from each parent to each child, and edges both ways between spouses."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.calendar import format_month
from yeonjwa.core.errors import MissingExtraError
from yeonjwa.core.files import atomic
from yeonjwa.genealogy.formats.placeholders import placeholders
from yeonjwa.genealogy.pedigree import FEMALE, Pedigree

_SEXES: Final = {FEMALE: "f"}


def to_networkx(pedigree: Pedigree) -> Any:
    """A ``networkx.DiGraph`` of everybody born by the last month.

    Nodes are ids, with ``sex`` ("f", "m"), ``birth`` and, if it has happened, ``death`` ("YYYY-MM"), and ``province``
    of birth. Edges have the flags ``parent`` (from parent to child) and ``spouse`` (both ways, with ``start``, the
    month of the first union); where two are both, one edge has both flags. The graph has ``synthetic``.
    Placeholders of an imported pedigree are left out.

    Parameters
    ----------
    pedigree : Pedigree

    Raises
    ------
    MissingExtraError
        networkx is not installed.
    """
    p = pedigree
    graph = _networkx().DiGraph(synthetic=p.provenance == "simulated", provenance=p.provenance)
    present = (p.birth <= p.last_month) & ~placeholders(p)
    _add_persons(graph, p, present)
    unions = zip(range(p.num_unions), p.wife.tolist(), p.husband.tolist(), p.start.tolist(), strict=True)
    first = p.first_child.tolist()
    for union, wife, husband, start in unions:
        for child in range(first[union], first[union + 1]):
            if present[child]:
                graph.add_edges_from(((x, child) for x in (wife, husband) if present[x]), parent=True)
        if start <= p.last_month and present[wife] and present[husband]:
            _marry(graph, wife, husband, format_month(start))
    for _, _, flags in graph.edges(data=True):
        flags.setdefault("parent", False)
        flags.setdefault("spouse", False)
    return graph


def write_networkx(pedigree: Pedigree, path: Path) -> dict[str, int]:
    """Write the graph as GraphML, atomically; the number of nodes and of edges."""
    graph = to_networkx(pedigree)
    with atomic(path) as temporary:
        _networkx().write_graphml_xml(graph, temporary, encoding="utf-8")
    return {"persons": graph.number_of_nodes(), "edges": graph.number_of_edges()}


def _networkx() -> Any:
    try:
        return importlib.import_module("networkx")
    except ImportError as error:
        raise MissingExtraError("networkx graphs", "formats") from error


def _add_persons(graph: Any, p: Pedigree, present: NDArray[np.bool_]) -> None:
    months = [format_month(month) for month in range(p.last_month + 1)]
    provinces = p.region_province[p.region].tolist()
    rows = zip(p.sex.tolist(), p.birth.tolist(), p.death.tolist(), provinces, strict=True)
    for person, (sex, birth, death, province) in enumerate(rows):
        if not present[person]:
            continue
        facts = {"sex": _SEXES.get(sex, "m"), "birth": months[birth]}
        if death <= p.last_month:
            facts["death"] = months[death]
        graph.add_node(person, **facts, province=p.provinces[province])


def _marry(graph: Any, wife: int, husband: int, start: str) -> None:
    for a, b in ((wife, husband), (husband, wife)):
        known = graph.get_edge_data(a, b, {})
        graph.add_edge(a, b, spouse=True, start=min(start, known.get("start", start)))
