"""How fast kin are found, against other people's programs on the same pedigree, and how the cost grows with its size.

    python benchmarks/kin.py                                     # 250 thousand living, with whatever peers are installed
    python benchmarks/kin.py --living 250000 --json
    python benchmarks/kin.py --living 25000 250000 2500000       # growth; peers run on the smallest only
    python benchmarks/kin.py --no-peers --tables --threads

Nothing is installed: peers that are missing (networkx, scipy, duckdb, igraph, rustworkx) are named. Each size runs in a
process of its own, so that peak memory is its own. Times are CPU seconds of one thread, medians of several rounds;
in a round everyone measured takes his turn, and ratios are taken within a round. Every peer's answer is compared with
ours, person by person, before it is timed.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.metadata
import importlib.util
import json
import os
import resource
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

from population import machine

PEERS = ("networkx", "scipy", "duckdb", "igraph", "rustworkx")
#: Up k and down k, k = 1 to 4: siblings to third cousins.
GENERATION = "siblings + first_cousins + second_cousins + third_cousins"
SMALL = "parents + spouse + children + grandchildren"
#: Egos of a peer that takes them one at a time, and of one that takes them together.
SINGLE, BATCH = 100, 2000
#: Egos of a call: memory the system has not handed out before can cost more than finding the kin.
BLOCK = 1000
#: The same where threads share a call: as many as are worth a second thread.
THREADED = 8000
#: Egos of the table to third cousins: of everyone it would take several times the time of second cousins.
SAMPLED = 200_000
Graph, Egos = Any, Any


def cpu(call: Callable[[], Any]) -> float:
    """CPU seconds of all threads of this process."""
    begun = time.process_time()
    call()
    return time.process_time() - begun


def wall(call: Callable[[], Any]) -> float:
    """Seconds on the clock."""
    begun = time.perf_counter()
    call()
    return time.perf_counter() - begun


def peak() -> float:
    """Highest resident memory of this process so far, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def population(living: int) -> tuple[Graph, int]:
    """A synthetic nation with its index, and the month at which the living are counted."""
    from yeonjwa.core.calendar import month_index
    from yeonjwa.demography.rates import country
    from yeonjwa.evidence.parameters import load
    from yeonjwa.genealogy.simulate import simulate
    from yeonjwa.kinship.graph import KinGraph

    warnings.simplefilter("ignore")
    parameters, at = load(), month_index(2024, 12)
    pedigree = simulate(country("PRK", parameters), parameters, living=living, at=at, last=at, seed=1)
    return KinGraph(pedigree), at


def egos_of(graph: Graph, at: int, number: int) -> dict[str, Egos]:
    """Living egos: drawn at random, and neighbours in the order of ids."""
    import numpy as np

    living = np.flatnonzero(graph.pedigree.alive_at(at)).astype(np.int32)
    number = min(number, living.size)
    middle = (living.size - number) // 2
    return {
        "random": np.random.default_rng(1).permutation(living)[:number],
        "in id order": living[middle : middle + number],
    }


def own_figures(graph: Graph, at: int, rounds: int) -> dict[str, float]:
    """Microseconds an ego of circles, nanoseconds a person of the nearest flagged."""
    import numpy as np

    from yeonjwa.kinship.members import members
    from yeonjwa.kinship.nearest import nearest_flagged

    calls: dict[str, tuple[Callable[[], Any], float]] = {}
    figures: dict[str, float] = {}
    for order, egos in egos_of(graph, at, 10_000).items():
        for circle in ("chon<=2", "chon<=4", "chon<=8", GENERATION, SMALL):
            name = {GENERATION: "third cousins", SMALL: "parents to grandchildren"}.get(circle, circle)
            for label, month in (("ever", None), ("living", at)):
                found = members(graph, circle, egos, month=month)
                figures[f"kin {name}, {order}, {label}"] = float(found.counts.mean())

                def call(circle: str = circle, egos: Egos = egos, month: int | None = month) -> Any:
                    for first in range(0, egos.size, BLOCK):
                        members(graph, circle, egos[first : first + BLOCK], month=month)

                calls[f"us {name}, {order}, {label}"] = call, 1e6 / egos.size
    living = np.flatnonzero(graph.pedigree.alive_at(at))
    answer = None
    for share in (0.0004, 0.004, 0.05):
        flags = np.full(graph.num_persons, 255, np.uint8)
        flags[np.random.default_rng(2).permutation(living)[: round(share * living.size)]] = 0
        for degree in (4, 8):
            # As a simulation asks, month after month: the answer of before is overwritten.
            answer = nearest_flagged(graph, flags, degree, out=answer)

            def near(flags: Any = flags, degree: int = degree, answer: Any = answer) -> Any:
                return nearest_flagged(graph, flags, degree, out=answer)

            calls[f"ns nearest of {share:.2%} flagged within {degree}"] = near, 1e9 / graph.num_persons
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, (call, unit) in calls.items():
            times[name].append(cpu(call) * unit)
    return figures | {name: statistics.median(values) for name, values in times.items()}


