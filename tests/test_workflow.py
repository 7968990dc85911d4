"""Where a result may be put: nothing is overwritten unless asked, and never what is not ours."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from yeonjwa.core.errors import InputError
from yeonjwa.workflow import check_target


def ours(folder: Path, *files: str) -> Path:
    folder.mkdir()
    for name in files:
        (folder / name).write_text("x")
    listed = {name: {"sha256": "0" * 64, "bytes": 1} for name in files}
    (folder / "manifest.json").write_text(
        json.dumps({"software": "yeonjwa", "schema": "1.0", "files": listed})
    )
    return folder


def test_new_and_empty_folders_are_free(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    check_target(tmp_path / "empty", overwrite=False)
    check_target(tmp_path / "new" / "deep", overwrite=False)
    assert os.listdir(tmp_path) == ["empty"]


def test_folder_of_ours_is_replaced_only_when_asked(tmp_path: Path) -> None:
    folder = ours(tmp_path / "run", "series.parquet")
    with pytest.raises(InputError, match="or --overwrite"):
        check_target(folder, overwrite=False)
    check_target(folder, overwrite=True)


def test_folder_of_somebody_else_is_never_replaced(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "manifest.json").write_text('{"name": "a web app"}')
    with pytest.raises(InputError, match="no manifest of ours"):
        check_target(folder, overwrite=True)
    (folder / "manifest.json").write_text("not json")
    with pytest.raises(InputError, match="no manifest of ours"):
        check_target(folder, overwrite=True)


def test_file_added_to_a_folder_of_ours_is_not_lost(tmp_path: Path) -> None:
    folder = ours(tmp_path / "run", "series.parquet")
    (folder / "my-notes.txt").write_text("thoughts")
    with pytest.raises(InputError, match=r"my-notes\.txt"):
        check_target(folder, overwrite=True)


def test_files_links_and_the_current_folder_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match="not a file or a link"):
        check_target(tmp_path / "file", overwrite=True)
    with pytest.raises(InputError, match="cannot"):
        check_target(tmp_path / "file" / "below", overwrite=True)
    (tmp_path / "empty").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "empty")
    with pytest.raises(InputError, match="not a file or a link"):
        check_target(tmp_path / "link", overwrite=True)
    monkeypatch.chdir(tmp_path / "empty")
    with pytest.raises(InputError, match="another folder than the current one"):
        check_target(Path("."), overwrite=False)


@pytest.mark.skipif(sys.platform == "win32", reason="permissions of Unix")
def test_place_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Root may write anywhere, so the answer of the system is replaced.
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(InputError, match="a place that can be written"):
        check_target(tmp_path / "run", overwrite=False)
