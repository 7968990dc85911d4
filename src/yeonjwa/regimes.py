"""The catalogue of regimes and their comparison, as plain data: what ``yeonjwa regimes`` calls.

Each function gives back what ``--json`` prints.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from yeonjwa.core.calendar import format_month, month_index
from yeonjwa.core.errors import InputError
from yeonjwa.core.language import checked, noop

if TYPE_CHECKING:
    from yeonjwa.kinship.graph import KinGraph
    from yeonjwa.regime.catalogue import Regime
    from yeonjwa.regime.compare import Setting

Answer = dict[str, Any]

#: The common population unless another is asked for: expected living, and the month.
LIVING: Final = 100_000
AT: Final = month_index(2020, 12)
SAMPLE: Final = 2_000


def listed(group: str | None = None) -> Answer:
    """The regimes of the catalogue, one row each.

    Parameters
    ----------
    group : str, optional
        Only the periods and readings of one regime, such as "prk".

    Raises
    ------
    InputError
        A group nobody belongs to.
    """
    return {"regimes": [_line(regime) for regime in _of_group(group)]}


def _of_group(group: str | None) -> list[Regime]:
    from yeonjwa.regime.catalogue import regimes

    found = [regime for regime in regimes().values() if group in (None, regime.group)]
    if not found:
        groups = sorted({regime.group for regime in regimes().values()})
        raise InputError("group", group, ", ".join(groups))
    return found


def _line(regime: Regime) -> Answer:
    from yeonjwa.regime.compare import worst
    from yeonjwa.regime.sanctions import BODY

    sanction = worst(regime)
    return {
        "id": regime.id,
        "group": regime.group,
        "name": regime.name,
        "korean": regime.korean,
        "dates": regime.years,
        "reading": regime.reading,
        "summary": regime.summary,
        "grade": regime.grade,
        "max_degree": regime.degree(),
        "body_degree": regime.degree(*BODY),
        "career_degree": regime.degree("career"),
        "worst": None if sanction is None else sanction.id,
    }


def shown(id: str) -> Answer:
    """One regime with its rules, exits, what is not represented, and its sources with their grades.

    Raises
    ------
    InputError
        No such regime; names near ones.
    """
    from yeonjwa.regime.catalogue import describe, regime

    chosen = regime(id)
    answer = describe(chosen)
    answer["sources"] = sources_of(chosen)
    del answer["ledger"]
    return answer


def sources_of(regime: Regime) -> list[Answer]:
    """What a regime rests on: entries of the ledger first, then publications it cites itself."""
    from yeonjwa.evidence import ledger

    found: list[Answer] = []
    for id in regime.ledger:
        entry = ledger.entry(id, regime.id)
        found.append(
            {
                "key": id,
                "cite": entry.source,
                "states": ledger.describe(entry),
                "grade": entry.grade,
                "found": entry.found,
                "url": entry.url,
            }
        )
    for source in regime.sources.values():
        found.append(
            {
                "key": source.key,
                "cite": source.cite,
                "states": "",
                "grade": None,
                "found": source.found,
                "url": source.url,
            }
        )
    return found


def scenario(id: str) -> str:
    """A scenario for ``yeonjwa run`` in which the society lives under a regime's rule as far as it maps, as TOML.

    ``yeonjwa run regime:ID`` runs the same.

    Raises
    ------
    InputError
        No such regime; names near ones.
    """
    from yeonjwa.laboratory.regime_worlds import text

    return text(id)


def compare(
    ids: Sequence[str] = (),
    *,
    country: str = "PRK",
    living: int = LIVING,
    folder: Path | None = None,
    at: int | None = None,
    sample: int = SAMPLE,
    seed: int = 1,
    threads: int | None = None,
    out: Path | None = None,
    overwrite: bool = False,
    language: str = "en",
) -> Answer:
    """What each regime does to the kin of the same offenders in one population.

    Parameters
    ----------
    ids : sequence of str
        Regimes; by default the whole catalogue.
    country, living : str, int
        The population is simulated by the rates of this country, with so many living expected in month ``at``.
    folder : Path, optional
        A population or run folder to use instead.
    at : int, optional
        Month index of the offences. By default 2020-12, or the last month of the folder.
    sample : int
        Offenders: adults drawn at random.
    seed : int
        Of the population and of the offenders: equal seeds, equal answers.
    threads : int, optional
    out : Path, optional
        A folder for the table, the rings and a page.
    overwrite : bool
        Whether ``out`` may replace a folder that yeonjwa wrote.
    language : str
        Of rings and page, one of :data:`yeonjwa.core.language.LANGUAGES`; those in Korean are ``rings.ko.svg`` and so on.

    Returns
    -------
    dict
        ``population`` (the common one), ``offenders`` in words, ``notes``, and ``regimes``, a row for each: ``id``,
        ``reached_mean`` with ``reached_se``, ``reached_p10``, ``reached_p50``, ``reached_p90``, ``reached_max``;
        ``max_degree`` and so on: docs/regimes.md names every measure.

    Raises
    ------
    InputError
        An unknown regime or country, a number out of range, a folder that cannot be written.
    """
    from yeonjwa.laboratory.run import check_seed, check_threads, set_threads, usable_cores
    from yeonjwa.laboratory.store import plain
    from yeonjwa.regime.catalogue import regime, regimes
    from yeonjwa.regime.compare import choose_offenders
    from yeonjwa.regime.compare import compare as table
    from yeonjwa.workflow import check_target

    checked(language, "--language")
    if out is not None:
        check_target(out, overwrite)
    chosen = [regime(id) for id in dict.fromkeys(ids)] or list(regimes().values())
    threads = usable_cores() if threads is None else threads
    check_seed(seed)
    check_threads(threads)
    set_threads(threads)
    graph, month, origin = (
        _simulated(country, living, AT if at is None else at, seed, threads)
        if folder is None
        else _read(folder, at)
    )
    setting = choose_offenders(graph, month, sample=sample, seed=seed)
    rows = table(setting, chosen, historic=_historic(graph, setting, chosen, sample, seed))
    answer = {
        "population": {"origin": origin, "common": True, **setting.describe()},
        "offenders": _OFFENDERS,
        "notes": list(_NOTES),
        "regimes": [plain(row) for row in rows],
    }
    if out is not None:
        answer["folder"] = str(out)
        _write(
            answer,
            chosen,
            out,
            overwrite,
            seed,
            month,
            _command(ids, country, living, folder, at, sample, seed),
            language,
        )
    return answer


_OFFENDERS: Final = noop(
    "Adults of 18 or more drawn at random from the living, with the ages and sexes of the population, the same for every "
    "regime. Offenders of the past were mostly men; no regime's own offenders are known by age."
)
_NOTES: Final = (
    noop("Counted is whom the rules name, not how many were punished: for most practices no source says."),
    noop(
        "One common population for every regime. Where a regime is Korean, own_time repeats the main measure in a month of its "
        "own time in the same genealogy, by the Korean rates of that time. For China, Germany and the Soviet Union there are "
        "no rates here."
    ),
    noop(
        "Rules for holders of a post count everybody in the circle: who would be barred if he held or wanted such a post."
    ),
    noop(
        "Only standing rules are counted, those that hold for each offence; widest_mean adds those that hold sometimes or in "
        "rare cases."
    ),
)


def _simulated(country: str, living: int, at: int, seed: int, threads: int) -> tuple[KinGraph, int, str]:
    from yeonjwa.core.warnings import YeonjwaWarning
    from yeonjwa.demography import rates
    from yeonjwa.evidence.parameters import load
    from yeonjwa.genealogy.simulate import simulate
    from yeonjwa.kinship.graph import KinGraph

    if not 1_000 <= living <= 100_000_000:
        raise InputError("living", living, "a whole number from 1000 to 100000000", "--living")
    parameters = load()
    table = rates.country(country, parameters)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", YeonjwaWarning)
        pedigree = simulate(table, parameters, living=living, at=at, seed=seed, last=at, threads=threads)
    return KinGraph(pedigree), at, f"simulated, rates of {country}, {living} expected, seed {seed}"


def _read(folder: Path, at: int | None) -> tuple[KinGraph, int, str]:
    from yeonjwa.kindred import open_folder

    graph, month = open_folder(folder, at)
    if graph.pedigree.provenance != "simulated":
        allowed = "a population that yeonjwa simulated: an imported genealogy serves kinship queries only"
        raise InputError("folder", str(folder), allowed, "--population")
    return graph, month, f"folder {folder.name}"


def _historic(
    graph: KinGraph, setting: Setting, chosen: Sequence[Regime], sample: int, seed: int
) -> dict[int, Setting]:
    """Settings for the months that stand for a regime's own time, as far as the genealogy covers them."""
    from yeonjwa.regime.compare import choose_offenders

    months = sorted({r.population_at for r in chosen if r.population_at is not None})
    return {
        month: choose_offenders(graph, month, sample=sample, seed=seed)
        for month in months
        if graph.pedigree.first_month <= month <= setting.month and graph.pedigree.num_living(month) > sample
    }


