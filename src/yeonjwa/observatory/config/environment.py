"""What the operator says about the place the observatory runs in: environment variables, read once and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

from yeonjwa.core.errors import InputError
from yeonjwa.observatory.config import places

LOOPBACK: Final = ("127.0.0.1", "localhost", "[::1]")
_YES: Final = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False, "": False}


@dataclass(frozen=True)
class Environment:
    """One installation of the observatory.

    Attributes
    ----------
    data : Path
        Folder of everything that is kept on disk.
    database : dict
        Django's description of the database.
    secret_key : str
        As given, or empty: then that of the data folder is used.
    allowed_hosts : tuple of str
        Names by which a browser may ask.
    https, admin : bool
        Whether visitors come by HTTPS; whether Django's own admin is there.
    proxies : int
        Proxies between the visitor and us, each of which adds one address to ``X-Forwarded-For``.
    slots, slots_together, queue : int
        Runs at a time of this server, and of all servers of the database (0: no limit); runs that may wait.
    threads : int
        Threads of one run.
    largest_scale, disk_gb, free_gb : float
        Limits of a run's size, of all runs' files, and what must stay free on the disk.
    """

    data: Path
    database: dict[str, Any]
    secret_key: str = ""
    allowed_hosts: tuple[str, ...] = LOOPBACK
    https: bool = False
    admin: bool = False
    proxies: int = 0
    slots: int = 1
    slots_together: int = 0
    queue: int = 20
    threads: int = 2
    largest_scale: float = 0.1
    disk_gb: float = 20.0
    free_gb: float = 1.0

    @property
    def private(self) -> bool:
        """Whether nobody but the user of this machine can ask: loopback names only, no proxy, no HTTPS."""
        return set(self.allowed_hosts) <= set(LOOPBACK) and not self.proxies and not self.https


def read(variables: Mapping[str, str]) -> Environment:
    """The installation that environment variables describe.

    Parameters
    ----------
    variables : mapping of str to str
        ``YEONJWA_DATA``, ``YEONJWA_DATABASE`` and the others of ``docs/observatory.md``; all may be missing.

    Raises
    ------
    InputError
        A value that cannot be used, with the name of its variable.
    """
    given = variables.get("YEONJWA_DATA")
    data = (Path(given) if given else places.default_folder(variables)).expanduser().absolute()
    hosts = tuple(x.strip() for x in variables.get("YEONJWA_ALLOWED_HOSTS", "").split(",") if x.strip())
    if "*" in hosts:
        raise InputError(
            "allowed host", "*", "the names by which visitors ask, never all", "YEONJWA_ALLOWED_HOSTS"
        )
    key = variables.get("YEONJWA_SECRET_KEY", "")
    if key and len(key) < places.SHORTEST_KEY:
        allowed = f"{places.SHORTEST_KEY} characters or more, made at random"
        raise InputError("secret key", f"{len(key)} characters", allowed, "YEONJWA_SECRET_KEY")
    return Environment(
        data=data,
        database=database(variables.get("YEONJWA_DATABASE", ""), data),
        secret_key=key,
        allowed_hosts=hosts or LOOPBACK,
        https=_yes(variables, "YEONJWA_HTTPS"),
        admin=_yes(variables, "YEONJWA_ADMIN"),
        proxies=int(_number(variables, "YEONJWA_PROXIES", 0, 0, 10)),
        slots=int(_number(variables, "YEONJWA_SLOTS", 1, 1, 64)),
        slots_together=int(_number(variables, "YEONJWA_SLOTS_TOGETHER", 0, 0, 1024)),
        queue=int(_number(variables, "YEONJWA_QUEUE", 20, 1, 1000)),
        threads=int(_number(variables, "YEONJWA_THREADS", 2, 1, 1024)),
        largest_scale=_number(variables, "YEONJWA_LARGEST_SCALE", 0.1, 0.002, 1.0),
        disk_gb=_number(variables, "YEONJWA_DISK_GB", 20.0, 0.0, 1e6),
        free_gb=_number(variables, "YEONJWA_FREE_GB", 1.0, 0.0, 1e6),
    )


def database(address: str, data: Path) -> dict[str, Any]:
    """Django's description of a database: a file of the data folder, or PostgreSQL by its address.

    Parameters
    ----------
    address : str
        Empty for SQLite, or ``postgresql://user:password@host:port/name``.
    data : Path
        The data folder.

    Raises
    ------
    InputError
        Another kind of address, or one without the name of a database.
    """
    if not address:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": data / places.DATABASE_FILE,
            "OPTIONS": {
                "timeout": 20,
                "transaction_mode": "IMMEDIATE",
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
            },
        }
    allowed = "postgresql://user:password@host:port/name; without it a file in the data folder"
    # The address may hold a password: errors name the kind only.
    shown = f"{address.partition(':')[0]}:…"
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError as error:
        raise InputError("database", shown, allowed, "--database") from error
    name = unquote(parts.path.lstrip("/"))
    if parts.scheme not in ("postgresql", "postgres") or not name:
        raise InputError("database", shown, allowed, "--database")
    options = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", unquote(parts.hostname or "")),
        "PORT": str(port or options.pop("port", "")),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
    }


def _yes(variables: Mapping[str, str], name: str) -> bool:
    value = variables.get(name, "").strip().lower()
    if value not in _YES:
        raise InputError("switch", value, "1 or 0", name)
    return _YES[value]


def _number(variables: Mapping[str, str], name: str, default: float, low: float, high: float) -> float:
    value = variables.get(name, "").strip()
    if not value:
        return default
    try:
        number = float(value)
    except ValueError:
        number = float("nan")
    whole = isinstance(default, int)
    if not low <= number <= high or (whole and number != int(number)):
        kind = "a whole number" if whole else "a number"
        raise InputError("limit", value, f"{kind} from {low:g} to {high:g}", name)
    return number
