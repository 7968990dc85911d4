"""The commands of ensembles, and how they say where the work is."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from tests.laboratory.conftest import digests, jobs
from yeonjwa import workflow
from yeonjwa.cli import main
from yeonjwa.core.errors import InputError
from yeonjwa.laboratory import design_file, ensemble, lease, plan, watch
from yeonjwa.laboratory.ensemble import Event
from yeonjwa.laboratory.scenario import load


def told(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    code = main([str(word) for word in words])
    out, err = capsys.readouterr()
    return code, out, err


def test_a_design_is_run_and_asked(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "points.csv").write_text("name,hint.noise\nquiet,0.5\nloud,-1\n", encoding="utf-8")
    line = (
        "ensemble",
        "run",
        "baseline",
        "--seeds",
        1,
        "--scale",
        0.002,
        "--from",
        "2005-01",
        "--to",
        "2005-02",
    )
    more = ("--workers", 1, "--out", tmp_path / "sweep")
    code, _, err = told(capsys, *line, "--design", tmp_path / "points.csv", *more, "--json")
    assert (code, (tmp_path / "sweep").exists()) == (2, False)
    assert "points.csv, line 3" in json.loads(err)["error"]["where"]

    (tmp_path / "points.csv").write_text("name,hint.noise\nquiet,0.5\nloud,2\n", encoding="utf-8")
    code, out, err = told(
        capsys,
        *line,
        "--design",
        tmp_path / "points.csv",
        *more,
        "--keep",
        "all",
        "--progress",
        "json",
        "--json",
    )
    assert code == 0
    assert json.loads(out)["runs"] == {
        "PENDING": 0, "RUNNING": 0, "SUCCEEDED": 2, "FAILED": 0, "CRASHED": 0, "CANCELLED": 0
    }  # fmt: skip
    events = [json.loads(line) for line in err.splitlines()]
    assert [event["kind"] for event in events] == ["registered", *["run"] * 4, "ended"]
    folder = tmp_path / "sweep" / "runs" / "loud-1"
    assert (folder / "report.html").is_file()
    assert (folder / "persons.parquet").is_file()
    assert (folder / "report.html").name in json.loads((folder / "manifest.json").read_text("utf-8"))["files"]

    code, out, _ = told(
        capsys, "query", 'select run, "hint.noise" as noise from runs order by all', tmp_path / "sweep"
    )
    assert (code, out.split()) == (0, ["run", "noise", "loud-1", "2", "quiet-1", "0.5"])
    code, out, _ = told(
        capsys, "query", "select run from runs", tmp_path / "sweep", "--out", tmp_path / "runs.csv", "--json"
    )
    assert (code, json.loads(out)["rows"]) == (0, 2)
    code, _, err = told(capsys, "query", "drop table runs", tmp_path / "sweep", "--json")
    assert (code, json.loads(err)["error"]["what"]) == (2, "query")


def test_status_says_what_is_missing(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out = tmp_path / "sweep"
    plan.write(out, jobs(1))
    journal = plan.Journal(out)
    journal.add(run="baseline-1", state="CRASHED", error="its process was killed", attempts=3)
    journal.close()
    code, text, _ = told(capsys, "ensemble", "status", out, "--json")
    assert (code, json.loads(text)["runs"]["CRASHED"], json.loads(text)["complete"]) == (0, 1, False)
    _, text, _ = told(capsys, "ensemble", "status", out)
    assert text.splitlines() == [
        "2 runs: 1 pending, 1 crashed",
        "baseline-1 crashed: its process was killed",
        f"To run what is missing: yeonjwa ensemble resume {out}",
    ]
    with lease.holding(out):
        assert "works on them" in told(capsys, "ensemble", "status", out)[1]
        assert told(capsys, "ensemble", "resume", out)[0] == 2
    assert told(capsys, "ensemble", "status", tmp_path)[0] == 2


def test_a_finished_ensemble_is_resumed_at_once(
    capsys: pytest.CaptureFixture[str], sweep: tuple[Path, list[Event]]
) -> None:
    before = digests(sweep[0])
    code, out, err = told(capsys, "ensemble", "resume", sweep[0], "--progress", "lines")
    assert (code, out) == (0, "5 runs: 5 succeeded\n")
    assert err.startswith("ensemble: 5 runs registered, 0 to run\n")
    assert digests(sweep[0]) == before
    assert told(capsys, "ensemble", "run", "baseline", "--seeds", 1, "--out", sweep[0])[0] == 2


def test_arms_and_points_are_paired_by_their_seeds(tmp_path: Path) -> None:
    (tmp_path / "points.csv").write_text("hint.noise\n0.5\n2\n", encoding="utf-8")
    points = design_file.read(tmp_path / "points.csv")
    base, off = load(), load("liability_off")
    paired = ensemble.paired([base, off], [1, 2], scale=0.02, design=points)
    assert [job.run for job in paired] == [
        f"{arm}.{point}-{seed}"
        for arm in ("baseline", "liability_off")
        for point in ("0001", "0002")
        for seed in (1, 2)
    ]
    assert paired[-1].labels == {"hint.noise": 2.0, "scenario": "liability_off"}
    assert paired[0].scale == 0.02
    assert [job.run for job in ensemble.paired([base], [3], design=points)] == ["0001-3", "0002-3"]
    assert [(job.run, job.scale) for job in ensemble.paired([base], [3])] == [("baseline-3", base.scale)]
    arms = points.with_arms(["baseline", "liability_off"])
    assert ensemble.paired([base], [1], design=arms)[-1].run == "liability_off.0002-1"
    with pytest.raises(InputError, match="name their own"):
        ensemble.paired([base, off], [1], design=arms)
    known = plan.describe(paired, "series", "")
    assert len({plan.people(known, row) for row in known["runs"]}) == 2


def test_a_job_in_python(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="series or all"):
        workflow.ensemble("baseline", out=tmp_path / "sweep", seeds=1, keep="nothing")


def event(**more: object) -> Event:
    runs = dict.fromkeys(plan.STATES, 0) | {"SUCCEEDED": 3, "FAILED": 1, "PENDING": 6}
    given = {
        "kind": "run",
        "run": "",
        "state": "",
        "error": "",
        "runs": runs,
        "elapsed": 8.0,
        "rate": 0.5,
        "left": 12.0,
    }
    return Event(**given | more)  # type: ignore[arg-type]


def test_lines_say_how_far_how_fast_and_what_went_wrong() -> None:
    stream, now = io.StringIO(), [0.0]
    say = watch.Lines(stream, clock=lambda: now[0])
    say(event(kind="registered"))
    say(event(state="SUCCEEDED"))
    say(event(run="baseline-3", state="FAILED", error="ValueError: no"))
    say(event(kind="retry", run="baseline-4", state="PENDING", error="its process was killed"))
    now[0] = 5.0
    say(event(state="SUCCEEDED"))
    say(event(kind="ended", left=None))
    assert stream.getvalue().splitlines() == [
        "ensemble: 10 runs registered, 6 to run",
        "ensemble: baseline-3 failed: ValueError: no",
        "ensemble: baseline-4 will be tried again: its process was killed",
        "ensemble: 4 of 10 runs, 2.0 s each, 12 s left, 1 failed",
        "ensemble: 4 of 10 runs, 2.0 s each, 1 failed; 8.0 s in all",
    ]


def test_a_bar_is_drawn_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("COLUMNS", "120")
    stream = Terminal()
    show = watch.for_stream(stream)
    assert isinstance(show, watch.Bar)
    show(event(kind="registered"))
    show(event(run="baseline-3", state="FAILED", error="ValueError: [no]"))
    show(event(kind="ended"))
    text = stream.getvalue()
    assert "baseline-3 failed: ValueError: [no]" in text
    assert "4 of 10" in text
    assert "1 failed" in text
    assert isinstance(watch.for_stream(io.StringIO()), watch.Lines)
