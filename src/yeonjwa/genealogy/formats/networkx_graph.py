"""A pedigree as a graph: an edge from each parent to each child, and edges both ways between spouses.

In memory as a graph of networkx; in a file as GraphML, which networkx, igraph and Gephi read, written as it comes.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TextIO

import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.calendar import NEVER, format_month
from yeonjwa.core.errors import MissingExtraError
from yeonjwa.core.files import atomic
from yeonjwa.core.progress import Progress, Silent
from yeonjwa.genealogy.formats.placeholders import placeholders
from yeonjwa.genealogy.pedigree import FEMALE, NONE, Pedigree

_CHUNK: Final = 20_000
#: From this many persons on, progress is told.
_LARGE: Final = 100_000

_HEAD: Final = """<?xml version="1.0" encoding="utf-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
<key id="synthetic" for="graph" attr.name="synthetic" attr.type="boolean"/>
<key id="provenance" for="graph" attr.name="provenance" attr.type="string"/>
<key id="sex" for="node" attr.name="sex" attr.type="string"/>
<key id="birth" for="node" attr.name="birth" attr.type="string"/>
<key id="death" for="node" attr.name="death" attr.type="string"/>
<key id="province" for="node" attr.name="province" attr.type="string"/>
<key id="parent" for="edge" attr.name="parent" attr.type="boolean"/>
<key id="spouse" for="edge" attr.name="spouse" attr.type="boolean"/>
<key id="start" for="edge" attr.name="start" attr.type="string"/>
<graph edgedefault="directed">
"""


@dataclass(frozen=True)
class _Edges:
    """Edges of the graph, each pair once, by source and target."""

    source: NDArray[np.int64]
    target: NDArray[np.int64]
    parent: NDArray[np.bool_]
    spouse: NDArray[np.bool_]
    start: NDArray[np.int64]


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
    try:
        networkx = importlib.import_module("networkx")
    except ImportError as error:
        raise MissingExtraError("networkx graphs", "formats") from error
    present = _present(pedigree)
    graph = networkx.DiGraph(synthetic=pedigree.provenance == "simulated", provenance=pedigree.provenance)
    for persons in _persons(pedigree, present):
        graph.add_nodes_from(persons)
    for ties in _ties(_edges(pedigree, present)):
        graph.add_edges_from(ties)
    return graph


def write_networkx(pedigree: Pedigree, path: Path, *, progress: Progress | None = None) -> dict[str, int]:
    """Write the graph of :func:`to_networkx` as GraphML, atomically; the number of nodes and of edges.

    Needs no library; ``networkx.read_graphml(path, node_type=int)`` gives the graph back.

    Parameters
    ----------
    pedigree : Pedigree
    path : Path
        The file; replaced if it is there.
    progress : Progress, optional
        Told of nodes and edges above 100,000 persons.
    """
    progress = progress if progress is not None and pedigree.num_persons > _LARGE else Silent()
    present = _present(pedigree)
    edges = _edges(pedigree, present)
    nodes = int(present.sum())
    progress.stage("GraphML", nodes + edges.source.size, "nodes and edges")
    with atomic(path) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as file:
        file.write(_HEAD)
        simulated = pedigree.provenance == "simulated"
        file.write(_data({"synthetic": simulated, "provenance": pedigree.provenance}) + "\n")
        for persons in _persons(pedigree, present):
            _write(file, ((f'node id="{i}"', "node", facts) for i, facts in persons))
            progress.advance(len(persons))
        for ties in _ties(edges):
            _write(file, ((f'edge source="{a}" target="{b}"', "edge", flags) for a, b, flags in ties))
            progress.advance(len(ties))
        file.write("</graph>\n</graphml>\n")
    progress.finish()
    return {"persons": nodes, "edges": int(edges.source.size)}


def _write(file: TextIO, elements: Iterator[tuple[str, str, dict[str, Any]]]) -> None:
    file.write("".join(f"<{begin}>{_data(facts)}</{end}>\n" for begin, end, facts in elements))


def _data(facts: dict[str, Any]) -> str:
    """Facts as XML. They are months, flags and ids of provinces: nothing in them needs an escape."""
    return "".join(
        f'<data key="{key}">{str(value).lower() if isinstance(value, bool) else value}</data>'
        for key, value in facts.items()
    )


def _present(p: Pedigree) -> NDArray[np.bool_]:
    return (p.birth <= p.last_month) & ~placeholders(p)


def _persons(p: Pedigree, present: NDArray[np.bool_]) -> Iterator[list[tuple[int, dict[str, Any]]]]:
    """(id, facts) of everybody present, in pieces."""
    months = [format_month(month) for month in range(p.last_month + 1)]
    everyone = np.flatnonzero(present)
    for low in range(0, everyone.size, _CHUNK):
        ids = everyone[low : low + _CHUNK]
        homes = p.region_province[p.region[ids]].tolist()
        rows = zip(
            ids.tolist(),
            p.sex[ids].tolist(),
            p.birth[ids].tolist(),
            p.death[ids].tolist(),
            homes,
            strict=True,
        )
        piece = []
        for person, sex, birth, death, home in rows:
            facts = {"sex": "f" if sex == FEMALE else "m", "birth": months[birth]}
            if death <= p.last_month:
                facts["death"] = months[death]
            piece.append((person, {**facts, "province": p.provinces[home]}))
        yield piece


def _edges(p: Pedigree, present: NDArray[np.bool_]) -> _Edges:
    """All ties between those present; ties of one pair in one direction are one edge."""
    size = np.int64(p.num_persons)
    child = np.flatnonzero(present & (p.birth_union != NONE)).astype(np.int64)
    union = p.birth_union[child]
    above = np.concatenate([p.wife[union], p.husband[union]]).astype(np.int64)
    child = np.concatenate([child, child])
    descent = above[present[above]] * size + child[present[above]]
    formed = np.flatnonzero((p.start <= p.last_month) & present[p.wife] & present[p.husband])
    wife, husband = p.wife[formed].astype(np.int64), p.husband[formed].astype(np.int64)
    marriage = np.concatenate([wife * size + husband, husband * size + wife])
    both = np.concatenate([descent, marriage])
    key, place = np.unique(both, return_inverse=True)
    parent, spouse = np.zeros(key.size, np.bool_), np.zeros(key.size, np.bool_)
    parent[place[: descent.size]] = True
    spouse[place[descent.size :]] = True
    start = np.full(key.size, NEVER, np.int64)
    np.minimum.at(start, place[descent.size :], np.tile(p.start[formed], 2).astype(np.int64))
    return _Edges(key // size, key % size, parent, spouse, start)


def _ties(edges: _Edges) -> Iterator[list[tuple[int, int, dict[str, Any]]]]:
    """(source, target, flags) of all edges, in pieces."""
    for low in range(0, edges.source.size, _CHUNK):
        piece = slice(low, low + _CHUNK)
        rows = zip(
            edges.source[piece].tolist(),
            edges.target[piece].tolist(),
            edges.parent[piece].tolist(),
            edges.spouse[piece].tolist(),
            edges.start[piece].tolist(),
            strict=True,
        )
        yield [
            (a, b, {"parent": parent, "spouse": spouse, **({"start": format_month(start)} if spouse else {})})
            for a, b, parent, spouse, start in rows
        ]
