"""The article, claim by claim: what the model can only represent, what it reproduces, and what it does not.

Every arm of a seed shares one genealogy and all luck that the change does not touch, so that an effect is a paired difference;
its interval is Student's over seeds. A wired claim is *represented* if the rule is there and applied. An emergent claim is

*reproduced*
    if the interval lies on the stated side of zero, and above the placebo where there is one;
*not reproduced*
    if it lies on the other side, or holds zero although an effect of a tenth of the baseline's value would have been seen;
*not decidable at this scale*
    otherwise.
"""

from __future__ import annotations

import json
import math
import pickle
import statistics
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from yeonjwa.core.calendar import format_month, month_index
from yeonjwa.core.errors import InputError, RunError
from yeonjwa.core.parameters import Parameters
from yeonjwa.core.progress import Progress, Silent, default
from yeonjwa.evidence import mechanisms
from yeonjwa.evidence.mechanisms import Mechanism
from yeonjwa.laboratory import runner
from yeonjwa.laboratory.claim_reading import Reading, read
from yeonjwa.laboratory.claim_tests import ARMS, EMERGENT, WIRED, Decision, Wired, changes_of
from yeonjwa.laboratory.run import (
    REFERENCE_MONTH,
    check_scale,
    country_rates,
    set_threads,
    simulate_genealogy,
    usable_cores,
)
from yeonjwa.laboratory.scenario import Scenario, apply, load

#: Months that are compared, and the unrecorded ones before them.
FIRST, LAST = month_index(2010, 1), month_index(2014, 12)
SPINUP = 48
#: The article's claims, in its order.
IDS: Final = tuple(f"seed.{n:02d}" for n in range(1, 45))
#: An effect of this part of the baseline's value is one that matters.
MATTERS = 0.1
VERDICTS: Final = (
    "represented",
    "not represented",
    "reproduced",
    "not reproduced",
    "not decidable at this scale",
    "",
)


@dataclass(frozen=True)
class Effect:
    """Mean over seeds with its interval of 95 %; ``low`` and ``high`` are None for a single seed."""

    mean: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Entry:
    """One claim with its verdict.

    Attributes
    ----------
    kind : str
        "wired", "emergent" or "background".
    rule_represented : bool or None
        For an emergent effect of a rule: whether the rule is there and applied; None without a rule.
    baseline : float or None
        The measure in the baseline, mean over seeds.
    reason : str
        Why the verdict is what it is, in a sentence.
    also : list of dict
        Further measures with effect and interval.
    """

    id: str
    kind: str
    says: str
    mechanism: str
    measure: str = ""
    unit: str = ""
    arm: str = ""
    baseline: float | None = None
    effect: float | None = None
    low: float | None = None
    high: float | None = None
    verdict: str = ""
    reason: str = ""
    rule_represented: bool | None = None
    also: list[dict[str, Any]] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON: numbers that are not finite become null; ``relative`` is the effect over the baseline."""
        row = {name: _plain(getattr(self, name)) for name in self.__dataclass_fields__}
        known = self.kind == "emergent" and self.baseline and self.effect is not None
        row["relative"] = _plain(self.effect / self.baseline) if known else None  # type: ignore[operator]
        row["figure"] = f"claims.html#{self.id}" if self.kind != "background" else ""
        if self.rule_represented is None:
            del row["rule_represented"]
        return row


@dataclass(frozen=True)
class Claims:
    """The table, and what it rests on."""

    entries: list[Entry]
    scale: float
    seeds: tuple[int, ...]
    arms: dict[str, str]
    notes: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Content of ``claims.json``."""
        return {
            "claims": [entry.as_dict() for entry in self.entries],
            "scale": self.scale,
            "seeds": list(self.seeds),
            "first": format_month(FIRST),
            "last": format_month(LAST),
            "arms": self.arms,
            "notes": list(self.notes),
        }


def examine(
    scenario: Scenario | None = None,
    *,
    scale: float = 0.02,
    seeds: Sequence[int] = (1, 2, 3),
    threads: int | None = None,
    arms: Sequence[str] = tuple(ARMS),
    progress: Progress | None = None,
) -> Claims:
    """The table of all claims of the article with measured effects.

    Parameters
    ----------
    scenario : Scenario, optional
        What the arms are changes of; the baseline by default.
    scale : float
        Size of each country.
    seeds : sequence of int
        One genealogy each, shared by all arms.
    threads : int, optional
        Runs at a time, each in a process of its own; the cores this process may use by default.
    arms : sequence of str
        Arms to run, the baseline always among them; claims whose arm is left out stay undecided.
    progress : Progress, optional
        Told of every run.

    Raises
    ------
    InputError
        A scale out of range, no seed, or an unknown arm.
    """
    check_scale(scale)
    if not seeds or len(set(seeds)) != len(seeds):
        raise InputError("seeds", list(seeds), "one or more, each once")
    unknown = [arm for arm in arms if arm not in ARMS]
    if unknown:
        raise InputError("arm", unknown[0], ", ".join(ARMS))
    parameters = (scenario or load()).parameters
    chosen = tuple(dict.fromkeys(("baseline", *arms)))
    readings = _run_arms(parameters, scale, seeds, chosen, threads or usable_cores(), progress or default())
    return judge(parameters, readings, scale=scale, seeds=seeds)


