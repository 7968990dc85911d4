"""A run as a folder: Parquet for the numbers, TOML for the scenario, a manifest that says what ran."""

from __future__ import annotations

import datetime
import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.calendar import format_month
from yeonjwa.core.columns import ID, MONTH, Coded, Column, write_parquet
from yeonjwa.core.errors import InputError
from yeonjwa.core.files import sha256, write_text
from yeonjwa.core.provenance import SCHEMA_VERSION, Meter, platform_kind, versions
from yeonjwa.laboratory import monte_carlo
from yeonjwa.laboratory.run import REFERENCE_MONTH, Run

if TYPE_CHECKING:
    from yeonjwa.core.parameters import Parameters
    from yeonjwa.genealogy.pedigree import Pedigree
    from yeonjwa.laboratory.scenario import Scenario

MANIFEST: Final = "manifest.json"
#: Up to this scale everyone's row is kept without being asked for.
LARGEST_KEPT_SCALE: Final = 0.1
#: Below this scale measures that reach 6 chon and more, or rest on a small province, may be biased.
FINITE_SIZE_SCALE: Final = 0.05
_FINITE_SIZE_MEASURES: Final = (
    "vetting.checked",
    "vetting.refused",
    "enforcement.sanctioned by kin: other",
    "recall.recalled",
    "any measure by degree: 6, 7, 8",
    "any measure by province: chagang, ryanggang",
)
_FINITE_SIZE_WHY: Final = (
    "the country is so small that an adult's kin to 8 chon are a noticeable share of a province, "
    "so these measures may be biased and not only noisy"
)


