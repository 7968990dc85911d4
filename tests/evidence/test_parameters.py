"""Parameter files: complete, dated, within their kinds; mistakes name the file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from yeonjwa.core.calendar import month_index
from yeonjwa.core.errors import InputError
from yeonjwa.core.parameters import Parameter
from yeonjwa.evidence import citations, ledger, parameters, summary
from yeonjwa.evidence.references import counts_by_grade

RUN = range(month_index(1985), month_index(2025))
POSTS = ("administrator", "official", "senior", "security", "expatriate")
LEVELS = {
    "post": POSTS,
    "rank": ("ordinary", *POSTS),
    "class": ("ordinary", *POSTS, "banished"),
    "province": (
        "pyongyang", "s_pyongan", "n_pyongan", "chagang", "s_hwanghae",
        "n_hwanghae", "kangwon", "s_hamgyong", "n_hamgyong", "ryanggang",
    ),
    "degree": tuple("12345678"),
    "sex": ("female", "male"),
    "songbun": ("core", "wavering", "hostile"),
}  # fmt: skip

GOOD = """
description = "A number."
kind = "factor"
unit = "times"
grade = "assumption"
sources = []

[[values]]
from = "1985-01"
value = 2
low = 1
high = 3
"""


@pytest.fixture(scope="module")
def shipped():
    return parameters.load()


def test_paths_are_the_files(shipped):
    files = {f"{f.parent.name}.{f.stem}" for f in parameters.FOLDER.rglob("*.toml")}
    assert set(shipped) == files
    assert list(shipped) == sorted(files)


def test_tables_carry_every_level(shipped):
    seen = set()
    for path in shipped:
        parameter = shipped[path]
        assert bool(parameter.levels) == (parameter.dimension is not None), path
        if parameter.dimension in LEVELS:
            assert set(parameter.levels) == set(LEVELS[parameter.dimension]), path
            seen.add(parameter.dimension)
        for value in parameter.values:
            for bound in (value.low, value.high):
                if isinstance(bound, Mapping):
                    assert set(bound) == set(parameter.levels), path
    assert seen >= {"post", "rank", "class", "province", "degree", "sex", "songbun"}


def test_sources_are_in_the_ledger(shipped):
    known = ledger.entries()
    missing = {(path, id) for path in shipped for id in shipped[path].sources if id not in known}
    assert not missing


def test_values_lie_in_their_ranges(shipped):
    compared = 0
    for path in shipped:
        for value in shipped[path].values:
            for low, middle, high in _triples(shipped[path], value):
                assert low <= middle <= high, path
                compared += low < high
    assert compared > 300


def _triples(parameter: Parameter, value):
    if value.low is None or value.high is None:
        return
    for level in parameter.levels or [None]:
        yield tuple(
            b[level] if isinstance(b, Mapping) and level else b for b in (value.low, value.value, value.high)
        )


@pytest.mark.parametrize("path", ["population.province_share", "songbun.share", "loss.career_mix"])
def test_shares_of_a_whole_sum_to_one(shipped, path):
    for value in shipped[path].values:
        assert sum(value.value.values()) == pytest.approx(1, abs=1e-12)


def test_province_shares_are_those_of_the_census(shipped):
    facts = {fact.id: fact.value for fact in ledger.load_facts()}
    people = {p: facts[f"pop.province.{p}.2008"] for p in LEVELS["province"]}
    total = sum(people.values())
    assert total == 23_349_859
    shares = shipped.table("population.province_share", month_index(2008, 10))
    for province, number in people.items():
        assert shares[province] == pytest.approx(number / total, abs=1e-7)


def test_remittances_follow_their_formula(shipped):
    facts = {fact.id: fact.value for fact in ledger.load_facts()}
    usd_2015, usd_2023, basket = 2000, 2800, facts["money.subsist.year_usd.2011"] / 4 / 12
    fee = {year: facts[f"remit.fee.actual.{year}"] / 100 for year in (2019, 2023)}
    usd_2019 = usd_2015 * facts["remit.amount.2019"] / facts["remit.amount.2015"]
    expected = {
        2015: usd_2015 * (1 - 0.30) / basket,
        2019: usd_2019 * (1 - fee[2019]) / basket,
        2023: usd_2023 * (1 - fee[2023]) / basket,
    }
    for year, number in expected.items():
        assert shipped.number("remittance.net", month_index(year)) == pytest.approx(number, rel=0.02)
    for year in (2015, 2019, 2020, 2021, 2022, 2023):
        share = shipped.number("remittance.share", month_index(year))
        assert share == pytest.approx(facts[f"remit.year.{year}"] / 100)


def test_severity_rises_once_and_only_for_officials(shipped):
    for path in ("loss.severity", "sanction.career_factor"):
        starts = [value.start for value in shipped[path].values]
        assert starts[1:] == [month_index(2012)]
        before, after = (shipped.table(path, month_index(year)) for year in (2011, 2012))
        rose = {rank for rank in after if after[rank] > before[rank]}
        assert rose == {"official", "senior", "security", "expatriate"}


def test_pulses_last_one_month(shipped):
    for path, count in (("belief.signal_hits", 12), ("belief.signal_misses", 4)):
        series = shipped.series(path, RUN[0], RUN[-1])
        assert series.sum() == count
        assert not np.any((series[1:] > 0) & (series[:-1] > 0))
    survey = shipped.series("detection.survey", RUN[0], RUN[-1])
    assert np.flatnonzero(survey).tolist() == [m - RUN[0] for m in (
        month_index(2010, 4), month_index(2010, 5), month_index(2016, 3))]  # fmt: skip
    assert np.count_nonzero(shipped.series("camp.closure", RUN[0], RUN[-1])) == 2


def test_interdiction_and_party_follow_the_dates(shipped):
    assert shipped.number("border.interdiction", month_index(2011, 12)) == 0.35
    assert shipped.number("border.interdiction", month_index(2012)) == 0.6
    members = {fact.id: fact.value for fact in ledger.load_facts() if fact.id.startswith("party.members")}
    assert shipped.number("party.members", month_index(2016, 5)) == members["party.members.2016"]
    middle = shipped.number("party.members", month_index(2013, 7))
    assert members["party.members.2010"] < middle < members["party.members.2016"]


def test_posts_stay_below_public_administration(shipped):
    for value in shipped["post.share"].values:
        state = sum(value.value[post] for post in ("official", "senior", "security"))
        assert state < 699_000 / 24_052_231
        assert sum(value.value.values()) < 0.035


def _write(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def test_folder_of_ones_own(tmp_path):
    _write(tmp_path, "b/second.toml", GOOD)
    _write(tmp_path, "a/first.toml", GOOD)
    assert list(parameters.load_folder(tmp_path)) == ["a.first", "b.second"]


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ('unit = "times"', 'unti = "times"', 4, "did you mean unit"),
        ("value = 2", "valeu = 2", 10, "did you mean value"),
        ('kind = "factor"', 'kind = "faktor"', 3, "probability"),
        ('grade = "assumption"', 'grade = "D"', None, "A, B, C, assumption"),
        ("low = 1", "low = 2.5", 11, "at most the value"),
        ("value = 2", "value = -2", 10, "0 or more"),
        ("value = 2", "value = true", 10, "a finite number"),
        ('from = "1985-01"', 'from = "1985-13"', 9, "months 01 to 12"),
        ("value = 2", "value = ", 10, "valid TOML"),
    ],
)
def test_mistakes_name_file_and_line(tmp_path, old, new, line, says):
    _write(tmp_path, "area/name.toml", GOOD.replace(old, new))
    with pytest.raises(InputError) as caught:
        parameters.load_folder(tmp_path)
    assert caught.value.where.startswith("area/name.toml")
    assert says in str(caught.value)
    if line is not None:
        assert f"line {line}" in caught.value.where


def test_all_broken_files_are_named_at_once(tmp_path):
    _write(tmp_path, "a/one.toml", GOOD.replace("value = 2", "value = -1"))
    _write(tmp_path, "a/two.toml", GOOD.replace("factor", "nonsense"))
    _write(tmp_path, "a/three.toml", GOOD)
    with pytest.raises(InputError) as caught:
        parameters.load_folder(tmp_path)
    assert "a/one.toml" in str(caught.value)
    assert "a/two.toml" in str(caught.value)
    assert "a/three.toml" not in str(caught.value)


@pytest.mark.parametrize("name", ["top.toml", "a/b/deep.toml", "a/Upper.toml"])
def test_misplaced_files_are_refused(tmp_path, name):
    _write(tmp_path, name, GOOD)
    with pytest.raises(InputError, match="place of a parameter file"):
        parameters.load_folder(tmp_path)


def test_missing_and_empty_folders_are_refused(tmp_path):
    with pytest.raises(InputError, match="folder of parameters"):
        parameters.load_folder(tmp_path / "none")
    with pytest.raises(InputError, match="folder of parameters"):
        parameters.load_folder(tmp_path)


def test_summary_has_a_line_for_each_parameter(shipped):
    month = month_index(2013)
    changed = shipped.with_value("support.alpha", month_index(2012), 4.0)
    lines = {line.path: line for line in summary(changed, month, shipped)}
    assert list(lines) == sorted(shipped)
    assert [path for path, line in lines.items() if line.changed] == ["support.alpha"]
    assert lines["support.alpha"].value == 4.0
    assert lines["loss.severity"].since == "2012-01"
    assert lines["loss.severity"].value["senior"] == 2
    assert lines["loss.severity"].as_dict()["high"]["senior"] == 4
    assert {line.since for line in summary(shipped, month_index(2011)) if line.path == "loss.severity"} == {
        "1985-01"
    }


def test_citations_cover_exactly_what_is_cited(shipped):
    found = citations(shipped, also=["gap.amounts", "seed.06"])
    cited = {id for path in shipped for id in shipped[path].sources} | {"gap.amounts", "seed.06"}
    assert [c.id for c in found] == sorted(cited)
    by_id = {c.id: c for c in found}
    assert "loss.severity" in by_id["seed.07"].cited_by
    assert by_id["seed.06"].cited_by == ()
    assert by_id["pop.province.pyongyang.2008"].found == "recalled"
    assert by_id["pop.province.pyongyang.2008"].text.endswith("(not re-read)")
    assert "24,052,231 persons" in by_id["pop.north.2008"].states
    with pytest.raises(InputError, match=r"seed\.99"):
        citations(shipped, also=["seed.99"])


def test_grades_add_up(shipped):
    assert sum(counts_by_grade(shipped).values()) == len(shipped)
    assert list(counts_by_grade(shipped)) == list(ledger.GRADES)