def thread_figures(graph: Graph, at: int, rounds: int) -> dict[str, float]:
    """Seconds on the clock with one and with two threads, in turn; the ratio of the medians."""
    import numba

    from yeonjwa.kinship.members import members

    figures = {}
    for order, egos in egos_of(graph, at, 4 * THREADED).items():
        for circle, name in (("chon<=8", "chon<=8"), ("chon<=4", "chon<=4"), (GENERATION, "third cousins")):

            def call(circle: str = circle, egos: Egos = egos) -> None:
                for first in range(0, egos.size, THREADED):
                    members(graph, circle, egos[first : first + THREADED])

            seconds: dict[int, list[float]] = {1: [], 2: []}
            for count in range(rounds + 1):
                for threads in (1, 2):
                    numba.set_num_threads(threads)
                    took = wall(call)
                    if count > 0:  # the first meets memory that nobody has used yet
                        seconds[threads].append(took)
            figures[f"two threads, {name}, {order}"] = statistics.median(seconds[1]) / statistics.median(
                seconds[2]
            )
    numba.set_num_threads(1)
    return figures


def table_figures(graph: Graph, at: int) -> dict[str, float]:
    """CPU seconds, once, of the table of kin by age: of all living to second cousins, of a sample to third cousins."""
    from yeonjwa.kinship.tables import KINDS, kin_by_age

    near = [kind for kinds in KINDS.values() for kind in kinds if kind != "third_cousins"]
    return {
        "s tables of everyone, to second cousins": cpu(lambda: kin_by_age(graph.pedigree, at, kinds=near)),
        f"s tables of a sample of {SAMPLED:,}, to third cousins": cpu(
            lambda: kin_by_age(graph.pedigree, at, sample=SAMPLED, seed=1)
        ),
        "peak MB of tables": peak(),
    }


# Peers. Each takes the pairs (child, parent) and gives a function of egos, one set of kin for each.
Finder = Callable[[Egos], list[set[int]]]


def _pairs(graph: Graph) -> tuple[Any, Any]:
    """Children and parents, a pair a link."""
    import numpy as np

    p = graph.pedigree
    child = np.flatnonzero(p.birth_union >= 0)
    mother, father = p.wife[p.birth_union[child]], p.husband[p.birth_union[child]]
    return np.concatenate([child, child]), np.concatenate([mother, father])


def _walk_sets(up: Callable[[int], Any], down: Callable[[int], Any]) -> Finder:
    """Kin of ego's generation by sets, with functions for parents and children."""

    def find(egos: Egos) -> list[set[int]]:
        answers = []
        for ego in egos.tolist():
            found: set[int] = set()
            above = {ego}
            for steps in range(1, 5):
                above = {parent for person in above for parent in up(person)}
                front = above
                for _ in range(steps):
                    front = {child for person in front for child in down(person)}
                found |= front
            found.discard(ego)
            answers.append(found)
        return answers

    return find


def networkx(graph: Graph) -> Finder:
    """Directed graph of dictionaries; sets of predecessors and successors."""
    import networkx as nx

    child, parent = _pairs(graph)
    g = nx.DiGraph()
    g.add_nodes_from(range(graph.num_persons))
    g.add_edges_from(zip(parent.tolist(), child.tolist(), strict=True))
    return _walk_sets(g.pred.__getitem__, g.succ.__getitem__)


def igraph(graph: Graph) -> Finder:
    """Graph in C; predecessors and successors."""
    import igraph as ig

    child, parent = _pairs(graph)
    g = ig.Graph(
        n=graph.num_persons, edges=list(zip(parent.tolist(), child.tolist(), strict=True)), directed=True
    )
    return _walk_sets(g.predecessors, g.successors)