@lru_cache(maxsize=1)
def stored() -> dict[str, Any]:
    """The claims as they were last measured: what ``yeonjwa claims`` printed, with its command, day and hashes.

    ``current`` says whether the parameters that are shipped now are those it was measured with.
    """
    from yeonjwa.evidence.parameters import load as load_parameters

    file = Path(__file__).parent / "data" / "claims.json"
    answer: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return {**answer, "current": answer["parameter_hash"] == load_parameters().digest()}


def judge(
    parameters: Parameters,
    readings: dict[str, list[Reading]],
    *,
    scale: float,
    seeds: Sequence[int],
) -> Claims:
    """The table from readings: arm -> one reading for each seed, in the order of the seeds."""
    entries = [_entry(claim, parameters, readings) for claim in IDS]
    notes = [
        f"{len(seeds)} seeds, {format_month(FIRST)} to {format_month(LAST)}, after {SPINUP} unrecorded months.",
        "An effect is the baseline less the arm, paired by seed; intervals are Student's of 95 %.",
    ]
    if scale < 0.05:
        notes.append(
            "Below a scale of 0.05 what depends on 6 to 8 chon is biased, not only noisy (finite size)."
        )
    return Claims(entries, scale, tuple(seeds), {arm: ARMS[arm][0] for arm in readings}, tuple(notes))


def _entry(claim: str, parameters: Parameters, readings: dict[str, list[Reading]]) -> Entry:
    row = mechanisms.of(claim)
    if row is None:
        raise InputError("claim", claim, "a claim of the table of mechanisms", mechanisms.FILE.name)
    if claim in EMERGENT:
        return _emergent(claim, row, EMERGENT[claim], parameters, readings)
    if claim in WIRED:
        return _wired(claim, row, WIRED[claim], parameters, readings["baseline"])
    return Entry(claim, "background", row.says, row.mechanism, reason=row.mechanism)


def _wired(claim: str, row: Mechanism, wired: Wired, parameters: Parameters, runs: list[Reading]) -> Entry:
    found = interval([wired.value(r) for r in runs])
    words, applied = wired.rule(parameters, runs)
    return Entry(
        claim, "wired", row.says, row.mechanism, wired.measure, wired.unit, "", found.mean, found.mean,
        found.low, found.high, "represented" if applied else "not represented", words,
    )  # fmt: skip


def _emergent(
    claim: str,
    row: Mechanism,
    decision: Decision,
    parameters: Parameters,
    readings: dict[str, list[Reading]],
) -> Entry:
    base = [decision.value(r) for r in readings["baseline"]]
    level = statistics.fmean(base)
    rule = decision.rule(parameters, readings["baseline"]) if decision.rule else None
    known: dict[str, Any] = {
        "id": claim,
        "kind": "emergent",
        "says": row.says,
        "mechanism": row.mechanism,
        "measure": decision.measure,
        "unit": decision.unit,
        "arm": decision.arm,
        "baseline": level,
        "rule_represented": rule[1] if rule else None,
    }
    missing = [arm for arm in (decision.arm, decision.placebo) if arm and arm not in readings]
    if missing:
        return Entry(**known, verdict=VERDICTS[4], reason=f"The arm {missing[0]} was not run.")
    effect = difference(decision.value, readings, decision.arm)
    beyond = difference(decision.value, readings, decision.placebo) if decision.placebo else None
    verdict, reason = decide(effect, level, beyond)
    if rule:
        reason = f"{reason} Rule: {rule[0]}."
    also = []
    for name, value in decision.also:
        found = difference(value, readings, decision.arm)
        also.append({"measure": name, "effect": found.mean, "low": found.low, "high": found.high})
    if beyond is not None:
        also.append(
            {
                "measure": "The same, above the placebo",
                "effect": beyond.mean,
                "low": beyond.low,
                "high": beyond.high,
            }
        )
    return Entry(
        **known,
        effect=effect.mean,
        low=effect.low,
        high=effect.high,
        verdict=verdict,
        reason=reason,
        also=also,
    )


def difference(value: Any, readings: dict[str, list[Reading]], arm: str) -> Effect:
    """Paired difference of a number, baseline less arm; the baseline's number itself without an arm."""
    base = [value(r) for r in readings["baseline"]]
    if not arm:
        return interval(base)
    return interval([a - b for a, b in zip(base, map(value, readings[arm]), strict=True)])


