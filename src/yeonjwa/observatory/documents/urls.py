"""Addresses of the documents."""

from __future__ import annotations

from typing import Any

from django.urls import path

from yeonjwa.observatory.documents import views

app_name = "documents"
urlpatterns: list[Any] = [
    path("terms/", views.document, {"name": "terms"}, name="terms"),
    path("privacy/", views.document, {"name": "privacy"}, name="privacy"),
    path("about/", views.about, name="about"),
    path("accessibility/", views.document, {"name": "accessibility"}, name="accessibility"),
    path("licences/", views.licences, name="licences"),
]
