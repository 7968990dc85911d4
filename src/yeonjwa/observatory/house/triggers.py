"""The database itself refuses to change or remove rows of the log."""

from __future__ import annotations

from typing import Any, Final

TABLE: Final = "house_auditentry"
_SQLITE: Final = {
    f"{TABLE}_no_{act}": f"CREATE TRIGGER IF NOT EXISTS {TABLE}_no_{act} BEFORE {act} ON {TABLE} "
    f"BEGIN SELECT RAISE(ABORT, 'rows of the log are never changed or removed'); END"
    for act in ("update", "delete")
}
_FUNCTION: Final = f"""
CREATE OR REPLACE FUNCTION {TABLE}_refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'rows of the log are never changed or removed'; END $$
"""
_POSTGRESQL: Final = (
    f"CREATE OR REPLACE TRIGGER {TABLE}_no_change BEFORE UPDATE OR DELETE ON {TABLE} "
    f"FOR EACH ROW EXECUTE FUNCTION {TABLE}_refuse()"
)


def install(connection: Any) -> None:
    """Put the triggers in place, where they are not.

    Parameters
    ----------
    connection : BaseDatabaseWrapper
        Of SQLite or PostgreSQL; on others the model alone refuses.
    """
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            for statement in _SQLITE.values():
                cursor.execute(statement)
        elif connection.vendor == "postgresql":
            cursor.execute(_FUNCTION)
            cursor.execute(_POSTGRESQL)


def remove(connection: Any) -> None:
    """Take the triggers away: for tests, and for going back to a version without them."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            for name in _SQLITE:
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
        elif connection.vendor == "postgresql":
            cursor.execute(f"DROP TRIGGER IF EXISTS {TABLE}_no_change ON {TABLE}")
