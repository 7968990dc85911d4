"""Figures of sensitivity: effects as bars, and the assumptions on which most hangs."""

from __future__ import annotations

from collections.abc import Sequence

from yeonjwa.core.language import gettext as _
from yeonjwa.laboratory.sensitivity import Sensitivity, Wanted
from yeonjwa.report import figures, words
from yeonjwa.report.figures import Spec, save

__all__ = ["bars", "save", "wanted"]


def bars(found: Sensitivity, *, most: int = 15) -> Spec:
    """Strength of the parameters as bars, the strongest first; those within luck are named so.

    Parameters
    ----------
    found : Sensitivity
        Of one result.
    most : int
        Bars drawn.
    """
    key = "mu_star" if found.method == "morris" else "ST"
    rows = []
    for index in found.indices[:most]:
        size = f"{words.number(index.values[key])} ± {words.number(index.values[key + '_conf'], 2)}"
        text = size if index.beyond_luck else _("{value}, no more than luck").format(value=size)
        rows.append({"label": index.address, "value": max(index.values[key], 0.0), "text": text})
    what = (
        _("mean size of the effect over the range")
        if key == "mu_star"
        else _("share of the variance, all told")
    )
    about = _("What moves {measure} ({method}): {most} most, {value}.").format(
        measure=found.measure, method=found.method, most=rows[0]["label"], value=rows[0]["text"]
    )
    return figures.bars(rows, unit=what, description=about)


def wanted(rows: Sequence[Wanted]) -> Spec:
    """The assumptions on which most hangs, by their mean share of the squared movement of the headline results."""
    drawn = [
        {
            "label": row.path,
            "value": row.share,
            "text": f"{row.share:.1%}, {_strongest(row)}",
        }
        for row in rows
    ]
    about = _("Which evidence to look for next: most hangs on {path} ({share}).").format(
        path=rows[0].path, share=f"{rows[0].share:.0%}"
    )
    return figures.bars(drawn, unit=_("share of the squared movement"), description=about)


def _strongest(row: Wanted) -> str:
    measure, share = max(row.moved.items(), key=lambda item: item[1])
    return _("{measure} by {share}").format(measure=measure, share=f"{share:.0%}")
