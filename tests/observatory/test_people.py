"""The pages on people: search, kin explorer, relative, file; numbers equal those of the functions they name."""

from __future__ import annotations

import csv
import io
import re
import threading
import time
from html import unescape
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from yeonjwa.core.calendar import parse_month
from yeonjwa.genealogy.pedigree import MALE
from yeonjwa.observatory.people import views, warm
from yeonjwa.report.kin_family import family, open_people, search

AT = "2006-06"


@pytest.fixture(scope="module")
def someone(run_folder: Path) -> int:
    """An adult whose camp circle has living members."""
    people = open_people(run_folder)
    p, at = people.pedigree, parse_month(AT)
    for person in np.flatnonzero(p.alive_at(at) & (p.birth < at - 40 * 12)).tolist():
        if family(people, person, at).in_camp > 3:
            return int(person)
    raise AssertionError("nobody has a camp circle")


def test_search_shows_what_the_function_finds(client: Any, finished: Any, run_folder: Path) -> None:
    page = client.get(f"/runs/{finished.pk}/people/?songbun=core&outcome=home").content.decode()
    answer = search(run_folder, {"songbun": "core", "outcome": "home"})
    assert f"{answer['total']:,} persons of this run fit" in page
    for row in answer["rows"]:
        assert f"/runs/{finished.pk}/people/{row['id']}/kin/" in page
    second = client.get(f"/runs/{finished.pk}/people/?songbun=core&outcome=home&page=2").content.decode()
    assert "Previous page" in second
    assert "Previous page" not in page


def test_nobody_found_and_wrong_filters(client: Any, finished: Any) -> None:
    address = f"/runs/{finished.pk}/people/"
    assert (
        "Nobody fits" in client.get(f"{address}?songbun=hostile&post=senior&outcome=transit").content.decode()
    )
    everyone = client.get(address).content.decode()
    assert "was ever in this run" in everyone or "were ever in this run" in everyone
    assert "were ever in this run" in client.get(f"{address}?songbun='--&page=x").content.decode()


def test_explorer_shows_the_numbers_of_the_functions(
    client: Any, finished: Any, run_folder: Path, someone: int
) -> None:
    page = client.get(f"/runs/{finished.pk}/people/{someone}/kin/?at={AT}").content.decode()
    found = family(open_people(run_folder), someone, parse_month(AT))
    assert f"{found.in_camp:,} relatives can go to a camp and {found.in_career_only:,} more" in unescape(page)
    assert "Synthetic persons." in page
    wide = page[page.index('<div class="wide">') : page.index('<div class="narrow">')]
    assert len(re.findall('class="kin camp', wide)) == found.in_camp
    assert not re.search(r"<[a-z]+[^>]* style=", page)
    assert "<script>" not in page
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_the_lines_of_the_page_give_its_numbers(
    client: Any, finished: Any, run_folder: Path, someone: int, capsys: pytest.CaptureFixture[str]
) -> None:
    page = client.get(f"/runs/{finished.pk}/people/{someone}/kin/?at={AT}&camp=4").content.decode()
    lines = unescape(re.findall(r"<pre>(from pathlib.*?)</pre>", page, re.DOTALL)[0])
    exec(lines.replace("RUN", str(run_folder)), {})
    camp, career = capsys.readouterr().out.split()[:2]
    assert f"{int(camp):,} relatives can go to a camp and {int(career):,} more" in unescape(page)


def test_views_relative_and_opened_branches(
    client: Any, finished: Any, run_folder: Path, someone: int
) -> None:
    address = f"/runs/{finished.pk}/people/{someone}/kin/?at={AT}"
    found = family(open_people(run_folder), someone, parse_month(AT))
    cousin = next(k for k in found.kin if k.alive and k.degree >= 2 and k.up)
    part = client.get(f"{address}&person={cousin.id}&part=selected").content.decode()
    assert f"Person {cousin.id}" in part
    assert "<html" not in part
    assert client.get(f"{address}&person=999999999&part=selected").status_code == 404
    assert f'id="k{cousin.id}" class="kin' not in client.get(f"{address}&view=table").content.decode()
    rows = client.get(f"{address}&view=generations").content.decode()
    assert "generations" in rows
    assert client.get(f"{address}&open=1&open=x&degree=6&person=-4").status_code == 200


def test_bad_dates_are_named_and_unknown_people_are_not_found(
    client: Any, finished: Any, someone: int
) -> None:
    page = client.get(f"/runs/{finished.pk}/people/{someone}/kin/?at=2031-01").content.decode()
    assert "Error: “2031-01” is not a month from 2005-01 to 2006-12." in page
    assert client.get(f"/runs/{finished.pk}/people/99999999/kin/").status_code == 404
    assert client.get("/runs/77/people/").status_code == 404


