"""Addresses of claims, evidence, parameters, sources, conflicts, regimes and the glossary."""

from __future__ import annotations

from typing import Any

from django.urls import path

from yeonjwa.observatory.evidence import claims, ledger, regimes

app_name = "evidence"
urlpatterns: list[Any] = [
    path("claims/", claims.claims, name="claims"),
    path("claims/<str:id>/", claims.claim, name="claim"),
    path("evidence/", ledger.evidence, name="evidence"),
    path("evidence/<str:id>/", ledger.entry, name="entry"),
    path("parameters/", ledger.parameters, name="parameters"),
    path("parameters/<str:path>/", ledger.parameter, name="parameter"),
    path("conflicts/", ledger.conflicts, name="conflicts"),
    path("conflicts/<str:id>/", ledger.conflict, name="conflict"),
    path("sources/", ledger.sources, name="sources"),
    path("sources/yeonjwa.bib", ledger.sources_file, {"format": "bibtex"}, name="bibtex"),
    path("sources/yeonjwa.json", ledger.sources_file, {"format": "csl-json"}, name="csl"),
    path("sources/yeonjwa.txt", ledger.sources_file, {"format": "text"}, name="text"),
    path("glossary/", ledger.glossary, name="glossary"),
    path("regimes/", regimes.regimes, name="regimes"),
    path("regimes/<str:id>/", regimes.regime, name="regime"),
]
