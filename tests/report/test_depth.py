"""The margin note on vetting tells the depths of the run, not those of the default rule."""

from __future__ import annotations

import json
from pathlib import Path

from yeonjwa.report import results, rule


def test_note_on_depth_follows_the_parameters_of_the_run(run_folder: Path, tmp_path: Path) -> None:
    for file in run_folder.iterdir():
        if file.suffix in (".parquet", ".json"):
            (tmp_path / file.name).write_bytes(file.read_bytes())
    manifest = json.loads((tmp_path / "manifest.json").read_text("utf-8"))
    for parameter in manifest["parameters"]:
        if parameter["path"] == "vetting.depth":
            parameter["value_end"] = dict.fromkeys(parameter["value_end"], 2)
        if parameter["path"] == "vetting.lines":
            parameter["value_end"] = "paternal"
    (tmp_path / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    text = rule._depths(results.read(tmp_path))
    assert text.startswith("The files of the father’s family are searched: to 2촌 for administrators, ")
    assert "8촌" not in text
