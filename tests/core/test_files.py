"""A file or a folder is complete or absent, whatever happens while it is written."""

from __future__ import annotations

import errno
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from yeonjwa.core.errors import InputError
from yeonjwa.core.files import atomic, sha256, staged_folder, write_text


def test_text_is_utf8_with_unix_line_ends(tmp_path: Path) -> None:
    write_text(tmp_path / "a.txt", "연좌\nb\n")
    assert (tmp_path / "a.txt").read_bytes() == "연좌\nb\n".encode()
    assert sha256(tmp_path / "a.txt") == hashlib.sha256("연좌\nb\n".encode()).hexdigest()


def test_error_while_writing_leaves_the_old_file(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    write_text(file, "old")
    with pytest.raises(RuntimeError, match="stop"), atomic(file) as temporary:
        temporary.write_text("half")
        raise RuntimeError("stop")
    assert file.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_folder_appears_when_complete(tmp_path: Path) -> None:
    target = tmp_path / "new" / "deep" / "run"
    with staged_folder(target) as folder:
        (folder / "a").write_text("1")
        assert not target.exists()
    assert [p.name for p in target.iterdir()] == ["a"]
    assert os.listdir(target.parent) == ["run"]


@pytest.mark.parametrize("error", [RuntimeError("model"), KeyboardInterrupt(), SystemExit(1)])
def test_failed_folder_leaves_nothing(tmp_path: Path, error: BaseException) -> None:
    with pytest.raises(type(error)), staged_folder(tmp_path / "new" / "run") as folder:
        (folder / "a").write_text("1")
        raise error
    assert os.listdir(tmp_path) == []


def test_failed_replacement_keeps_the_old_folder(tmp_path: Path) -> None:
    target = tmp_path / "run"
    target.mkdir()
    (target / "old").write_text("kept")
    with pytest.raises(RuntimeError), staged_folder(target, replace=True) as folder:
        (folder / "a").write_text("1")
        raise RuntimeError
    assert (target / "old").read_text() == "kept"
    assert os.listdir(tmp_path) == ["run"]


def test_replacement_holds_the_new_files_only(tmp_path: Path) -> None:
    target = tmp_path / "run"
    target.mkdir()
    (target / "old").write_text("gone")
    with staged_folder(target, replace=True) as folder:
        (folder / "a").write_text("1")
    assert os.listdir(target) == ["a"]
    assert os.listdir(tmp_path) == ["run"]


@pytest.mark.parametrize("last", [1, 2])
def test_interruption_while_folders_change_places(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, last: int
) -> None:
    """Ctrl-C after the first or the second of the two renames: the old or the new folder, whole, and nothing else."""
    target, calls, rename = tmp_path / "run", [], os.rename
    target.mkdir()
    (target / "old").write_text("1")

    def interrupted(source: Path, place: Path) -> None:
        rename(source, place)
        calls.append(source)
        if len(calls) == last:
            raise KeyboardInterrupt

    def replace_it() -> None:
        with staged_folder(target, replace=True) as folder:
            (folder / "new").write_text("1")
            monkeypatch.setattr(os, "rename", interrupted)

    with pytest.raises(KeyboardInterrupt):
        replace_it()
    assert os.listdir(tmp_path) == ["run"]
    assert os.listdir(target) == [{1: "old", 2: "new"}[last]]


def test_second_interruption_does_not_stop_the_cleaning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import shutil

    remove, calls = shutil.rmtree, []

    def interrupted(folder: Path, **options: bool) -> None:
        calls.append(folder)
        if len(calls) == 1:
            raise KeyboardInterrupt
        remove(folder, **options)

    monkeypatch.setattr(shutil, "rmtree", interrupted)
    with pytest.raises(KeyboardInterrupt), staged_folder(tmp_path / "run"):
        raise KeyboardInterrupt
    assert os.listdir(tmp_path) == []


def test_folder_that_filled_up_meanwhile_is_left_alone(tmp_path: Path) -> None:
    target = tmp_path / "run"
    with pytest.raises(InputError, match="a new or empty folder"), staged_folder(target) as folder:
        (folder / "a").write_text("1")
        target.mkdir()
        (target / "other").write_text("somebody else's")
    assert os.listdir(target) == ["other"]
    assert os.listdir(tmp_path) == ["run"]


def test_full_disk_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="enough free space"), staged_folder(tmp_path / "run"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert os.listdir(tmp_path) == []


def test_error_of_another_file_is_not_blamed_on_the_disk(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), staged_folder(tmp_path / "out" / "run"):
        Path("/nonexistent/template.html").read_text()


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on the size of files")
def test_parquet_on_a_full_disk(tmp_path: Path) -> None:
    """A limit on the size of files stands for the full disk: the same failure of the same system call."""
    script = """
import resource, sys
import numpy as np
from pathlib import Path
from yeonjwa.core.columns import write_parquet
from yeonjwa.core.errors import InputError
write_parquet(Path(sys.argv[1]) / "warm.parquet", {"a": np.arange(10)})
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    write_parquet(Path(sys.argv[1]) / "big.parquet", {"a": np.random.default_rng(1).random(200_000)})
except InputError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert "place for the result" in done.stdout
    assert "enough free space" in done.stdout
    assert os.listdir(tmp_path) == ["warm.parquet"]
