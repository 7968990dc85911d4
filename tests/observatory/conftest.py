"""Django for the tests of the observatory: a data folder of its own, a database in it, clients of each role.

Use pytest-django's ``db``, ``client``, ``transactional_db`` and ``live_server``; ``analyst``, ``moderator`` and
``administrator`` are clients that are logged in. Nothing here needs a network or a server.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

_DATABASE = os.environ.get("YEONJWA_TEST_DATABASE", "")
for _name in [name for name in os.environ if name.startswith("YEONJWA_")]:
    del os.environ[_name]
_FOLDER = tempfile.TemporaryDirectory(prefix="yeonjwa-observatory-")
os.environ["YEONJWA_DATA"] = _FOLDER.name
if _DATABASE:
    os.environ["YEONJWA_DATABASE"] = _DATABASE
os.environ["DJANGO_SETTINGS_MODULE"] = "yeonjwa.observatory.config.settings"
# Playwright's synchronous interface runs an event loop in the thread of the tests.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

import django.db  # noqa: E402

django.setup()
assert (django.db.connection.vendor == "postgresql") == bool(_DATABASE)

PASSWORD = "a long password for tests"


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """The database that processes of this data folder use too, so that runs can be computed; a cheap hash of passwords."""
    from django.conf import settings
    from django.db import connections

    chosen = connections["default"].settings_dict
    chosen["TEST"]["NAME"] = str(chosen["NAME"])
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """Tests that commit are cleaned up by emptying tables, which the triggers of the log refuse: they are tested alone."""
    from django.db import connection

    from yeonjwa.observatory.house import triggers

    with django_db_blocker.unblock():
        triggers.remove(connection)


def make_user(name: str, role: str | None = None) -> Any:
    """An account, in the group of a role if one is given."""
    from django.contrib.auth.models import Group, User

    user = User.objects.create_user(name, password=PASSWORD)
    if role is not None:
        user.groups.add(Group.objects.get_or_create(name=role)[0])
    return user


def client_of(name: str, role: str | None = None) -> Any:
    """A client in which an account of that role is logged in."""
    from django.test import Client

    client = Client()
    client.force_login(make_user(name, role), backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def analyst(db: None) -> Any:
    """A client of somebody who may run scenarios."""
    return client_of("ana", "analyst")


@pytest.fixture
def moderator(db: None) -> Any:
    """A client of somebody who decides on comments."""
    return client_of("mo", "moderator")


@pytest.fixture
def administrator(db: None) -> Any:
    """A client of somebody who may do all of that."""
    return client_of("ada", "administrator")


@pytest.fixture
def others(settings: Any) -> None:
    """As if other people could reach the server: a name of its own, so that runs need an account."""
    settings.PRIVATE = False
    settings.ALLOWED_HOSTS = ["testserver", "observatory.example"]


@pytest.fixture
def finished(db: None, run_folder: Path) -> Any:
    """A finished run of the database whose folder is the small run that all tests share."""
    from yeonjwa.observatory.runs.models import Run

    now = datetime.now(UTC)
    run = Run.objects.create(
        scenario="baseline",
        scale=0.002,
        seed=1,
        first="2005-01",
        last="2006-12",
        status=Run.Status.SUCCEEDED,
        started=now,
        finished=now,
    )
    run.home.mkdir(parents=True, exist_ok=True)
    os.symlink(run_folder, run.folder)
    return run


@pytest.fixture(autouse=True)
def _clean() -> Iterator[None]:
    """No count and no folder of one test is seen by the next, whose runs may have the same numbers."""
    from django.conf import settings
    from django.core.cache import cache

    cache.clear()
    for folder in Path(settings.RUNS_FOLDER).iterdir():
        shutil.rmtree(folder, ignore_errors=True)
    yield
    cache.clear()
