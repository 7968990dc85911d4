"""Addresses of the overview, comparison, map, money and exports."""

from __future__ import annotations

from django.urls import path

from yeonjwa.observatory.pages import views

app_name = "pages"
urlpatterns = [path("", views.overview, name="overview")]
