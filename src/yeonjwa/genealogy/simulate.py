"""The event-driven two-sex microsimulation: from unrelated founders to everyone ever born, with exact months.

One batch a calendar year. Those who look for a spouse in the year meet in the market of a region; each union then
draws its whole history of births at once, each child its sex and its month of death, and each person when to look
for a spouse. Nothing is decided twice, and no draw depends on the order of the work.
"""

from __future__ import annotations

import hashlib
import time
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.calendar import NEVER, ORIGIN_YEAR, format_month, month_index, year_of
from yeonjwa.core.errors import InputError
from yeonjwa.core.parameters import Parameters
from yeonjwa.core.progress import Progress, Silent
from yeonjwa.core.randomness import stream, stream_key, uniforms
from yeonjwa.core.warnings import DemographicWarning
from yeonjwa.demography.lifetable import AGES, FERTILE_AGES, alive_by_month, hazards
from yeonjwa.demography.marital import COHORT_MONTHS, MaritalRates, Nuptiality, marital_rates
from yeonjwa.demography.nuptiality import AGE_MONTHS
from yeonjwa.demography.projection import Projection, project, stable_founders
from yeonjwa.demography.rates import Rates
from yeonjwa.genealogy import draws
from yeonjwa.genealogy.coverage import coverage
from yeonjwa.genealogy.crew import Crew
from yeonjwa.genealogy.growing import SEEKER, Calendar, GrowingPedigree, Seekers
from yeonjwa.genealogy.index import union_index
from yeonjwa.genealogy.market import Market, Part, Regions
from yeonjwa.genealogy.pedigree import Pedigree

PLACE = stream("genealogy.founder_province")
WIDOWED = stream("genealogy.founder_widowed")

#: Founders are at most this many times the living wanted: beyond it the rates die out.
_MOST_FOUNDERS = 20
#: Births of a cohort behind the rates from which on a warning is given, as a share of its total.
_MOST_LAG = 0.05
#: Children who die young are drawn from this year on in any case, and those who would be as young when the living count.
_ALL_FROM, _YOUNG = 1900, 15
#: The plain mode's union: age of the wife in months.
_PLAIN_AGE = 120
#: What the last call prepared, by a digest of all that it depends on.
_KEPT: dict[str, Any] = {}


@dataclass
class _Tables:
    """What the kernels read: rates and schedules by cohort."""

    diagonal: NDArray[np.float64]  # (sex, birth years + 1, 111)
    diagonal_year: int
    boys: NDArray[np.float64]
    rate_year: int
    ages: NDArray[np.int8]  # (sex, birth years, 64): ages that are reached by quantile of death
    searches: NDArray[np.float64]  # (sex, birth years, 720)
    guide: NDArray[np.int16]  # (sex, birth years, 65): where to look in ``searches`` by quantile
    childhood: int  # years, before which nobody looks for a spouse
    plan: Nuptiality
    marital: MaritalRates
    levels: NDArray[np.int16]  # draws.hazard_guide of the hazards of birth
    level_scale: float
    bounds: NDArray[np.float64]


