"""``{% load comments %}{% comments "claim" id %}``: what readers said of a thing, and the form to say more.

Put it under a claim or fact (``"claim"``, its id), a parameter (``"parameter"``, its path), a regime (``"regime"``, its id) or
a published report (``"run"``, its number; nothing is shown while ``run.published`` is false).
"""

from __future__ import annotations

from typing import Any

from django import template

from yeonjwa.observatory.comments import selectors, services, targets

register = template.Library()


@register.inclusion_tag("comments/section.html", takes_context=True)
def comments(context: Any, kind: str, id: Any) -> dict[str, Any]:
    """Approved comments on a thing and the form; a notice in the form's place when one has just been sent.

    Parameters
    ----------
    context : Context
        Of the page.
    kind, id : str
        What is commented on.
    """
    id = str(id)
    if not targets.exists(kind, id):
        return {"open": False}
    request = context["request"]
    return {
        "open": True,
        "kind": kind,
        "id": id,
        "rows": selectors.approved(kind, id),
        "held": selectors.held_notice(kind, id, request.GET.get("held", "")),
        "mark": services.mark(kind, id),
        "page": request.path,
        "wrong": context.get("wrong"),
        "longest": services.LONGEST,
        "csrf_token": context.get("csrf_token"),
        "LANGUAGE_CODE": context.get("LANGUAGE_CODE"),
        "may_moderate": context.get("may_moderate"),
    }
