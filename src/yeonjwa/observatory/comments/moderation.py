"""Moderation: the queue, one comment, the log, the guide."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from yeonjwa.observatory.comments import notice, selectors, services
from yeonjwa.observatory.comments.models import Comment, Reason, State
from yeonjwa.observatory.house import access
from yeonjwa.observatory.house.models import AuditEntry

#: Characters of a comment that the queue shows.
_FIRST_LINES = 120


@never_cache
@require_safe
@access.needs(access.MODERATE)
def queue(request: Any) -> HttpResponse:
    """What waits, oldest first; or what was decided, by state."""
    chosen = request.GET.get("state", State.HELD)
    state = State(chosen) if chosen in State.values else State.HELD
    rows = selectors.held() if state == State.HELD else selectors.decided(state)
    listed = [_listed(row) for row in rows]
    oldest = rows[0].created if rows and state == State.HELD else None
    context = {
        "rows": listed,
        "state": state,
        "states": list(State),
        "number": len(rows),
        "oldest": oldest,
        "may_publish": access.may(request, access.PUBLISH),
    }
    return render(request, "comments/queue.html", context)


def _listed(row: Comment) -> dict[str, Any]:
    words = " ".join(row.original.split())
    first = words if len(words) <= _FIRST_LINES else words[:_FIRST_LINES].rsplit(" ", 1)[0] + " …"
    return {"comment": row, "first": first, "noticed": notice.words(f"{row.name} {row.original}")}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@access.needs(access.MODERATE)
def read(request: Any, reference: str) -> HttpResponse:
    """One comment: original beside what would be published; approve, refuse, take down."""
    row = get_object_or_404(Comment, reference=reference)
    problem = ""
    if request.method == "POST":
        try:
            said = _decide(request, row)
        except services.NotDecided as error:
            problem = str(error)
            row.refresh_from_db()
        else:
            messages.success(request, said)
            return HttpResponseRedirect(reverse("comments:queue"))
    given = request.POST if problem else {}
    context = {
        "comment": row,
        "pieces": notice.pieces(row.original),
        "noticed": notice.words(f"{row.name} {row.original}"),
        "problem": problem,
        "text": given.get("text", row.text),
        "reason": given.get("reason", row.reason),
        "note": given.get("note", row.note),
        "reasons": Reason.choices,
        "history": selectors.history(row.reference),
        "age": timezone.now() - row.created,
        "longest": services.LONGEST,
    }
    return render(request, "comments/read.html", context, status=409 if problem else 200)


def _decide(request: Any, row: Comment) -> str:
    """Carry out what a form asks for, and say it."""
    given = request.POST
    row.version = int(given["version"]) if given.get("version", "").isdecimal() else -1
    reason, note = given.get("reason", ""), given.get("note", "")
    about = {"reference": row.reference}
    act = given.get("act")
    if act == "approve":
        services.approve(row, request.user, text=given.get("text", ""), reason=reason, note=note)
        return _("%(reference)s is public now.") % about
    if act == "refuse":
        services.refuse(row, request.user, reason=reason, note=note)
        return _("%(reference)s is refused.") % about
    if act == "remove":
        services.remove(row, request.user, reason=reason, note=note)
        return _("%(reference)s is taken down.") % about
    raise services.NotDecided(_("Choose what is to be done."))


@never_cache
@require_safe
@access.needs(access.AUDIT)
def log(request: Any) -> HttpResponse:
    """What was done, newest first; nothing here can be changed."""
    page = Paginator(AuditEntry.objects.all(), 50).get_page(request.GET.get("page"))
    return render(request, "comments/audit.html", {"page": page})


@require_safe
@access.needs(access.MODERATE)
def guide(request: Any) -> HttpResponse:
    """The moderator's checklist."""
    return render(request, "comments/guide.html")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@access.needs(access.PUBLISH)
def reports(request: Any) -> HttpResponse:
    """Runs with a result: which of their reports readers may comment on."""
    from yeonjwa.observatory.runs import services as runs
    from yeonjwa.observatory.runs.selectors import finished

    if request.method == "POST":
        number = request.POST.get("run", "")
        run = next((run for run in finished() if str(run.pk) == number), None)
        if run is None:
            raise Http404
        runs.publish(run, request.user, published=request.POST.get("act") == "publish")
        return HttpResponseRedirect(reverse("comments:reports"))
    return render(request, "comments/reports.html", {"runs": finished()})
