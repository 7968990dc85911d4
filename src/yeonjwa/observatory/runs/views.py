"""Pages of scenarios and runs: lists, the form, a run with its progress, cancelling and trying again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from yeonjwa.core.calendar import format_month
from yeonjwa.core.errors import InputError
from yeonjwa.observatory.documents.templatetags.written import plainly
from yeonjwa.observatory.house import access
from yeonjwa.observatory.house.access import needs
from yeonjwa.observatory.pages.templatetags.looks import address
from yeonjwa.observatory.runs import forms, scenarios, selectors, services
from yeonjwa.observatory.runs.models import Run, SavedScenario

#: Names that addresses need for themselves.
RESERVED: Final = ("new", "upload")
#: What a run that is asked for begins with.
START: Final = {"scale": "0.01", "seed": "1"}


def _shipped() -> list[dict[str, Any]]:
    from yeonjwa.laboratory.scenario import load, names

    return [
        {"name": name, "title": s.title, "changes": len(s.changes)} for name in names() for s in [load(name)]
    ]


_REPEAT: Final = {
    "command": "yeonjwa scenario list",
    "python": "from yeonjwa.laboratory import scenario\n\nprint(scenario.names())",
}
_CACHE: dict[str, list[dict[str, Any]]] = {}


def shipped() -> list[dict[str, Any]]:
    """Shipped scenarios with title and number of changes from the baseline, read once."""
    if "rows" not in _CACHE:
        _CACHE["rows"] = _shipped()
    return _CACHE["rows"]


@require_safe
def scenario_list(request: HttpRequest) -> HttpResponse:
    """Saved and shipped scenarios."""
    context = {"saved": selectors.saved(), "shipped": shipped(), **_REPEAT}
    return render(request, "runs/scenarios.html", context)


def _scenario(name: str) -> tuple[Any, str, SavedScenario | None]:
    """A scenario by name, its text if it is a visitor's, and its row."""
    from yeonjwa.laboratory.scenario import FOLDER, load, names

    if name in names():
        return load(name), (FOLDER / f"{name}.toml").read_text("utf-8"), None
    row = get_object_or_404(SavedScenario, name=name)
    return scenarios.checked(row.text, name), row.text, row


@require_safe
def scenario(request: HttpRequest, name: str) -> HttpResponse:
    """One scenario: what it changes, with evidence, and a form to run it."""
    return _scenario_page(request, name)


def _scenario_page(
    request: HttpRequest, name: str, given: dict[str, str] | None = None, error: str = "", status: int = 200
) -> HttpResponse:
    found, text, row = _scenario(name)
    changes = [{"change": c, "row": _row_of(c), "evidence": forms.evidence(c.path)} for c in found.changes]
    begin = {**START, "from": format_month(found.first), "to": format_month(found.last)}
    return render(
        request,
        "runs/scenario.html",
        {
            "scenario": found,
            "row": row,
            "text": text,
            "changes": changes,
            "given": given or begin,
            "error": error,
            "may_change": row is not None and access.owns(request, row),
            "largest": settings.LARGEST_SCALE,
        },
        status=status,
    )


def _row_of(change: Any) -> forms.Row:
    kind = "value" if change.factor is None else "factor"
    value = change.value if change.factor is None else change.factor
    start = "" if change.start is None else format_month(change.start)
    return forms.Row(change.path, start, kind, forms.shown_value(value), change.note, change.claim)


@require_safe
def scenario_file(request: HttpRequest, name: str) -> HttpResponse:
    """The TOML file of a scenario, as it was saved."""
    _found, text, _row = _scenario(name)
    return HttpResponse(
        text.encode(),
        content_type="application/toml; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.toml"'},
    )


@needs(access.SCENARIO)
@require_http_methods(["GET", "HEAD", "POST"])
def scenario_new(request: HttpRequest) -> HttpResponse:
    """An empty form, or one that begins as a copy of a scenario or of a run."""
    if request.method == "POST":
        return _posted(request, None)
    form = forms.Form(base="baseline")
    try:
        form = _copied(request) or form
    except InputError as error:
        form = form.refused(error)
    return _form_page(request, form, None)


def _copied(request: HttpRequest) -> forms.Form | None:
    copy, number = request.GET.get("copy", ""), request.GET.get("run", "")
    if number.isdecimal() and len(number) < 19:
        run = get_object_or_404(Run, pk=int(number))
        copy, text = run.scenario, run.text
        form = forms.of_text(text, copy) if text else forms.Form(base=copy)
        return replace(form, name=_free(copy), first=run.first, last=run.last, scale=repr(run.scale))
    if not copy:
        return None
    _found, text, row = _scenario(copy)
    form = forms.of_text(text, copy)
    if row is None:
        form = forms.Form(base="baseline") if copy == "baseline" else _in_words(form)
    return replace(form, name=_free(copy))


