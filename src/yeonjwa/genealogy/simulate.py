"""The event-driven two-sex microsimulation: from unrelated founders to everyone ever born, with exact months.

One batch a calendar year. Those who look for a spouse in the year meet in the market of a region; each union then
draws its whole history of births at once, each child its sex and its month of death, and each person when to look
for a spouse. Nothing is decided twice, and no draw depends on the order of the work.
"""

from __future__ import annotations

import time
import warnings
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.calendar import NEVER, ORIGIN_YEAR, format_month, month_index, year_of
from yeonjwa.core.errors import InputError
from yeonjwa.core.parameters import Parameters
from yeonjwa.core.progress import Progress, Silent
from yeonjwa.core.randomness import normals, stream, stream_key, uniforms
from yeonjwa.core.warnings import DemographicWarning
from yeonjwa.demography.lifetable import AGES, FERTILE_AGES, alive_by_month, hazards
from yeonjwa.demography.marital import COHORT_MONTHS, MaritalRates, Nuptiality, marital_rates, nuptiality
from yeonjwa.demography.nuptiality import AGE_MONTHS
from yeonjwa.demography.projection import Projection, project, stable_founders
from yeonjwa.demography.rates import Rates
from yeonjwa.genealogy import draws
from yeonjwa.genealogy.index import union_index
from yeonjwa.genealogy.matching import match
from yeonjwa.genealogy.pedigree import MALE, Pedigree

FOUNDER_AGE = stream("genealogy.founder_age")
PLACE = stream("genealogy.founder_province")
WIDOWED = stream("genealogy.founder_widowed")
MARKET = stream("genealogy.market")
GAP = stream("genealogy.age_gap")
OLDER = stream("genealogy.older_husband")
SURVIVED = stream("genealogy.founder_husband")

#: Men leave the market at this age and women stop looking at that one, years.
_MEN_UNTIL, _WOMEN_UNTIL = 70, 50
_PLAIN_UNTIL = 25
#: How far, in months of birth, a market looks around the age aimed at: at home, then elsewhere and further.
_WINDOWS = (120, 120, 360, 720)
_TRIES = 48
#: Draws of a husband who lived to the start, at most.
_SURVIVAL_DRAWS = 12
#: Founders are at most this many times the living wanted: beyond it the rates die out.
_MOST_FOUNDERS = 20
#: The plain mode's union: age of the wife in months.
_PLAIN_AGE = 120
_I64 = NDArray[np.int64]


@dataclass
class _Tables:
    """What the kernels read: rates and schedules by cohort."""

    diagonal: NDArray[np.float64]  # (sex, birth years + 1, 111)
    diagonal_year: int
    boys: NDArray[np.float64]
    rate_year: int
    searches: NDArray[np.float64]  # (sex, birth years, 720)
    plan: Nuptiality
    marital: MaritalRates
    bounds: NDArray[np.float64]


@dataclass
class _State:
    """The pedigree while it grows; arrays are longer than what is in use."""

    birth: NDArray[np.int16]
    death: NDArray[np.int16]
    sex: NDArray[np.int8]
    region: NDArray[np.int16]
    birth_union: NDArray[np.int32]
    wife: NDArray[np.int32]
    husband: NDArray[np.int32]
    start: NDArray[np.int16]
    first_child: NDArray[np.int32]
    persons: int = 0
    unions: int = 0

    def room(self, persons: int, unions: int) -> None:
        """Make sure that so many more persons and unions fit: the kernels do not check."""
        need = self.persons + persons
        if need >= 2**31 - 1:
            raise InputError("living", need, "a population of fewer than two thousand million persons ever")
        if need > self.birth.size:
            size = max(need, int(self.birth.size * 1.25))
            for name in ("birth", "death", "sex", "region", "birth_union"):
                setattr(self, name, _grown(getattr(self, name), size))
        need = self.unions + unions + 1
        if need > self.first_child.size:
            size = max(need, int(self.first_child.size * 1.25))
            for name in ("wife", "husband", "start", "first_child"):
                setattr(self, name, _grown(getattr(self, name), size))


