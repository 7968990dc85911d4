"""Addresses of the documents."""

from __future__ import annotations

from typing import Any

app_name = "documents"
urlpatterns: list[Any] = []
