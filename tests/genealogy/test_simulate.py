"""The microsimulation against its rates: expected numbers, rules that hold for everyone, repeatability, edges."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pytest

from tests.genealogy.conftest import AT, LAST, run
from yeonjwa.core.calendar import month_index
from yeonjwa.core.errors import InputError
from yeonjwa.core.parameters import Parameters
from yeonjwa.core.warnings import DemographicWarning, HeldValueWarning
from yeonjwa.demography.lifetable import hazards
from yeonjwa.demography.projection import Projection, project
from yeonjwa.demography.rates import Rates
from yeonjwa.genealogy import crew, twin
from yeonjwa.genealogy.pedigree import Pedigree
from yeonjwa.genealogy.simulate import simulate

COLUMNS = (
    "birth", "death", "sex", "region", "birth_union", "wife", "husband", "start", "first_child", "union_offset",
    "union_list", "region_province",
)  # fmt: skip


def founders_of(pedigree: Pedigree) -> np.ndarray:
    """Founders by sex and months since the month of birth."""
    table = np.zeros((2, 1320))
    founders = pedigree.info["founders"]
    age = pedigree.first_month - 1 - pedigree.birth[:founders].astype(int)
    np.add.at(table, (pedigree.sex[:founders], age), 1)
    return table


@pytest.fixture(scope="module")
def expected(large: Pedigree, rates: Rates) -> Projection:
    months = [month_index(year, 12) for year in range(1800, 2025, 20)] + [LAST]
    return project(rates, founders_of(large), large.first_month, LAST, months)


def children(p: Pedigree) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Children, their mothers and fathers."""
    child = np.flatnonzero(p.birth_union >= 0)
    union = p.birth_union[child]
    return child, p.wife[union], p.husband[union]


# -- against the rates


