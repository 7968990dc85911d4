"""tskit tables hold the pedigree, and msprime simulates inheritance in it."""

from __future__ import annotations

import json
import sys
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tskit
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.kinship.builder import pedigrees, village
from yeonjwa.core.errors import InputError, MissingExtraError
from yeonjwa.genealogy.formats.gedcom_reader import read_gedcom
from yeonjwa.genealogy.formats.tskit_pedigree import to_tskit, write_tskit
from yeonjwa.genealogy.pedigree import NONE, Pedigree
from yeonjwa.kinship.twin import ancestors_of

DATA = Path(__file__).parent.parent / "data"


def msprime() -> Any:
    """The simulator; it has no wheels for Windows, and must be there on any other system."""
    if sys.platform == "win32":
        pytest.skip("NOT TESTED: msprime cannot be installed on Windows, so nothing simulated in a pedigree")
    import msprime

    return msprime


def simulate(tables: Any, **options: Any) -> Any:
    library = msprime()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", library.TimeUnitsMismatchWarning)
        return library.sim_ancestry(initial_state=tables, model="fixed_pedigree", random_seed=7, **options)


def samples(pedigree: Pedigree) -> Any:
    mask = np.zeros(pedigree.num_persons, np.bool_)
    mask[-5:] = True
    return mask


@given(pedigrees(), st.sampled_from([None, 300.0]))
@settings(max_examples=40)
def test_tables_hold_the_pedigree(pedigree: Pedigree, generation: float | None) -> None:
    pedigree = replace(pedigree, last_month=int(pedigree.birth.max()))
    tables = to_tskit(pedigree, samples=samples(pedigree), generation_months=generation)
    sequence = tables.tree_sequence()
    assert sequence.num_individuals == pedigree.num_persons
    for i, individual in enumerate(sequence.individuals()):
        assert tuple(individual.parents) == pedigree.parents(i)
        known = pedigree.death[i] <= pedigree.last_month
        assert individual.metadata == {
            "person": i,
            "sex": pedigree.sex[i],
            "birth": pedigree.birth[i],
            "death": pedigree.death[i] if known else 32767,
        }
        assert len(individual.nodes) == 2
        for node in individual.nodes:
            age = (pedigree.last_month - pedigree.birth[i]) / (generation or 1)
            assert sequence.node(node).time == pytest.approx(age)
            assert sequence.node(node).is_sample() == samples(pedigree)[i]
    assert sequence.metadata["synthetic"] is True
    assert tables.time_units == ("months" if generation is None else "generations")
    tskit.validate_provenance(json.loads(sequence.provenance(0).record))


@given(pedigrees())
@settings(max_examples=25)
def test_genomes_descend_along_the_pedigree(pedigree: Pedigree) -> None:
    """What msprime simulates in the pedigree passes from ancestors to descendants of ours, and from nobody else."""
    pedigree = replace(pedigree, last_month=int(pedigree.birth.max()))
    tables = to_tskit(pedigree, samples=samples(pedigree), sequence_length=50)
    sequence = simulate(tables, recombination_rate=0.01)
    assert sequence.num_samples == 2 * min(5, pedigree.num_persons)
    above = [ancestors_of(pedigree, i) for i in range(pedigree.num_persons)]
    for edge in sequence.edges():
        child, parent = sequence.node(edge.child).individual, sequence.node(edge.parent).individual
        assert parent in above[child]
        assert parent != child
    founders = {n for tree in sequence.trees() for n in tree.roots}
    assert all(pedigree.birth_union[sequence.node(n).individual] == NONE for n in founders)


def test_one_genome_comes_from_each_parent() -> None:
    pedigree = village(6)
    pedigree = replace(pedigree, last_month=int(pedigree.birth.max()))
    child = int(np.flatnonzero(pedigree.birth_union != NONE)[-1])
    mask = np.zeros(pedigree.num_persons, np.bool_)
    mask[child] = True
    sequence = simulate(
        to_tskit(pedigree, samples=mask, sequence_length=10),
        recombination_rate=0.05,
        additional_nodes=msprime().NodeType.PASS_THROUGH,
        coalescing_segments_only=False,
    )
    own = sequence.individual(child).nodes
    from_whom = [
        {sequence.node(edge.parent).individual for edge in sequence.edges() if edge.child == node}
        for node in own
    ]
    assert sorted(map(sorted, from_whom)) == sorted([parent] for parent in pedigree.parents(child))


def test_beyond_the_founders_another_model_goes_on() -> None:
    library = msprime()
    pedigree = replace(village(6), last_month=int(village(6).birth.max()))
    tables = to_tskit(pedigree, samples=samples(pedigree), sequence_length=10, generation_months=300)
    sequence = simulate(tables)
    demography = library.Demography()
    demography.add_population(name="pop_0", initial_size=50)
    rooted = library.sim_ancestry(initial_state=sequence, demography=demography, model="dtwf", random_seed=1)
    assert all(tree.num_roots == 1 for tree in rooted.trees())


def test_imported_genealogy_with_placeholders(tmp_path: Path) -> None:
    lines = (DATA / "victoria551.ged").read_text("utf-8").splitlines()
    path = tmp_path / "one_parent.ged"
    path.write_text("\n".join(x for x in lines if x != "1 HUSB @FRANCIS@") + "\n", encoding="utf-8")
    genealogy = read_gedcom(path)
    assert genealogy.placeholder.sum() == 1
    mask = np.zeros(genealogy.pedigree.num_persons, np.bool_)
    mask[[genealogy.ids["VICTORIA"], genealogy.ids["ALBERT"]]] = True
    tables = to_tskit(genealogy.pedigree, samples=mask)
    assert tables.metadata["synthetic"] is False
    assert simulate(tables).num_samples == 4


def test_a_file(tmp_path: Path) -> None:
    pedigree = village(8)
    pedigree = replace(pedigree, last_month=int(np.median(pedigree.birth)))
    born, living = pedigree.birth <= pedigree.last_month, pedigree.alive_at(pedigree.last_month)
    path = tmp_path / "out.trees"
    assert write_tskit(pedigree, path) == {"persons": born.sum(), "sample_nodes": 2 * living.sum()}
    sequence = tskit.load(str(path))
    assert [x.metadata["person"] for x in sequence.individuals()] == np.flatnonzero(born).tolist()
    for individual in sequence.individuals():
        expected = pedigree.parents(individual.metadata["person"])
        found = [sequence.individual(x).metadata["person"] if x != NONE else NONE for x in individual.parents]
        assert tuple(found) == expected
    first = path.read_bytes()
    write_tskit(pedigree, path)
    assert tskit.load(str(path)).tables == sequence.tables
    assert len(path.read_bytes()) == len(first)


def test_bad_calls() -> None:
    pedigree = village(1)
    nobody = np.zeros(pedigree.num_persons, np.bool_)
    with pytest.raises(InputError, match="nobody"):
        to_tskit(pedigree, samples=nobody)
    with pytest.raises(InputError, match="samples"):
        to_tskit(pedigree, samples=nobody[1:])
    with pytest.raises(InputError, match="sequence length"):
        to_tskit(pedigree, samples=~nobody, sequence_length=0)
    with pytest.raises(InputError, match="generation"):
        to_tskit(pedigree, samples=~nobody, generation_months=float("nan"))
    early = replace(pedigree, birth=np.full_like(pedigree.birth, 5))
    with pytest.raises(InputError, match="birth of person"):
        to_tskit(early, samples=~nobody)


def test_without_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tskit", None)
    with pytest.raises(MissingExtraError, match=r"yeonjwa\[formats\]"):
        to_tskit(village(1))
