"""A pedigree as GEDCOM, version 7.0 or 5.5.1, record by record.

Written from the FamilySearch GEDCOM Specification 7.0 and the GEDCOM Standard Release 5.5.1. Nobody has a name: the
persons are synthetic. What has not happened by the last month of the pedigree is left out: a death drawn for later,
somebody born later, a union formed later. Dates are months.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

import yeonjwa
from yeonjwa.core.calendar import month_of, year_of
from yeonjwa.core.errors import InputError
from yeonjwa.core.files import atomic
from yeonjwa.core.progress import Progress, Silent
from yeonjwa.genealogy.formats.placeholders import placeholders
from yeonjwa.genealogy.pedigree import FEMALE, NONE, Pedigree

#: Versions that can be written.
VERSIONS: Final = ("7.0", "5.5.1")

_MONTHS: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_CHUNK: Final = 20_000
#: From this many persons on, progress is told.
_LARGE: Final = 100_000


def write_gedcom(
    pedigree: Pedigree, path: Path, *, version: str = "7.0", progress: Progress | None = None
) -> dict[str, int]:
    """Write a GEDCOM file, atomically, and give back the number of persons and families in it.

    Equal pedigrees give equal bytes: the header has no date.

    Parameters
    ----------
    pedigree : Pedigree
    path : Path
        The file; replaced if it is there.
    version : str
        "7.0" or "5.5.1".
    progress : Progress, optional
        Told of records above 100,000 persons.

    Raises
    ------
    InputError
        Another version, or a place that cannot be written.
    """
    if version not in VERSIONS:
        raise InputError("version of GEDCOM", version, " or ".join(VERSIONS))
    progress = progress if progress is not None and pedigree.num_persons > _LARGE else Silent()
    progress.stage("GEDCOM", pedigree.num_persons + pedigree.num_unions, "records")
    with (
        atomic(path) as temporary,
        temporary.open("w", encoding="ascii", newline="\n") as file,
    ):
        file.write(_head(pedigree, version))
        for chunk, records in _individuals(pedigree):
            file.write(chunk)
            progress.advance(records)
        for chunk, records in _families(pedigree):
            file.write(chunk)
            progress.advance(records)
        file.write("0 TRLR\n")
    progress.finish()
    persons = int(_written(pedigree).sum())
    return {"persons": persons, "families": int(_formed(pedigree).sum())}


def synthetic_note(pedigree: Pedigree) -> str:
    """``synthetic: true`` for simulated persons; imported ones are real, and long dead."""
    return f"synthetic: {'true' if pedigree.provenance == 'simulated' else 'false'}"


def date(month: int) -> str:
    """A month index as a GEDCOM date: ``MAR 1950``."""
    return f"{_MONTHS[month_of(month) - 1]} {year_of(month)}"


def _head(pedigree: Pedigree, version: str) -> str:
    simulated = pedigree.provenance == "simulated"
    what = "nobody in this file exists or ever did" if simulated else "imported, without names"
    lines = ["0 HEAD"]
    source = ["1 SOUR yeonjwa", f"2 VERS {yeonjwa.__version__}", "2 NAME yeonjwa"]
    note = f"1 NOTE {synthetic_note(pedigree)}; {what}"
    if version == "7.0":
        lines += ["1 GEDC", "2 VERS 7.0", *source, "1 PLAC", "2 FORM Province", note]
        return "\n".join(lines) + "\n"
    form = ["1 SUBM @S1@", "1 GEDC", "2 VERS 5.5.1", "2 FORM LINEAGE-LINKED", "1 CHAR ASCII"]
    lines += [*source, *form, "1 PLAC", "2 FORM Province", note, "0 @S1@ SUBM", "1 NAME yeonjwa"]
    return "\n".join(lines) + "\n"


def _written(p: Pedigree) -> NDArray[np.bool_]:
    """Persons born by the last month; a placeholder is a partner who is not named."""
    return (p.birth <= p.last_month) & ~placeholders(p)


def _formed(p: Pedigree) -> NDArray[np.bool_]:
    """Unions formed by the last month, or with a child born by then."""
    formed = p.start <= p.last_month
    parents = p.birth_union[p.birth <= p.last_month]
    formed[parents[parents != NONE]] = True
    return formed


def _dates(p: Pedigree) -> list[str]:
    """Every month up to the last one, in words."""
    return [date(month) for month in range(p.last_month + 1)]


def _individuals(p: Pedigree) -> Iterator[tuple[str, int]]:
    """INDI records in order of ids, in pieces."""
    last, note, when = p.last_month, synthetic_note(p), _dates(p)
    formed_unions, written = _formed(p), _written(p)
    home = p.region_province[p.region] if _has_places(p) else None
    for low in range(0, p.num_persons, _CHUNK):
        high = min(low + _CHUNK, p.num_persons)
        lines: list[str] = []
        unions = p.union_list[p.union_offset[low] : p.union_offset[high]].tolist()
        starts = (p.union_offset[low : high + 1] - p.union_offset[low]).tolist()
        formed = formed_unions[p.union_list[p.union_offset[low] : p.union_offset[high]]].tolist()
        places = [p.provinces[i] for i in home[low:high].tolist()] if home is not None else []
        rows = zip(
            range(low, high),
            p.sex[low:high].tolist(),
            p.birth[low:high].tolist(),
            p.death[low:high].tolist(),
            p.birth_union[low:high].tolist(),
            strict=True,
        )
        for i, sex, birth, death, own in rows:
            if not written[i]:
                continue
            lines += (f"0 @I{i}@ INDI", "1 SEX F" if sex == FEMALE else "1 SEX M", "1 BIRT")
            lines.append(f"2 DATE {when[birth]}")
            if places:
                lines.append(f"2 PLAC {places[i - low]}")
            if death <= last:
                lines += ("1 DEAT", f"2 DATE {when[death]}")
            if own != NONE:
                lines.append(f"1 FAMC @F{own}@")
            for at in range(starts[i - low], starts[i - low + 1]):
                if formed[at]:
                    lines.append(f"1 FAMS @F{unions[at]}@")
            lines.append(f"1 NOTE {note}")
        yield "\n".join([*lines, ""]) if lines else "", high - low


def _families(p: Pedigree) -> Iterator[tuple[str, int]]:
    """FAM records in order of ids, in pieces."""
    last, when = p.last_month, _dates(p)
    written, formed = _written(p), _formed(p)
    for low in range(0, p.num_unions, _CHUNK):
        high = min(low + _CHUNK, p.num_unions)
        lines: list[str] = []
        rows = zip(
            range(low, high),
            p.wife[low:high].tolist(),
            p.husband[low:high].tolist(),
            p.start[low:high].tolist(),
            p.first_child[low:high].tolist(),
            p.first_child[low + 1 : high + 1].tolist(),
            strict=True,
        )
        for u, wife, husband, start, first, end in rows:
            if not formed[u]:
                continue
            lines.append(f"0 @F{u}@ FAM")
            if written[husband]:
                lines.append(f"1 HUSB @I{husband}@")
            if written[wife]:
                lines.append(f"1 WIFE @I{wife}@")
            lines += (f"1 CHIL @I{child}@" for child in range(first, end) if written[child])
            if start <= last:
                lines += ("1 MARR", f"2 DATE {when[start]}")
        yield "\n".join([*lines, ""]) if lines else "", high - low


def _has_places(p: Pedigree) -> bool:
    return p.provenance == "simulated" and bool(np.size(p.region_province))
