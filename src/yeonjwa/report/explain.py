"""From a number of a run back to its sources: number, series and events, mechanism, parameters, facts and claims, sources."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from yeonjwa.core.errors import InputError
from yeonjwa.core.parameters import near
from yeonjwa.evidence import ledger, mechanisms
from yeonjwa.evidence import sources as registry
from yeonjwa.laboratory import influence, measures
from yeonjwa.report import grounds, words

#: So many parameters are followed to their sources unless asked otherwise.
PARAMETERS: Final = 8


@dataclass(frozen=True)
class Mechanism:
    """Where a measure comes from: steps of the schedule, modules, areas of parameters, and kinds of events."""

    steps: tuple[str, ...]
    modules: tuple[str, ...]
    areas: tuple[str, ...]
    events: tuple[str, ...] = ()


#: First word of a measure -> where it comes from.
MECHANISMS: Final[dict[str, Mechanism]] = {
    "population": Mechanism(
        ("calendar",),
        ("genealogy", "society/households.py"),
        ("population", "mortality", "fertility", "union"),
    ),
    "hardship": Mechanism(("economy",), ("society/economy.py",), ("economy",)),
    "support": Mechanism(
        ("support",),
        ("society/support.py", "society/reasons.py", "society/transfers.py", "society/losses.py"),
        ("support", "loss", "economy", "belief"),
    ),
    "signal": Mechanism(
        ("plans", "support"),
        ("society/signals.py", "society/hints.py"),
        ("hint",),
        ("hint", "threat", "denounced"),
    ),
    "flight": Mechanism(
        ("plans", "flight"),
        ("society/flight.py",),
        ("flight", "border"),
        (
            "attempt",
            "interdicted",
            "died_crossing",
            "died_china",
            "repatriated",
            "returned",
            "settled",
            "arrived",
        ),
    ),
    "enforcement": Mechanism(
        ("enforcement",),
        ("society/enforcement.py",),
        ("sanction", "detection", "offence", "exit", "loss"),
        ("confirmed", "offence", "camp", "banishment", "dismissal", "party_loss", "bar", "demotion"),
    ),
    "exit": Mechanism(("enforcement",), ("society/exits.py",), ("exit",)),
    "recall": Mechanism(
        ("enforcement", "postings"),
        ("society/enforcement.py", "society/abroad.py"),
        ("recall",),
        ("recalled",),
    ),
    "camp": Mechanism(
        ("camps", "enforcement"),
        ("society/camps.py",),
        ("camp", "sanction", "offence"),
        ("camp", "camp_death", "released"),
    ),
    "belief": Mechanism(("information", "enforcement"), ("society/beliefs.py",), ("belief",)),
    "party": Mechanism(
        ("careers",), ("society/careers.py", "society/admission.py"), ("party",), ("admitted",)
    ),
    "post": Mechanism(("careers",), ("society/careers.py",), ("post",), ("appointed", "retired")),
    "posting": Mechanism(("remittances", "postings"), ("society/abroad.py",), ("posting", "post")),
    "residence": Mechanism(("careers", "enforcement"), ("society/capital.py",), ("residence",)),
    "vetting": Mechanism(
        ("careers",),
        ("society/vetting.py", "society/careers.py"),
        ("vetting", "songbun", "post"),
        ("refused",),
    ),
    "remittance": Mechanism(("remittances",), ("society/remittances.py",), ("remittance",), ("remittance",)),
    "exposure": Mechanism(("record",), ("society/losses.py",), ("loss", "sanction", "support")),
}


def mechanism_of(measure: str) -> Mechanism:
    """Where a measure comes from; one whose first word is new has its own word as area and no more."""
    first = measure.split(".")[0]
    return MECHANISMS.get(first, Mechanism(("record",), (), (first,)))


def explain(folder: Path, measure: str, *, parameters: int = PARAMETERS) -> dict[str, Any]:
    """The chain from a number of a run to the sources, as plain data.

    Parameters
    ----------
    folder : Path
        Folder of a run.
    measure : str
        A measure of ``series.parquet`` ("flight.arrivals"), or a ratio of :mod:`yeonjwa.laboratory.measures`.
    parameters : int
        How many of the parameters that move it most are followed to their sources.

    Returns
    -------
    dict
        ``measure``, ``what``, ``value`` with ``unit`` and period; ``series`` and ``events`` it is made of; ``mechanism``;
        ``parameters`` with values, range, grade, movement, and ``entries`` of the ledger; ``assumed``, the share of all squared
        movement that is down to assumptions; ``sources`` to cite.

    Raises
    ------
    InputError
        No run, or a measure that it did not record.
    """
    manifest = _manifest(folder)
    series = _read_series(folder / "series.parquet")
    values = measures.summarise(series)
    if measure not in values:
        raise InputError("measure", measure, near(measure, sorted(values)))
    rows = {row["path"]: row for row in manifest["parameters"]}
    chain = mechanism_of(measure)
    basis, moved = _basis(measure, manifest)
    paths = moved[:parameters] or [p for p in sorted(rows) if p.split(".")[0] in chain.areas][:parameters]
    effects = {effect.path: effect for effect in (basis.effects if basis else ())}
    followed = [_parameter(rows[path], effects.get(path)) for path in paths]
    ids = dict.fromkeys(id for parameter in followed for id in parameter["sources"])
    claims = _claims(paths)
    return {
        "measure": measure,
        "what": _what(measure),
        "value": values[measure],
        "unit": _unit(measure),
        "from": manifest["first"],
        "to": manifest["last"],
        "scale": manifest["scale"],
        "seed": manifest["seed"],
        "scenario": manifest["scenario"]["name"],
        "series": _cells(measure),
        "events": _events(folder / "events.parquet", chain.events),
        "mechanism": {
            "steps": list(chain.steps),
            "modules": list(chain.modules),
            "areas": list(chain.areas),
            "parameters": sum(path.split(".")[0] in chain.areas for path in rows),
        },
        "parameters": followed,
        "claims": claims,
        "by_grade": dict(basis.by_grade) if basis else {},
        "assumed": basis.assumed if basis else None,
        "beyond_chance": len(effects),
        "unmeasured": list(basis.unmeasured) if basis else sorted(grounds.grades_of(manifest)),
        "sources": [_source(id) for id in ids],
        "influence": {k: v for k, v in influence.load().about.items() if k in ("command", "scale", "seeds", "first", "last")},
    }  # fmt: skip


def _basis(measure: str, manifest: Mapping[str, Any]) -> tuple[influence.Basis | None, list[str]]:
    """What was measured of it, and the paths that move it, the largest first."""
    if measure not in influence.load().effects:
        return None, []
    basis = influence.basis(measure, grounds.grades_of(manifest))
    return basis, [effect.path for effect in basis.effects]


def cite(folder: Path) -> list[registry.Reference]:
    """What a run has to cite, and why, from its manifest.

    Raises
    ------
    InputError
        No run, or an id that this version of the ledger does not have.
    """
    manifest = _manifest(folder)
    reasons: dict[str, tuple[str, ...]] = {}
    for citation in manifest.get("citations", []):
        reasons[citation["id"]] = tuple(citation.get("cited_by") or ("",))
    return registry.for_entries(reasons)


def _manifest(folder: Path) -> dict[str, Any]:
    from yeonjwa.laboratory.store import read_manifest

    manifest = read_manifest(folder)
    if manifest.get("kind") != "run":
        raise InputError("folder", str(folder), "the folder of a run, not of a population")
    return manifest


def _read_series(path: Path) -> dict[str, Any]:
    import duckdb

    if not path.is_file():
        raise InputError("run folder", str(path.parent), f"a folder that holds {path.name}")
    query = "SELECT month, measure, dimension, level, value FROM read_parquet(?) ORDER BY ALL"
    with duckdb.connect() as connection:
        rows = connection.execute(query, [str(path)]).fetchall()
    names = ("month", "measure", "dimension", "level", "value")
    return {name: [row[n] for row in rows] for n, name in enumerate(names)}


def _events(path: Path, kinds: tuple[str, ...]) -> dict[str, int]:
    """Kind of event -> how many synthetic persons had it."""
    import duckdb

    if not kinds or not path.is_file():
        return {}
    query = "SELECT kind, count(*) FROM read_parquet(?) GROUP BY ALL ORDER BY ALL"
    with duckdb.connect() as connection:
        found = dict(connection.execute(query, [str(path)]).fetchall())
    return {kind: int(found[kind]) for kind in kinds if kind in found}


def _cells(measure: str) -> list[str]:
    """Rows of the series that the number is made of."""
    if measure not in measures.RATIOS:
        return [measure]
    _, above, below = measures.RATIOS[measure]
    return [m if d == "total" else f"{m} by {d}: {level}" for m, d, level in (*above, *below)]


def _what(measure: str) -> str:
    if measure in measures.RATIOS:
        return measures.RATIOS[measure][0]
    if measure in measures.STOCKS or measure in measures.MEANS:
        return "mean over the months of the run"
    return "sum a year, mean of the run"


def _unit(measure: str) -> str:
    from yeonjwa.society.recorder import MEASURES

    return "ratio" if measure in measures.RATIOS else MEASURES[measure][0] if measure in MEASURES else ""


def _parameter(row: Mapping[str, Any], effect: influence.Effect | None) -> dict[str, Any]:
    kept = (
        "path",
        "description",
        "unit",
        "value_start",
        "value_end",
        "low",
        "high",
        "changed",
        "grade",
        "sources",
    )
    found = {key: row.get(key) for key in kept}
    found["measured"] = effect is not None
    if effect is not None:
        found["at_low"], found["at_base"], found["at_high"] = effect.low, effect.base, effect.high
        found["moves"] = grounds.movement(effect)
    found["entries"] = [_entry(id) for id in row["sources"]]
    return found


def _entry(id: str) -> dict[str, Any]:
    entry = ledger.entry(id)
    return {
        "id": id,
        "kind": "fact" if isinstance(entry, ledger.Fact) else "claim",
        "states": ledger.describe(entry),
        "grade": entry.grade,
        "found": entry.found,
        "conflicts_with": list(ledger.conflicts().get(id, ())),
        "source": registry.load()[entry.source].key,
    }


def _claims(paths: list[str]) -> list[dict[str, Any]]:
    """Rows of the table of mechanisms that these parameters stand in."""
    return [
        {"says": row.says, "kind": row.kind, "claims": list(row.claims)}
        for row in mechanisms.load()
        if set(row.parameters) & set(paths)
    ]


def _source(id: str) -> dict[str, Any]:
    entry = ledger.entry(id)
    source = registry.load()[entry.source]
    return {
        "entry": id,
        "key": source.key,
        "cited": registry.cited(source),
        "doi": source.doi,
        "url": ledger.address(entry),
        "found": entry.found,
    }


def as_lines(chain: Mapping[str, Any]) -> list[str]:
    """The chain for a reader, one step under the other."""
    lines = [
        f"{chain['measure']} = {chain['value']:,.5g} {chain['unit']} ({chain['what']}), {chain['from']} to {chain['to']}",
        f"  of one run of {chain['scenario']}, scale {chain['scale']:g}, seed {chain['seed']}",
        "made of",
        f"  series.parquet: {', '.join(chain['series'])}",
    ]
    if chain["events"]:
        lines.append("  events.parquet: " + ", ".join(f"{n:,} {kind}" for kind, n in chain["events"].items()))
    mechanism = chain["mechanism"]
    lines += [
        "by",
        f"  steps of the month: {', '.join(mechanism['steps'])} ({', '.join(mechanism['modules'])})",
        f"  {mechanism['parameters']} parameters of {', '.join(mechanism['areas'])}",
        "moved most by",
    ]
    known = {source["entry"]: source for source in chain["sources"]}
    for parameter in chain["parameters"]:
        lines += _parameter_lines(parameter, known)
    if not chain["beyond_chance"]:
        lines.append(
            "  no parameter that was measured moves it beyond chance: these are the ones of its areas"
        )
    lines += _share_lines(chain)
    return lines


def _parameter_lines(parameter: Mapping[str, Any], known: Mapping[str, Mapping[str, Any]]) -> list[str]:
    start, end = _shown(parameter["value_start"]), _shown(parameter["value_end"])
    value = start if start == end else f"{start}, {end} at the end"
    moves = f"; moves it by {parameter['moves']}" if parameter["measured"] else "; not measured"
    lines = [
        f"  {parameter['path']} = {value} {parameter['unit']}"
        f" [{_shown(parameter['low'])} to {_shown(parameter['high'])}], grade {parameter['grade']}{moves}"
    ]
    for entry in parameter["entries"]:
        again = ", not re-read" if entry["found"] == "recalled" else ""
        source = known[entry["id"]]
        where = f"https://doi.org/{source['doi']}" if source["doi"] else source["url"]
        lines.append(f"    {entry['kind']} {entry['id']}, {entry['grade']}{again}: {entry['states']}")
        lines.append(f"      {source['cited']}{' ' + where if where else ''}")
        if entry["conflicts_with"]:
            lines.append(f"      contradicted by {', '.join(entry['conflicts_with'])}")
    if not parameter["entries"]:
        lines.append("    no source: chosen by us")
    return lines


def _share_lines(chain: Mapping[str, Any]) -> list[str]:
    lines = []
    if chain["assumed"] is not None:
        grades = ", ".join(f"{share:.0%} {grade}" for grade, share in sorted(chain["by_grade"].items()))
        lines.append(f"of all squared movement beyond chance: {grades}")
    if chain["unmeasured"]:
        lines.append(f"{len(chain['unmeasured'])} parameters with a range were not measured")
    about = chain["influence"]
    lines.append(
        "movements: one parameter at a time over its range, on the baseline, "
        f"scale {about['scale']:g}, {about['first']} to {about['last']}"
    )
    return lines


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        same = set(map(str, value.values()))
        if len(same) == 1:
            return f"{_shown(next(iter(value.values())))} for all"
        return ", ".join(f"{level} {_shown(number)}" for level, number in value.items())
    if isinstance(value, bool) or value is None:
        return {True: "on", False: "off", None: "?"}[value]
    return (
        words.number(float(value), 4).replace(words.NBSP, " ")
        if isinstance(value, (int, float))
        else str(value)
    )


def as_json(chain: Mapping[str, Any]) -> str:
    """The chain as one JSON object."""
    return json.dumps(chain, ensure_ascii=False)
