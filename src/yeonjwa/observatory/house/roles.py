"""Roles: groups of rights, made and kept right with every migration."""

from __future__ import annotations

from typing import Any, Final

#: Role -> rights. A reader has an account and no right; reading needs none.
ROLES: Final[dict[str, tuple[str, ...]]] = {
    "reader": (),
    "analyst": ("runs.add_run", "runs.add_savedscenario"),
    "moderator": ("comments.moderate", "house.read_audit"),
    "administrator": (
        "runs.add_run",
        "runs.change_run",
        "runs.delete_run",
        "runs.publish_run",
        "runs.add_savedscenario",
        "runs.change_savedscenario",
        "runs.delete_savedscenario",
        "comments.moderate",
        "house.read_audit",
    ),
}


def ensure(**_: Any) -> None:
    """Give each role exactly its rights; those that a version has not yet are left out until it does."""
    from django.contrib.auth.models import Group, Permission
    from django.db.models import Q

    for role, rights in ROLES.items():
        group, _made = Group.objects.get_or_create(name=role)
        wanted = Q(pk__in=[])
        for right in rights:
            app, _dot, name = right.partition(".")
            wanted |= Q(content_type__app_label=app, codename=name)
        group.permissions.set(Permission.objects.filter(wanted))


def has(role: str) -> bool:
    """Whether an account that is in use has a role, or is a superuser's."""
    from django.contrib.auth.models import User
    from django.db.models import Q

    return bool(
        User.objects.filter(Q(groups__name=role) | Q(is_superuser=True), is_active=True)
        .exclude(password="")
        .exists()
    )
