"""The database refuses to change or remove rows of the log."""

from typing import Any

from django.db import migrations

from yeonjwa.observatory.house import triggers


def install(_apps: Any, editor: Any) -> None:
    triggers.install(editor.connection)


def remove(_apps: Any, editor: Any) -> None:
    triggers.remove(editor.connection)


class Migration(migrations.Migration):
    dependencies = [("house", "0001_initial")]
    operations = [migrations.RunPython(install, remove)]