def test_explorer_of_640_signs_is_drawn_within_a_second_of_processor(
    client: Any, finished: Any, run_folder: Path, someone: int
) -> None:
    address = f"/runs/{finished.pk}/people/{someone}/kin/?at={AT}"
    page = client.get(address).content.decode()
    wide = page[page.index('<div class="wide">') : page.index('<div class="narrow">')]
    signs = len(re.findall('class="(?:kin|branch) ', wide))
    assert 400 < signs <= 640 + 2  # the person and a spouse beside the kin by blood
    assert len(page) < 600_000
    start = time.process_time()
    client.get(address)
    assert time.process_time() - start < 1.0


def test_csv_says_that_nobody_is_real(client: Any, finished: Any, run_folder: Path, someone: int) -> None:
    answer = client.get(f"/runs/{finished.pk}/people/{someone}/kin.csv?at={AT}")
    text = answer.content.decode()
    assert text.startswith("# Synthetic persons.")
    rows = list(csv.DictReader(io.StringIO(text.split("\r\n", 1)[1])))
    found = family(open_people(run_folder), someone, parse_month(AT))
    assert len(rows) == sum(k.alive for k in found.kin)
    assert sum(int(row["camp"]) for row in rows) == found.in_camp
    assert client.get(f"/runs/{finished.pk}/people/{someone}/kin.csv?at=x").status_code == 400


def test_korean_pages(client: Any, finished: Any, someone: int) -> None:
    page = client.get(f"/ko/runs/{finished.pk}/people/{someone}/kin/?at={AT}").content.decode()
    assert '<html lang="ko">' in page
    assert "2006년 6월" in page
    assert client.get(f"/ko/runs/{finished.pk}/people/").status_code == 200


def test_the_newest_run_is_read_before_anybody_asks(
    finished: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(views, "SHELF", type(views.SHELF)())
    seen: list[bool] = []
    monkeypatch.setattr(warm, "compile_apart", lambda folder, stop: seen.append(warm.compiling()))
    stop, mark = threading.Event(), tmp_path / "kernels.txt"
    warmer = warm.Warmer(mark)
    assert warmer.look(stop)
    assert len(views.SHELF) == 1
    assert not warmer.look(stop), "only once"
    assert warm.newest() == finished.folder
    assert warm.Warmer(mark).look(stop)
    assert len(seen) == 1, "another start finds the kernels"
    mark.write_text("another machine", encoding="utf-8")
    assert warm.Warmer(mark).look(stop)
    assert len(seen) == 2
    finished.status = "failed"
    finished.save()
    assert warm.newest() is None
    assert not warm.Warmer(mark).look(stop)


def test_the_process_that_compiles_ends_and_says_when_it_is_at_work(run_folder: Path) -> None:
    stop = threading.Event()
    work = threading.Thread(target=warm.compile_apart, args=(run_folder, stop))
    work.start()
    until = time.monotonic() + 5
    while not warm.compiling() and time.monotonic() < until:
        time.sleep(0.01)
    assert warm.compiling()
    stop.set()
    work.join(10)
    assert not work.is_alive()
    assert not warm.compiling()


def test_a_reader_who_comes_too_early_is_told_and_then_sees_the_page(
    client: Any, finished: Any, someone: int
) -> None:
    address = f"/runs/{finished.pk}/people/{someone}/kin/"
    warm._COMPILING.set()
    try:
        answer = client.get(f"{address}?at={AT}")
        assert (answer.status_code, answer["Retry-After"]) == (503, "20")
        assert "progress.js" in answer.content.decode()
        assert 'data-open="1"' in client.get(f"{address}?part=ready").content.decode()
        assert client.get(f"/runs/{finished.pk}/people/{someone}/kin.csv").status_code == 503
    finally:
        warm._COMPILING.clear()
    assert 'data-open="0"' in client.get(f"{address}?part=ready").content.decode()
    assert client.get(f"{address}?at={AT}").status_code == 200


def test_ages_are_those_of_the_people(client: Any, finished: Any, run_folder: Path) -> None:
    people = open_people(run_folder)
    answer = client.get(f"/runs/{finished.pk}/ages/?year=2005")
    month = parse_month("2005-12")
    p = people.pedigree
    living = np.flatnonzero(p.alive_at(month))
    total = answer.context["total"]
    assert total == living.size
    rows = {name: (m, w) for name, m, w in answer.context["rows"]}
    of_five = [i for i in living.tolist() if 5 <= (month - int(p.birth[i])) // 12 < 10]
    boys = sum(p.sex[i] == MALE for i in of_five)
    assert rows["5\u20139"] == (boys, len(of_five) - boys)
    assert sum(m + w for m, w in rows.values()) == total
    names: dict[str, Any] = {}
    exec(answer.context["lines"].replace("RUN", str(run_folder)), names)
    assert (int(names["women"].sum()), int(names["men"].sum())) == tuple(
        sum(r[side] for r in rows.values()) for side in (1, 0)
    )
    assert client.get(f"/runs/{finished.pk}/ages/?year=1700").context["year"] == 2006
    assert client.get("/runs/77/ages/").status_code == 404
