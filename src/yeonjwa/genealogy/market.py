"""The marriage market of one year: men who look, women who choose, region by region."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.calendar import NEVER, ORIGIN_YEAR, month_index
from yeonjwa.core.parameters import Parameters
from yeonjwa.core.randomness import normal, stream, stream_key, uniform
from yeonjwa.demography.marital import Nuptiality
from yeonjwa.genealogy.crew import Crew
from yeonjwa.genealogy.growing import COUPLE, LINE, SEEKER, Couples, GrowingPedigree, Seekers, sorted_by
from yeonjwa.genealogy.matching import free_all, join, match, words_of

MARKET = stream("genealogy.market")
GAP = stream("genealogy.age_gap")
OLDER = stream("genealogy.older_husband")
SURVIVED = stream("genealogy.founder_husband")

#: Men leave the market at this age and women stop looking at that one, years; in plain mode men at the third.
MEN_UNTIL, WOMEN_UNTIL, _PLAIN_UNTIL = 70, 50, 25
#: How far, in months of birth, a market looks around the age aimed at, and how many candidates it passes over as
#: kin: at home, in another region, again in another one, at last in the whole country.
_ATTEMPTS = ((120, 48), (120, 48), (360, 96), (720, 100_000))
#: Draws of a husband who lived to the start, at most.
_SURVIVAL_DRAWS = 12

_I64 = NDArray[np.int64]
Array = Any


@numba.njit(cache=True)
def order_of_draws(draw: Array) -> Array:
    """Stable order of uniform draws: each is put where it must be about, then moved past the few that are smaller."""
    n = draw.size
    begin, order = np.zeros(n + 1, np.int64), np.empty(n, np.int64)
    for i in range(n):
        begin[int(draw[i] * n) + 1] += 1
    for k in range(n):
        begin[k + 1] += begin[k]
    for i in range(n):
        k = int(draw[i] * n)
        order[begin[k]] = i
        begin[k] += 1
    for k in range(1, n):
        moved, j = order[k], k
        while j > 0 and draw[order[j - 1]] > draw[moved]:
            order[j] = order[j - 1]
            j -= 1
        order[j] = moved
    return order


@dataclass(frozen=True)
class Regions:
    """Marriage regions and the provinces in which they lie."""

    provinces: tuple[str, ...]
    share: NDArray[np.float64]  # (provinces,)
    first: _I64  # (provinces + 1,): regions of a province are consecutive
    province: NDArray[np.int8]  # (regions,)
    leaving: float  # chance to draw the husband's province anew, by the shares

    @classmethod
    def build(cls, parameters: Parameters, living: int, month: int) -> Regions:
        """Regions for a population of about ``living`` persons."""
        table = parameters.table("population.province_share", month)
        share = np.array(list(table.values())) / sum(table.values())
        size = parameters.number("union.region_size", month)
        regions = np.maximum(np.rint(share * living / size), 1).astype(np.int64)
        # Destinations are drawn from all provinces, one's own included, so that the shares of provinces hold.
        other = 1.0 - float((share**2).sum())
        outside = parameters.number("union.outside_province", month)
        return cls(
            tuple(table),
            share,
            np.concatenate([[0], np.cumsum(regions)]),
            np.repeat(np.arange(share.size), regions).astype(np.int8),
            min(outside / other, 1.0) if other > 0 else 0.0,
        )

    @property
    def number(self) -> int:
        """How many regions there are."""
        return int(self.province.size)

    def of_founders(self, draw: NDArray[np.float64]) -> _I64:
        """A region for each founder: by the shares of the provinces, in the random order of ``draw``."""
        order = order_of_draws(draw)
        sizes = np.diff(self.first)
        upto = np.cumsum(np.repeat(self.share / sizes, sizes))
        place = np.empty(draw.size, np.int64)
        place[order] = np.searchsorted(upto, (np.arange(draw.size) + 0.5) / draw.size * (1 - 1e-12))
        return np.minimum(place, self.number - 1)


@dataclass(frozen=True)
class Part:
    """Couples of some regions: those records of ``couples`` from ``begin`` to ``end`` that have a husband."""

    couples: Couples
    rows: NDArray[
        np.int32
    ]  # ancestors of the children, one row a record; empty where spouses are not avoided
    heads: NDArray[np.int32]
    begin: int
    end: int
    unions: int
    rejected: int


@numba.njit(cache=True, nogil=True)
def _destinations(
    women: Array,
    attempt: int,
    leaving: float,
    everybody: bool,
    upto: Array,
    first: Array,
    key: int,
    out: Array,
) -> None:
    """Region in which each woman looks: her own, or for a share of them (or ``everybody``) any."""
    for i in range(women.size):
        woman = women[i]
        out[i] = woman.home
        if everybody or uniform(key, woman.person, 3 * attempt) < leaving:
            draw = uniform(key, woman.person, 3 * attempt + 1)
            province = 0
            while province < upto.size - 1 and upto[province] < draw:
                province += 1
            size = first[province + 1] - first[province]
            out[i] = first[province] + int(uniform(key, woman.person, 3 * attempt + 2) * size)


@numba.njit(cache=True, nogil=True)
def _aims(
    women: Array, begin: int, end: int, first: int, survival: Array, gap: Array, gap_sd: Array, older: Array,
    plan_year: int, older_key: int, gap_key: int, survived_key: int, aim: Array,
) -> None:  # fmt: skip
    """Month of birth of the husband each woman looks for.

    Couples of before the start are those whose husband has lived to see it: younger husbands more often.
    """
    for i in range(begin, end):
        woman = women[i]
        # One key a search: a widow does not aim at the kind of husband she had.
        search = np.int64(woman.person) + (np.int64(woman.month) << 32)
        row = min(max(woman.month // 12 - plan_year, 0), older.size - 1)
        for attempt in range(_SURVIVAL_DRAWS):
            kind = 1 if uniform(older_key, search, attempt) < older[row] else 0
            years = gap[row, kind] + gap_sd[row, kind] * normal(gap_key, search, attempt)
            aim[i] = woman.birth - int(np.rint(12.0 * years))
            if woman.month >= first or attempt == _SURVIVAL_DRAWS - 1:
                break
            now = min(max(first - aim[i], 0), survival.size - 1)
            then = min(max(woman.month - aim[i], 0), now)
            draw = uniform(survived_key, search, attempt + 1)
            if draw < survival[now] / max(survival[then], 1e-12):
                break


class Market:
    """Who marries whom. Men wait in a pool, by region and month of birth; women come when their time has come."""

    def __init__(
        self, regions: Regions, plan: Nuptiality, survival: NDArray[np.float64], *, seed: int, first: int, last: int,
        depth: int, least_age: int, youngest: int, plain: bool,
    ) -> None:  # fmt: skip
        self.regions, self.plan, self.survival = regions, plan, survival
        self.seed, self.first, self.last = seed, first, last
        self.depth, self.least_age, self.plain = depth, least_age, plain
        self.youngest = max(min(youngest, least_age // 12), 0)  # years before which nobody forms a union
        self.years: list[int] = []  # how many persons there were before the children of each year
        self.men = np.empty(0, SEEKER)
        self.begin = self.end = np.zeros(regions.number, np.int64)
        self.used = np.empty(0, np.bool_)
        self.free = np.empty(0, np.uint64)  # a bit a man, those of a region from the word ``words`` on
        self.words = np.zeros(regions.number, np.int64)
        self.rejected = self.sought = self.unmet = self.delayed = 0

    def join(self, men: Seekers, year: int, crew: Crew) -> None:
        """Men who begin to look join those who still do."""
        now = max(month_index(year), self.first)
        oldest = now - 12 * (_PLAIN_UNTIL if self.plain else MEN_UNTIL)
        men, arrivals = by_region_and_month(men, men["home"], men["birth"], self.regions.number, crew)
        begin = np.concatenate([[0], np.cumsum(self.end - self.begin + np.diff(arrivals))])
        size = int(begin[-1])
        pool, end, used = (
            np.empty(size, SEEKER),
            np.empty(self.regions.number, np.int64),
            np.empty(size, np.bool_),
        )
        crew.run(
            join,
            [
                (self.men, self.begin, self.end, self.used, men, arrivals, a, b, now, oldest, pool, begin, end, used)
                for a, b in crew.cuts(begin)
            ],
        )  # fmt: skip
        self.men, self.begin, self.end, self.used = pool, begin[:-1], end, used
        self.words = words_of(self.begin)
        self.free = np.empty((size >> 6) + self.regions.number + 1, np.uint64)
        free_all(self.begin, self.end, self.words, self.free)

    def unions(
        self, people: GrowingPedigree, women: Seekers, year: int, crew: Crew
    ) -> tuple[list[Part], Seekers]:
        """The unions of a year, and the women who try again a year later."""
        self.sought += women.size
        self.years.append(people.persons)
        parts: list[Part] = []
        for attempt in range(len(_ATTEMPTS)):
            if women.size == 0:
                break
            if self.plain and attempt > 0:  # where no man is free, one who is not is taken
                free_all(self.begin, self.end, self.words, self.free)
            country = attempt == len(_ATTEMPTS) - 1
            market = np.zeros(women.size, np.int32) if country else self._destinations(women, attempt)
            number = 1 if country else self.regions.number
            women, begin = by_region_and_month(women, market, women["month"], number, crew)
            couples = np.empty(women.size, COUPLE)
            if country:
                parts += self._match_in_country(people, women, begin, couples, attempt)
            else:
                pool = self.men, self.begin, self.end, self.used, self.free, self.words
                parts += self._match(people, women, begin, couples, pool, attempt, crew.cuts(begin), crew)
            women = women[couples["husband"] < 0]
        return [part for part in parts if part.unions], self._later(women)

    def _destinations(self, women: Seekers, attempt: int) -> NDArray[np.int32]:
        regions, out = self.regions, np.empty(women.size, np.int32)
        everybody = attempt > (1 if self.plain else 0)
        _destinations(
            women, attempt, regions.leaving, everybody, np.cumsum(regions.share), regions.first,
            stream_key(self.seed, MARKET), out,
        )  # fmt: skip
        return out

    def _match(
        self, people: GrowingPedigree, women: Seekers, begin: _I64, couples: Couples, pool: tuple[Any, ...],
        attempt: int, cuts: list[tuple[int, int]], crew: Crew | None,
    ) -> list[Part]:  # fmt: skip
        """Couples by ranges of regions, from a pool of men (records, begin and end by region, used, free)."""
        window, tries = _ATTEMPTS[attempt]
        plan, aim = self.plan, np.empty(women.size, np.int32)
        keys = [stream_key(self.seed, name) for name in (OLDER, GAP, SURVIVED)]
        years, noted = np.array(self.years), women.size if self.depth > 0 else 0
        rows, heads = np.empty((noted, LINE), np.int32), np.empty((noted, 2), np.int32)

        def work(a: int, b: int) -> Part:
            tally, low, high = np.zeros(2, np.int64), int(begin[a]), int(begin[b])
            _aims(
                women, low, high, self.first, self.survival, plan.gap, plan.gap_sd, plan.older,
                plan.first_year - ORIGIN_YEAR, *keys, aim,
            )  # fmt: skip
            match(
                women, aim, begin, *pool, a, b, window, tries, self.depth, NEVER if self.plain else self.first,
                self.least_age, self.plain and attempt > 0, years, self.youngest, people.birth_union, people.lines, people.elders,
                couples, rows, heads, tally,
            )  # fmt: skip
            return Part(couples, rows, heads, low, high, int(tally[0]), int(tally[1]))

        parts = crew.run(work, cuts) if crew else [work(*cut) for cut in cuts]
        self.rejected += sum(part.rejected for part in parts)
        return parts

    def _match_in_country(
        self, people: GrowingPedigree, women: Seekers, begin: _I64, couples: Couples, attempt: int
    ) -> list[Part]:
        """Couples of all regions in one: for the few who find nobody at home or in another region."""
        region = np.repeat(np.arange(self.regions.number), np.diff(self.begin, append=self.men.size))
        free = np.arange(self.men.size) < self.end[region]
        places = np.flatnonzero(free & (~self.used | self.plain))
        places = places[np.argsort(self.men["birth"][places], kind="stable")]
        used, begin_men, end_men = (
            np.zeros(places.size, np.bool_),
            np.zeros(1, np.int64),
            np.array([places.size]),
        )
        free = np.empty((places.size >> 6) + 1, np.uint64)
        free_all(begin_men, end_men, begin_men, free)
        pool = self.men[places], begin_men, end_men, used, free, begin_men
        parts = self._match(people, women, begin, couples, pool, attempt, [(0, 1)], None)
        self.used[places[used]] = True
        return parts

    def _later(self, women: Seekers) -> Seekers:
        """Searches a year later of the women who found nobody, as long as they may."""
        later = np.maximum(women["month"].astype(np.int64) + 12, self.first)
        able = (later < women["death"]) & (later <= self.last)
        able &= later - women["birth"] < 12 * WOMEN_UNTIL
        self.unmet += int((~able).sum())
        self.delayed += int(able.sum())
        again = women[able]
        again["month"] = later[able]
        return again


def by_region_and_month(
    records: Seekers, region: NDArray[np.integer], month: NDArray[np.int16], regions: int, crew: Crew
) -> tuple[Seekers, _I64]:
    """Records in stable order by region, then month, and where each region begins, (regions + 1,)."""
    if records.size == 0:
        return records, np.zeros(regions + 1, np.int64)
    least = int(month.min())
    span = int(month.max()) - least + 1
    keys = region.astype(np.int32) * span + (month.astype(np.int32) - least)
    result, offset = sorted_by(
        [(records[a:b], keys[a:b]) for a, b in crew.shares(keys.size)], regions * span, crew
    )
    return result, np.ascontiguousarray(offset[::span])
