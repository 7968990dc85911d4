"""Terms, privacy, about, accessibility, licences; and error pages: plain, with a way back."""

from __future__ import annotations

import functools
import tomllib
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext

import yeonjwa

VENDOR: Final = Path(__file__).parent.parent / "VENDOR.toml"
#: Packages the observatory runs on.
PACKAGES: Final = (
    "click", "Django", "django-axes", "duckdb", "Jinja2", "numba", "numpy", "rich", "vl-convert-python", "waitress",
    "whitenoise",
)  # fmt: skip


def document(request: HttpRequest, name: str) -> HttpResponse:
    """A page of text."""
    return render(
        request,
        f"documents/{name}.html",
        {"hash_days": getattr(settings, "HASH_DAYS", 30), "private": settings.PRIVATE},
    )


def about(request: HttpRequest) -> HttpResponse:
    """What this is, by which method, its limits, and how to cite it."""
    return render(request, "documents/about.html", {"bibtex": citation()})


def citation() -> str:
    """How to cite the program, as BibTeX."""
    year = "2026"
    return (
        "@software{yeonjwa,\n"
        "  title = {yeonjwa: an open laboratory for guilt by association},\n"
        "  author = {{The yeonjwa developers}},\n"
        f"  year = {{{year}}},\n"
        f"  version = {{{yeonjwa.__version__}}}\n"
        "}"
    )


@functools.cache
def vendored() -> tuple[dict[str, Any], ...]:
    """Files of others that the package carries, with their licences: what ``VENDOR.toml`` lists."""
    return tuple(tomllib.loads(VENDOR.read_text(encoding="utf-8"))["file"])


@functools.cache
def packages() -> tuple[dict[str, str], ...]:
    """Packages this runs on: name, version and licence as each states it."""
    found = []
    for name in PACKAGES:
        try:
            about: Any = metadata(name)
        except PackageNotFoundError:
            continue
        stated = about.get("License-Expression") or _classified(about.get_all("Classifier") or [])
        stated = stated or (about.get("License") or "").splitlines()[0:1]
        licence = stated if isinstance(stated, str) else "".join(stated)
        found.append({"name": about["Name"], "version": about["Version"], "licence": licence or "–"})
    return tuple(found)


def _classified(classifiers: list[str]) -> str:
    found = [c.rsplit(" :: ", 1)[-1] for c in classifiers if c.startswith("License :: OSI Approved :: ")]
    return ", ".join(found)


def licences(request: HttpRequest) -> HttpResponse:
    """Every licence."""
    works: dict[tuple[str, str], dict[str, Any]] = {}
    for file in vendored():
        work = works.setdefault((file["name"], file["licence"]), {**file, "paths": []})
        work["paths"].append({"path": file["path"], "sha256": file["sha256"]})
    return render(
        request,
        "documents/licences.html",
        {"works": list(works.values()), "packages": packages(), "files": len(vendored())},
    )


def _page(request: HttpRequest, status: int) -> HttpResponse:
    title, words = {
        400: (
            gettext("The request could not be understood"),
            gettext("Something in the address or in what was sent is wrong. Nothing has been changed."),
        ),
        403: (
            gettext("This page is not open to you"),
            gettext("Your account does not have the right to do this. Ask an administrator if it should."),
        ),
        404: (
            gettext("There is no such page"),
            gettext("The address may be mistyped, or what it showed has been removed."),
        ),
        429: (
            gettext("Too much at once"),
            gettext(
                "So many requests came from your address that this one was not taken. Wait an hour and try again."
            ),
        ),
        500: (
            gettext("Something went wrong here"),
            gettext("It is our fault, not yours, and it has been written to the log. Try again in a minute."),
        ),
    }[status]
    return render(
        request,
        "documents/error.html",
        {"status": status, "error_title": title, "words": words},
        status=status,
    )


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400."""
    return _page(request, 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403."""
    return _page(request, 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404."""
    return _page(request, 404)


def too_many(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """429."""
    return _page(request, 429)


def server_error(request: HttpRequest) -> HttpResponse:
    """500."""
    return _page(request, 500)
