"""Reading of TOML files that people write by hand; kept here for those who know it by this name."""

from __future__ import annotations

from yeonjwa.core.toml import line_of, parse, place, read_text

__all__ = ["line_of", "parse", "place", "read_text"]