def decide(effect: Effect, level: float, beyond: Effect | None = None) -> tuple[str, str]:
    """Verdict on an emergent claim, and why.

    Parameters
    ----------
    effect : Effect
        In the stated direction: above zero is what the article says.
    level : float
        The measure in the baseline; an effect of a tenth of it matters.
    beyond : Effect, optional
        The effect above the placebo.
    """
    reproduced, failed, open_ = VERDICTS[2:5]
    if effect.low is None or effect.high is None or not math.isfinite(effect.mean):
        return open_, "One seed gives no interval." if math.isfinite(effect.mean) else "The measure is empty."
    if effect.low > 0:
        if beyond is None:
            return reproduced, "The interval lies above zero."
        if beyond.low is not None and beyond.low > 0:
            return reproduced, "The interval lies above zero and above the placebo."
        if beyond.high is not None and beyond.high < 0:
            return failed, "The effect is there, but the placebo has more of it."
        return open_, "The effect is there, but cannot be told from the placebo."
    if effect.high < 0:
        return failed, "The effect goes the other way."
    if max(effect.high, -effect.low) < MATTERS * abs(level):
        return failed, "No effect of a tenth of the baseline's value, which would have been seen."
    return open_, "The interval holds zero, and effects that would matter."


def interval(values: Sequence[float], *, confidence: float = 0.95) -> Effect:
    """Mean and Student's interval of independent values, one for each seed."""
    mean = statistics.fmean(values)
    if len(values) < 2 or not all(map(math.isfinite, values)):
        return Effect(mean, None, None)
    error = statistics.stdev(values) / math.sqrt(len(values))
    half = student_quantile(0.5 + confidence / 2, len(values) - 1) * error
    return Effect(mean, mean - half, mean + half)


@lru_cache(maxsize=64)
def student_quantile(probability: float, freedom: int) -> float:
    """Quantile of Student's t for probabilities above one half, by bisection on the integral of its density."""

    def distribution(t: float) -> float:
        # The substitution t = sqrt(v) * tan(a) leaves cos(a)**(v - 1), smooth on a finite range; Simpson's rule.
        top, steps = math.atan(t / math.sqrt(freedom)), 400
        weights = (1 if k in (0, steps) else 4 if k % 2 else 2 for k in range(steps + 1))
        area = sum(w * math.cos(top * k / steps) ** (freedom - 1) for k, w in enumerate(weights))
        scale = math.gamma((freedom + 1) / 2) / (math.sqrt(math.pi) * math.gamma(freedom / 2))
        return 0.5 + scale * area * top / steps / 3

    low, high = 0.0, 1e4
    for _ in range(100):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if distribution(middle) < probability else (low, middle)
    return low


def _run_arms(
    parameters: Parameters,
    scale: float,
    seeds: Sequence[int],
    arms: Sequence[str],
    workers: int,
    progress: Progress,
) -> dict[str, list[Reading]]:
    """Readings of every arm and seed: runs in processes of their own, the genealogy of a seed made once and shared on disk."""
    progress.stage("claims", len(seeds) * (len(arms) + 1), "runs")
    with tempfile.TemporaryDirectory(prefix="yeonjwa-claims-") as folder:
        files = {seed: Path(folder) / f"{seed}.pickle" for seed in seeds}
        _done(_grow, [(parameters, scale, seed, files[seed]) for seed in seeds], workers, progress)
        # One seed after the other: a process keeps the genealogy it read last.
        tasks = [(arm, parameters, scale, seed, files[seed]) for seed in seeds for arm in arms]
        readings = _done(_play, tasks, workers, progress)
    progress.finish()
    found = {(task[0], task[3]): reading for task, reading in zip(tasks, readings, strict=True)}
    return {arm: [found[arm, seed] for seed in seeds] for arm in arms}


def _done(
    function: Callable[[Any], Any], tasks: Sequence[Any], workers: int, progress: Progress
) -> list[Any]:
    """What became of all tasks, in order; the first that fails ends the work and is named."""
    results = runner.map(
        function, tasks, workers=workers, fail_fast=True, on_result=lambda _: progress.advance()
    )
    for task, result in zip(tasks, results, strict=True):
        if result.status in ("failed", "crashed"):
            what = " ".join(str(part) for part in task if isinstance(part, str | int))
            raise RunError(
                f"run {what} of the claims {result.status}: {result.error}\n{result.trace}".rstrip()
            )
    return [result.value for result in results]


def _grow(task: tuple[Parameters, float, int, Path]) -> None:
    """Make the genealogy of a seed and leave it in a file."""
    parameters, scale, seed, file = task
    set_threads(1)
    living = round(scale * parameters.number("population.living", REFERENCE_MONTH))
    pedigree = simulate_genealogy(country_rates(parameters), parameters, living, seed, LAST, 1, Silent())
    file.write_bytes(pickle.dumps(pedigree, protocol=pickle.HIGHEST_PROTOCOL))


@lru_cache(maxsize=1)
def _pedigree(file: Path) -> Any:
    return pickle.loads(file.read_bytes())


def _play(task: tuple[str, Parameters, float, int, Path]) -> Reading:
    """Run one arm over the genealogy of its seed."""
    from yeonjwa.society.engine import simulate

    arm, parameters, scale, seed, file = task
    set_threads(1)
    for change in changes_of(arm, parameters):
        parameters = apply(parameters, change)
    pedigree = _pedigree(file)
    result = simulate(
        pedigree, parameters, seed=seed, scale=scale, first=FIRST, last=LAST, spinup_months=SPINUP
    )
    return read(result, pedigree, first=FIRST, last=LAST, scale=scale)


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, list):
        return [{k: _plain(v) for k, v in row.items()} for row in value]
    return value
