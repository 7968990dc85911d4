"""Overview, results, money, map, comparison and exports: what is read comes from stored runs."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from yeonjwa.core.errors import InputError
from yeonjwa.observatory.pages import comparing, exporting, findings, maps, moneys, stored
from yeonjwa.observatory.pages.templatetags.looks import address
from yeonjwa.observatory.runs import selectors, services
from yeonjwa.observatory.runs.forms import sentence
from yeonjwa.observatory.runs.models import ARCHIVE, Run, Status
from yeonjwa.report import sheet

#: A report opened in the browser: nothing of it may run, ask or send.
_SANDBOX: Final = "default-src 'none'; style-src 'unsafe-inline'; font-src data:; img-src data:; frame-ancestors 'none'; sandbox"


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """What this is, three findings with their doubt, and the latest runs."""
    context = {
        "findings": findings.all_findings(),
        "measured": findings.about(),
        "runs": selectors.latest(5),
        "finished": Run.objects.filter(status=Status.SUCCEEDED).first(),
    }
    return render(request, "pages/overview.html", context)


def finished(number: int) -> tuple[Run, Path]:
    """A run that succeeded and its folder; 404 if there is none."""
    run = get_object_or_404(Run, pk=number)
    if run.status != Status.SUCCEEDED or not (run.folder / "manifest.json").is_file():
        raise Http404(gettext("This run has no results."))
    return run, run.folder.resolve()


def _unfinished(number: int) -> HttpResponse | None:
    """A way to the page of a run that is not over."""
    run = get_object_or_404(Run, pk=number)
    return redirect(address(f"/runs/{number}/")) if run.status != Status.SUCCEEDED else None


def _linked(html: str, run: Run) -> str:
    """A piece of the report with its links set to pages of the observatory."""
    files, parameters = address(f"/exports/{run.pk}/"), address("/parameters/")
    html = html.replace('href="@exports/', f'href="{files}')
    return html.replace('href="#p-', f'href="{parameters}').replace(
        'href="#parameters"', f'href="{parameters}"'
    )


@require_safe
def results(request: HttpRequest, number: int) -> HttpResponse:
    """What came out of a run: the chapters of its report."""
    aside = _unfinished(number)
    if aside is not None:
        return aside
    run, folder = finished(number)
    report, manifest = stored.report(folder), stored.manifest(folder)
    context = {
        "run": run,
        "manifest": manifest,
        "headline": report.headline,
        "lead": report.lead,
        "answers": _linked(report.answers, run),
        "chapters": [{"id": c.id, "title": c.title, "html": _linked(c.html, run)} for c in report.chapters],
        "living": manifest.get("living", {}),
    }
    return render(request, "pages/results.html", context)


@require_safe
def report(request: HttpRequest, number: int) -> HttpResponse:
    """The report of a run in the language of the reader, shut into a sandbox."""
    _run, folder = finished(number)
    return FileResponse(
        stored.page(folder).open("rb"),
        content_type="text/html; charset=utf-8",
        headers={"Content-Security-Policy": _SANDBOX},
    )


@require_safe
def money(request: HttpRequest, number: int) -> HttpResponse:
    """Who pays, on what occasion, who receives, in one year."""
    aside = _unfinished(number)
    if aside is not None:
        return aside
    run, folder = finished(number)
    found = moneys.of_run(stored.results(folder), request.GET.get("year", ""))
    return render(request, "pages/money.html", {"run": run, **found, **moneys.repeat(run, found["year"])})


@require_safe
def money_csv(request: HttpRequest, number: int) -> HttpResponse:
    """The flows of a year as CSV."""
    _run, folder = finished(number)
    found = moneys.of_run(stored.results(folder), request.GET.get("year", ""))
    head = (_("who pays"), _("occasion"), _("who receives"), _("baskets"))
    return _csv(exporting.csv_text([head, *found["flows"]]), f"money-{found['year']}")


def _csv(text: str, name: str) -> HttpResponse:
    return HttpResponse(
        text.encode(),
        content_type=exporting.TYPES["csv"],
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )


@require_safe
def map_page(request: HttpRequest, number: int) -> HttpResponse:
    """What of a run is counted by province, as tiles or as an outline."""
    aside = _unfinished(number)
    if aside is not None:
        return aside
    run, folder = finished(number)
    found = maps.of_run(stored.results(folder), request.GET)
    return render(request, "pages/map.html", {"run": run, **found, **maps.repeat(run, found)})


@require_safe
def map_csv(request: HttpRequest, number: int) -> HttpResponse:
    """The provinces of a map as CSV."""
    _run, folder = finished(number)
    found = maps.of_run(stored.results(folder), request.GET)
    rows = [(u.id, u.english, u.korean, u.value, u.persons) for u in found["units"]]
    head = ("province", "english", "korean", found["chosen"].id, "synthetic_persons")
    return _csv(exporting.csv_text([head, *rows]), f"map-{found['chosen'].id}-{found['year'] or 'all'}")


@require_safe
def compare(request: HttpRequest) -> HttpResponse:
    """Runs against the first of them, with the same luck."""
    found = comparing.of_request(request.GET.getlist("runs"), request.GET.get("measure", ""))
    status = 422 if found.get("error") else 200
    return render(request, "pages/compare.html", found, status=status)


@require_safe
def exports(request: HttpRequest, number: int) -> HttpResponse:
    """Everything that can be taken away from a run."""
    aside = _unfinished(number)
    if aside is not None:
        return aside
    run, folder = finished(number)
    found = stored.report(folder)
    context = {
        "run": run,
        "data": exporting.listed(folder),
        "drawings": found.drawings.values(),
        "tables": found.tables.values(),
        "report": sheet.file_name("report.html"),
    }
    return render(request, "pages/exports.html", context)


@require_safe
def export(request: HttpRequest, number: int, name: str) -> HttpResponse:
    """One file of a run."""
    run, folder = finished(number)
    kind = name.rpartition(".")[2]
    short = name.rpartition("/")[2]
    disposition = f'attachment; filename="run-{run.pk}-{short}"'
    try:
        data = exporting.file(folder, name)
    except InputError as error:
        raise Http404(gettext("This run has no such file.")) from error
    return HttpResponse(
        data,
        content_type=exporting.TYPES.get(kind, "application/octet-stream"),
        headers={"Content-Disposition": disposition},
    )


@require_safe
def export_all(request: HttpRequest, number: int) -> HttpResponse:
    """Everything in one ZIP."""
    run, folder = finished(number)
    target = run.home / sheet.file_name(ARCHIVE)
    if not exporting.is_current(folder, target):
        try:
            services.check_disk()
        except InputError as error:
            messages.error(request, sentence(error))
            return redirect(address(f"/exports/{run.pk}/"))
        exporting.archive(folder, target)
        services.count(run)
    answer = FileResponse(target.open("rb"), content_type=exporting.TYPES["zip"])
    answer.headers["Content-Disposition"] = f'attachment; filename="yeonjwa-run-{run.pk}.zip"'
    return answer
