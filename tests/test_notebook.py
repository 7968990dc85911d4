"""What one types in a notebook: results show themselves, jobs say where they are."""

from __future__ import annotations

import json
import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

import yeonjwa
from yeonjwa import notebook
from yeonjwa.core import progress
from yeonjwa.core.calendar import month_index
from yeonjwa.core.errors import InputError
from yeonjwa.laboratory import comparison, ensemble, paired
from yeonjwa.laboratory.measures import summarise


class Told:
    """Progress that remembers."""

    def __init__(self):
        self.calls = []

    def stage(self, name, total, unit):
        self.calls.append((name, total, unit))

    def advance(self, n=1):
        self.calls.append(n)

    def finish(self):
        self.calls.append("end")


@pytest.fixture(scope="module")
def winter():
    return yeonjwa.run("recall_off", scale=0.002, first="2012-01", last="2012-02", progress=Told())


@pytest.fixture(scope="module")
def compared():
    def play(task):
        return tuple(
            paired.Record(
                {"flight.arrivals": 100.0 * task.seed + 7 * i, "camp.stock": 5.0},
                {"flight.arrivals": {2005.0 + y: 100.0 + y + i for y in range(3)}},
            )
            for i, _ in enumerate(task.worlds)
        )

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(comparison, "play", play)
        return yeonjwa.compare("baseline", "recall_off", seeds=3, scale=0.01, workers=1, progress=Told())


def test_package_offers_what_one_types():
    assert set(yeonjwa._HOMES) <= set(dir(yeonjwa))
    for name in yeonjwa._HOMES:
        assert callable(getattr(yeonjwa, name))
    assert yeonjwa.load("recall_off").name == "recall_off"
    assert "changes: recall.on" in repr(yeonjwa.load("recall_off"))
    assert yeonjwa.scenarios()[0]["name"] == "baseline"
    with pytest.raises(AttributeError, match="nothing"):
        yeonjwa.nothing  # noqa: B018


def test_types_of_the_package_name_the_same_things():
    from pathlib import Path

    stub = Path(yeonjwa.__file__).with_suffix(".pyi").read_text("utf-8")
    for name, home in yeonjwa._HOMES.items():
        assert f"from {home} import {name} as {name}\n" in stub


def test_a_run_shows_itself(winter):
    assert repr(winter) == "<run of recall_off, seed 1, scale 0.002, 2012-01 to 2012-02>"
    assert winter.summary == summarise(winter.columns)
    shown = winter._repr_html_()
    assert "People held in camps" in shown
    assert "Synthetic persons" in shown
    stock = winter.series("camp.stock")
    assert stock["month"].tolist() == np.array(["2012-01", "2012-02"], dtype="datetime64[M]").tolist()
    assert stock["value"].mean() == pytest.approx(winter.summary["camp.stock"])
    women = winter.series("population.alive", "sex", "female")["value"]
    assert (women < winter.series("population.alive")["value"]).all()
    with pytest.raises(InputError, match=r"camp\.stock"):
        winter.series("camp.stok")


def test_a_figure_is_svg_and_vega_lite(winter, tmp_path):
    figure = winter.figure("camp.stock")
    bundle = figure._repr_mimebundle_()
    assert bundle["image/svg+xml"].startswith("<svg")
    assert bundle["application/vnd.vegalite.v6+json"]["$schema"].endswith("/v6.json")
    assert bundle["text/plain"] in repr(figure)
    assert figure.save(tmp_path / "camps.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(InputError, match="measure"):
        winter.figure("camp.stok")


def test_a_run_is_written_later_as_the_command_writes_it(winter, tmp_path):
    folder = winter.save(tmp_path / "winter")
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    assert manifest["scenario"]["name"] == "recall_off"
    assert (folder / "report.html").is_file()
    again = paired.record(paired.read_series(folder)).whole
    assert again == pytest.approx(winter.summary)
    with pytest.raises(InputError, match="--overwrite"):
        winter.save(folder)


def test_a_comparison_shows_itself(compared, tmp_path):
    assert repr(compared).startswith("<Expatriates are not recalled when kin flee: arrivals")
    shown = compared._repr_html_()
    assert "+7 (7 to 7)" in shown
    assert "higher" in shown
    assert compared.answer.effect.mean == 7.0
    assert compared["recall_off"].changes[0].path == "recall.on"
    assert "Differences of recall_off" in compared.differences().label
    assert compared.differences("recall_off").svg().startswith("<svg")
    assert "difference from baseline" in compared.over_time(gaps=True).label
    with pytest.raises(InputError, match="recall_off"):
        compared.differences("nobody")
    with pytest.raises(InputError, match="figure"):
        compared.over_time("camp.stock")
    assert compared.page(tmp_path / "page").read_text("utf-8").startswith("<!doctype html>")
    assert compared.as_dict()["headline"] == "flight.arrivals"


def test_runs_of_an_ensemble_are_counted(monkeypatch, tmp_path):
    def work(given, *, out, progress, **more):
        assert (given, more["first"], more["seeds"]) == ("baseline", month_index(2005, 1), 2)
        for kind, done in (("registered", 0), ("run", 0), ("run", 1), ("run", 2), ("ended", 2)):
            progress(SimpleNamespace(kind=kind, total=2, done=done))

    told = Told()
    monkeypatch.setattr("yeonjwa.workflow.ensemble", work)
    monkeypatch.setattr(notebook, "open_results", lambda folder: f"opened {folder.name}")
    found = yeonjwa.ensemble("baseline", seeds=2, out=tmp_path / "two", first="2005-01", progress=told)
    assert found == "opened two"
    assert [call for call in told.calls if call] == [("runs", 2, "runs"), 1, 1, "end"]


class Display:
    """A stand-in for what a notebook draws with."""

    def __init__(self):
        self.drawn = []

    def __call__(self, shown, *, display_id):
        assert display_id is True
        self.drawn.append(shown._repr_html_())
        return SimpleNamespace(update=lambda again: self.drawn.append(again._repr_html_()))


def test_bar_of_a_notebook_is_drawn_in_one_place(monkeypatch):
    display = Display()
    module = ModuleType("IPython.display")
    module.display = display
    monkeypatch.setitem(sys.modules, "IPython.display", module)
    time = [0.0]
    cell = progress.Cell(clock=lambda: time[0])
    cell.stage("months", 4, "months")
    for _ in range(4):
        time[0] += 1.0
        cell.advance()
    cell.finish()
    cell.stage("files", 0, "steps <b>")
    assert '<progress value="0" max="4">' in display.drawn[0]
    assert "2 of 4 months, 2.0 s left" in display.drawn[2]
    assert "months: 4 months in 4.0 s" in display.drawn[-1]
    assert "&lt;b&gt;" in display.drawn[-1]
    # Not more often than a reader can see.
    count = len(display.drawn)
    cell.advance()
    assert len(display.drawn) == count


def test_the_place_decides_what_is_shown(monkeypatch):
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: None))
    assert not progress.in_notebook()
    assert isinstance(progress.here(), progress.Silent | progress.Bars)
    assert isinstance(progress.default(), progress.Silent)
    monkeypatch.setitem(
        sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: SimpleNamespace(kernel="here"))
    )
    assert isinstance(progress.here(), progress.Cell)
    assert isinstance(progress.default(), progress.Cell)
    assert ensemble._shown() is not None
