"""Addresses of the overview, results, comparison, map, money and exports."""

from __future__ import annotations

from django.urls import path

from yeonjwa.observatory.pages import views

app_name = "pages"
urlpatterns = [
    path("", views.overview, name="overview"),
    path("runs/<int:number>/results/", views.results, name="results"),
    path("runs/<int:number>/report/", views.report, name="report"),
    path("runs/<int:number>/money/", views.money, name="money"),
    path("runs/<int:number>/money.csv", views.money_csv, name="money_csv"),
    path("runs/<int:number>/map/", views.map_page, name="map"),
    path("runs/<int:number>/map.csv", views.map_csv, name="map_csv"),
    path("compare/", views.compare, name="compare"),
    path("exports/<int:number>/", views.exports, name="exports"),
    path("exports/<int:number>/all.zip", views.export_all, name="export_all"),
    path("exports/<int:number>/<path:name>", views.export, name="export"),
]
