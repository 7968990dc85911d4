"""Addresses of scenarios and runs."""

from __future__ import annotations

from django.urls import path

from yeonjwa.observatory.runs import views

app_name = "runs"
urlpatterns = [
    path("scenarios/", views.scenario_list, name="scenarios"),
    path("scenarios/new/", views.scenario_new, name="scenario_new"),
    path("scenarios/upload/", views.scenario_upload, name="scenario_upload"),
    path("scenarios/<slug:name>.toml", views.scenario_file, name="scenario_file"),
    path("scenarios/<slug:name>/", views.scenario, name="scenario"),
    path("scenarios/<slug:name>/edit/", views.scenario_edit, name="scenario_edit"),
    path("scenarios/<slug:name>/delete/", views.scenario_delete, name="scenario_delete"),
    path("scenarios/<slug:name>/run/", views.scenario_run, name="scenario_run"),
    path("runs/", views.run_list, name="runs"),
    path("runs/<int:number>/", views.run_page, name="run"),
    path("runs/<int:number>/progress/", views.run_progress, name="progress"),
    path("runs/<int:number>/cancel/", views.run_cancel, name="cancel"),
    path("runs/<int:number>/again/", views.run_again, name="again"),
    path("runs/<int:number>/delete/", views.run_delete, name="delete"),
    path("runs/<int:number>/scenario.toml", views.run_scenario, name="run_scenario"),
]
