"""The marriage market of one year: men who look, women who choose, region by region."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.calendar import NEVER, ORIGIN_YEAR, month_index
from yeonjwa.core.parameters import Parameters
from yeonjwa.core.randomness import normals, stream, uniforms
from yeonjwa.demography.marital import Nuptiality
from yeonjwa.genealogy.draws import counting_order
from yeonjwa.genealogy.growing import GrowingPedigree, Searches, none_found
from yeonjwa.genealogy.matching import match

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
        order = np.argsort(draw, kind="stable")
        sizes = np.diff(self.first)
        upto = np.cumsum(np.repeat(self.share / sizes, sizes))
        place = np.empty(draw.size, np.int64)
        place[order] = np.searchsorted(upto, (np.arange(draw.size) + 0.5) / draw.size * (1 - 1e-12))
        return np.minimum(place, self.number - 1)


class Market:
    """Who marries whom. Men wait in a pool, by region and month of birth; women come when their time has come."""

    def __init__(
        self, regions: Regions, plan: Nuptiality, survival: NDArray[np.float64], *, seed: int, first: int, last: int,
        depth: int, least_age: int, plain: bool,
    ) -> None:  # fmt: skip
        self.regions, self.plan, self.survival = regions, plan, survival
        self.seed, self.first, self.last = seed, first, last
        self.depth, self.least_age, self.plain = depth, least_age, plain
        self.men = none_found()
        self.rejected = np.zeros(1, np.int64)
        self.sought = self.unmet = self.delayed = 0

    def join(self, people: GrowingPedigree, men: Searches, year: int) -> None:
        """Men who begin to look join those who still do."""
        now = max(month_index(year), self.first)
        until = _PLAIN_UNTIL if self.plain else MEN_UNTIL
        waiting = self.men.person
        keep = (people.death[waiting] > now) & (people.birth[waiting] > now - 12 * until)
        pool = Searches.joined([self.men.where(keep), men])
        # Men live in the region of their birth, wherever their last wife came from.
        pool = Searches(pool.person, pool.month, people.region[pool.person])
        self.men = pool.where(by_region_and_month(pool.home, people.birth[pool.person], self.regions.number))

    def unions(
        self, people: GrowingPedigree, women: Searches, year: int
    ) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int16], Searches]:
        """Wives, husbands and months of the unions of a year, and the women who try again a year later."""
        self.sought += women.person.size
        places = np.arange(self.men.person.size)
        links = np.arange(places.size + 2), np.arange(places.size + 2)
        used = np.zeros(places.size, bool)
        wives, husbands, months = [], [], []
        for attempt in range(len(_ATTEMPTS)):
            if women.person.size == 0:
                break
            market, number = self._markets(women, attempt), self.regions.number
            if attempt == len(_ATTEMPTS) - 1:
                places = np.flatnonzero(~used | self.plain)
                places = places[np.argsort(people.birth[self.men.person[places]], kind="stable")]
                market, number = np.zeros_like(market), 1
            if self.plain or number == 1:  # in plain mode, where no man is free, one who is not is taken
                links = np.arange(places.size + 2), np.arange(places.size + 2)
            order = by_region_and_month(market, women.month, number)
            women, market = women.where(order), market[order]
            chosen = self._match(people, women, market, number, places, links, attempt)
            got = chosen >= 0
            used[chosen[got]] = True
            wives.append(women.person[got])
            husbands.append(self.men.person[chosen[got]])
            months.append(women.month[got])
            women = women.where(~got)
        self.men = self.men.where(~used)
        again = self._later(people, women)
        if not wives:
            nobody = none_found()
            return nobody.person, nobody.person, nobody.month, again
        return np.concatenate(wives), np.concatenate(husbands), np.concatenate(months), again

    def _markets(self, women: Searches, attempt: int) -> NDArray[np.int16]:
        """Region in which each woman looks: her own, or for a share of them and for later attempts any."""
        regions = self.regions

        def draw(k: int) -> NDArray[np.float64]:
            return uniforms(self.seed, MARKET, women.person, 3 * attempt + k)

        away = (draw(0) < regions.leaving) | (attempt > (1 if self.plain else 0))
        province = np.searchsorted(np.cumsum(regions.share), draw(1))
        province = np.minimum(province, regions.share.size - 1)
        region = regions.first[province] + (draw(2) * np.diff(regions.first)[province]).astype(int)
        return np.where(away, region, women.home).astype(np.int16)

    def _match(
        self, people: GrowingPedigree, women: Searches, market: NDArray[np.int16], number: int, places: _I64,
        links: tuple[_I64, _I64], attempt: int,
    ) -> _I64:  # fmt: skip
        """Place in the pool of each woman's husband, -1 where nobody fits."""
        men, home = self.men.person[places], self.men.home[places]
        if number == 1:
            home = np.zeros_like(home)
        window, tries = _ATTEMPTS[attempt]
        chosen = np.full(women.person.size, -1, np.int64)
        regions = np.arange(number + 1)
        match(
            women.person, women.month, self._aims(people, women), np.searchsorted(market, regions).astype(np.int64),
            men, people.birth[men].astype(np.int64), self.men.month[places],
            np.searchsorted(home, regions).astype(np.int64), window, tries, self.depth,
            NEVER if self.plain else self.first, self.least_age, self.plain and attempt > 0, people.birth,
            people.death, people.birth_union, people.couples, *links, chosen, self.rejected,
        )  # fmt: skip
        chosen[chosen >= 0] = places[chosen[chosen >= 0]]
        return chosen

    def _aims(self, people: GrowingPedigree, women: Searches) -> _I64:
        """Month of birth of the husband each woman looks for."""
        born = people.birth[women.person].astype(np.int64)
        aim = born - self._gaps(women, 0)
        past = np.flatnonzero(women.month < self.first)
        # Couples of before the start are those whose husband has lived to see it: younger husbands more often.
        alive = self.survival
        for attempt in range(1, _SURVIVAL_DRAWS):
            if past.size == 0:
                break
            now = np.clip(self.first - aim[past], 0, alive.size - 1)
            then = np.clip(women.month[past] - aim[past], 0, now)
            draw = uniforms(self.seed, SURVIVED, _search(women.where(past)), attempt)
            past = past[draw >= alive[now] / np.maximum(alive[then], 1e-12)]
            aim[past] = born[past] - self._gaps(women.where(past), attempt)
        return aim

    def _gaps(self, women: Searches, attempt: int) -> _I64:
        """Age gaps in months, husband less wife."""
        plan = self.plan
        row = np.clip(women.month // 12 + ORIGIN_YEAR - plan.first_year, 0, plan.older.size - 1)
        search = _search(women)
        kind = (uniforms(self.seed, OLDER, search, attempt) < plan.older[row]).astype(int)
        gap = plan.gap[row, kind] + plan.gap_sd[row, kind] * normals(self.seed, GAP, search, attempt)
        months: _I64 = np.rint(12.0 * gap).astype(np.int64)
        return months

    def _later(self, people: GrowingPedigree, women: Searches) -> Searches:
        """Searches a year later of the women who found nobody, as long as they may."""
        later = np.maximum(women.month.astype(np.int64) + 12, self.first)
        able = (later < people.death[women.person]) & (later <= self.last)
        able &= later - people.birth[women.person] < 12 * WOMEN_UNTIL
        self.unmet += int((~able).sum())
        self.delayed += int(able.sum())
        return Searches(women.person[able], later[able].astype(np.int16), women.home[able])


def _search(women: Searches) -> _I64:
    """One key a search: a widow does not aim at the kind of husband she had."""
    return women.person + (women.month.astype(np.int64) << 32)


def by_region_and_month(region: NDArray[np.int16], month: NDArray[np.int16], regions: int) -> _I64:
    """Stable order by region, then month."""
    if region.size == 0:
        return np.empty(0, np.int64)
    least = int(month.min())
    order, _ = counting_order(month.astype(np.int64), least, int(month.max()) - least + 1)
    second, _ = counting_order(region[order].astype(np.int64), 0, regions)
    result: _I64 = order[second]
    return result
