"""Logging in and out, and what is said to somebody who is locked out or sent a form without its token."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from yeonjwa.observatory.house import throttle


@method_decorator((never_cache, sensitive_post_parameters("password")), name="dispatch")
class LogIn(LoginView):
    """Name and password; the same words whether the name or the password is wrong."""

    template_name = "house/login.html"
    redirect_authenticated_user = False

    def form_valid(self, form: Any) -> HttpResponse:
        """Logged in: the browser is known from now on."""
        answer: HttpResponse = super().form_valid(form)
        throttle.remember(answer, form.get_user().get_username())
        return answer


class LogOut(LogoutView):
    """By a form only."""

    http_method_names = ("post", "options")


def locked_out(
    request: HttpRequest, credentials: dict[str, Any] | None = None, *_: Any, **__: Any
) -> HttpResponse:
    """429: too many wrong passwords."""
    return render(request, "house/locked_out.html", status=429)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: the form came without its token, or from elsewhere."""
    return render(request, "house/csrf_failure.html", status=403)
