"""Addresses of comments and of moderation."""

from __future__ import annotations

from typing import Any

from django.urls import path, re_path

from yeonjwa.observatory.comments import moderation, views

app_name = "comments"
urlpatterns: list[Any] = [
    path("comments/<slug:kind>/<str:id>/", views.thing, name="thing"),
    path("moderate/", moderation.queue, name="queue"),
    path("moderate/guide/", moderation.guide, name="guide"),
    path("moderate/reports/", moderation.reports, name="reports"),
    path("moderate/audit/", moderation.log, name="audit"),
    re_path(r"^moderate/(?P<reference>[A-Z][0-9]-[0-9]{3})/$", moderation.read, name="read"),
]