def _in_words(form: forms.Form) -> forms.Form:
    """The form of a shipped scenario with its words in the reader's language."""
    return replace(
        form,
        title=plainly(form.title),
        description=plainly(form.description),
        rows=tuple(replace(row, note=plainly(row.note)) for row in form.rows),
    )


def _free(name: str) -> str:
    """A name near to this one that nobody has."""
    from yeonjwa.laboratory.scenario import names

    taken = {*names(), *SavedScenario.objects.values_list("name", flat=True), *RESERVED}
    return next(c for i in range(1, 10_000) if (c := f"{name[:50]}-{i}") not in taken)


@needs(access.SCENARIO)
@require_http_methods(["GET", "HEAD", "POST"])
def scenario_edit(request: HttpRequest, name: str) -> HttpResponse:
    """The form of a saved scenario."""
    row = get_object_or_404(SavedScenario, name=name)
    if not access.owns(request, row):
        raise PermissionDenied
    if request.method == "POST":
        return _posted(request, row)
    return _form_page(request, forms.of_text(row.text, row.name), row)


def _posted(request: HttpRequest, row: SavedScenario | None) -> HttpResponse:
    form = forms.of_post(request.POST)
    if "save" not in request.POST and "run" not in request.POST:
        return _form_page(request, form, row)
    form = form.checked()
    if form.errors:
        return _form_page(request, form, row, status=422)
    try:
        if form.name in RESERVED:
            raise InputError("name of the scenario", form.name, "another word", "name")
        saved = services.save(form.name, form.text(), owner=request.user, replace=row)
    except InputError as error:
        return _form_page(request, form.refused(error), row, status=422)
    if "run" in request.POST:
        try:
            run = services.submit(
                saved.name, text=saved.text, scale=float(form.scale or START["scale"]), owner=request.user
            )
        except InputError as error:
            return _scenario_page(request, saved.name, error=forms.sentence(error), status=422)
        return redirect(address(f"/runs/{run.pk}/"))
    messages.success(request, _("The scenario is saved."))
    return redirect(address(f"/scenarios/{saved.name}/"))


def _form_page(
    request: HttpRequest, form: forms.Form, row: SavedScenario | None, status: int = 200
) -> HttpResponse:
    from yeonjwa.laboratory.scenario import names

    rows = [
        {
            "number": i,
            "row": r,
            "evidence": forms.evidence(r.path),
            "cells": forms.cells(i, r, form.errors),
            "title": plainly(r.parameter.description).rstrip(".") if r.parameter else r.path,
            "error": form.errors.get(f"change-{i}-value", ""),
            "date_error": form.errors.get(f"change-{i}-from", ""),
        }
        for i, r in enumerate(form.rows)
    ]
    conflicts = [{"conflict": c, "side": form.variants.get(c.id, "")} for c in forms.choices()]
    return render(
        request,
        "runs/form.html",
        {
            "form": form,
            "rows": rows,
            "row": row,
            "areas": forms.areas(),
            "bases": names(),
            "conflicts": conflicts,
            "largest": settings.LARGEST_SCALE,
        },
        status=status,
    )


@needs(access.SCENARIO)
@require_POST
def scenario_upload(request: HttpRequest) -> HttpResponse:
    """A TOML file: kept as it is, if it is a scenario; the form shows what is wrong with one that is not."""
    sent = request.FILES.get("file")
    name = request.POST.get("name", "").strip()[:60]
    try:
        if sent is None:
            raise InputError("file", "none", "a TOML file")
        if sent.size > settings.LARGEST_SCENARIO_BYTES:
            largest = f"{settings.LARGEST_SCENARIO_BYTES:,} bytes at most"
            raise InputError("size of the file", f"{sent.size:,} bytes", largest, "file")
        name = name or (sent.name or "").rpartition("/")[2].removesuffix(".toml").lower()
        if name in RESERVED:
            raise InputError("name of the scenario", name, "another word", "name")
        saved = services.save(name, scenarios.decode(sent.read()), owner=request.user)
    except InputError as error:
        context = {
            "saved": selectors.saved(),
            "shipped": shipped(),
            "error": forms.sentence(error),
            "name": name,
        }
        if error.where and "line" in error.where:
            context["place"] = error.where
        return render(request, "runs/scenarios.html", context, status=422)
    messages.success(request, _("The scenario is saved."))
    return redirect(address(f"/scenarios/{saved.name}/"))