def simulate(
    rates: Rates,
    parameters: Parameters,
    *,
    living: int,
    at: int,
    seed: int,
    start_year: int = 1790,
    last: int,
    plain: bool = False,
    all_births: bool = True,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Pedigree:
    """Simulate a population and return its pedigree.

    Parameters
    ----------
    rates : Rates
        Vital rates; years outside are held at the nearest one, with a warning.
    parameters : Parameters
        Areas ``union``, ``fertility`` and ``population`` (province shares).
    living : int
        Persons expected to be alive at the end of month ``at``; from it follows the number of founders.
    at : int
        Month index between the start and ``last``.
    seed : int
        Same seed, same pedigree, whatever the number of threads.
    start_year : int
        Founders are alive, and unrelated, at the start of this year.
    last : int
        Last month in which unions and births are drawn. Deaths are drawn for whole lives.
    plain : bool
        Assumptions of the matrix models: every woman bears by the age-specific rates alone, independently, without
        birth intervals, unions or avoidance of kin; each gets one union, at ten, to hold her children.
    all_births : bool
        False leaves out the children born before 1900 who die before anybody looks for a spouse: nobody descends from
        them and nobody's kin who live after 1915 change. ``info["left_out"]`` counts them by decade of birth.
    threads : int, optional
        By default as many as Numba may use; below 250,000 living one.
    progress : Progress, optional

    Raises
    ------
    InputError
        Dates out of order, or ``living`` that is no positive number.
    """
    progress = progress or Silent()
    first = month_index(start_year)
    _check(living, at, seed, first, last)
    rates.warn_if_held(start_year, year_of(last))
    clock = _Clock()
    tables, shares, expected = _prepared(rates, parameters, first, last, plain)
    founders = _number_of_founders(expected, living, at, first)
    clock.mark("rates")
    cut = first if all_births or plain else min(month_index(_ALL_FROM), at - 12 * _YOUNG)
    crew = Crew.for_population(living, threads)
    world = _World(rates, parameters, tables, living, seed, first, last, plain, cut, crew)
    world.found(shares, founders, expected)
    clock.mark("founders")
    progress.stage("genealogy", year_of(last) - start_year + 1, "years")
    for year in range(start_year, year_of(last) + 1):
        world.step(year, clock)
        progress.advance()
    progress.finish()
    crew.close()
    pedigree = world.pedigree()
    clock.mark("index")
    world.report(pedigree, expected, founders, living, at, clock)
    return pedigree


def _check(living: int, at: int, seed: int, first: int, last: int) -> None:
    if living < 1:
        raise InputError("living", living, "a whole number, 1 or more")
    if not first < last < NEVER - 12 * AGES:
        raise InputError(
            "last month", format_month(last), f"a month after {format_month(first)}, before 4200-01"
        )
    if not first <= at <= last:
        raise InputError(
            "month of the living", format_month(at), f"{format_month(first)} to {format_month(last)}"
        )
    if not 0 <= seed < 2**63:
        raise InputError("seed", seed, "a whole number from 0 to 2**63 - 1")


def _number_of_founders(expected: Projection, living: int, at: int, first: int) -> int:
    """Founders whose descendants are expected to be ``living`` at ``at``."""
    ratio = float(expected.living[at - first].sum())
    founders = living / ratio if ratio > 0 else np.inf
    if founders > _MOST_FOUNDERS * living:
        warnings.warn(
            f"by these rates one founder leaves {ratio:.2g} living in {format_month(at)}: the population dies out, and the "
            f"{living} wanted cannot be had; {_MOST_FOUNDERS} founders for each are used",
            DemographicWarning,
            stacklevel=3,
        )
        founders = _MOST_FOUNDERS * living
    return max(round(founders), 2)


class _Clock:
    """Seconds by phase."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.then = time.perf_counter()

    def mark(self, phase: str) -> None:
        """What has passed since the last mark was spent on ``phase``."""
        now = time.perf_counter()
        self.seconds[phase] = self.seconds.get(phase, 0.0) + now - self.then
        self.then = now


def _prepared(
    rates: Rates, parameters: Parameters, first: int, last: int, plain: bool
) -> tuple[_Tables, NDArray[np.float64], Projection]:
    """Tables, age structure of founders and expected numbers, which are the same for all sizes and seeds.

    Those of the last call are kept: a small population is drawn in less time than they take.
    """
    digest = hashlib.blake2b(repr((rates.first_year, rates.last_year, first, last, plain)).encode())
    for values in (rates.asfr, rates.qx, rates.srb):
        digest.update(repr(values.shape).encode() + np.ascontiguousarray(values, dtype=np.float64).tobytes())
    key = digest.hexdigest() + parameters.digest()
    kept = _KEPT.get(key)
    if kept is None:
        shares = stable_founders(rates, year_of(first))
        kept = _tables(rates, parameters, first, last, plain), shares, project(rates, shares, first, last)
        _KEPT.clear()
        _KEPT[key] = kept
    return kept


def _tables(rates: Rates, parameters: Parameters, first: int, last: int, plain: bool) -> _Tables:
    """Cumulative hazards along birth cohorts, and schedules of unions."""
    begin, end = year_of(first) - AGES, year_of(last) + 1
    diagonal = mortality_diagonal(rates, begin, end)
    if plain:
        marital = _plain_marital(rates, first, last)
        bounds = np.ones(1)
    else:
        marital = marital_rates(rates, parameters, first, last)
        bounds = np.cumsum(marital.nuptiality.shares)
        bounds /= bounds[-1]
    plan = marital.nuptiality
    searches = np.stack([plan.cdf, plan.ready])
    boys = rates.srb / (1.0 + rates.srb)
    guide = _guide(searches)
    levels, scale = draws.hazard_guide(marital.cumulative)
    return _Tables(
        diagonal, begin - ORIGIN_YEAR, boys, rates.first_year - ORIGIN_YEAR, ages_reached(diagonal), searches, guide,
        int(guide[:, :, 0].min()) // 12, plan, marital, levels, scale, bounds,
    )  # fmt: skip


def _guide(cdf: NDArray[np.float64]) -> NDArray[np.int16]:
    """First month above each quantile, (..., 65): the search for a draw begins where it must end."""
    quantiles = np.arange(draws.QUANTILES + 1) / draws.QUANTILES
    flat = cdf.reshape(-1, cdf.shape[-1])
    found = np.stack([np.searchsorted(row, quantiles, side="right") for row in flat])
    guide: NDArray[np.int16] = np.minimum(found, cdf.shape[-1] - 1).astype(np.int16)
    return guide.reshape(*cdf.shape[:-1], -1)


def ages_reached(diagonal: NDArray[np.float64]) -> NDArray[np.int8]:
    """Highest age that is surely reached by each quantile of death, whatever the month of birth."""
    spent = -np.log1p(-np.arange(draws.QUANTILES) / draws.QUANTILES) - 1e-12
    upper = np.maximum(diagonal[:, :-1], diagonal[:, 1:])
    found = np.stack(
        [np.searchsorted(row, spent, side="right") for row in upper.reshape(-1, upper.shape[-1])]
    )
    return np.clip(found - 1, 0, AGES - 1).astype(np.int8).reshape(*upper.shape[:-1], -1)


def mortality_diagonal(rates: Rates, begin: int, end: int) -> NDArray[np.float64]:
    """Hazards of death along birth cohorts, (2, end - begin + 2, 111).

    Entry [sex, c, a] is the sum of the yearly hazards at ages 0 to a - 1 in the years begin + c, begin + c + 1, ...: half
    of what somebody born in the middle of the year begin + c lives through; the other half is the next row.
    """
    mu = np.stack([[hazards(q) for q in rates.qx[:, sex]] for sex in (0, 1)])
    cohorts = np.arange(end - begin + 2)
    diagonal = np.zeros((2, cohorts.size, AGES + 1))
    for age in range(AGES):
        rows = np.clip(begin + cohorts + age - rates.first_year, 0, mu.shape[1] - 1)
        diagonal[:, :, age + 1] = diagonal[:, :, age] + mu[:, rows, age]
    return diagonal


def _plain_marital(rates: Rates, first: int, last: int) -> MaritalRates:
    """The age-specific rates themselves, and a union for everyone at ten."""
    begin = year_of(first) - FERTILE_AGES - 1
    years = year_of(last) + 1 - begin + 1
    start = month_index(begin)
    born = np.arange(start, last + 1, COHORT_MONTHS) + COHORT_MONTHS // 2
    ages = np.arange(AGE_MONTHS)
    cumulative = np.zeros((born.size, 1, AGE_MONTHS + 1), np.float32)
    for i, month in enumerate(born):
        row = np.clip((month + ages) // 12 + ORIGIN_YEAR - rates.first_year, 0, rates.asfr.shape[0] - 1)
        np.cumsum(rates.asfr[row, ages // 12] / 12.0, out=cumulative[i, 0, 1:])
    at_ten = np.tile((ages >= _PLAIN_AGE).astype(float), (years, 1))
    at_birth = np.ones((years, AGE_MONTHS))
    plan = Nuptiality(
        first_year=begin,
        cdf=at_ten,
        ready=at_birth,
        gap=np.zeros((years, 2)),
        gap_sd=np.ones((years, 2)),
        older=np.zeros(years),
        never=(0.0, 0.0),
        again=np.zeros((years, 2, AGES)),
        delay=1.0,
        mourning=12,
        interval=1,
        maximum=1.0,
        shares=np.ones(1),
        factors=np.ones((years, 1)),
        shift=np.zeros(years),
    )
    return MaritalRates(
        start, cumulative, np.ones((born.size, AGE_MONTHS), np.float32), np.zeros(born.size), plan
    )


class _World:
    """The population of one run while it is simulated."""

    def __init__(
        self, rates: Rates, parameters: Parameters, tables: _Tables, living: int, seed: int, first: int, last: int,
        plain: bool, cut: int, crew: Crew,
    ) -> None:  # fmt: skip
        self.rates, self.tables, self.seed, self.first, self.last, self.plain = (
            rates,
            tables,
            seed,
            first,
            last,
            plain,
        )
        self.regions = Regions.build(parameters, living, last)
        least_age = -NEVER if plain else 12 * int(parameters.table("union.minimum_age", last)["male"])
        self.market = Market(
            self.regions, tables.plan, alive_by_month(rates.qx[rates.row(year_of(first)), 1]), seed=seed, first=first,
            last=last, depth=0 if plain else int(parameters.number("union.forbidden_degree", last)),
            least_age=least_age, youngest=tables.childhood, plain=plain,
        )  # fmt: skip
        self.calendar = Calendar(year_of(first), year_of(last))
        self.crew = crew
        self.cut = cut
        self.left_out = np.zeros(year_of(last) - year_of(first) + 1, np.int64)
        self.people: GrowingPedigree

    def key(self, stream_id: np.uint64) -> np.uint64:
        """Key of a stream under the seed of this run."""
        return stream_key(self.seed, stream_id)

    def found(self, shares: NDArray[np.float64], founders: int, expected: Projection) -> None:
        """Place the founders: a draw from the stable population, each unrelated to all."""
        births = founders * self._births_kept(expected)
        persons = int(founders + births + 8 * np.sqrt(births) + 1000)
        self.people = people = GrowingPedigree.with_room(
            persons, int((0.36 if self.plain else 0.31) * persons) + 1000
        )
        ids = np.arange(founders)
        # Systematic sample: the founders' age structure is that of the stable population, without sampling error.
        cell = np.searchsorted(np.cumsum(shares.ravel()), (ids + 0.5) / founders * (1 - 1e-12))
        months = shares.shape[1]
        people.sex[:founders] = cell // months
        people.birth[:founders] = self.first - 1 - cell % months
        people.birth_union[:founders] = -1
        people.region[:founders] = self.regions.of_founders(uniforms(self.seed, PLACE, ids))
        t = self.tables
        self.crew.run(
            draws.founder_deaths,
            [
                (a, b, t.diagonal, t.diagonal_year, self.first, people.birth, people.sex, self.key(draws.DAY),
                 self.key(draws.DEATH), people.death)
                for a, b in self.crew.shares(founders)
            ],
        )  # fmt: skip
        people.persons = founders
        self._found_searches(founders)

    def _births_kept(self, expected: Projection) -> float:
        """Expected births for each founder, without those that are left out."""
        t, total = self.tables, expected.births.copy()
        for month in range(self.first, min(self.cut, self.last + 1)):
            row = month // 12 - t.diagonal_year
            total[month - self.first] *= np.exp(-t.diagonal[:, row, t.childhood])
        return float(total.sum())

    def _found_searches(self, founders: int) -> None:
        """Put the founders' searches into the calendar; in plain mode and before the start all are as good as any.

        Founder women whose husbands have died before the start are left out: there are widows from the first day.
        """
        people, t = self.people, self.tables
        found, keys = np.empty(founders, SEEKER), np.empty(founders, np.int32)
        n = draws.founder_searches(
            people.birth[:founders], people.death[:founders], people.sex[:founders], people.region[:founders],
            *self._schedule(), *self._when(year_of(self.first)), found, keys,
        )  # fmt: skip
        if not self.plain:
            n = draws.founder_widows(
                found[:n], keys, people.sex, self.first, t.marital.first_month, COHORT_MONTHS, t.marital.married,
                t.plan.first_year - ORIGIN_YEAR, t.plan.cdf, t.plan.never[0], self.key(WIDOWED),
            )  # fmt: skip
        self.calendar.put([(found[:n], keys[:n])], self.crew)

    def _schedule(self) -> tuple[Any, ...]:
        """First searches as the kernels read them."""
        t = self.tables
        return (
            t.searches, t.guide, t.plan.first_year - ORIGIN_YEAR, t.plan.never[0], t.plan.never[1], self.last,
            self.key(draws.FIRST_UNION),
        )  # fmt: skip

    def _when(self, year: int) -> tuple[int, int, int]:
        """First year of the calendar in which a search may be, its first year of all, its slots."""
        return year - ORIGIN_YEAR, self.calendar.origin, self.calendar.slots

    def step(self, year: int, clock: _Clock) -> None:
        """All unions that begin in a year, and everything that follows from them."""
        women, men = self.calendar.take(year)
        self.market.join(men, year, self.crew)
        clock.mark("queue")
        parts, again = self.market.unions(self.people, women, year, self.crew)
        self.calendar.put([(again, self.calendar.keys(again, 0, year + 1))], self.crew)
        clock.mark("match")
        unions = np.cumsum([self.people.unions, *(part.unions for part in parts)])
        self.people.room(0, int(unions[-1]) - self.people.unions)
        born = self.crew.run(
            self._draw_births, [(part, int(u)) for part, u in zip(parts, unions[:-1], strict=True)]
        )
        self.people.unions = int(unions[-1])
        clock.mark("births")
        persons = np.cumsum([self.people.persons, *(births.size for _, births, _ in born)])
        self.people.room(int(persons[-1]) - self.people.persons, 0)
        jobs = [
            (part, int(u), int(p), count, births, year + 1)
            for part, u, p, (count, births, _) in zip(parts, unions, persons, born, strict=False)
        ]
        searches = self.crew.run(self._fill_children, jobs)
        self.people.persons = int(persons[-1])
        for _, _, left_out in born:
            self.left_out += left_out
        clock.mark("children")
        self.calendar.put([first for first, _ in searches] + [later for _, later in searches], self.crew)
        clock.mark("queue")

    def _draw_births(
        self, part: Part, union: int
    ) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int64]]:
        """Append unions and draw their births: children a union, births in order, births left out by year."""
        people, t = self.people, self.tables
        count = np.empty(part.unions, np.int32)
        size = 8 * part.unions + 256
        while True:
            births, left_out = np.empty(size, np.int32), np.zeros_like(self.left_out)
            made = draws.draw_births(
                part.couples, part.rows, part.heads, part.begin, part.end, union, t.marital.cumulative, t.levels,
                t.level_scale, t.marital.first_month, COHORT_MONTHS, t.bounds, t.plan.interval, self.plain, self.first,
                self.last, self.key(draws.FECUNDITY), self.key(draws.BIRTH), self.cut, t.childhood, t.boys, t.rate_year,
                t.diagonal, t.diagonal_year, *self._life_keys(), people.wife, people.husband, people.start, people.lines,
                people.elders, count, births, left_out,
            )  # fmt: skip
            if made >= 0:
                return count, births[:made], left_out
            size *= 2

    def _life_keys(self) -> tuple[np.uint64, np.uint64, np.uint64]:
        return self.key(draws.SEX), self.key(draws.DAY), self.key(draws.DEATH)

    def _fill_children(
        self,
        part: Part,
        union: int,
        person: int,
        count: NDArray[np.int32],
        births: NDArray[np.int32],
        year: int,
    ) -> tuple[tuple[Seekers, NDArray[np.int32]], tuple[Seekers, NDArray[np.int32]]]:
        """Append the children of unions; first searches of the children and next ones of the parents, with their keys."""
        people, t = self.people, self.tables
        when = self._when(year)
        found, keys = np.empty(births.size, SEEKER), np.empty(births.size, np.int32)
        n = draws.fill_children(
            part.couples, part.begin, part.end, union, person, count, births, self.cut, t.boys, t.rate_year, t.diagonal,
            t.ages, t.diagonal_year, *self._life_keys(), *self._schedule(), *when, people.birth, people.death,
            people.sex, people.region, people.birth_union, people.first_child, found, keys,
        )  # fmt: skip
        first = found[:n], keys[:n]
        found, keys, n = np.empty(part.unions, SEEKER), np.empty(part.unions, np.int32), 0
        if not self.plain:
            n = draws.next_searches(
                part.couples, part.begin, part.end, union, t.plan.again, t.plan.first_year - ORIGIN_YEAR,
                t.plan.mourning, float(t.plan.delay), self.last, self.key(draws.AGAIN), *when, found, keys,
            )  # fmt: skip
        return first, (found[:n], keys[:n])

    def pedigree(self) -> Pedigree:
        """The finished pedigree with its index of unions."""
        s = self.people
        persons, unions = s.persons, s.unions
        wife, husband = _trimmed(s.wife, unions), _trimmed(s.husband, unions)
        s.lines, s.elders = s.lines[:0].copy(), s.elders[:0].copy()
        s.first_child[unions] = persons
        offset, members = union_index(persons, wife, husband)
        return Pedigree(
            birth=_trimmed(s.birth, persons), death=_trimmed(s.death, persons), sex=_trimmed(s.sex, persons),
            region=_trimmed(s.region, persons), birth_union=_trimmed(s.birth_union, persons), wife=wife, husband=husband,
            start=_trimmed(s.start, unions), first_child=_trimmed(s.first_child, unions + 1), union_offset=offset,
            union_list=members, region_province=self.regions.province, provinces=self.regions.provinces,
            first_month=self.first, last_month=self.last,
        )  # fmt: skip

    def report(
        self, pedigree: Pedigree, expected: Projection, founders: int, living: int, at: int, clock: _Clock
    ) -> None:
        """Fill ``info`` and warn where a reader should know."""
        unions, market, plan = pedigree.num_unions, self.market, self.tables.plan
        pedigree.info.update(
            expected_living=living,
            achieved_living=pedigree.num_living(at),
            at=format_month(at),
            seed=self.seed,
            plain=self.plain,
            founders=founders,
            persons_ever=pedigree.num_persons,
            unions=unions,
            left_out=_sum_of_decades(year_of(self.first), self.left_out),
            searches=market.sought,
            unmet_unions=market.unmet,
            delayed_unions=market.delayed,
            kin_rejections=market.rejected / unions if unions else 0.0,
            coverage=coverage(pedigree),
            first_union_shift={
                plan.first_year + int(i): float(plan.shift[i]) for i in np.flatnonzero(plan.shift)
            },
            birth_lag=float(self.tables.marital.lag.max(initial=0.0)),
            growth_1790_1910=_growth(expected, self.first),
            rates=list(self.rates.notes),
        )
        clock.mark("report")
        pedigree.info["seconds"] = {phase: round(s, 4) for phase, s in clock.seconds.items()}
        if pedigree.num_living(at) == 0:
            _warn(f"nobody is alive in {format_month(at)}: the population is extinct")
        if market.sought and market.unmet > 0.02 * market.sought:
            _warn(
                f"{market.unmet} of {market.sought} women who looked for a husband found none: men are missing, or the "
                "population is too small for the rule against marrying kin"
            )
        late = float(self.tables.marital.lag.max(initial=0.0))
        if late > _MOST_LAG:
            _warn(
                f"couples cannot bear as many children as the rates ask of all women: births of one cohort lag by {late:.0%} "
                "of its total (too many widows, or first unions too late); plain mode follows the rates whatever they are"
            )
        if 0 < pedigree.num_living(at) < 0.8 * living:
            _warn(
                f"{pedigree.num_living(at)} are alive in {format_month(at)} where {living} were expected: "
                "a population this small drifts, and marries late because too many are kin"
            )


def _sum_of_decades(first: int, numbers: NDArray[np.int64]) -> dict[int, int]:
    decades = (first + np.arange(numbers.size)) // 10 * 10
    return {
        int(d): int(numbers[decades == d].sum()) for d in np.unique(decades) if numbers[decades == d].any()
    }


def _trimmed(array: NDArray[Any], size: int) -> NDArray[Any]:
    """The part in use: a view where little is left over, else a copy that frees the rest."""
    return array[:size] if size >= 0.9 * array.size else array[:size].copy()


def _warn(text: str) -> None:
    warnings.warn(text, DemographicWarning, stacklevel=4)


def _growth(expected: Projection, first: int) -> float | None:
    """Mean yearly growth of the expected population from the start to 1910."""
    years = 1910 - year_of(first)
    if years < 10 or expected.living.shape[0] <= years * 12 or expected.living[years * 12].sum() <= 0:
        return None
    return float(np.log(expected.living[years * 12].sum() / expected.living[0].sum()) / years)
