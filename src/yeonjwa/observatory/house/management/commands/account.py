"""``yeonjwa manage account NAME --role moderator``: make an account, change its role or password, or close it."""

from __future__ import annotations

import getpass
import secrets
import sys
from typing import Any

from django.contrib.auth.models import Group, User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from yeonjwa.observatory.house import audit, roles
from yeonjwa.observatory.house.models import Act


class Command(BaseCommand):
    """Accounts by role."""

    help = "Make an account with a role, change its role or password, or close it."

    def add_arguments(self, parser: Any) -> None:
        """Name, role, and how the password comes."""
        parser.add_argument("name")
        parser.add_argument("--role", choices=list(roles.ROLES), help="Role; reader by default.")
        how = parser.add_mutually_exclusive_group()
        how.add_argument("--generate", action="store_true", help="Make a password and print it once.")
        how.add_argument("--stdin", action="store_true", help="Read the password from standard input.")
        how.add_argument("--close", action="store_true", help="Close the account; nobody can log in to it.")
        how.add_argument("--keep-password", action="store_true", help="Change the role only.")

    def handle(self, *_args: Any, **given: Any) -> None:
        """Do it, and write it into the log."""
        name = given["name"]
        user = User.objects.filter(username=name).first()
        if user is None and (given["close"] or given["keep_password"]):
            raise CommandError(f"there is no account {name!r}")
        password = None if given["close"] or given["keep_password"] else _password(name, given)
        said = []
        with transaction.atomic():
            if user is None:
                user = User(username=name)
                _check_name(user)
                said.append("made")
            if given["close"]:
                user.is_active = False
                said.append("closed")
            if password is not None:
                user.set_password(password)
                user.is_active = True
                said.append("password set")
            user.save()
            if given["role"] or not user.groups.exists():
                role = given["role"] or "reader"
                user.groups.set([Group.objects.get(name=role)])
                said.append(f"role {role}")
            audit.write("command line", Act.ACCOUNT, f"account {name}", reason=", ".join(said))
        self.stdout.write(f"{name}: {', '.join(said)}")
        if given["generate"]:
            self.stdout.write(f"password: {password}")


def _check_name(user: User) -> None:
    try:
        user.clean_fields(exclude=["password"])
    except ValidationError as error:
        raise CommandError("; ".join(error.messages)) from error


def _password(name: str, given: dict[str, Any]) -> str:
    if given["generate"]:
        return secrets.token_urlsafe(15)
    if given["stdin"]:
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = getpass.getpass(f"Password of {name}: ")
        if getpass.getpass("Once more: ") != password:
            raise CommandError("the two passwords differ")
    try:
        validate_password(password, User(username=name))
    except ValidationError as error:
        raise CommandError("; ".join(error.messages)) from error
    return password
