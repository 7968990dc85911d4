"""Commands of the observatory: ``serve`` and ``manage``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

import click

from yeonjwa.options import FOLDER, Whole, as_json_option, examples, print_answer

_data_option = click.option(
    "--data", type=FOLDER, metavar="DIR", help="Folder of accounts, comments and runs. Default: the user's."
)
_database_option = click.option(
    "--database", metavar="URL", help="postgresql://… instead of a file (better: YEONJWA_DATABASE)."
)


@click.command(
    epilog=examples(
        "yeonjwa serve",
        "yeonjwa serve --port 8080 --data observatory",
        "yeonjwa serve --database postgresql:///yeonjwa",
    )
)
@click.option("--host", default="127.0.0.1", show_default=True, metavar="HOST", help="Address to listen on.")
@click.option(
    "--port",
    type=Whole("port", 0, 65535),
    default=8000,
    show_default=True,
    metavar="N",
    help="Port, 0 for any that is free.",
)
@_data_option
@_database_option
@as_json_option
def serve(host: str, port: int, data: Path | None, database: str | None, as_json: bool) -> None:
    """Serve the laboratory to a browser, until interrupted.

    Listens on this machine only unless told otherwise. Tables are made and brought up to date by themselves.
    """
    _need_django()
    from yeonjwa.observatory import server

    server.prepare(data, database)

    def ready(address: str) -> None:
        print_answer({"address": address}, as_json, lambda: [f"Observatory: {address} (Ctrl-C ends it)"])
        sys.stdout.flush()

    server.serve(host, port, ready=ready)


@click.command(
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
    epilog=examples(
        "yeonjwa manage check --deploy",
        "yeonjwa manage --data observatory account kim --role moderator",
        "yeonjwa manage help",
    ),
)
@_data_option
@_database_option
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="COMMAND [ARGUMENT]...")
def manage(data: Path | None, database: str | None, arguments: tuple[str, ...]) -> None:
    """Manage an observatory: accounts, checks, retention, backups (Django's management)."""
    _need_django()
    from yeonjwa.observatory import server

    server.prepare(data, database)
    server.manage(arguments)


COMMANDS: Final = (serve, manage)


def _need_django() -> None:
    from yeonjwa.workflow import need

    need("django", "the observatory", "web")