@needs(access.SCENARIO)
@require_http_methods(["GET", "HEAD", "POST"])
def scenario_delete(request: HttpRequest, name: str) -> HttpResponse:
    """Ask, then remove a saved scenario; runs of it keep their copy of its text."""
    row = get_object_or_404(SavedScenario, name=name)
    if not access.owns(request, row):
        raise PermissionDenied
    if request.method != "POST":
        return render(request, "runs/delete.html", {"scenario": row})
    services.remove(row, request.user)
    messages.success(request, _("The scenario is deleted."))
    return redirect(address("/scenarios/"))


@needs(access.RUN)
@require_POST
def scenario_run(request: HttpRequest, name: str) -> HttpResponse:
    """Ask for a run of a scenario."""
    from yeonjwa.laboratory.scenario import names

    text = "" if name in names() else get_object_or_404(SavedScenario, name=name).text
    given = {key: request.POST.get(key, "").strip()[:20] for key in ("scale", "seed", "from", "to")}
    try:
        run = services.submit(
            name,
            text=text,
            scale=_number(given["scale"], "scale", float),
            seed=_number(given["seed"], "seed", int),
            first=given["from"] or None,
            last=given["to"] or None,
            owner=request.user,
        )
    except InputError as error:
        return _scenario_page(request, name, given, forms.sentence(error), status=422)
    return redirect(address(f"/runs/{run.pk}/"))


def _number(text: str, what: str, kind: Any) -> Any:
    try:
        return kind(text)
    except ValueError as error:
        allowed = _("a whole number") if kind is int else _("a number")
        raise InputError(what, text, allowed, what) from error


@require_safe
def run_list(request: HttpRequest) -> HttpResponse:
    """All runs, newest first, with a form that compares some of them."""
    return render(request, "runs/runs.html", {"runs": selectors.latest(100)})


def _state(run: Run) -> dict[str, Any]:
    """What the page of a run and its fragment show."""
    left = selectors.seconds_left(run)
    return {
        "run": run,
        "percent": round(100 * run.fraction),
        "left": None if left is None else max(1, round(left)),
        "before": selectors.waiting_before(run),
        "stage": selectors.stage_words(run),
        "failure": selectors.failure_words(run),
    }


@never_cache
@require_safe
def run_page(request: HttpRequest, number: int) -> HttpResponse:
    """A run: where it stands, cancel, what went wrong, or the way to its results."""
    run = get_object_or_404(Run, pk=number)
    context = {**_state(run), "may_change": access.owns(request, run)}
    return render(request, "runs/run.html", context)


@never_cache
@require_GET
def run_progress(request: HttpRequest, number: int) -> HttpResponse:
    """The part of the page of a run that changes."""
    run = get_object_or_404(Run, pk=number)
    context = {**_state(run), "may_change": access.owns(request, run)}
    return render(request, "runs/progress.html", context)


def _changeable(request: HttpRequest, number: int) -> Run:
    run = get_object_or_404(Run, pk=number)
    if not access.owns(request, run):
        raise PermissionDenied
    return run


@needs(access.RUN)
@require_POST
def run_cancel(request: HttpRequest, number: int) -> HttpResponse:
    """Cancel a run."""
    run = _changeable(request, number)
    said = services.cancel(run, request.user)
    messages.info(request, _("The run is being cancelled.") if said else _("There was nothing to cancel."))
    return redirect(address(f"/runs/{run.pk}/"))


@needs(access.RUN)
@require_POST
def run_again(request: HttpRequest, number: int) -> HttpResponse:
    """Ask for the same run once more."""
    run = get_object_or_404(Run, pk=number)
    try:
        fresh = services.again(run, owner=request.user)
    except InputError as error:
        messages.error(request, forms.sentence(error))
        return redirect(address(f"/runs/{run.pk}/"))
    return redirect(address(f"/runs/{fresh.pk}/"))


@needs(access.RUN)
@require_http_methods(["GET", "HEAD", "POST"])
def run_delete(request: HttpRequest, number: int) -> HttpResponse:
    """Ask, then remove a run that is over, with its files."""
    run = _changeable(request, number)
    if request.method != "POST":
        return render(request, "runs/delete.html", {"run": run})
    try:
        services.delete(run, request.user)
    except InputError as error:
        messages.error(request, forms.sentence(error))
        return redirect(address(f"/runs/{run.pk}/"))
    messages.success(request, _("The run is deleted."))
    return redirect(address("/runs/"))


@require_safe
def run_scenario(request: HttpRequest, number: int) -> HttpResponse:
    """The file of the scenario as it ran, for the command line."""
    run = get_object_or_404(Run, pk=number)
    if not run.text:
        raise Http404
    return HttpResponse(
        run.text.encode(),
        content_type="application/toml; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{run.scenario}.toml"'},
    )
