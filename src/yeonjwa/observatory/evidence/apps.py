"""The app as Django knows it."""

from __future__ import annotations

from django.apps import AppConfig


class EvidenceConfig(AppConfig):
    """Name and label."""

    name = "yeonjwa.observatory.evidence"
    label = "evidence"
