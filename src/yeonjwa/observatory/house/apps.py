"""The app as Django knows it."""

from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class HouseConfig(AppConfig):
    """Name, label, and the roles after every migration."""

    name = "yeonjwa.observatory.house"
    label = "house"

    def ready(self) -> None:
        """Rights are made after a migration: roles come after the last app's."""
        from yeonjwa.observatory.house import roles

        post_migrate.connect(roles.ensure, dispatch_uid="roles")
