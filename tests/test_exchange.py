"""Export and import from the command line: files, counts, errors in a sentence, nothing left behind."""

from __future__ import annotations

import importlib.util
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gedcom7
import jsonschema
import networkx
import numpy as np
import pytest
import tskit

from yeonjwa import cli, exchange
from yeonjwa.commands_formats import _FORMATS
from yeonjwa.core.columns import read_parquet
from yeonjwa.core.provenance import manifest_schema
from yeonjwa.genealogy.files import read_population
from yeonjwa.kinship.graph import KinGraph
from yeonjwa.kinship.members import members

DATA = Path(__file__).parent / "data"
FILES = {"gedcom": "a.ged", "gedcom551": "b.ged", "tskit": "c.trees", "networkx": "d.graphml", "parquet": "e"}


def call(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    code = cli.main([str(x) for x in arguments])
    streams = capsys.readouterr()
    return code, streams.out, streams.err


def answer(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict[str, Any]:
    code, out, err = call(capsys, *arguments, "--json")
    assert (code, err) == (0, "")
    found: dict[str, Any] = json.loads(out)
    return found


def persons_in(format: str, path: Path) -> int:
    if format.startswith("gedcom"):
        return path.read_text("ascii").count(" INDI\n")
    if format == "tskit":
        return int(tskit.load(str(path)).num_individuals)
    if format == "networkx":
        return len(networkx.read_graphml(path))
    return read_population(path).num_persons


def test_formats_are_the_same_everywhere() -> None:
    assert _FORMATS == tuple(exchange.FORMATS)
    assert set(FILES) == set(_FORMATS)


@pytest.mark.parametrize("format", _FORMATS)
def test_every_format_from_a_run(
    format: str, run_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / FILES[format]
    pedigree = read_population(run_folder)
    made = answer(capsys, "export", run_folder, "--format", format, "--out", out)
    born = int((pedigree.birth <= pedigree.last_month).sum())
    assert made["persons"] == persons_in(format, out) == born
    assert made["synthetic"] is True
    code, text, _ = call(capsys, "export", run_folder, "--format", format, "--out", out, "--overwrite")
    assert code == 0
    assert f"{born:,} persons" in text
    code, _, err = call(capsys, "export", run_folder, "--format", format, "--out", out, "--json")
    assert code == 2
    assert json.loads(err)["error"]["where"] == "--out"


def test_circle_of_one_person(run_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pedigree = read_population(run_folder)
    ego = int(np.flatnonzero(pedigree.alive_at(pedigree.last_month))[0])
    out = tmp_path / "part"
    made = answer(
        capsys, "export", run_folder, "--format", "parquet", "--out", out, "--ego", ego, "--circle", "chon<=4"
    )
    kin = members(KinGraph(pedigree), "chon<=4", np.array([ego])).person
    assert made["persons"] == kin.size + 1 + made["other_parents_added"]
    part = read_population(out)
    assert part.info["asked_for"] == kin.size + 1
    assert Counter(part.birth.tolist()) <= Counter(pedigree.birth.tolist())
    manifest = json.loads((out / "manifest.json").read_text("utf-8"))
    jsonschema.validate(manifest, manifest_schema(), cls=jsonschema.Draft202012Validator)
    assert manifest["kind"] == "part"
    code, _, _ = call(capsys, "export", out, "--format", "gedcom", "--out", tmp_path / "part.ged")
    assert code == 0
    records = gedcom7.loads((tmp_path / "part.ged").read_text("ascii"))
    assert gedcom7.validate(records) == []


def test_those_living_in_a_range(
    run_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pedigree, out = read_population(run_folder), tmp_path / "now.trees"
    made = answer(
        capsys, "export", run_folder, "--format", "tskit", "--out", out, "--living-from", "2006-01",
        "--living-to", "2006-01",
    )  # fmt: skip
    living = pedigree.num_living((2006 - 1600) * 12)
    assert made["persons"] - made["other_parents_added"] == living
    assert answer(
        capsys, "export", run_folder, "--format", "tskit", "--out", out, "--living-to", "2006-01", "--overwrite"
    )["persons"] > made["persons"]  # fmt: skip


def test_import_and_what_can_be_done_with_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "family"
    manifest = answer(capsys, "import", DATA / "victoria551.ged", "--out", out)
    jsonschema.validate(manifest, manifest_schema(), cls=jsonschema.Draft202012Validator)
    assert (manifest["kind"], manifest["synthetic"]) == ("import", False)
    assert manifest["pedigree"]["persons_kept"] == 24
    persons = read_parquet(out / "persons.parquet")
    assert set(persons) >= {"line", "placeholder", "estimated"}
    lines = (DATA / "victoria551.ged").read_text("utf-8").splitlines()
    assert all(lines[n - 1].endswith(" INDI") for n in persons["line"])
    assert json.loads((out / "population.json").read_text("utf-8"))["synthetic"] is False
    for file in out.iterdir():
        assert b"Coburg" not in file.read_bytes()
    assert answer(capsys, "kin", out, "--by-age", "--at", "1825-01")["rows"]
    code, text, _ = call(capsys, "import", DATA / "victoria551.ged", "--out", out, "--overwrite")
    assert code == 0
    assert "24 of 24 persons kept" in text
    made = answer(capsys, "export", out, "--format", "gedcom", "--out", tmp_path / "again.ged")
    assert made["synthetic"] is False
    assert "synthetic: true" not in (tmp_path / "again.ged").read_text("ascii")


BAD: list[tuple[Sequence[str], str]] = [
    (["--format", "pdf", "--out", "a.ged"], "--format"),
    (["--format", "gedcom", "--out", "a.txt"], "--out"),
    (["--format", "gedcom", "--out", "no/such/folder/a.ged"], "--out"),
    (["--format", "gedcom", "--out", "a.ged", "--ego", "3"], "--circle"),
    (["--format", "gedcom", "--out", "a.ged", "--circle", "chon<=4"], "--circle"),
    (["--format", "gedcom", "--out", "a.ged", "--ego", "-3", "--circle", "chon<=4"], "--ego"),
    (["--format", "gedcom", "--out", "a.ged", "--ego", "2000000000", "--circle", "chon<=4"], ""),
    (["--format", "gedcom", "--out", "a.ged", "--ego", "3", "--circle", "chums"], ""),
    (["--format", "gedcom", "--out", "a.ged", "--living-from", "2006"], "--living-from"),
    (["--format", "gedcom", "--out", "a.ged", "--living-from", "2006-02", "--living-to", "2006-01"], ""),
]


@pytest.mark.parametrize(("options", "where"), BAD, ids=lambda x: " ".join(x))
def test_bad_input_is_a_sentence_and_leaves_nothing(
    options: list[str], where: str, run_folder: Path, tmp_path: Path,
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    code, out, err = call(capsys, "export", run_folder, *options, "--json")
    assert (code, out) == (2, "")
    error = json.loads(err)["error"]
    assert error["allowed"]
    assert where in error["where"]
    assert list(tmp_path.iterdir()) == []


def test_no_folder_and_no_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = call(capsys, "export", tmp_path, "--format", "gedcom", "--out", tmp_path / "a.ged")
    assert code == 2
    assert "population folder" in err
    code, _, err = call(capsys, "import", tmp_path / "no.ged", "--out", tmp_path / "out")
    assert code == 2
    assert "GEDCOM" in err
    broken = tmp_path / "broken.ged"
    broken.write_text("0 HEAD\n1 GEDC\n2 VERS 7.0\n0 FAM\n0 TRLR\n", encoding="utf-8")
    code, _, err = call(capsys, "import", broken, "--out", tmp_path / "out", "--json")
    assert code == 2
    assert json.loads(err)["error"]["where"] == "broken.ged, line 4"
    assert list(tmp_path.iterdir()) == [broken]


def test_missing_library_says_what_installs_it(
    run_folder: Path, tmp_path: Path,
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if name == "tskit" else found(name, *rest)
    )
    code, _, err = call(capsys, "export", run_folder, "--format", "tskit", "--out", tmp_path / FILES["tskit"])
    assert code == 1
    assert "pip install 'yeonjwa[formats]'" in err
    assert list(tmp_path.iterdir()) == []