def rustworkx(graph: Graph) -> Finder:
    """Graph in Rust; indices of predecessors and successors."""
    import rustworkx as rx

    child, parent = _pairs(graph)
    g = rx.PyDiGraph(multigraph=False)
    g.add_nodes_from(range(graph.num_persons))
    g.add_edges_from_no_data(list(zip(parent.tolist(), child.tolist(), strict=True)))
    return _walk_sets(g.predecessor_indices, g.successor_indices)


def scipy(graph: Graph) -> Finder:
    """Products of sparse matrices for all egos together."""
    import numpy as np
    from scipy import sparse

    child, parent = _pairs(graph)
    size = graph.num_persons
    up = sparse.csr_array((np.ones(child.size, np.int32), (child, parent)), (size, size))
    down = up.T.tocsr()

    def find(egos: Egos) -> list[set[int]]:
        rows = np.arange(egos.size)
        own = sparse.csr_array((np.ones(egos.size, np.int32), (rows, egos)), (egos.size, size))
        above, total = own, sparse.csr_array((egos.size, size), dtype=np.int32)
        for steps in range(1, 5):
            above = above @ up
            above.data[:] = 1
            front = above
            for _ in range(steps):
                front = front @ down
                front.data[:] = 1
            total = total + front
        total.data[:] = 1
        total = (total - own.multiply(total)).tocsr()
        total.eliminate_zeros()
        answers.clear()
        answers.append(total)
        return []

    answers: list[Any] = []
    find.sets = (
        lambda: [  # type: ignore[attr-defined]
            set(answers[0].indices[a:b].tolist())
            for a, b in zip(answers[0].indptr[:-1], answers[0].indptr[1:], strict=True)
        ]
    )
    return find


def duckdb(graph: Graph) -> Finder:
    """A recursive query over a table of links, for all egos together, on one thread."""
    import duckdb as engine
    import numpy as np

    child, parent = _pairs(graph)
    links = {"child": child.astype(np.int32), "parent": parent.astype(np.int32)}
    connection = engine.connect(":memory:", config={"threads": 1})
    connection.register("given", links)
    connection.execute("create table link as select * from given order by child")
    connection.execute("create table back as select * from given order by parent")
    # A person k steps up is followed down k steps; what lies as high above ego's generation need be followed once.
    text = """
        with recursive climb(ego, person, k) as (
            select ego, ego, 0 from egos
            union select c.ego, l.parent, c.k + 1 from climb c join link l on l.child = c.person where c.k < 4
        ), fall(ego, person, k) as (
            select ego, person, k from climb where k > 0
            union select f.ego, b.child, f.k - 1 from fall f join back b on b.parent = f.person where f.k > 0
        )
        select distinct ego, person from fall where k = 0 and person <> ego"""
    answers: list[Any] = []

    def find(egos: Egos) -> list[set[int]]:
        connection.register("egos", {"ego": egos})
        answers.clear()
        answers.append((egos, connection.execute(text).fetchnumpy()))
        return []

    def sets() -> list[set[int]]:
        egos, rows = answers[0]
        found: dict[int, set[int]] = {int(ego): set() for ego in egos}
        for ego, person in zip(rows["ego"].tolist(), rows["person"].tolist(), strict=True):
            found[ego].add(person)
        return [found[int(ego)] for ego in egos]

    find.sets = sets  # type: ignore[attr-defined]
    return find


def peer_figures(graph: Graph, at: int, rounds: int) -> list[dict[str, Any]]:
    """One row a peer and order of egos: milliseconds an ego, ratio to ours by round, memory it took."""
    from yeonjwa.kinship.members import members

    rows = []
    for name in PEERS:
        if importlib.util.find_spec(name) is None:
            rows.append({"peer": name, "missing": True})
            continue
        before, built = peak(), 0.0
        finders: list[Finder] = []
        built = cpu(lambda name=name, finders=finders: finders.append(globals()[name](graph)))
        find = finders[0]
        together = name in ("scipy", "duckdb")
        number = BATCH if together else SINGLE
        for order, egos in egos_of(graph, at, number).items():
            found = members(graph, GENERATION, egos)
            answers = find(egos) or find.sets()  # type: ignore[attr-defined]
            if any(set(found.of(i).tolist()) != answers[i] for i in range(egos.size)):
                sys.exit(f"{name} and yeonjwa disagree")
            theirs, ours, alone = [], [], []
            for _ in range(rounds):
                theirs.append(cpu(lambda egos=egos, find=find: find(egos)) / egos.size)
                block = egos_of(graph, at, BATCH)[order]
                ours.append(cpu(lambda block=block: members(graph, GENERATION, block)) / block.size)
                few = egos[:50]
                alone.append(
                    cpu(lambda few=few: [members(graph, GENERATION, few[i : i + 1]) for i in range(50)]) / 50
                )
            rows.append(
                {
                    "peer": name,
                    "version": importlib.metadata.version(name),
                    "egos": order,
                    "together": together,
                    "build_s": built,
                    "memory_mb": max(peak() - before, 0.0),
                    "ms_an_ego": statistics.median(theirs) * 1e3,
                    "ours_us_an_ego": statistics.median(ours) * 1e6,
                    "ours_one_call_an_ego_us": statistics.median(alone) * 1e6,
                    "ratio": statistics.median(t / o for t, o in zip(theirs, ours, strict=True)),
                    "ratio_one_call_an_ego": statistics.median(
                        t / o for t, o in zip(theirs, alone, strict=True)
                    ),
                }
            )
        del find
    return rows


