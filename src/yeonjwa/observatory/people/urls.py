"""Addresses of the people of a run."""

from __future__ import annotations

from typing import Any

from django.urls import path

from yeonjwa.observatory.people import views

app_name = "people"
urlpatterns: list[Any] = [
    path("runs/<int:run>/ages/", views.ages_page, name="ages"),
    path("runs/<int:run>/people/", views.people, name="list"),
    path("runs/<int:run>/people/<int:person>/kin/", views.kin, name="kin"),
    path("runs/<int:run>/people/<int:person>/kin.csv", views.kin_csv, name="csv"),
]
