"""The same jobs and comments on PostgreSQL: a server of Debian's binaries, started here where that can be."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


def binaries() -> Path | None:
    """Folder of PostgreSQL's programs, the newest version first."""
    folders = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name), reverse=True
    )
    found = shutil.which("initdb")
    folders += [Path(found).resolve().parent] if found else []
    return next((folder for folder in folders if (folder / "initdb").exists()), None)


def account() -> pwd.struct_passwd | None:
    """Whose server it is: ours, or, as PostgreSQL refuses to run as root, another account's."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid())
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    return None


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Address of a server that is empty and gone afterwards."""
    programs, user = binaries(), account()
    if programs is None or user is None:
        pytest.skip("NOT TESTED ON POSTGRESQL: no initdb found; install Debian's package postgresql")
    with tempfile.TemporaryDirectory(prefix="yeonjwa-pg-") as name:
        folder = Path(name)
        os.chmod(folder, 0o755)
        data, socket = folder / "data", folder / "s"
        for each in (data, socket):
            each.mkdir(mode=0o700)
            if os.geteuid() == 0:
                os.chown(each, user.pw_uid, user.pw_gid)
        socket.chmod(0o755)
        given = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}
        made = subprocess.run(
            [
                programs / "initdb",
                "-D",
                data,
                "-A",
                "trust",
                "-U",
                "tester",
                "-E",
                "UTF8",
                "--locale=C",
                "-N",
            ],
            capture_output=True,
            text=True,
            cwd="/",
            check=False,
            **given,  # type: ignore[call-overload]
        )
        if made.returncode:
            pytest.skip(f"NOT TESTED ON POSTGRESQL: initdb failed: {made.stderr.strip()[-300:]}")
        options = ["-c", "listen_addresses=", "-c", f"unix_socket_directories={socket}", "-c", "fsync=off"]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [programs / "postgres", "-D", data, *options], stdout=log, stderr=log, cwd="/", **given
            )
            try:
                end = time.monotonic() + 30
                while not (socket / ".s.PGSQL.5432").exists():
                    if process.poll() is not None or time.monotonic() > end:
                        text = (folder / "log").read_text("utf-8", "replace")[-300:]
                        pytest.skip(f"NOT TESTED ON POSTGRESQL: the server did not start: {text}")
                    time.sleep(0.05)
                yield f"postgresql://tester@/observatory?host={socket}"
            finally:
                process.terminate()
                process.wait(20)


@pytest.mark.slow
def test_jobs_comments_and_rights_on_postgresql(server: str) -> None:
    """All tests of comments, and those of jobs and security that need no run of the model, once more."""
    # Without the settings' name, which would have them read before the conftest has said where.
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    environment["YEONJWA_TEST_DATABASE"] = server
    line = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-m", "not slow"]
    files = ["test_comments.py", "test_jobs.py", "test_security.py"]
    chosen = "not published_reports and not deployment and not admin_is and not no_path"
    done = subprocess.run(
        [*line, *(f"tests/observatory/{file}" for file in files), "-k", chosen],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert "100%" in done.stdout
