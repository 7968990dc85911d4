"""How well held-out years were foretold: coverage and error, beside two forecasts that know nothing of the model."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.errors import InputError

Floats = NDArray[np.float64]
#: Of the intervals that are scored.
SHARE: Final = 0.9
_Z: Final = 1.6449


@dataclass(frozen=True)
class Forecast:
    """What one forecaster says of one figure.

    Attributes
    ----------
    middle : float
        Median.
    low, high : float
        Interval of 90 %.
    """

    middle: float
    low: float
    high: float


def last_value(years: Sequence[int], values: Sequence[float], at: Sequence[int]) -> list[Forecast]:
    """The value of the last year again; its interval is that of a random walk with the steps seen between following years.

    Parameters
    ----------
    years, values : sequence
        What is known, years in order.
    at : sequence of int
        Years that are forecast.

    Raises
    ------
    InputError
        Fewer than three pairs of following years.
    """
    steps = [b - a for (x, a), (y, b) in _pairs(years, values) if y == x + 1]
    if len(steps) < 3:
        raise InputError("years of a forecast", list(years), "three pairs of following years at least")
    sd = float(np.sqrt(np.mean(np.square(steps))))
    found = []
    for year in at:
        half = _Z * sd * float(np.sqrt(year - years[-1]))
        found.append(Forecast(values[-1], max(values[-1] - half, 0.0), values[-1] + half))
    return found


def _pairs(
    years: Sequence[int], values: Sequence[float]
) -> list[tuple[tuple[int, float], tuple[int, float]]]:
    known = list(zip(years, values, strict=True))
    return list(itertools.pairwise(known))


def linear_trend(years: Sequence[int], values: Sequence[float], at: Sequence[int]) -> list[Forecast]:
    """A straight line through the known years, never below 0, with its interval of prediction.

    Parameters
    ----------
    years, values : sequence
        What is known: three years at least.
    at : sequence of int
        Years that are forecast.
    """
    if len(years) < 3:
        raise InputError("years of a trend", list(years), "three at least")
    x, y = np.asarray(years, dtype=np.float64), np.asarray(values, dtype=np.float64)
    centre, spread = float(x.mean()), float(((x - x.mean()) ** 2).sum())
    slope = float(((x - centre) * (y - y.mean())).sum() / spread)
    rest = y - y.mean() - slope * (x - centre)
    sd = float(np.sqrt((rest**2).sum() / (len(x) - 2)))
    found = []
    for year in at:
        middle = float(y.mean() + slope * (year - centre))
        half = _Z * sd * float(np.sqrt(1 + 1 / len(x) + (year - centre) ** 2 / spread))
        found.append(Forecast(max(middle, 0.0), max(middle - half, 0.0), max(middle + half, 0.0)))
    return found


def judge(forecasts: Mapping[str, Forecast], recorded: Mapping[str, float]) -> dict[str, Any]:
    """Coverage of the intervals, and error of the medians, over the figures forecast.

    Parameters
    ----------
    forecasts, recorded : mapping
        Name of the figure -> forecast, and what was recorded.

    Returns
    -------
    dict
        ``covered`` of ``n`` within 90 %; ``mean_absolute`` error; ``log_error``: root mean square of the log ratio of one plus
        each; ``interval_score`` (Gneiting and Raftery 2007), less is better; one row a figure.
    """
    rows = []
    for name, forecast in forecasts.items():
        value = recorded[name]
        miss = max(forecast.low - value, 0.0) + max(value - forecast.high, 0.0)
        rows.append(
            {
                "target": name,
                "recorded": value,
                **asdict(forecast),
                "inside": forecast.low <= value <= forecast.high,
                "score": forecast.high - forecast.low + 2 / (1 - SHARE) * miss,
            }
        )
    errors = np.array([r["middle"] - r["recorded"] for r in rows])
    logs = np.array([np.log1p(r["middle"]) - np.log1p(r["recorded"]) for r in rows])
    return {
        "n": len(rows),
        "covered": int(sum(r["inside"] for r in rows)),
        "mean_absolute": float(np.abs(errors).mean()),
        "log_error": float(np.sqrt((logs**2).mean())),
        "interval_score": float(np.mean([r["score"] for r in rows])),
        "rows": rows,
    }