def _command(
    ids: Sequence[str],
    country: str,
    living: int,
    folder: Path | None,
    at: int | None,
    sample: int,
    seed: int,
) -> str:
    source = f"--country {country} --living {living}" if folder is None else f"--population {folder.name}"
    month = "" if at is None else f" --at {format_month(at)}"
    names = "".join(f" {id}" for id in ids)
    return f"yeonjwa regimes compare{names} {source}{month} --sample {sample} --seed {seed}"


def _write(
    answer: Answer,
    chosen: Sequence[Regime],
    out: Path,
    overwrite: bool,
    seed: int,
    month: int,
    command: str,
    language: str,
) -> None:
    """The folder of a comparison: data, rings, page, manifest."""
    from yeonjwa.core.files import staged_folder, write_text
    from yeonjwa.core.provenance import Meter
    from yeonjwa.laboratory import store
    from yeonjwa.report import regime_page

    meter = Meter()
    with staged_folder(out, replace=overwrite) as folder:
        write_text(folder / "regimes.json", json.dumps(answer, ensure_ascii=False, indent=1, allow_nan=False))
        with meter.stage("page"):
            regime_page.build(folder, answer, chosen, _sources(chosen), command, language)
        manifest = {
            **store.header("regimes", seed),
            "last": format_month(month),
            "command": command,
            "notes": answer["notes"],
            "resources": meter.as_dict(),
            "files": {},
        }
        write_text(folder / store.MANIFEST, json.dumps(store.plain(manifest)))
        store.seal(folder, meter)


def _sources(chosen: Sequence[Regime]) -> list[Answer]:
    """Sources of several regimes, each once, by key."""
    found = {source["key"]: source for regime in chosen for source in sources_of(regime)}
    return [found[key] for key in sorted(found)]