def write(
    run: Run,
    folder: Path,
    *,
    keep_pedigree: bool = False,
    lean: bool = False,
    extra: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Write everything but the report into an existing folder and give back the manifest.

    Parameters
    ----------
    run : Run
        From :func:`yeonjwa.laboratory.run.simulate`.
    folder : Path
        An empty folder, as a rule a staged one.
    keep_pedigree : bool
        Write ``persons.parquet`` and ``unions.parquet`` above scale 0.1 too.
    lean : bool
        Write scenario, series and flows only: what is left out is large, and can be had again from the seed.
    extra : mapping of str to str, optional
        Name -> text of further files.

    Raises
    ------
    InputError
        The folder cannot be written, or the disk is full.
    """
    from yeonjwa.laboratory.scenario import to_toml

    scenario = to_toml(run.scenario)
    with run.meter.stage("files"):
        write_text(folder / "scenario.toml", scenario)
        _write_series(run.result.series, folder / "series.parquet")
        _write_flows(run.result.flows, folder / "flows.parquet")
        if not lean:
            _write_events(run.result.events, folder / "events.parquet")
            write_text(folder / "family.json", _json(run.result.family))
            _write_citation(run, folder)
        if not lean and (run.scale <= LARGEST_KEPT_SCALE or keep_pedigree):
            _write_people(run, folder)
        for name, text in (extra or {}).items():
            write_text(folder / name, text)
    manifest = run_manifest(run)
    manifest["files"] = _files(folder)
    write_text(folder / MANIFEST, _manifest_text(manifest))
    return manifest


def seal(folder: Path, meter: Meter) -> dict[str, Any]:
    """Bring hashes and resources of a manifest up to date with what now stands in its folder."""
    manifest = read_manifest(folder)
    manifest["files"] = _files(folder)
    manifest["resources"] = meter.as_dict()
    write_text(folder / MANIFEST, _json(manifest))
    return manifest


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a run or population folder.

    Raises
    ------
    InputError
        There is none, it is not ours, or a newer version of the package wrote it.
    """
    file = folder / MANIFEST
    try:
        manifest = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(
            "folder", str(folder), f"a folder that yeonjwa wrote, with {MANIFEST}", str(error)
        ) from error
    if not isinstance(manifest, dict) or manifest.get("software") != "yeonjwa" or "schema" not in manifest:
        raise InputError(
            "folder", str(folder), f"a folder that yeonjwa wrote, with its {MANIFEST}", str(file)
        )
    if int(str(manifest["schema"]).split(".")[0]) > int(SCHEMA_VERSION.split(".")[0]):
        raise InputError("schema of the manifest", manifest["schema"], f"up to {SCHEMA_VERSION}", str(file))
    return manifest


def foreign_files(folder: Path) -> list[str]:
    """Names in a folder of ours that its manifest does not list: somebody else put them there."""
    listed = {*read_manifest(folder).get("files", {}), MANIFEST}
    return sorted(
        entry.name for entry in folder.iterdir() if entry.name not in listed and entry.name != ".DS_Store"
    )


def run_manifest(run: Run) -> dict[str, Any]:
    """Manifest of a run, without the hashes of its files."""
    from yeonjwa.evidence import ledger
    from yeonjwa.laboratory.scenario import to_toml

    parameters = run.scenario.parameters
    digest = parameters.digest()
    rows, cited = _about(run.scenario, digest, run.first, run.last)
    return {
        **header("run", run.seed),
        "scenario": {
            "name": run.scenario.name,
            "title": run.scenario.title,
            "description": run.scenario.description,
            "base": run.scenario.base,
            "sha256": text_digest(to_toml(run.scenario)),
            "changes": len(run.scenario.changes),
            "variants": dict(run.scenario.variants),
        },
        "scale": run.scale,
        "threads": run.threads,
        "living": living(run.pedigree, REFERENCE_MONTH, run.expected_living),
        "first": format_month(run.first),
        "last": format_month(run.last),
        "command": run_command(run),
        "parameter_hash": digest,
        "evidence_hash": ledger.digest(),
        "rates": run.rates,
        "pedigree": pedigree_info(run.pedigree),
        "parameters": rows,
        "citations": cited,
        "finite_size": finite_size(run.scale),
        "monte_carlo": monte_carlo.of_run(run.result.series, run.last - run.first + 1, run.scale),
        "notes": list(run.notes),
        "resources": run.meter.as_dict(),
    }


def population_manifest(
    pedigree: Pedigree, *, seed: int, at: int, living: int, meter: Meter
) -> dict[str, Any]:
    """What the manifest of a population says of the pedigree itself; ``living`` were expected at ``at``."""
    return {
        **header("population", seed),
        "living": {"at": format_month(at), "expected": living, "achieved": pedigree.num_living(at)},
        "last": format_month(at),
        "pedigree": pedigree_info(pedigree),
        "resources": meter.as_dict(),
        "files": {},
    }


def header(kind: str, seed: int) -> dict[str, Any]:
    """What every manifest begins with."""
    now = datetime.datetime.now(datetime.UTC)
    return {
        "schema": SCHEMA_VERSION,
        "software": "yeonjwa",
        "kind": kind,
        "synthetic": True,
        "created": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "versions": versions(),
        "platform": platform_kind(),
        "seed": seed,
    }


def living(pedigree: Pedigree, month: int, expected: int) -> dict[str, Any]:
    """Expected and achieved number of living persons at a month."""
    return {"at": format_month(month), "expected": expected, "achieved": pedigree.num_living(month)}


def pedigree_info(pedigree: Pedigree) -> dict[str, Any]:
    """What the simulator of the pedigree reports, as plain data; times are left to ``resources``."""
    info = {key: value for key, value in pedigree.info.items() if key != "seconds"}
    return {"persons_ever": pedigree.num_persons, "unions": pedigree.num_unions, **plain(info)}


def run_command(run: Run) -> str:
    """The line that repeats a run; ``scenario.toml`` is the one in its folder."""
    name = run.scenario.name if is_shipped(run.scenario) else "scenario.toml"
    return (
        f"yeonjwa run {shlex.quote(name)} --scale {run.scale!r} --seed {run.seed} "
        f"--from {format_month(run.first)} --to {format_month(run.last)}"
    )


def is_shipped(scenario: Scenario) -> bool:
    """Whether the scenario comes with the package under its name, with the same parameters."""
    from yeonjwa.laboratory import regime_worlds
    from yeonjwa.laboratory.scenario import load, names

    if scenario.name not in (*names(), *regime_worlds.names()):
        return False
    return load(scenario.name).parameters.digest() == scenario.parameters.digest()


#: Rows about parameters and citations by what they depend on, and the text of each: the seeds of a scenario share them.
_known: dict[tuple[Any, ...], tuple[list[dict[str, Any]], list[Any]]] = {}
_texts: dict[int, tuple[Any, str]] = {}
_MOST_KNOWN: Final = 8


def _about(scenario: Scenario, digest: str, first: int, last: int) -> tuple[list[dict[str, Any]], list[Any]]:
    """Rows about the parameters of a run, and what it rests on, as plain data."""
    from yeonjwa.evidence import citations

    key = (digest, first, last, scenario.claims)
    if key not in _known:
        if len(_known) >= _MOST_KNOWN:
            _known.clear()
            _texts.clear()
        rows = plain(parameter_rows(scenario.parameters, first, last))
        cited = [plain(row.as_dict()) for row in citations(scenario.parameters, scenario.claims)]
        _known[key] = rows, cited
        for value in (rows, cited):
            _texts[id(value)] = value, _nested(value)
    return _known[key]


def _manifest_text(manifest: Mapping[str, Any]) -> str:
    """The same as :func:`_json`, with the long parts that runs share put into words once."""
    parts = []
    for name, value in manifest.items():
        kept = _texts.get(id(value))
        text = kept[1] if kept is not None and kept[0] is value else _nested(plain(value))
        parts.append(f" {json.dumps(name)}: {text}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _nested(value: Any) -> str:
    # Line ends within texts are escaped: all that are there are of the form itself.
    return json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False).replace("\n", "\n ")


def parameter_rows(parameters: Parameters, first: int, last: int) -> list[dict[str, Any]]:
    """Every parameter with its value at the start and at the end of a run, its range, grade and sources.

    ``changed`` marks those whose dated values differ from the shipped ones.
    """
    from yeonjwa.evidence.parameters import load

    shipped = load()
    rows = []
    for path in parameters:
        parameter = parameters[path]
        held = [v for v in parameter.values if v.start <= last] or [parameter.values[0]]
        rows.append(
            {
                "path": path,
                "description": parameter.description,
                "kind": parameter.kind,
                "unit": parameter.unit,
                "dimension": parameter.dimension,
                "value_start": plain(parameter.at(first)),
                "value_end": plain(parameter.at(last)),
                "low": plain(held[-1].low),
                "high": plain(held[-1].high),
                "changed": path not in shipped or shipped[path].values != parameter.values,
                "grade": parameter.grade,
                "sources": list(parameter.sources),
            }
        )
    return rows


def finite_size(scale: float) -> dict[str, Any]:
    """Which measures of a run may be biased because the country is small, and by how much where that was found beyond chance."""
    flagged = scale < FINITE_SIZE_SCALE
    return {
        "flagged": flagged,
        "threshold": FINITE_SIZE_SCALE,
        "measures": list(_FINITE_SIZE_MEASURES) if flagged else [],
        "bias": monte_carlo.biases(scale) if flagged else {},
        "why": _FINITE_SIZE_WHY,
    }


def plain(value: Any) -> Any:
    """Data that JSON can hold: no NumPy, no tuples, no infinities."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float) and not np.isfinite(value):
        return None
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return str(value)


def text_digest(text: str) -> str:
    """SHA-256 of a text in UTF-8, as of the file that holds it."""
    import hashlib

    return hashlib.sha256(text.encode()).hexdigest()


def _write_series(series: Mapping[str, Column], path: Path) -> None:
    names = ("month", "measure", "dimension", "level", "value", "unit")
    write_parquet(
        path,
        {name: series[name] for name in names},
        types={"month": MONTH, "value": "DOUBLE"},
        order_by=("month", "measure", "dimension", "level"),
    )


def _write_events(events: Mapping[str, NDArray[Any]], path: Path) -> None:
    """Events by month, kind, person, other, degree and value, the missing ones last."""
    from yeonjwa.society.recorder import EVENT_KINDS

    names = tuple(sorted(EVENT_KINDS))
    codes = {name: code for code, name in enumerate(names)}
    kind = np.fromiter(map(codes.__getitem__, events["kind"]), np.int8, len(events["kind"]))
    order = order_of_events(kind, events)
    columns: dict[str, Column] = {"month": events["month"][order], "kind": Coded(kind[order], names)}
    columns.update((name, events[name][order]) for name in ("person", "other", "degree", "value"))
    write_parquet(path, columns, types={"month": MONTH, "other": ID, "degree": ID, "value": "DOUBLE"})


def order_of_events(kind: NDArray[np.int8], events: Mapping[str, NDArray[Any]]) -> NDArray[np.int64]:
    """Rows by month, kind, person, other, degree and value, the missing ones last.

    Nearly all events are told apart by month, kind and person, which fit one number; the few others are sorted by themselves.
    """
    month, person = events["month"].astype(np.int64), events["person"]
    key = (month << 40) | (kind.astype(np.int64) << 32) | person
    order = np.argsort(key, kind="stable")
    same = np.flatnonzero(np.diff(key[order]) == 0)
    rows = np.union1d(same, same + 1)
    some = order[rows]
    last = np.iinfo(np.int32).max
    other, degree = (events[name][some].astype(np.int64) for name in ("other", "degree"))
    other[other < 0], degree[degree < 0] = last, last
    order[rows] = some[np.lexsort((events["value"][some], degree, other, key[some]))]
    return order


def _write_flows(flows: Mapping[str, Column], path: Path) -> None:
    columns = {name: flows[name] for name in ("year", "from", "to", "amount", "motive")}
    write_parquet(path, columns, types={"amount": "DOUBLE"}, order_by=("year", "from", "to", "motive"))


def end_state(persons: Mapping[str, Any]) -> dict[str, Column]:
    """Columns of the end state of everyone, in names instead of codes."""
    from yeonjwa.society import codes

    return {
        "whereabouts": Coded(persons["whereabouts"], codes.WHEREABOUTS),
        "songbun": Coded(persons["songbun"], codes.SONGBUN),
        "party": np.asarray(persons["party"]).astype(bool),
        # Code 0 is no post.
        "post": Coded(np.asarray(persons["post"]) - 1, codes.POSTS),
        "home_province": Coded(persons["province"], codes.PROVINCES),
        "household": np.asarray(persons["household"]),
        "record": Coded(persons["record"], codes.RECORDS),
    }


def _write_people(run: Run, folder: Path) -> None:
    from yeonjwa.genealogy.files import write_population

    write_population(run.pedigree, folder, extra=end_state(run.result.persons))


def _write_citation(run: Run, folder: Path) -> None:
    """What the run has to cite, and why, for people and for reference managers."""
    from yeonjwa.evidence import sources

    found = sources.references(run.scenario.parameters, run.scenario.claims)
    head = "Cite the program, the vital rates, and the sources below that your result rests on.\n\n"
    write_text(folder / "CITATION.txt", head + sources.write(found, "text"))
    write_text(folder / "citation.bib", sources.write(found, "bibtex"))


def _files(folder: Path) -> dict[str, dict[str, Any]]:
    return {
        file.name: {"sha256": sha256(file), "bytes": file.stat().st_size}
        for file in sorted(folder.iterdir())
        if file.is_file() and file.name != MANIFEST and not file.name.startswith(".")
    }


def _json(value: Any) -> str:
    return json.dumps(plain(value), ensure_ascii=False, indent=1, allow_nan=False) + "\n"
