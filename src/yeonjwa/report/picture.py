"""A figure that a notebook shows, and that can be written to a file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from yeonjwa.report import figures

#: How notebooks name a Vega-Lite figure of the version that is written here.
_VEGA_LITE = "application/vnd.vegalite.v6+json"


@dataclass(frozen=True, repr=False)
class Picture:
    """A figure: shown by a notebook as it is, interactive where the notebook knows Vega-Lite, else as SVG.

    Attributes
    ----------
    spec : dict
        Vega-Lite.
    label : str
        What is seen, in a sentence.
    """

    spec: figures.Spec
    label: str

    def __repr__(self) -> str:
        return f"<figure: {self.label}>"

    def svg(self) -> str:
        """The figure as SVG, with the fonts of the package."""
        return figures.svg(self.spec)

    def save(self, path: Path | str) -> Path:
        """Write a file that ends in .svg, .png, .pdf or .json; returns its path."""
        return figures.save(self.spec, path)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {"text/plain": self.label, "image/svg+xml": self.svg(), _VEGA_LITE: self.spec}
