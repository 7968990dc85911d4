"""Whole jobs: a population in a folder out to a file of another format, and a GEDCOM file into a folder."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from yeonjwa.core.calendar import format_month
from yeonjwa.core.errors import InputError
from yeonjwa.core.files import staged_folder, write_text
from yeonjwa.core.progress import Progress, default
from yeonjwa.core.provenance import Meter

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from yeonjwa.genealogy.formats.selection import Selection
    from yeonjwa.genealogy.pedigree import Pedigree

#: Formats and the ending of their files; Parquet is a folder.
FORMATS: Final = {
    "gedcom": ".ged",
    "gedcom551": ".ged",
    "tskit": ".trees",
    "networkx": ".graphml",
    "parquet": "",
}


def export(
    folder: Path,
    *,
    out: Path,
    format: str,
    ego: int | None = None,
    circle: str | None = None,
    living_from: int | None = None,
    living_to: int | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Write a population, or a part of it, in another format, and say what was written.

    Parameters
    ----------
    folder : Path
        A population folder, a run that kept its pedigree, or an imported genealogy.
    out : Path
        The file; for "parquet" a folder. Absent, unless ``overwrite``.
    format : str
        "gedcom" (7.0), "gedcom551", "tskit", "networkx" (GraphML) or "parquet".
    ego, circle : int, str, optional
        Only this person and the kin in a circle; ``circle`` is a line such as ``"chon<=4"``.
    living_from, living_to : int, optional
        Only those alive at the end of a month in this range (month indices); each may be left out.
    overwrite : bool
        Replace what is at ``out``.
    progress : Progress, optional
        Told of long exports.

    Returns
    -------
    dict
        format, file, synthetic, counts of what was written, and of the selection.

    Raises
    ------
    InputError
        Something cannot be used; nothing has been written or replaced then.
    MissingExtraError
        The format needs a library that is not installed.
    """
    if format not in FORMATS:
        raise InputError("format", format, ", ".join(FORMATS), "--format")
    if (ego is None) != (circle is None):
        raise InputError("circle", circle or "none", "--ego and --circle together", "--circle")
    _check_out(out, format, overwrite)
    from yeonjwa.genealogy.files import read_population
    from yeonjwa.workflow import need

    if format == "tskit":
        need("tskit", "export to tskit", "formats")
    if not (folder / "persons.parquet").is_file():
        allowed = "a population folder, or a run with --keep-pedigree (kept without it up to scale 0.1)"
        raise InputError("folder", str(folder), allowed)
    whole = read_population(folder)
    chosen = _chosen(whole, ego, circle, living_from, living_to)
    pedigree = whole if chosen is None else chosen.pedigree
    counts = _write(pedigree, folder, out, format, overwrite, progress or default())
    answer: dict[str, Any] = {
        "format": format,
        "file": str(out),
        "synthetic": pedigree.provenance == "simulated",
        "provenance": pedigree.provenance,
        **counts,
    }
    if chosen is not None:
        answer["other_parents_added"] = chosen.added
    return answer


def _chosen(
    pedigree: Pedigree, ego: int | None, circle: str | None, living_from: int | None, living_to: int | None
) -> Selection | None:
    """The part of the pedigree that was asked for, None for all of it."""
    import numpy as np

    from yeonjwa.genealogy.formats.selection import living_between, select

    mask = np.ones(pedigree.num_persons, np.bool_)
    if ego is not None and circle is not None:
        mask &= _circle_mask(pedigree, ego, circle)
    if living_from is not None or living_to is not None:
        first = pedigree.first_month if living_from is None else living_from
        last = pedigree.last_month if living_to is None else living_to
        mask &= living_between(pedigree, first, last)
    return None if mask.all() else select(pedigree, mask)


def _circle_mask(pedigree: Pedigree, ego: int, circle: str) -> NDArray[np.bool_]:
    import numpy as np

    from yeonjwa.kinship.graph import KinGraph
    from yeonjwa.kinship.members import members

    graph = KinGraph(pedigree)
    mask = np.zeros(pedigree.num_persons, np.bool_)
    mask[graph.check_person(ego, "ego")] = True
    mask[members(graph, circle, np.array([ego])).person] = True
    return mask


