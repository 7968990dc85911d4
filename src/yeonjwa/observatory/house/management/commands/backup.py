"""``yeonjwa manage backup DIR``: a copy of database and key that fits together, while the server goes on."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from yeonjwa.observatory.config import places


class Command(BaseCommand):
    """A copy of a data folder on SQLite."""

    help = (
        "Copy the database and the secret key into a new folder; with --runs the runs too. For SQLite only."
    )

    def add_arguments(self, parser: Any) -> None:
        """The folder, and whether runs go along."""
        parser.add_argument("folder", type=Path)
        parser.add_argument("--runs", action="store_true", help="Copy the folders of runs too.")

    def handle(self, *_args: Any, **given: Any) -> None:
        """Copy, by the database's own means."""
        if connection.vendor != "sqlite":
            raise CommandError("the database is PostgreSQL: use pg_dump, and copy the data folder")
        folder: Path = given["folder"]
        if folder.exists():
            raise CommandError(f"{folder} exists already")
        folder.mkdir(mode=0o700, parents=True)
        source = sqlite3.connect(settings.DATABASES["default"]["NAME"])
        target = sqlite3.connect(folder / places.DATABASE_FILE)
        with source, target:
            source.backup(target)
        source.close()
        target.close()
        (folder / places.DATABASE_FILE).chmod(0o600)
        key = Path(settings.DATA_FOLDER) / places.KEY_FILE
        if key.is_file():
            shutil.copy2(key, folder / places.KEY_FILE)
        if given["runs"]:
            shutil.copytree(settings.RUNS_FOLDER, folder / places.RUNS_FOLDER, symlinks=True)
        self.stdout.write(f"backup: {folder}")
