"""A pedigree as tskit tables: individuals with their parents, two genomes each, no trees yet.

The tables are what the ``FixedPedigree`` model of msprime starts from. They follow its rules: two parents or none (-1),
mother first; the two nodes of an individual have its time; the only population is number 0.
"""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

import yeonjwa
from yeonjwa.core.errors import InputError, MissingExtraError
from yeonjwa.core.files import atomic
from yeonjwa.genealogy.pedigree import NONE, Pedigree

#: Metadata of an individual, 9 bytes: id, sex (0 female, 1 male), months of birth and of death (counted from
#: January 1600; a death of 32767 has not happened by the last month of the pedigree).
_METADATA: Final = {
    "codec": "struct",
    "type": "object",
    "additionalProperties": False,
    "required": ["person", "sex", "birth", "death"],
    "properties": {
        "person": {"type": "integer", "binaryFormat": "i", "index": 0},
        "sex": {"type": "integer", "binaryFormat": "b", "index": 1},
        "birth": {"type": "integer", "binaryFormat": "h", "index": 2},
        "death": {"type": "integer", "binaryFormat": "h", "index": 3},
    },
}
_ROW: Final = np.dtype([("person", "<i4"), ("sex", "i1"), ("birth", "<i2"), ("death", "<i2")])
_NOT_DEAD: Final = 32767


def to_tskit(
    pedigree: Pedigree,
    *,
    samples: NDArray[np.bool_] | None = None,
    sequence_length: float = 1.0,
    generation_months: float | None = None,
) -> Any:
    """A ``tskit.TableCollection`` with one individual a person born by the last month, in order of ids.

    Times are months before the last month of the pedigree, at birth. A genome passes one meiosis from parent to child
    whatever the times are; if trees are to be continued beyond the founders by a model in generations, give the
    length of a generation.

    Parameters
    ----------
    pedigree : Pedigree
    samples : bool array (persons,), optional
        Whose genomes are samples; those alive at the last month by default.
    sequence_length : float
        Length of the genome, above 0.
    generation_months : float, optional
        Months of a generation: times are then in generations.

    Raises
    ------
    InputError
        A mask that does not fit, nobody in it, or a child not younger than its parents.
    MissingExtraError
        tskit is not installed.
    """
    tskit = _tskit()
    chosen = pedigree.alive_at(pedigree.last_month) if samples is None else np.asarray(samples)
    if chosen.dtype != np.bool_ or chosen.shape != (pedigree.num_persons,):
        allowed = f"a bool array of shape ({pedigree.num_persons},)"
        raise InputError("samples", f"{chosen.dtype} array of shape {chosen.shape}", allowed)
    _check_numbers(sequence_length, generation_months)
    ids = np.flatnonzero(pedigree.birth <= pedigree.last_month)
    if not chosen[ids].any():
        raise InputError("samples", "nobody", "one person at least, born by the last month")
    tables = tskit.TableCollection(sequence_length)
    tables.time_units = "months" if generation_months is None else "generations"
    _describe(tskit, tables, pedigree)
    _add_individuals(tskit, tables, pedigree, ids)
    months = (pedigree.last_month - pedigree.birth[ids]).astype(np.float64)
    sample = np.where(chosen[ids], tskit.NODE_IS_SAMPLE, 0).astype(np.uint32)
    tables.nodes.set_columns(
        flags=np.repeat(sample, 2),
        time=np.repeat(months / (generation_months or 1.0), 2),
        population=np.zeros(2 * ids.size, np.int32),
        individual=np.repeat(np.arange(ids.size, dtype=np.int32), 2),
    )
    tables.build_index()
    return tables


def write_tskit(pedigree: Pedigree, path: Path, **options: Any) -> dict[str, int]:
    """Write the tables as a tskit file (``.trees``), atomically; the number of individuals and of samples.

    ``options`` are those of :func:`to_tskit`.
    """
    tables = to_tskit(pedigree, **options)
    with atomic(path) as temporary:
        tables.dump(str(temporary))
    samples = int((tables.nodes.flags & _tskit().NODE_IS_SAMPLE > 0).sum())
    return {"persons": int(tables.individuals.num_rows), "sample_nodes": samples}


def _tskit() -> Any:
    try:
        return importlib.import_module("tskit")
    except ImportError as error:
        raise MissingExtraError("tskit tables", "formats") from error


def _check_numbers(sequence_length: float, generation_months: float | None) -> None:
    for what, value in (("sequence length", sequence_length), ("months of a generation", generation_months)):
        if value is not None and not (np.isfinite(value) and value > 0):
            raise InputError(what, value, "a number above 0")


def _describe(tskit: Any, tables: Any, pedigree: Pedigree) -> None:
    """Metadata of the whole, the population and the provenance."""
    simulated = pedigree.provenance == "simulated"
    tables.metadata_schema = tskit.MetadataSchema.permissive_json()
    tables.metadata = {"synthetic": simulated, "provenance": pedigree.provenance}
    tables.populations.metadata_schema = tskit.MetadataSchema.permissive_json()
    description = "synthetic persons" if simulated else "imported genealogy"
    tables.populations.add_row(metadata={"name": "pop_0", "description": description})
    record = {
        "schema_version": "1.0.0",
        "software": {"name": "yeonjwa", "version": yeonjwa.__version__},
        "parameters": {"command": "to_tskit", "synthetic": simulated},
        "environment": {},
    }
    # No time: equal pedigrees give equal tables.
    tables.provenances.add_row(record=json.dumps(record), timestamp="")


def _add_individuals(tskit: Any, tables: Any, p: Pedigree, ids: NDArray[np.intp]) -> None:
    row = np.full(p.num_persons + 1, NONE, np.int32)  # the last place is the one of NONE
    row[ids] = np.arange(ids.size, dtype=np.int32)
    union = p.birth_union[ids]
    parents = np.full((ids.size, 2), NONE, np.int32)
    born = union != NONE
    parents[born, 0], parents[born, 1] = p.wife[union[born]], p.husband[union[born]]
    _check_ages(p, ids[born], parents[born])
    content = np.zeros(ids.size, _ROW)
    content["person"], content["sex"], content["birth"] = ids, p.sex[ids], p.birth[ids]
    content["death"] = np.where(p.death[ids] <= p.last_month, p.death[ids], _NOT_DEAD)
    tables.individuals.metadata_schema = tskit.MetadataSchema(_METADATA)
    count = np.arange(ids.size + 1, dtype=np.uint64)
    tables.individuals.set_columns(
        flags=np.zeros(ids.size, np.uint32),
        parents=row[parents].reshape(-1),
        parents_offset=2 * count,
        metadata=content.view(np.int8),
        metadata_offset=_ROW.itemsize * count,
    )


def _check_ages(p: Pedigree, children: NDArray[np.intp], parents: NDArray[np.int32]) -> None:
    wrong = np.flatnonzero((p.birth[parents] >= p.birth[children, None]).any(axis=1))
    if wrong.size:
        allowed = "parents born before their children; an imported pedigree may have nothing better for those before 1600"
        raise InputError("birth of person", int(children[wrong[0]]), allowed)
