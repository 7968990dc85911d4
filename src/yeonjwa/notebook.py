"""The laboratory as one types it: whole jobs as functions, with a bar below the cell, and results that show themselves.

::

    import yeonjwa

    run = yeonjwa.run("baseline", scale=0.004)
    run                                      # its main results
    run.figure("flight.arrivals")            # beside the record
    yeonjwa.compare("baseline", "liability_off", scale=0.004, seeds=4)

What these functions do is done by :mod:`yeonjwa.laboratory` and :mod:`yeonjwa.workflow`; here it is only made handy.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from yeonjwa.core.calendar import format_month, parse_month
from yeonjwa.core.errors import InputError
from yeonjwa.core.files import staged_folder
from yeonjwa.core.progress import Progress, here
from yeonjwa.laboratory import comparison as comparisons
from yeonjwa.laboratory import measures as results
from yeonjwa.laboratory import scenario_files
from yeonjwa.laboratory.comparison import Against, Comparison
from yeonjwa.laboratory.differences import Difference
from yeonjwa.laboratory.paired import read_series
from yeonjwa.laboratory.questions import Results
from yeonjwa.laboratory.questions import open as open_results
from yeonjwa.laboratory.run import Run, simulate
from yeonjwa.laboratory.scenario import Scenario, load
from yeonjwa.laboratory.sides import HEADLINES
from yeonjwa.laboratory.watch import counted
from yeonjwa.report import comparison_page, words
from yeonjwa.report.picture import Picture

if TYPE_CHECKING:
    from yeonjwa.laboratory.design import Design

#: A month: "2005-01", or a month index.
Month = str | int


@dataclass(frozen=True, repr=False, eq=False)
class Result:
    """A run: its main results, its series, its figures.

    Attributes
    ----------
    name, title : str
        Of the scenario.
    scale, seed, first, last
        What was run; ``first`` and ``last`` as "2005-01".
    columns : mapping of str to columns
        All series: ``month``, ``measure``, ``dimension``, ``level``, ``value``.
    run : Run or None
        Everything the run computed, while it has not been written.
    folder : Path or None
        Where it was written.
    """

    name: str
    title: str
    scale: float
    seed: int
    first: str
    last: str
    columns: Mapping[str, Any]
    run: Run | None = None
    folder: Path | None = None

    def __repr__(self) -> str:
        return f"<run of {self.name}, seed {self.seed}, scale {self.scale:g}, {self.first} to {self.last}>"

    @cached_property
    def summary(self) -> dict[str, float]:
        """Result -> what it comes to over the run: a sum per year, a mean of a state, a ratio."""
        return results.summarise(self.columns)

    def series(self, measure: str, dimension: str = "total", level: str = "total") -> dict[str, np.ndarray]:
        """Months and values of one measure, as arrays.

        Raises
        ------
        InputError
            The run did not record it.
        """
        column = {name: np.asarray(self.columns[name]) for name in ("measure", "dimension", "level", "value")}
        rows = (
            (column["measure"] == measure) & (column["dimension"] == dimension) & (column["level"] == level)
        )
        if not rows.any():
            known = ", ".join(sorted(set(column["measure"].tolist())))
            raise InputError("measure", f"{measure} by {dimension}: {level}", f"a level of one of {known}")
        months = [format_month(int(month)) for month in np.asarray(self.columns["month"])[rows]]
        return {
            "month": np.array(months, dtype="datetime64[M]"),
            "value": np.asarray(column["value"][rows], np.float64),
        }

    def figure(self, measure: str = comparisons.HEADLINE) -> Picture:
        """One result over time, beside recorded figures where there are any.

        Raises
        ------
        InputError
            No such measure, or the run has no value of it.
        """
        results.unit_of(measure)
        rows = [
            {"measure": measure, "arm": self.name, "x": x, "mean": value, "low": None, "high": None}
            for x, value in results.by_period(self.columns).get(measure, {}).items()
        ]
        answer = {"arms": [{"name": self.name}], "headline": measure, "over_time": rows}
        found = comparison_page.over_time_picture(answer)
        if found is None:
            raise InputError("measure", measure, "one of which the run has a value")
        return found

    def save(self, out: Path | str, *, overwrite: bool = False, language: str = "en") -> Path:
        """Write the folder of the run, with its report in a language, as ``yeonjwa run`` does; returns the folder.

        Raises
        ------
        InputError
            The run is in a folder already, this one cannot be used, or there is no such language.
        """
        from yeonjwa.laboratory import store
        from yeonjwa.report import build
        from yeonjwa.workflow import check_target

        if self.run is None:
            raise InputError("run", str(self.folder), "one that is not in a folder yet")
        target = Path(out)
        check_target(target, overwrite)
        with staged_folder(target, replace=overwrite) as folder:
            store.write(self.run, folder)
            build(folder, language)
            store.seal(folder, self.run.meter)
        return target

    def _repr_html_(self) -> str:
        rows = [
            (results.says(name), words.cell(self.summary[name]), results.unit_of(name))
            for name in HEADLINES
            if name in self.summary
        ]
        head = f"{self.title}: seed {self.seed}, scale {self.scale:g}, {self.first} to {self.last}. Synthetic persons."
        return _table(head, ("Result", "Value", "Unit"), rows)


def run(
    scenario: str | Path | Scenario = "baseline",
    *,
    scale: float | None = None,
    seed: int = 1,
    first: Month | None = None,
    last: Month | None = None,
    out: Path | str | None = None,
    overwrite: bool = False,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Result:
    """Run a country, in memory or into a folder.

    Parameters
    ----------
    scenario : str, Path or Scenario
        Name of a shipped scenario, ``regime:ID``, path of a TOML file, or a scenario.
    scale : float, optional
        Share of the real country, 0.002 to 1; the scenario's by default.
    seed : int
        Equal seeds, equal results.
    first, last : str or int, optional
        First and last month, "2005-01"; the scenario's by default.
    out : Path, optional
        A folder for data and report; nothing is written by default (:meth:`Result.save` writes it later).
    overwrite, threads
        As in :func:`yeonjwa.workflow.run`.
    progress : Progress, optional
        By default a bar in a notebook and on a terminal.
    """
    chosen = scenario if isinstance(scenario, Scenario) else load(scenario)
    chosen = replace(
        chosen,
        first=_month(first, chosen.first),
        last=_month(last, chosen.last),
        scale=chosen.scale if scale is None else scale,
    )
    progress = progress or here()
    if out is None:
        made = simulate(chosen, scale=chosen.scale, seed=seed, threads=threads, progress=progress)
        return _result(chosen, seed, made.result.series, made, None)
    from yeonjwa import workflow

    target = Path(out)
    workflow.run(chosen, out=target, seed=seed, threads=threads, overwrite=overwrite, progress=progress)
    return _result(chosen, seed, read_series(target), None, target)


def _result(
    scenario: Scenario, seed: int, columns: Mapping[str, Any], made: Run | None, folder: Path | None
) -> Result:
    first, last = format_month(scenario.first), format_month(scenario.last)
    return Result(scenario.name, scenario.title, scenario.scale, seed, first, last, columns, made, folder)


@dataclass(frozen=True, repr=False, eq=False)
class Compared:
    """A comparison that shows itself: the answer, a table, figures, a page.

    Attributes
    ----------
    comparison : Comparison
        What was found, as the laboratory gives it.
    """

    comparison: Comparison

    def __repr__(self) -> str:
        return f"<{comparison_page.headline(self._plain)}>"

    def __getitem__(self, arm: str) -> Against:
        """All that was found for an arm other than the first."""
        return self.comparison[arm]

    @property
    def answer(self) -> Difference:
        """The headline result of the first other arm."""
        return self.comparison.answer

    @cached_property
    def _plain(self) -> dict[str, Any]:
        return self.comparison.as_dict()

    def as_dict(self) -> dict[str, Any]:
        """Plain data, as ``yeonjwa compare --json`` prints it."""
        return self._plain

    def differences(self, arm: str = "") -> Picture:
        """All results as differences from the first arm, with their intervals; of the first other arm by default."""
        return _shown(comparison_page.differences_picture(self._plain, self._place(arm)))

    def over_time(self, measure: str = "", *, gaps: bool = False) -> Picture:
        """A result over time in all arms with bands; with ``gaps`` the differences from the first."""
        return _shown(comparison_page.over_time_picture(self._plain, measure, gaps=gaps))

    def page(self, out: Path | str) -> Path:
        """Write ``comparison.html`` and ``comparison.json`` into a folder; returns the path of the page."""
        return comparison_page.write(self._plain, Path(out))

    def _place(self, arm: str) -> int:
        names = [row.arm for row in self.comparison.against]
        if arm and arm not in names:
            raise InputError("arm", arm, ", ".join(names))
        return names.index(arm) if arm else 0

    def _repr_html_(self) -> str:
        parts = []
        for i, row in enumerate(self.comparison.against):
            head = f"{comparison_page.headline(self._plain, i)}."
            lines = [
                (
                    difference.says,
                    words.cell(difference.a.mean),
                    words.cell(difference.b.mean),
                    comparison_page.effect_words(difference.as_dict()),
                    difference.verdict,
                )
                for difference in row.differences
            ]
            names = ("Result", self.comparison.arms[0].name, row.arm, "Difference, 95 %", "Verdict")
            parts.append(_table(head, names, lines))
        return "".join(parts)


def compare(
    *arms: str | Path | Scenario,
    seeds: int | Sequence[int] = 4,
    scale: float | None = None,
    first: Month | None = None,
    last: Month | None = None,
    parameters: int = 0,
    measures: Iterable[str] = (),
    headline: str = comparisons.HEADLINE,
    workers: int | None = None,
    progress: Progress | None = None,
    **more: Any,
) -> Compared:
    """Hold worlds against each other: what differs, how surely, and what would decide.

    Parameters
    ----------
    arms : str, Path or Scenario
        Scenarios, or folders of runs or ensembles; all are held against the first.
    seeds, scale, measures, headline, workers
        As in :func:`yeonjwa.laboratory.comparison.compare`; so is whatever else is named.
    first, last : str or int, optional
        "2005-01"; those of the first scenario by default.
    parameters : int
        Draws of all parameters from their ranges, shared by the arms; 0 holds them.
    progress : Progress, optional
        By default a bar in a notebook and on a terminal.
    """
    found = comparisons.compare(
        *arms,
        seeds=seeds,
        scale=scale,
        first=None if first is None else _month(first, 0),
        last=None if last is None else _month(last, 0),
        draws_of_parameters=parameters,
        measures=measures,
        headline=headline,
        workers=workers,
        progress=progress or here(),
        **more,
    )
    return Compared(found)


def ensemble(
    scenarios: str | Path | Scenario | Sequence[str | Path | Scenario],
    *,
    seeds: int | Sequence[int],
    out: Path | str,
    scale: float | None = None,
    first: Month | None = None,
    last: Month | None = None,
    design: Path | Design | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Results:
    """Run scenarios with many seeds into one folder, and open it for questions.

    Parameters
    ----------
    scenarios, seeds, scale, design, workers
        As in :func:`yeonjwa.workflow.ensemble`.
    out : Path
        The folder: absent or empty.
    first, last : str or int, optional
        "2005-01"; each scenario's by default.
    progress : Progress, optional
        By default a bar in a notebook and on a terminal.
    """
    from yeonjwa import workflow

    target = Path(out)
    workflow.ensemble(
        scenarios,
        out=target,
        seeds=seeds,
        scale=scale,
        first=None if first is None else _month(first, 0),
        last=None if last is None else _month(last, 0),
        design=design,
        workers=workers,
        progress=counted(progress or here()),
    )
    return open_results(target)


def scenarios() -> list[dict[str, Any]]:
    """Every scenario that comes with the package: name, title, description."""
    return scenario_files.listed()


def _month(given: Month | None, otherwise: int) -> int:
    if given is None:
        return otherwise
    return given if isinstance(given, int) else parse_month(given)


def _shown(picture: Picture | None) -> Picture:
    if picture is None:
        raise InputError("figure", None, "a result of which the arms have values")
    return picture


def _table(head: str, names: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table as notebooks show it; the first column and words stand left."""
    cells = "".join(f"<th>{escape(name)}</th>" for name in names)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f"<p><strong>{escape(head)}</strong></p><table><thead><tr>{cells}</tr></thead><tbody>{body}</tbody></table>"
