"""The page of the comments on one thing, and the address to which its form is sent."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode, urlsplit

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import Resolver404, resolve
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from yeonjwa.observatory.comments import services, targets


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("text", "name")
def thing(request: Any, kind: str, id: str) -> HttpResponse:
    """Comments on a thing; a form that is sent here is held, or shown again with what is wrong."""
    if not targets.exists(kind, id):
        raise Http404
    about = {"kind": kind, "id": id, "words": targets.words(kind, id), "address": targets.address(kind, id)}
    if request.method != "POST":
        return render(request, "comments/thing.html", about)
    page = local_page(request, request.POST.get("page", ""))
    sent = services.Sent(
        text=request.POST.get("text", ""),
        name=request.POST.get("name", ""),
        trap=request.POST.get("website", ""),
        mark=request.POST.get("mark", ""),
        page=page or request.path,
    )
    try:
        row = services.submit(request, kind, id, sent)
    except services.NotTaken as error:
        wrong = {"error": str(error), "field": error.field, "sent": sent}
        answer = render(request, "comments/thing.html", {**about, "wrong": wrong}, status=error.status)
        if error.status in (429, 503):
            answer["Retry-After"] = "3600"
        return answer
    return HttpResponseRedirect(f"{sent.page}?{urlencode({'held': row.reference})}#comments")


def local_page(request: Any, address: str) -> str:
    """The path of a page of ours, or nothing: an answer never leads elsewhere."""
    parts = urlsplit(address[:500])
    if not url_has_allowed_host_and_scheme(address, allowed_hosts=None) or not parts.path.startswith("/"):
        return ""
    if address.startswith("//") or parts.netloc or parts.scheme:
        return ""
    try:
        resolve(parts.path)
    except Resolver404:
        return ""
    return parts.path
