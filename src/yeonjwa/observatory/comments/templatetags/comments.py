"""``{% load comments %}{% comments "claim" id %}``: what readers said of a thing, and the form to say more.

Put it under a claim (``"claim"``, its id), a parameter (``"parameter"``, its path), a regime (``"regime"``, its id) or a
published report (``"run"``, its number).
"""

from __future__ import annotations

from typing import Any

from django import template

register = template.Library()


@register.inclusion_tag("comments/section.html", takes_context=True)
def comments(context: Any, kind: str, id: Any) -> dict[str, Any]:
    """Approved comments on a thing and the form.

    Parameters
    ----------
    context : Context
        Of the page.
    kind, id : str
        What is commented on.
    """
    return {"kind": kind, "id": str(id), "request": context.get("request")}