def test_births_a_decade_are_those_of_the_rates_for_the_women_there_are(
    large: Pedigree, rates: Rates
) -> None:
    """Fertility: 1 % a decade and three standard errors of the births."""
    child, mother, _ = children(large)
    born = large.birth[child].astype(int)
    age = (born - large.birth[mother].astype(int)) // 12
    births, lived = np.zeros((440, 60)), np.zeros((440, 60))
    np.add.at(births, (born // 12, age), 1)
    woman = np.flatnonzero(large.sex == 0)
    wb, wd = large.birth[woman].astype(int), large.death[woman].astype(int)
    for a in range(10, 55):
        # A year of age lies in two calendar years.
        low = wb + 12 * a
        high = np.maximum(np.minimum(low + 12, wd), low)
        turn = np.minimum(np.maximum((low // 12 + 1) * 12, low), high)
        for start, end in ((low, turn), (turn, high)):
            lived[:, a] += np.bincount(np.minimum(start // 12, 439), end - start, minlength=440)[:440] / 12
    for decade in range(1790, 2020, 10):
        rows = slice(decade - 1600, decade - 1590)
        years = lived[rows, 10:55]
        due = (years * np.array([rates.asfr[rates.row(y), 10:55] for y in range(decade, decade + 10)])).sum(
            axis=0
        )
        had, years = births[rows, 10:55].sum(axis=0), years.sum(axis=0)
        some = years > 0
        rate, target = (had[some] / years[some]).sum(), (due[some] / years[some]).sum()
        error = np.sqrt((had[some] / years[some] ** 2).sum())
        assert target > 1.5
        assert abs(rate - target) < 0.01 * target + 3 * error, decade


def test_living_and_births_follow_the_projection_of_the_same_founders(
    large: Pedigree, expected: Projection
) -> None:
    """Monte Carlo error grows with the generations: families multiply, so it is not that of a Poisson count."""
    born = np.bincount(large.birth[large.birth_union >= 0], minlength=LAST + 1)
    for year in range(1795, 2025, 5):
        row = month_index(year) - expected.first_month
        generations = 1 + (year - 1790) / 28
        living = expected.living[row].sum()
        # One founder's descendants vary by about one and a half times their mean a generation.
        drift = 1.5 * np.sqrt(generations / large.info["founders"])
        assert abs(large.num_living(month_index(year)) / living - 1) < 4 * drift
        births, due = born[month_index(year) :][:12].sum(), expected.births[row : row + 12].sum()
        assert abs(births / due - 1) < 4 * (drift + 1 / np.sqrt(due))


def test_population_by_age_and_sex_follows_the_projection(large: Pedigree, expected: Projection) -> None:
    for month, table in expected.by_age.items():
        alive = large.alive_at(month)
        age = (month - large.birth[alive].astype(int)) // 120
        for sex in (0, 1):
            number = np.bincount(age[large.sex[alive] == sex], minlength=12)[:9]
            due = np.array([table[sex, 120 * k : 120 * (k + 1)].sum() for k in range(9)])
            drift = 1.5 * np.sqrt((1 + (month - expected.first_month) / 336) / large.info["founders"])
            assert (np.abs(number - due) < 4 * (np.sqrt(due) + due * drift) + 3).all(), (month, sex)


def test_period_life_expectancy_by_sex_and_decade(large: Pedigree, rates: Rates) -> None:
    """Deaths and months lived by age give back the life table of the rates."""
    birth, death = large.birth.astype(int), large.death.astype(int)
    for decade in range(1800, 2020, 20):
        first, end = month_index(decade), month_index(decade + 10)
        for sex in (0, 1):
            who = (large.sex == sex) & (death >= first) & (birth < end)
            b, d = birth[who], death[who]
            log_survival, variance, e0, e0_due, log_due = 0.0, 0.0, 0.0, 0.0, 0.0
            for a in range(90):
                low, high = np.maximum(b + 12 * a, first), np.minimum(b + 12 * (a + 1), end)
                lived = np.maximum(np.minimum(high, d) - low, 0).sum() / 12 + 0.0
                dead = int(((d >= low) & (d < high)).sum())
                rows = [rates.row(y) for y in range(decade, decade + 10)]
                mu = float(np.mean([hazards(rates.qx[r, sex])[a] for r in rows]))
                if lived < 1:
                    break
                # Months lived count from the end of the month of birth: half a month is missing in the first year.
                lived += 0.5 / 12 * int(((b >= first) & (b < end)).sum()) if a == 0 else 0.0
                e0 += np.exp(-log_survival)
                e0_due += np.exp(-log_due)
                log_survival += dead / lived
                log_due += mu
                variance += dead / lived**2 * np.exp(-2 * log_due) * 40**2
            assert abs(e0 - e0_due) < 0.25 + 3 * np.sqrt(variance), (decade, sex)


def test_expected_and_achieved_living(large: Pedigree) -> None:
    assert large.info["expected_living"] == 250_000
    assert large.info["achieved_living"] == large.num_living(AT)
    assert abs(large.num_living(AT) / 250_000 - 1) < 0.08


def test_first_unions_follow_the_schedule_and_reports_say_what_was_moved(large: Pedigree) -> None:
    first = np.full(large.num_persons, 32767)
    np.minimum.at(first, large.wife, large.start.astype(int))
    women = (large.sex == 0) & (large.birth >= month_index(1800)) & (large.birth < month_index(1850))
    age = (first - large.birth)[women & (first < 32767)] / 12
    # Those who die young marry no later than they die: the mean lies below the schedule's 17.5 to 18.
    assert 17 < age.mean() < 18.5
    shift = large.info["first_union_shift"]
    assert all(0 < years <= 3 for years in shift.values())
    assert all(1925 <= year <= 2025 for year in shift)


def test_provinces_keep_their_shares(large: Pedigree, parameters: Parameters) -> None:
    share = parameters.table("population.province_share", AT)
    province = large.region_province[large.region[large.alive_at(AT)]]
    found = np.bincount(province, minlength=len(share)) / province.size
    assert large.provinces == tuple(share)
    assert np.abs(found - np.array(list(share.values()))).max() < 0.02


def test_share_of_unions_across_provinces(large: Pedigree, parameters: Parameters) -> None:
    province = large.region_province[large.region]
    virgin = large.union_list[large.union_offset[large.wife]] == np.arange(large.num_unions)
    outside = (province[large.wife] != province[large.husband])[virgin].mean()
    assert abs(outside - parameters.number("union.outside_province", AT)) < 0.02


def test_ancestors_of_recent_cohorts_are_known(large: Pedigree) -> None:
    coverage = large.info["coverage"]
    assert coverage[1800] < 0.05
    assert all(coverage[decade] > 0.999 for decade in range(1930, 2030, 10))


# -- rules that hold for everyone


def test_children_are_consecutive_and_parents_come_first(small: Pedigree) -> None:
    assert small.first_child[0] == small.info["founders"]
    assert small.first_child[-1] == small.num_persons
    assert np.array_equal(
        small.birth_union[small.first_child[0] :],
        np.repeat(np.arange(small.num_unions), np.diff(small.first_child)),
    )
    assert (small.birth_union[: small.first_child[0]] == -1).all()
    for parent in (small.wife, small.husband):
        assert (small.birth_union[parent] < np.arange(small.num_unions)).all()
    assert (small.sex[small.wife] == 0).all()
    assert (small.sex[small.husband] == 1).all()


def test_births_and_their_parents(large: Pedigree) -> None:
    child, mother, father = children(large)
    born = large.birth[child].astype(int)
    assert (born < large.death[mother]).all()
    assert (born - large.birth[mother] >= 12 * 12).all()
    assert (born - 9 < large.death[father]).all()
    assert (born - large.birth[father] >= 13 * 12).all()
    assert (born >= large.start[large.birth_union[child]].astype(int) + 9).all()
    assert (born >= large.first_month).all()
    assert (born <= large.last_month).all()
    # Everyone of one mother, in whichever union: ten months apart at least.
    order = np.lexsort((born, mother))
    same = mother[order][1:] == mother[order][:-1]
    assert (np.diff(born[order])[same] >= 10).all()


def test_nobody_lives_in_two_unions_at_once(large: Pedigree) -> None:
    end = np.minimum(large.death[large.wife], large.death[large.husband]).astype(int)
    assert (large.start < end).all()
    unions = large.union_list
    person = np.repeat(np.arange(large.num_persons), np.diff(large.union_offset))
    same = person[1:] == person[:-1]
    assert (large.start[unions[1:]].astype(int) >= end[unions[:-1]] + 12)[same].all()
    assert ((large.wife[unions] == person) | (large.husband[unions] == person)).all()


def test_no_spouses_within_the_forbidden_degree(small: Pedigree) -> None:
    """By brute force, for a sample of all unions; there are rejections, so the rule does something."""
    assert small.info["kin_rejections"] > 0.05
    for union in range(0, small.num_unions, 9):
        assert twin.degree(small, int(small.wife[union]), int(small.husband[union]), 8) is None


def test_without_the_rule_kin_do_marry(rates: Rates, parameters: Parameters) -> None:
    pedigree = run(rates, parameters.with_value("union.forbidden_degree", 0, 0))
    unions = range(0, pedigree.num_unions, 9)
    kin = [
        twin.degree(pedigree, int(pedigree.wife[u]), int(pedigree.husband[u]), 8) is not None for u in unions
    ]
    assert np.mean(kin) > 0.05


# -- plain mode


def test_plain_women_bear_by_the_rates_alone(plain: Pedigree, rates: Rates) -> None:
    child, mother, _ = children(plain)
    born, own = plain.birth[child].astype(int), plain.birth[mother].astype(int)
    # Women of 1800-1840 who live to 50 have a Poisson number of children with the rates' mean.
    lived = (plain.sex == 0) & (plain.birth >= month_index(1800)) & (plain.birth < month_index(1840))
    lived &= plain.death - plain.birth >= 60 * 12
    number = np.bincount(mother, minlength=plain.num_persons)[lived]
    assert abs(number.mean() - rates.tfr(1800)) < 4 * number.std() / np.sqrt(number.size)
    assert abs(number.var() / number.mean() - 1) < 0.15
    assert ((born - own) >= 120).all()
    assert plain.info["kin_rejections"] == 0
    # No spacing: some intervals are shorter than ten months.
    order = np.lexsort((born, mother))
    same = mother[order][1:] == mother[order][:-1]
    assert (np.diff(born[order])[same] < 10).mean() > 0.05


def test_plain_unions_begin_at_ten_and_every_girl_has_one(plain: Pedigree) -> None:
    later = plain.start >= plain.first_month + 120
    assert (plain.start[later].astype(int) - plain.birth[plain.wife[later]] == 120).all()
    girls = (plain.sex == 0) & (plain.death - plain.birth > 120)
    girls &= (plain.birth > plain.first_month) & (plain.birth.astype(int) + 120 <= LAST)
    assert (np.diff(plain.union_offset)[girls] == 1).all()
    assert abs(np.mean(plain.birth[plain.wife].astype(int) - plain.birth[plain.husband])) < 18


# -- repeatability and edges


def test_same_seed_same_bytes_and_threads_do_not_matter(
    small: Pedigree, rates: Rates, parameters: Parameters
) -> None:
    for threads in (1, 2):
        again = run(rates, parameters, threads=threads)
        for name in COLUMNS:
            assert getattr(again, name).tobytes() == getattr(small, name).tobytes(), name
    other = run(rates, parameters, seed=2)
    assert other.birth.tobytes() != small.birth.tobytes()


def test_a_longer_run_begins_like_a_shorter_one(
    small: Pedigree, rates: Rates, parameters: Parameters
) -> None:
    """Lives are drawn by person: the same founders die in the same months whatever the end of the run."""
    short = run(rates, parameters, last=AT)
    founders = small.info["founders"]
    assert np.array_equal(short.death[:founders], small.death[:founders])


@pytest.mark.parametrize("is_plain", [False, True])
@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("no fertility", lambda r: replace(r, asfr=r.asfr * 0)),
        ("no men", lambda r: replace(r, srb=r.srb * 0)),
        ("no women", lambda r: replace(r, srb=r.srb * 0 + 1e12)),
        ("extinction", lambda r: replace(r, asfr=r.asfr * 0.2)),
        ("everybody dies at once", lambda r: replace(r, qx=np.ones_like(r.qx))),
    ],
)
def test_extreme_rates_warn_and_do_not_crash(
    rates: Rates, parameters: Parameters, name: str, change: object, is_plain: bool
) -> None:
    with pytest.warns(DemographicWarning):
        pedigree = run(change(rates), parameters, living=500, plain=is_plain)  # type: ignore[operator]
    assert pedigree.first_child[-1] == pedigree.num_persons
    assert pedigree.union_list.size == 2 * pedigree.num_unions


def test_very_high_fertility_fits_in_memory(rates: Rates, parameters: Parameters) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DemographicWarning)
        pedigree = run(replace(rates, asfr=rates.asfr * 2.5), parameters, living=20_000, start_year=1950)
    assert pedigree.first_child[-1] == pedigree.num_persons


def test_rates_that_couples_cannot_follow_are_said(rates: Rates, parameters: Parameters) -> None:
    """The war year held for ever: men die so early that most women are widows."""
    row = slice(rates.row(1950), rates.row(1950) + 1)
    war = Rates(1950, 1950, rates.asfr[row], rates.qx[row], rates.srb[row])
    with pytest.warns(DemographicWarning) as caught:
        run(war, parameters, living=2_000, start_year=1900)
    assert any("cannot bear" in str(warning.message) for warning in caught)
    plain = run(war, parameters, living=20_000, start_year=1900, plain=True)
    assert abs(plain.num_living(AT) / 20_000 - 1) < 0.1


def test_a_country_of_one_region(rates: Rates, parameters: Parameters) -> None:
    from yeonjwa.genealogy.market import Regions, order_of_draws

    whole = Regions.build(parameters, 10, AT)
    assert whole.number == 10
    assert Regions.build(parameters, 2_000_000, AT).number == 20
    draw = np.random.default_rng(1).random(1000)
    draw[::7] = draw[0]  # equal draws stay in order
    assert np.array_equal(order_of_draws(draw), np.argsort(draw, kind="stable"))
    place = whole.of_founders(draw)
    assert np.bincount(place, minlength=10).min() > 10


def test_held_years_are_said(rates: Rates, parameters: Parameters) -> None:
    with pytest.warns(HeldValueWarning, match="2021"):
        simulate(rates, parameters, living=300, at=AT, seed=1, last=LAST, start_year=1990)


@pytest.mark.parametrize(
    "wrong",
    [
        {"living": 0},
        {"at": month_index(1700)},
        {"at": LAST + 1},
        {"last": month_index(1780)},
        {"seed": -1},
        {"last": 32_000},
    ],
)
def test_bad_calls_are_refused(rates: Rates, parameters: Parameters, wrong: dict[str, int]) -> None:
    with pytest.raises(InputError):
        run(rates, parameters, **wrong)


def test_numba_leaves_the_info_readable(small: Pedigree) -> None:
    import json

    text = json.dumps(small.info)
    assert "founders" in text
    assert small.info["persons_ever"] == small.num_persons
    assert set(small.info["seconds"]) >= {"rates", "match", "births"}


def test_what_is_kept_from_the_last_call_is_made_anew_for_other_rates(
    rates: Rates, parameters: Parameters
) -> None:
    """Even if somebody writes into the arrays."""
    mine = replace(rates, asfr=rates.asfr.copy())
    pedigrees = [run(mine, parameters, living=400) for _ in range(2)]
    mine.asfr[:] *= 1.2
    pedigrees += [run(mine, parameters, living=400), run(rates, parameters, living=400)]
    births = [pedigree.birth.tobytes() for pedigree in pedigrees]
    assert births[0] == births[1] == births[3] != births[2]


# -- threads, and children who are left out


def test_several_threads_give_the_same_bytes(
    monkeypatch: pytest.MonkeyPatch, rates: Rates, parameters: Parameters
) -> None:
    """By force: a population this small stays on one thread by itself."""
    alone = run(rates, parameters, living=60_000, threads=1)
    assert crew.Crew.for_population(60_000, 3).threads == 1
    monkeypatch.setattr(crew, "ALONE_BELOW", 0)
    monkeypatch.setattr(crew, "SHARE", 1)
    for threads in (2, 3):
        several = run(rates, parameters, living=60_000, threads=threads)
        for name in COLUMNS:
            assert getattr(several, name).tobytes() == getattr(alone, name).tobytes(), name
        assert several.info["kin_rejections"] == alone.info["kin_rejections"]
    for is_plain in (False, True):
        pair = [run(rates, parameters, living=5_000, plain=is_plain, threads=threads) for threads in (1, 2)]
        for name in COLUMNS:
            assert getattr(pair[0], name).tobytes() == getattr(pair[1], name).tobytes(), name


@pytest.fixture(scope="module")
def survivors(rates: Rates, parameters: Parameters) -> Pedigree:
    return run(rates, parameters, living=200_000, seed=5, all_births=False)


def test_left_out_are_those_who_die_young_before_1900(survivors: Pedigree, rates: Rates) -> None:
    """Births and the share left out are those of the rates; nobody who is kept dies young before 1900."""
    child, _mother, _ = children(survivors)
    born = survivors.birth[child].astype(int)
    lived = (survivors.death[child] - born) / 12
    assert lived[born < month_index(1900)].min() >= 12 - 1 / 12
    assert lived[born >= month_index(1900)].min() < 1
    left_out = survivors.info["left_out"]
    assert set(left_out) == set(range(1790, 1900, 10))
    expected = project(rates, founders_of(survivors), survivors.first_month, LAST)
    for decade in range(1790, 1900, 10):
        kept = int(((born >= month_index(decade)) & (born < month_index(decade + 10))).sum())
        births, due = kept + left_out[decade], expected.births[(decade - 1790) * 12 :][:120].sum()
        drift = 1.5 * np.sqrt((1 + (decade - 1790) / 28) / survivors.info["founders"])
        assert abs(births / due - 1) < 4 * (drift + 1 / np.sqrt(due))
        dead = 1 - np.exp(
            [-sum(hazards(rates.qx[rates.row(decade), sex])[a] for a in range(12)) for sex in (0, 1)]
        )
        boys = rates.srb[rates.row(decade)] / (1 + rates.srb[rates.row(decade)])
        share = (1 - boys) * dead[0] + boys * dead[1]
        if decade < 1880:  # life expectancy rises from 1899 on
            assert abs(left_out[decade] / births - share) < 4 * np.sqrt(share * (1 - share) / births)


def test_without_the_young_dead_the_living_are_as_many_as_with_them(
    survivors: Pedigree, rates: Rates
) -> None:
    months = [month_index(1915), month_index(1950), AT]
    expected = project(rates, founders_of(survivors), survivors.first_month, LAST, months)
    for month, known in expected.by_age.items():
        alive = survivors.alive_at(month)
        age = (month - survivors.birth[alive].astype(int)) // 120
        drift = 1.5 * np.sqrt((1 + (month - expected.first_month) / 336) / survivors.info["founders"])
        for sex in (0, 1):
            number = np.bincount(age[survivors.sex[alive] == sex], minlength=12)[:9]
            due = np.array([known[sex, 120 * k : 120 * (k + 1)].sum() for k in range(9)])
            assert (np.abs(number - due) < 4 * (np.sqrt(due) + due * drift) + 3).all(), (month, sex)


def test_surviving_brothers_and_sisters_are_as_many_with_and_without_the_young_dead(
    survivors: Pedigree, large: Pedigree
) -> None:
    """Children of one union who reach twelve: mean and variance, unions of 1800-1880."""
    moments = []
    for pedigree in (survivors, large):
        early = (pedigree.start >= month_index(1800)) & (pedigree.start < month_index(1880))
        child, _, _ = children(pedigree)
        grown = child[pedigree.death[child] - pedigree.birth[child] >= 144]
        number = np.bincount(pedigree.birth_union[grown], minlength=pedigree.num_unions)[early]
        moments.append((number.mean(), number.var(), number.size))
    (mean, var, n), (other, wide, m) = moments
    assert abs(mean - other) < 4 * np.sqrt(var / n + wide / m)
    assert abs(var / wide - 1) < 4 * np.sqrt(3 / n + 3 / m)


def test_all_births_are_drawn_where_the_living_count_early(rates: Rates, parameters: Parameters) -> None:
    at = month_index(1850)
    pedigree = run(rates, parameters, living=20_000, at=at, last=at, start_year=1830, all_births=False)
    alive = pedigree.alive_at(at)
    young = (at - pedigree.birth[alive]) < 12 * 5
    assert 0.1 < young.mean() < 0.2
    assert max(pedigree.info["left_out"], default=0) <= 1830