def measure(living: int, options: argparse.Namespace, peers: bool) -> dict[str, Any]:
    """Everything for one size, in this process."""
    import numba

    numba.set_num_threads(1)
    graph, at = population(living)
    result: dict[str, Any] = {
        "living": graph.pedigree.num_living(at),
        "persons_ever": graph.num_persons,
        "unions": graph.num_unions,
        "peak_mb_of_pedigree": peak(),
        "figures": own_figures(graph, at, options.rounds),
    }
    result["peak_mb_of_kin"] = peak()
    if options.threads:
        result["figures"] |= thread_figures(graph, at, options.rounds)
    if options.tables:
        result["figures"] |= table_figures(graph, at)
    if peers:
        result["peers"] = peer_figures(graph, at, options.rounds)
    result["load"] = os.getloadavg()
    return result


def tables(results: list[dict[str, Any]]) -> str:
    """Markdown."""
    heads = [f"{r['living']:,} living, {r['persons_ever']:,} ever" for r in results]
    lines = ["| | " + " | ".join(heads) + " |", "|---|" + "---|" * len(results)]
    for name in results[0]["figures"]:
        lines.append(f"| {name} | " + " | ".join(f"{r['figures'].get(name, 0):,.4g}" for r in results) + " |")
    lines.append("| peak MB | " + " | ".join(f"{r['peak_mb_of_kin']:,.0f}" for r in results) + " |")
    lines.append("| load | " + " | ".join(f"{r['load'][0]:.1f}" for r in results) + " |")
    for result in results:
        for row in result.get("peers", []):
            if row.get("missing"):
                lines.append(f"\n{row['peer']} is not installed")
        rows = [row for row in result.get("peers", []) if not row.get("missing")]
        if rows:
            lines += [
                "",
                "| peer | egos | ms an ego | ours, us an ego | ratio | ours, one call an ego, us | ratio | build s | MB |",
                "|---|---|---|---|---|---|---|---|---|",
            ]
        lines += [
            f"| {r['peer']} {r['version']} | {r['egos']} | {r['ms_an_ego']:.3f} | {r['ours_us_an_ego']:.1f} "
            f"| {r['ratio']:.0f} | {r['ours_one_call_an_ego_us']:.0f} | {r['ratio_one_call_an_ego']:.0f} "
            f"| {r['build_s']:.1f} | {r['memory_mb']:.0f} |"
            for r in rows
        ]
    return "\n".join(lines)


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--living", type=int, nargs="+", default=[250_000])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--tables", action="store_true", help="also tables of kin by age of everyone")
    parser.add_argument("--threads", action="store_true", help="also two threads against one")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(json.dumps(measure(options.living[0], options, not options.no_peers)))
        return
    results = []
    for living in options.living:
        call = [sys.executable, __file__, "--child", "--living", str(living), "--rounds", str(options.rounds)]
        call += ["--tables"] * options.tables + ["--threads"] * options.threads
        call += ["--no-peers"] * (options.no_peers or living != min(options.living))
        results.append(json.loads(subprocess.run(call, check=True, stdout=subprocess.PIPE).stdout))
    if options.json:
        print(json.dumps({"machine": machine(), "sizes": results}, indent=1))
    else:
        print(" ".join(f"{key}: {value};" for key, value in machine().items()), "\n")
        print(tables(results))


if __name__ == "__main__":
    main()