@dataclass
class _Queue:
    """Searches for a spouse that lie ahead, by calendar year."""

    first_year: int
    last_year: int
    batches: list[tuple[NDArray[np.int32], NDArray[np.int16], NDArray[np.int16], _I64]] = field(default_factory=list)

    def put(self, person: NDArray[np.int32], month: NDArray[np.int16], home: NDArray[np.int16], year: int) -> None:
        """Add searches; those before ``year`` (calendar) count as of that year."""
        if person.size == 0:
            return
        years = np.clip(month // 12 + ORIGIN_YEAR, year, self.last_year + 1) - self.first_year
        order, offset = draws.counting_order(years.astype(np.int64), 0, self.last_year - self.first_year + 2)
        self.batches.append((person[order], month[order], home[order], offset))

    def take(self, year: int) -> tuple[NDArray[np.int32], NDArray[np.int16], NDArray[np.int16]]:
        """Persons, months and home regions of the searches of a calendar year."""
        k = year - self.first_year
        parts = [(p[o[k] : o[k + 1]], m[o[k] : o[k + 1]], h[o[k] : o[k + 1]]) for p, m, h, o in self.batches]
        parts = [part for part in parts if part[0].size]
        self.batches = [batch for batch in self.batches if batch[3][-1] > batch[3][k + 1]]
        if not parts:
            return np.empty(0, np.int32), np.empty(0, np.int16), np.empty(0, np.int16)
        person, month, home = (np.concatenate(column) for column in zip(*parts, strict=True))
        return person, month, home


@dataclass
class _Pool:
    """Men who look for a wife, by region and month of birth."""

    person: NDArray[np.int32]
    ready: NDArray[np.int16]
    home: NDArray[np.int16]


def _grown(array: NDArray[Any], size: int) -> NDArray[Any]:
    bigger = np.empty(size, array.dtype)
    bigger[: array.size] = array
    return bigger


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
    threads : int, optional
        Accepted for symmetry with the rest of the package; the work runs on one thread.
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
    tables = _tables(rates, parameters, first, last, plain)
    shares = stable_founders(rates, start_year)
    expected = project(rates, shares, first, last)
    founders = _number_of_founders(expected, living, at, first)
    clock.mark("rates")
    world = _World(rates, parameters, tables, living, seed, first, last, plain)
    world.found(shares, founders, expected)
    clock.mark("founders")
    progress.stage("genealogy", year_of(last) - start_year + 1, "years")
    for year in range(start_year, year_of(last) + 1):
        world.step(year, clock)
        progress.advance()
    progress.finish()
    pedigree = world.pedigree()
    clock.mark("index")
    world.report(pedigree, expected, founders, living, at, clock)
    return pedigree


def _check(living: int, at: int, seed: int, first: int, last: int) -> None:
    if living < 1:
        raise InputError("living", living, "a whole number, 1 or more")
    if not first < last < NEVER - 12 * AGES:
        raise InputError("last month", format_month(last), f"a month after {format_month(first)}, before 4200-01")
    if not first <= at <= last:
        raise InputError("month of the living", format_month(at), f"{format_month(first)} to {format_month(last)}")
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


def _tables(rates: Rates, parameters: Parameters, first: int, last: int, plain: bool) -> _Tables:
    """Cumulative hazards along birth cohorts, and schedules of unions."""
    begin, end = year_of(first) - AGES, year_of(last) + 1
    rows = [rates.row(year) for year in range(begin, end + AGES + 1)]
    mu = np.stack([[hazards(q) for q in rates.qx[:, sex]] for sex in (0, 1)])
    diagonal = np.zeros((2, end - begin + 2, AGES + 1))
    cohorts = np.arange(end - begin + 2)
    year_rows = np.asarray(rows + [rows[-1]] * 4)
    for age in range(AGES):
        diagonal[:, :, age + 1] = diagonal[:, :, age] + mu[:, year_rows[cohorts + age], age]
    if plain:
        marital = _plain_marital(rates, parameters, first, last)
        bounds = np.ones(1)
    else:
        marital = marital_rates(rates, parameters, first, last)
        bounds = np.cumsum(marital.nuptiality.shares)
        bounds /= bounds[-1]
    plan = marital.nuptiality
    searches = np.stack([plan.cdf, plan.ready])
    boys = rates.srb / (1.0 + rates.srb)
    return _Tables(
        diagonal, begin - ORIGIN_YEAR, boys, rates.first_year - ORIGIN_YEAR, searches, plan, marital, bounds
    )


def _plain_marital(rates: Rates, parameters: Parameters, first: int, last: int) -> MaritalRates:
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
    base = nuptiality(parameters, begin, begin)
    plan = Nuptiality(
        begin, at_ten, at_birth, np.zeros((years, 2)), np.ones((years, 2)), np.zeros(years), (0.0, 0.0), np.zeros((years, 2, AGES)), 1.0, 12, 1,
        base.maximum, np.ones(1), np.ones((years, 1)), np.zeros(years),
    )  # fmt: skip
    return MaritalRates(start, cumulative, np.ones((born.size, AGE_MONTHS), np.float32), np.zeros(born.size), plan)


class _World:
    """The population of one run while it is simulated."""

    def __init__(
        self, rates: Rates, parameters: Parameters, tables: _Tables, living: int, seed: int, first: int, last: int,
        plain: bool,
    ) -> None:  # fmt: skip
        self.rates, self.tables, self.seed, self.first, self.last, self.plain = rates, tables, seed, first, last, plain
        share = parameters.table("population.province_share", last)
        self.provinces = tuple(share)
        self.share = np.array(list(share.values())) / sum(share.values())
        size = parameters.number("union.region_size", last)
        regions = np.maximum(np.rint(self.share * living / size), 1).astype(np.int64)
        self.region_province = np.repeat(np.arange(self.share.size), regions).astype(np.int8)
        self.region_first = np.concatenate([[0], np.cumsum(regions)])
        outside = parameters.number("union.outside_province", last)
        # Destinations are drawn from all provinces, one's own included, so that the shares of provinces hold.
        other = 1.0 - float((self.share**2).sum())
        self.leaving = min(outside / other, 1.0) if other > 0 else 0.0
        self.depth = 0 if plain else int(parameters.number("union.forbidden_degree", last))
        self.least_age = -NEVER if plain else 12 * int(parameters.table("union.minimum_age", last)["male"])
        self.rejected = np.zeros(1, np.int64)
        self.unmet = self.delayed = self.sought = 0
        self.queue = _Queue(year_of(first), year_of(last))
        empty = np.empty(0, np.int16)
        self.pool = _Pool(np.empty(0, np.int32), empty, empty)
        self._founder_survival = alive_by_month(rates.qx[rates.row(year_of(first)), 1])
        self.state: _State

    def key(self, stream_id: np.uint64) -> np.uint64:
        """Key of a stream under the seed of this run."""
        return stream_key(self.seed, stream_id)

    # -- founders

    def found(self, shares: NDArray[np.float64], founders: int, expected: Projection) -> None:
        """Place the founders: a draw from the stable population, each unrelated to all."""
        births = founders * float(expected.births.sum())
        persons = int(founders + births + 8 * np.sqrt(births) + 1000)
        unions = int(0.45 * persons) + 1000
        self.state = state = _State(
            np.empty(persons, np.int16), np.empty(persons, np.int16), np.empty(persons, np.int8),
            np.empty(persons, np.int16), np.empty(persons, np.int32), np.empty(unions, np.int32),
            np.empty(unions, np.int32), np.empty(unions, np.int16), np.zeros(unions + 1, np.int32),
        )  # fmt: skip
        ids = np.arange(founders)
        # Systematic sample: the founders' age structure is that of the stable population, without sampling error.
        cell = np.searchsorted(np.cumsum(shares.ravel()), (ids + 0.5) / founders * (1 - 1e-12))
        months = shares.shape[1]
        state.sex[:founders] = cell // months
        state.birth[:founders] = self.first - 1 - cell % months
        state.birth_union[:founders] = -1
        state.region[:founders] = self._founder_regions(founders)
        t = self.tables
        draws.founder_deaths(
            t.diagonal, t.diagonal_year, self.first, state.birth[:founders], state.sex[:founders],
            self.key(draws.DAY), self.key(draws.DEATH), state.death[:founders],
        )  # fmt: skip
        state.persons = founders
        person, month, home = self._first_searches(0, founders)
        self.queue.put(*self._still_married(person, month, home), year_of(self.first))

    def _founder_regions(self, founders: int) -> _I64:
        """Regions by the shares of provinces, in an order that is random with respect to age."""
        order = np.argsort(uniforms(self.seed, PLACE, np.arange(founders)), kind="stable")
        place = np.empty(founders, np.int64)
        share = np.repeat(self.share / np.diff(self.region_first), np.diff(self.region_first))
        place[order] = np.searchsorted(np.cumsum(share), (np.arange(founders) + 0.5) / founders * (1 - 1e-12))
        return place

    def _still_married(
        self, person: NDArray[np.int32], month: NDArray[np.int16], home: NDArray[np.int16]
    ) -> tuple[NDArray[np.int32], NDArray[np.int16], NDArray[np.int16]]:
        """Leave out founder women whose husbands have died before the start: there are widows from the first day."""
        state, t = self.state, self.tables
        past = (state.sex[person] != MALE) & (month < self.first)
        born = state.birth[person].astype(np.int64)
        row = np.clip((born - t.marital.first_month) // COHORT_MONTHS, 0, t.marital.married.shape[0] - 1)
        age = np.clip(self.first - born, 0, AGE_MONTHS - 1)
        cohort = np.clip(born // 12 + ORIGIN_YEAR - t.plan.first_year, 0, t.plan.cdf.shape[0] - 1)
        ever = t.plan.cdf[cohort, age] * (1.0 - t.plan.never[0])
        married = t.marital.married[row, age] / np.maximum(ever, 1e-9)
        stay = ~past | (uniforms(self.seed, WIDOWED, person) < married) | self.plain
        return person[stay], month[stay], home[stay]

    # -- searches

    def _first_searches(
        self, first: int, end: int
    ) -> tuple[NDArray[np.int32], NDArray[np.int16], NDArray[np.int16]]:
        state, t = self.state, self.tables
        person, month, home = _buffers(end - first)
        n = draws.first_searches(
            first, end, state.birth, state.death, state.sex, state.region, t.searches, t.plan.first_year - ORIGIN_YEAR,
            t.plan.never[0], t.plan.never[1], self.last, self.key(draws.FIRST_UNION), person, month, home,
        )  # fmt: skip
        return person[:n], month[:n], home[:n]

    def _next_searches(
        self, wives: NDArray[np.int32], husbands: NDArray[np.int32], first_union: int
    ) -> tuple[NDArray[np.int32], NDArray[np.int16], NDArray[np.int16]]:
        state, t = self.state, self.tables
        person, month, home = _buffers(wives.size)
        n = draws.next_searches(
            wives, husbands, first_union, state.birth, state.death, state.region, t.plan.again,
            t.plan.first_year - ORIGIN_YEAR, t.plan.mourning, float(t.plan.delay), self.last, self.key(draws.AGAIN),
            person, month, home,
        )  # fmt: skip
        return person[:n], month[:n], home[:n]

    # -- one year

    def step(self, year: int, clock: _Clock) -> None:
        """All unions that begin in a year, and everything that follows from them."""
        person, month, home = self.queue.take(year)
        state = self.state
        male = state.sex[person] == MALE
        # Men meet the women of the years after the one in which they become ready: nobody waits inside the market.
        now = month[male] < month_index(year)
        ready = person[male], month[male], home[male]
        self._join_pool(*(column[now] for column in ready), year)
        self.queue.put(*(column[~now] for column in ready), year + 1)
        clock.mark("queue")
        women = (person[~male], month[~male], home[~male])
        wives, husbands, start = self._unions(*women, year)
        clock.mark("match")
        first_union, first_person = state.unions, state.persons
        self._births(wives, husbands, start)
        clock.mark("births")
        searches = [self._first_searches(first_person, state.persons), self._next_searches(wives, husbands, first_union)]
        if self.plain:
            searches = searches[:1]
        for found in searches:
            self.queue.put(*found, year + 1)
        clock.mark("searches")

    def _join_pool(
        self, person: NDArray[np.int32], month: NDArray[np.int16], home: NDArray[np.int16], year: int
    ) -> None:
        """Men who begin to look this year join those who still do, in order of region and month of birth."""
        state, pool = self.state, self.pool
        now = max(month_index(year), self.first)
        until = _PLAIN_UNTIL if self.plain else _MEN_UNTIL
        keep = (state.death[pool.person] > now) & (state.birth[pool.person] > now - 12 * until)
        person = np.concatenate([pool.person[keep], person])
        month = np.concatenate([pool.ready[keep], month])
        home = np.concatenate([pool.home[keep], state.region[person[keep.sum() :]]])
        order = _by_region_and_birth(home, state.birth[person])
        self.pool = _Pool(person[order], month[order], home[order])

    def _unions(
        self, women: NDArray[np.int32], month: NDArray[np.int16], home: NDArray[np.int16], year: int
    ) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int16]]:
        """Wives, husbands and months of the unions of a year; women who find nobody try again a year later."""
        self.sought += women.size
        pool, regions = self.pool, self.region_province.size
        links = np.arange(pool.person.size + 2)
        left, right = links.copy(), links.copy()
        offset = np.searchsorted(pool.home, np.arange(regions + 1)).astype(np.int64)
        men_birth = self.state.birth[pool.person].astype(np.int64)
        used = np.zeros(pool.person.size, bool)
        found: list[tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int16]]] = []
        for attempt, window in enumerate(_WINDOWS):
            if women.size == 0:
                break
            if self.plain and attempt > 0:  # no man is free: take one who is not
                left, right = links.copy(), links.copy()
            market = self._markets(women, month, home, attempt)
            order = _by_region_and_birth(market, month)
            women, month, home, market = women[order], month[order], home[order], market[order]
            chosen = self._match(women, month, market, pool, men_birth, offset, window, left, right, attempt)
            got = chosen >= 0
            used[chosen[got]] = True
            found.append((women[got], pool.person[chosen[got]], month[got]))
            women, month, home = women[~got], month[~got], home[~got]
        stay = ~used
        self.pool = _Pool(pool.person[stay], pool.ready[stay], pool.home[stay])
        self._try_again(women, month, home, year)
        if not found:
            return np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0, np.int16)
        wives, husbands, start = (np.concatenate(column) for column in zip(*found, strict=True))
        return wives, husbands, start

    def _markets(
        self, women: NDArray[np.int32], month: NDArray[np.int16], home: NDArray[np.int16], attempt: int
    ) -> NDArray[np.int16]:
        """Region in which each woman looks: her own or, for a share of them and for second attempts, any."""
        when = attempt
        destiny = uniforms(self.seed, MARKET, women, 3 * when)
        away = (destiny < self.leaving) | (attempt > (1 if self.plain else 0))
        province = np.searchsorted(np.cumsum(self.share), uniforms(self.seed, MARKET, women, 3 * when + 1))
        province = np.minimum(province, self.share.size - 1)
        size = np.diff(self.region_first)[province]
        region = self.region_first[province] + (uniforms(self.seed, MARKET, women, 3 * when + 2) * size).astype(int)
        return np.where(away, region, home).astype(np.int16)

    def _match(
        self, women: NDArray[np.int32], month: NDArray[np.int16], market: NDArray[np.int16], pool: _Pool,
        men_birth: _I64, offset: _I64, window: int, left: _I64, right: _I64, attempt: int,
    ) -> _I64:  # fmt: skip
        state = self.state
        women_offset = np.searchsorted(market, np.arange(self.region_province.size + 1)).astype(np.int64)
        chosen = np.full(women.size, -1, np.int64)
        match(
            women, month, self._aims(women, month), women_offset, pool.person, men_birth, pool.ready, offset, window,
            _TRIES, self.depth, NEVER if self.plain else self.first, self.least_age, self.plain and attempt > 0,
            state.birth, state.death, state.birth_union, state.wife, state.husband, left, right, chosen, self.rejected,
        )  # fmt: skip
        return chosen

    def _aims(self, women: NDArray[np.int32], month: NDArray[np.int16]) -> _I64:
        """Month of birth of the husband each woman looks for."""
        born = self.state.birth[women].astype(np.int64)
        aim = born - self._gaps(women, month, 0)
        past = np.flatnonzero(month < self.first)
        # Couples of before the start are those whose husband has lived to see it: younger husbands more often.
        alive = self._founder_survival
        for attempt in range(1, _SURVIVAL_DRAWS):
            if past.size == 0:
                break
            now = np.clip(self.first - aim[past], 0, alive.size - 1)
            then = np.clip(month[past] - aim[past], 0, now)
            search = women[past] + (month[past].astype(np.int64) << 32)
            lived = uniforms(self.seed, SURVIVED, search, attempt) < alive[now] / np.maximum(alive[then], 1e-12)
            past = past[~lived]
            aim[past] = born[past] - self._gaps(women[past], month[past], attempt)
        return aim

    def _gaps(self, women: NDArray[np.int32], month: NDArray[np.int16], attempt: int) -> _I64:
        """Age gaps in months; one draw a search, so that a widow does not aim at the kind of husband she had."""
        plan = self.tables.plan
        row = np.clip(month // 12 + ORIGIN_YEAR - plan.first_year, 0, plan.older.size - 1)
        search = women + (month.astype(np.int64) << 32)
        kind = (uniforms(self.seed, OLDER, search, attempt) < plan.older[row]).astype(int)
        gap = plan.gap[row, kind] + plan.gap_sd[row, kind] * normals(self.seed, GAP, search, attempt)
        months: _I64 = np.rint(12.0 * gap).astype(np.int64)
        return months

    def _try_again(
        self, women: NDArray[np.int32], month: NDArray[np.int16], home: NDArray[np.int16], year: int
    ) -> None:
        if women.size == 0:
            return
        state = self.state
        later = np.maximum(month.astype(np.int64) + 12, self.first)
        able = (later < state.death[women]) & (later <= self.last)
        able &= later - state.birth[women] < 12 * _WOMEN_UNTIL
        self.unmet += int((~able).sum())
        self.delayed += int(able.sum())
        self.queue.put(women[able], later[able].astype(np.int16), home[able], year + 1)

    def _births(
        self, wives: NDArray[np.int32], husbands: NDArray[np.int32], start: NDArray[np.int16]
    ) -> None:
        """Draw the children of new unions and append unions and children to the pedigree."""
        state, t = self.state, self.tables
        n = wives.size
        state.room(0, n)
        begin = state.unions
        state.wife[begin : begin + n] = wives
        state.husband[begin : begin + n] = husbands
        state.start[begin : begin + n] = start
        count = np.zeros(n, np.int32)
        size = 8 * n + 256
        while True:
            months = np.empty(size, np.int16)
            made = draws.draw_births(
                wives, husbands, start, begin, state.birth, state.death, t.marital.cumulative, t.marital.first_month,
                COHORT_MONTHS, t.bounds, t.plan.interval, self.plain, self.first, self.last, self.key(draws.FECUNDITY),
                self.key(draws.BIRTH), count, months,
            )  # fmt: skip
            if made >= 0:
                break
            size *= 2
        state.room(made, n)
        draws.fill_children(
            husbands, begin, state.persons, count, months, t.boys, t.rate_year, t.diagonal, t.diagonal_year,
            self.key(draws.SEX), self.key(draws.DAY), self.key(draws.DEATH), state.birth, state.death, state.sex,
            state.region, state.birth_union, state.first_child,
        )  # fmt: skip
        state.unions += n
        state.persons += made

    # -- the end

    def pedigree(self) -> Pedigree:
        """The finished pedigree with its index of unions."""
        s = self.state
        persons, unions = s.persons, s.unions
        wife, husband = s.wife[:unions].copy(), s.husband[:unions].copy()
        if unions == 0:
            s.first_child[0] = persons
        offset, members = union_index(persons, wife, husband)
        return Pedigree(
            birth=s.birth[:persons].copy(), death=s.death[:persons].copy(), sex=s.sex[:persons].copy(),
            region=s.region[:persons].copy(), birth_union=s.birth_union[:persons].copy(), wife=wife, husband=husband,
            start=s.start[:unions].copy(), first_child=s.first_child[: unions + 1].copy(), union_offset=offset,
            union_list=members, region_province=self.region_province, provinces=self.provinces,
            first_month=self.first, last_month=self.last,
        )  # fmt: skip

    def report(
        self, pedigree: Pedigree, expected: Projection, founders: int, living: int, at: int, clock: _Clock
    ) -> None:
        """Fill ``info`` and warn where a reader should know."""
        from yeonjwa.genealogy.coverage import coverage

        unions = pedigree.num_unions
        plan = self.tables.plan
        shifts = {plan.first_year + int(i): float(plan.shift[i]) for i in np.flatnonzero(plan.shift)}
        pedigree.info.update(
            expected_living=living,
            achieved_living=pedigree.num_living(at),
            at=format_month(at),
            seed=self.seed,
            plain=self.plain,
            founders=founders,
            persons_ever=pedigree.num_persons,
            unions=unions,
            searches=int(self.sought),
            unmet_unions=int(self.unmet),
            delayed_unions=int(self.delayed),
            kin_rejections=int(self.rejected[0]) / unions if unions else 0.0,
            coverage=coverage(pedigree),
            first_union_shift=shifts,
            birth_lag=float(self.tables.marital.lag.max(initial=0.0)),
            growth_1790_1910=_growth(expected, self.first),
            rates=list(self.rates.notes),
        )
        clock.mark("report")
        pedigree.info["seconds"] = {phase: round(s, 4) for phase, s in clock.seconds.items()}
        if pedigree.num_living(at) == 0:
            warnings.warn(f"nobody is alive in {format_month(at)}: the population is extinct", DemographicWarning, stacklevel=3)
        if self.sought and self.unmet > 0.02 * self.sought:
            warnings.warn(
                f"{self.unmet} of {self.sought} women who looked for a husband found none", DemographicWarning, stacklevel=3
            )


def _growth(expected: Projection, first: int) -> float | None:
    """Mean yearly growth of the expected population from the start to 1910."""
    years = 1910 - year_of(first)
    if years < 10 or expected.living.shape[0] <= years * 12 or expected.living[years * 12].sum() <= 0:
        return None
    return float(np.log(expected.living[years * 12].sum() / expected.living[0].sum()) / years)


def _buffers(n: int) -> tuple[NDArray[np.int32], NDArray[np.int16], NDArray[np.int16]]:
    return np.empty(n, np.int32), np.empty(n, np.int16), np.empty(n, np.int16)


def _by_region_and_birth(region: NDArray[np.int16], month: NDArray[np.int16]) -> _I64:
    """Stable order by region, then month."""
    if region.size == 0:
        return np.empty(0, np.int64)
    least = int(month.min())
    order, _ = draws.counting_order(month.astype(np.int64), least, int(month.max()) - least + 1)
    second, _ = draws.counting_order(region[order].astype(np.int64), 0, int(region.max()) + 1)
    result: _I64 = order[second]
    return result



