"""Starting the observatory: migrations, roles, jobs, and the server in one process."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from yeonjwa.core.errors import InputError
from yeonjwa.observatory.config import environment

SETTINGS = "yeonjwa.observatory.config.settings"


def prepare(data: Path | None = None, database: str | None = None) -> None:
    """Let this process, and those it starts, work on a data folder and a database.

    Parameters
    ----------
    data : Path, optional
        The folder; that of ``YEONJWA_DATA``, else the user's, by default.
    database : str, optional
        ``postgresql://…``; that of ``YEONJWA_DATABASE``, else a file of the folder, by default.

    Raises
    ------
    InputError
        A value that cannot be used, from here or from the environment.
    """
    if data is not None:
        os.environ["YEONJWA_DATA"] = str(data.expanduser().absolute())
    if database is not None:
        os.environ["YEONJWA_DATABASE"] = database
    environment.read(os.environ)
    # Whatever is written from here on, by this process and its runs, is for this user only.
    os.umask(0o077)
    os.environ["DJANGO_SETTINGS_MODULE"] = SETTINGS
    import django

    django.setup()


def migrate() -> None:
    """Bring the tables to this version; roles come with them."""
    from django.core.management import call_command
    from django.db.utils import OperationalError

    try:
        call_command("migrate", interactive=False, verbosity=0)
    except OperationalError as error:
        reason = str(error).strip().splitlines()[0]
        raise InputError(
            "database", reason, "one that can be reached and written", "YEONJWA_DATABASE"
        ) from error


def manage(arguments: Sequence[str]) -> None:
    """Run a command of Django's management.

    Parameters
    ----------
    arguments : sequence of str
        As after ``yeonjwa manage``.
    """
    from django.core.management import execute_from_command_line

    execute_from_command_line(["yeonjwa manage", *arguments])


def serve(host: str = "127.0.0.1", port: int = 8000, *, ready: Callable[[str], None] | None = None) -> None:
    """Serve until interrupted. Call :func:`prepare` before.

    Parameters
    ----------
    host : str
        Address to listen on.
    port : int
        0 for any that is free.
    ready : callable, optional
        Told of the address when it answers.
    """
    import waitress

    migrate()
    from yeonjwa.observatory.config.wsgi import application
    from yeonjwa.observatory.house import public, retention
    from yeonjwa.observatory.people import warm
    from yeonjwa.observatory.runs.supervisor import supervising

    public.check(host)
    try:
        server: Any = waitress.create_server(
            application,
            host=host,
            port=port,
            threads=8,
            ident="",
            clear_untrusted_proxy_headers=False,
            max_request_body_size=2 * 1024 * 1024,
        )
    except OSError as error:
        raise InputError("address", f"{host}:{port}", f"one that is free ({error})", "--port") from error
    chosen = getattr(server, "effective_port", port)
    if ready is not None:
        ready(f"http://{host}:{chosen}/")
    over = threading.Event()
    retention.start(over)
    warming = warm.start(over)
    try:
        with supervising():
            server.run()
    finally:
        over.set()
        server.close()
        warming.join(5)
        sys.stderr.flush()
