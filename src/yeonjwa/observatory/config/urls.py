"""Every address: one module for each app.

======================  =======================================================================================
``house.urls``          ``/log-in/``, ``/log-out/``, ``/health/``
``comments.urls``       ``/comments/…``, ``/moderate/…``
``runs.urls``           ``/scenarios/…``, ``/runs/`` and ``/runs/<id>/`` (progress, cancel)
``pages.urls``          ``/``, ``/runs/<id>/results/``, ``…/money/``, ``…/map/``, ``/compare/``, ``/exports/…``
``people.urls``         ``/runs/<id>/people/…``
``evidence.urls``       ``/evidence/…``, ``/parameters/…``, ``/sources/``, ``/regimes/…``
``documents.urls``      ``/terms/``, ``/privacy/``, ``/about/``, ``/accessibility/``, ``/licences/``
======================  =======================================================================================

English addresses have no prefix, Korean ones begin with ``/ko/``.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.urls import include, path

urlpatterns: list[Any] = [path("health/", include("yeonjwa.observatory.house.health"))]
if settings.ADMIN_SITE:
    from django.contrib import admin

    urlpatterns.append(path("admin/", admin.site.urls))

urlpatterns += i18n_patterns(
    path("", include("yeonjwa.observatory.house.urls")),
    path("", include("yeonjwa.observatory.comments.urls")),
    path("", include("yeonjwa.observatory.runs.urls")),
    path("", include("yeonjwa.observatory.pages.urls")),
    path("", include("yeonjwa.observatory.people.urls")),
    path("", include("yeonjwa.observatory.evidence.urls")),
    path("", include("yeonjwa.observatory.documents.urls")),
    prefix_default_language=False,
)

# Error pages are documents: see documents.views.
_ERRORS = "yeonjwa.observatory.documents.views"
handler400 = f"{_ERRORS}.bad_request"
handler403 = f"{_ERRORS}.forbidden"
handler404 = f"{_ERRORS}.not_found"
handler500 = f"{_ERRORS}.server_error"