def _write(
    pedigree: Pedigree, source: Path, out: Path, format: str, overwrite: bool, progress: Progress
) -> dict[str, int]:
    from yeonjwa.genealogy.formats import gedcom_writer, networkx_graph, tskit_pedigree

    writers: dict[str, Callable[[], dict[str, int]]] = {
        "gedcom": lambda: gedcom_writer.write_gedcom(pedigree, out, progress=progress),
        "gedcom551": lambda: gedcom_writer.write_gedcom(pedigree, out, version="5.5.1", progress=progress),
        "tskit": lambda: tskit_pedigree.write_tskit(pedigree, out),
        "networkx": lambda: networkx_graph.write_networkx(pedigree, out, progress=progress),
        "parquet": lambda: _write_folder(pedigree, source, out, overwrite),
    }
    return writers[format]()


def _write_folder(pedigree: Pedigree, source: Path, out: Path, overwrite: bool) -> dict[str, int]:
    """The part as a population folder of its own."""
    from yeonjwa.genealogy.files import write_population
    from yeonjwa.laboratory import store

    notes = [*store.read_manifest(source)["notes"], "The population is a part of another one."]
    meter = Meter()
    with staged_folder(out, replace=overwrite) as folder:
        with meter.stage("files"):
            write_population(pedigree, folder)
        manifest = _manifest("part", pedigree, "yeonjwa export DIR --format parquet --out PART", notes)
        write_text(folder / store.MANIFEST, json.dumps(store.plain(manifest)))
        store.seal(folder, meter)
    return {"persons": pedigree.num_persons, "unions": pedigree.num_unions}


def _manifest(kind: str, pedigree: Pedigree, command: str, notes: list[str]) -> dict[str, Any]:
    """Manifest of a folder that no seed made: an imported genealogy, or a part of a population."""
    from yeonjwa.laboratory import store

    manifest = {
        **store.header(kind, 0),
        "synthetic": pedigree.provenance == "simulated",
        "last": format_month(pedigree.last_month),
        "command": command,
        "pedigree": store.pedigree_info(pedigree),
        "notes": notes,
        "resources": Meter().as_dict(),
        "files": {},
    }
    del manifest["seed"]
    return manifest


def _check_out(out: Path, format: str, overwrite: bool) -> None:
    """Raise unless a file, or for Parquet a folder, may be put at ``out``."""
    if format == "parquet":
        from yeonjwa.workflow import check_target

        check_target(out, overwrite)
        return
    if out.suffix != FORMATS[format]:
        raise InputError("output file", str(out), f"a name that ends in {FORMATS[format]}", "--out")
    if out.is_dir() or not out.absolute().parent.is_dir():
        raise InputError("output file", str(out), "a file in a folder that exists", "--out")
    if out.exists() and not overwrite:
        raise InputError("output file", str(out), "a new file, or --overwrite", "--out")


def import_gedcom(
    file: Path,
    *,
    out: Path,
    today: datetime.date | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Read the long dead of a GEDCOM file into a folder for kinship queries, and give back its manifest.

    Who may be alive is left out, and so are all names and texts; the society does not run on the folder.

    Parameters
    ----------
    file : Path
        GEDCOM 7.0 or 5.5.1.
    out : Path
        The folder: absent or empty, or with ``overwrite`` one that yeonjwa wrote.
    today : date, optional
        The day by which somebody has to be certainly dead; by default the day of the call.
    overwrite : bool
        Replace a folder that yeonjwa wrote.
    progress : Progress, optional
        Told of records.

    Raises
    ------
    InputError
        The file cannot be used (with its line); nothing has been written or replaced then.
    """
    from yeonjwa.workflow import check_target

    check_target(out, overwrite)
    from yeonjwa.genealogy.files import write_population
    from yeonjwa.genealogy.formats.gedcom_reader import describe, read_gedcom
    from yeonjwa.laboratory import store

    meter = Meter()
    with staged_folder(out, replace=overwrite) as folder:
        with meter.stage("genealogy"):
            genealogy = read_gedcom(file, today=today, progress=progress)
        pedigree = genealogy.pedigree
        extra = {
            "line": genealogy.line,
            "placeholder": genealogy.placeholder,
            "estimated": genealogy.estimated,
        }
        with meter.stage("files"):
            write_population(pedigree, folder, extra=extra)
        notes = describe(genealogy.report)
        manifest = _manifest("import", pedigree, "yeonjwa import FILE.ged --out DIR", notes)
        write_text(folder / store.MANIFEST, json.dumps(store.plain(manifest)))
        sealed = store.seal(folder, meter)
    return sealed
