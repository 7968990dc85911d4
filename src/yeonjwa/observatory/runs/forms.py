"""The form of a scenario: rows of dated changes, each with its parameter's evidence, to and from the text of a TOML file."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Final

from django.utils.translation import gettext

from yeonjwa.core import toml
from yeonjwa.core.calendar import format_month, parse_month
from yeonjwa.core.errors import InputError
from yeonjwa.core.parameters import Parameter, check_value
from yeonjwa.core.toml import literal
from yeonjwa.evidence import parameters as shipped_parameters
from yeonjwa.evidence import rivals
from yeonjwa.laboratory.rules import check_limits
from yeonjwa.observatory.documents.templatetags.written import plainly
from yeonjwa.report.words import capital
from yeonjwa.report.words import level as level_words

#: A form with more rows is not sent by a person.
MOST_ROWS: Final = 100
_LINE: Final = re.compile(r"line (\d+)")


@dataclass(frozen=True)
class Row:
    """One change as typed: path, month from which it holds, "value" or "factor", and the rest as text.

    Attributes
    ----------
    value : str
        One value for all levels, or TOML.
    cells : mapping of str to str
        Level of a table -> what was typed for it; empty cells stay as they are.
    """

    path: str = ""
    start: str = ""
    kind: str = "value"
    value: str = ""
    note: str = ""
    claim: str = ""
    cells: Mapping[str, str] = field(default_factory=dict)

    @property
    def parameter(self) -> Parameter | None:
        """What is changed, with range, unit, grade and sources; None for an unknown path."""
        return shipped_parameters.load().items_.get(self.path)

    @property
    def levels(self) -> tuple[str, ...]:
        """Levels of the table that is changed; empty for a single value."""
        return self.parameter.levels if self.parameter else ()


@dataclass(frozen=True)
class Form:
    """A scenario as typed.

    Attributes
    ----------
    errors : dict
        Name of a field -> what is wrong with it. Names of a row's fields are ``change-0-value`` and so on.
    """

    name: str = ""
    title: str = ""
    description: str = ""
    base: str = "baseline"
    first: str = ""
    last: str = ""
    scale: str = ""
    claims: str = ""
    rows: tuple[Row, ...] = ()
    variants: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)

    def text(self) -> str:
        """The text of the TOML file."""
        return self.written()[0]

    def written(self) -> tuple[str, list[range]]:
        """The text, and the lines (from 1) that each row takes in it."""
        lines = [f"title = {literal(self.title)}", f"description = {literal(self.description)}"]
        if self.base and self.base != "baseline":
            lines.append(f"base = {literal(self.base)}")
        for key, value in (("from", self.first), ("to", self.last)):
            if value:
                lines.append(f"{key} = {literal(value)}")
        if self.scale:
            lines.append(f"scale = {self.scale if _is_number(self.scale) else literal(self.scale)}")
        if self.claims:
            lines.append(f"claims = {literal([c.strip() for c in self.claims.split(',') if c.strip()])}")
        places = []
        for row in self.rows:
            begin = len(lines) + 2
            lines += ["", "[[change]]", f"path = {literal(row.path)}"]
            if row.start:
                lines.append(f"from = {literal(row.start)}")
            lines.append(f"{row.kind} = {written_value(row)}")
            if row.note:
                lines.append(f"note = {literal(row.note)}")
            if row.claim:
                lines.append(f"claim = {literal(row.claim)}")
            places.append(range(begin, len(lines) + 1))
        if self.variants:
            lines += ["", "[variants]"]
            lines += [f"{literal(conflict)} = {literal(side)}" for conflict, side in self.variants.items()]
        return "\n".join(lines) + "\n", places

    def checked(self) -> Form:
        """The form with what is wrong with single cells of tables, each at its cell."""
        errors = {
            f"change-{number}-{name}": words
            for number, row in enumerate(self.rows)
            for name, words in _wrong_cells(row).items()
        }
        return replace(self, errors={**self.errors, **errors})

    def refused(self, error: InputError) -> Form:
        """The form with what the package says is wrong, at the field where that is."""
        words = sentence(error)
        return replace(self, errors={**self.errors, self._field(error): words})

    def _field(self, error: InputError) -> str:
        """Name of the field that an error is about; empty if it is about the whole."""
        line = _LINE.search(error.where)
        if line:
            for number, lines in enumerate(self.written()[1]):
                if int(line[1]) in lines:
                    shown = self.text().splitlines()[int(line[1]) - 1].partition(" ")[0]
                    kinds = {"path": "value", "from": "from", "note": "note"}
                    return f"change-{number}-{kinds.get(shown, 'value')}"
        if "name" in error.what:
            return "name"
        known = {
            "title": "title",
            "description": "description",
            "base": "base",
            "scale": "scale",
            "period": "from",
        }
        return next((name for word, name in known.items() if error.what.startswith(word)), "")


def sentence(error: InputError) -> str:
    """An error as one sentence that names the value and what is allowed."""
    return gettext("{what}: {value} cannot be used. Use {allowed}.").format(
        what=error.what[:1].upper() + error.what[1:],
        value=shortened(error.value),
        allowed=str(error.allowed).rstrip("."),
    )


def shortened(value: Any, length: int = 80) -> str:
    """A value for a sentence."""
    text = str(value)
    return text if len(text) <= length else f"{text[: length - 1]}…"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return "_" not in text and text.strip() == text


def _wrong_cells(row: Row) -> dict[str, str]:
    """Field of a row -> what is wrong with its cell; empty if every cell is a number that the parameter can have."""
    parameter = row.parameter
    if parameter is None or not row.cells:
        return {}
    if row.value:
        return {"value": gettext("Fill in either the cells or the one field below them, not both.")}
    wrong = {}
    for level, typed in row.cells.items():
        try:
            number = tomllib.loads(f"v = {typed}")["v"] if _is_number(typed) else typed
            if row.kind == "factor":
                check_value(f"factor on {row.path}", "coefficient", number)
            else:
                check_value(row.path, parameter.kind, number)
                check_limits(row.path, parameter.kind, number)
        except tomllib.TOMLDecodeError:
            wrong[f"cell-{level}"] = _cell_words(level, typed, gettext("a number, as 2 or 0.5"))
        except InputError as error:
            wrong[f"cell-{level}"] = _cell_words(level, typed, str(error.allowed))
    return wrong


def _cell_words(level: str, typed: str, allowed: str) -> str:
    return gettext("{cell}: {value} cannot be used. Use {allowed}.").format(
        cell=capital(level_words(level)), value=shortened(typed), allowed=allowed.rstrip(".")
    )


def written_value(row: Row) -> str:
    """What was typed as TOML: the cells that were filled in, else a literal if it is one, else a text in quotes."""
    if row.cells:
        cells = [f"{literal(k)} = {v if _is_number(v) else literal(v)}" for k, v in row.cells.items()]
        return f"{{ {', '.join(cells)} }}"
    typed = row.value.strip().replace("\n", " ").replace("\r", " ")
    try:
        found = tomllib.loads(f"v = {typed}")
    except tomllib.TOMLDecodeError:
        return literal(typed)
    return typed if set(found) == {"v"} else literal(typed)


def shown_value(value: Any) -> str:
    """A value as it is typed: a text without quotes, all else as in TOML."""
    return (
        value
        if isinstance(value, str) and written_value(Row(value=value)) == literal(value)
        else literal(value)
    )


def of_text(text: str, name: str = "") -> Form:
    """The form that shows the text of a TOML file.

    Raises
    ------
    InputError
        The text is no TOML, or no table of a scenario.
    """
    content = toml.parse(text, f"{name or 'scenario'}.toml")
    changes = content.get("change", [])
    if not isinstance(changes, list) or not all(isinstance(change, dict) for change in changes):
        raise InputError("change", "change", "tables that begin with [[change]]", f"{name}.toml")
    rows = []
    for change in changes:
        kind = "factor" if "factor" in change else "value"
        path, value = str(change.get("path", "")), change.get(kind, "")
        cells = _cells(path, value)
        rows.append(
            Row(
                path,
                str(change.get("from", "")),
                kind,
                "" if cells else shown_value(value),
                str(change.get("note", "")),
                str(change.get("claim", "")),
                cells,
            )
        )
    variants = {str(k): str(v) for k, v in content.get("variants", {}).items()}
    if "severity" in content:
        variants = {"severity": str(content["severity"]), **variants}
    return Form(
        name=name,
        title=str(content.get("title", "")),
        description=" ".join(str(content.get("description", "")).split()),
        base=str(content.get("base", "baseline")),
        first=str(content.get("from", "")),
        last=str(content.get("to", "")),
        scale=repr(content["scale"]) if "scale" in content else "",
        claims=", ".join(map(str, content.get("claims", []))),
        rows=tuple(rows),
        variants=variants,
    )


def _cells(path: str, value: Any) -> dict[str, str]:
    """Cells that show a table; none if it is not one of numbers for levels of the parameter, which is then shown as TOML."""
    levels = Row(path).levels
    if not isinstance(value, Mapping) or not value or not set(value) <= set(levels):
        return {}
    if not all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in value.values()):
        return {}
    return {level: literal(value[level]) for level in levels if level in value}


def _posted_row(post: Mapping[str, str], number: int) -> Row:
    """One change as it was sent."""

    def typed(name: str, longest: int = 4000) -> str:
        return post.get(f"change-{number}-{name}", "").strip()[:longest]

    path, kind = typed("path"), typed("kind")
    cells = {level: text for level in Row(path).levels if (text := typed(f"cell-{level}", 40))}
    kind = kind if kind == "factor" else "value"
    return Row(path, typed("from"), kind, typed("value"), typed("note"), typed("claim"), cells)


def of_post(post: Mapping[str, str]) -> Form:
    """The form as it was sent."""
    try:
        count = int(post.get("rows", "0"))
    except ValueError:
        count = 0
    rows = [_posted_row(post, i) for i in range(min(max(count, 0), MOST_ROWS))]
    form = Form(
        name=post.get("name", "").strip()[:60],
        title=post.get("title", "").strip()[:200],
        description=" ".join(post.get("description", "").split())[:4000],
        base=post.get("base", "baseline").strip()[:60],
        first=post.get("from", "").strip()[:7],
        last=post.get("to", "").strip()[:7],
        scale=post.get("scale", "").strip()[:20],
        claims=post.get("claims", "").strip()[:500],
        rows=tuple(rows),
        variants={c.id: side for c in choices() if (side := post.get(f"variant-{c.id}", "").strip()[:100])},
    )
    remove = post.get("remove", "")
    if remove.isdigit():
        kept = tuple(row for i, row in enumerate(form.rows) if i != int(remove))
        return replace(form, rows=kept)
    path = post.get("add-path", "").strip()
    if "add" in post and path in shipped_parameters.load() and len(form.rows) < MOST_ROWS:
        return replace(form, rows=(*form.rows, Row(path)))
    return form


def choices() -> list[rivals.Conflict]:
    """Conflicts between sources that a run can tell apart."""
    return [conflict for conflict in rivals.load().values() if not conflict.why_not]


@lru_cache(maxsize=1)
def areas() -> list[tuple[str, list[Parameter]]]:
    """Area -> its parameters, for the list from which a row is added."""
    found: dict[str, list[Parameter]] = {}
    for path, parameter in sorted(shipped_parameters.load().items_.items()):
        found.setdefault(path.split(".")[0].replace("_", " "), []).append(parameter)
    return list(found.items())


@dataclass(frozen=True)
class Evidence:
    """What stands beside a row: what the parameter is, its unit and range, its grade and its sources."""

    parameter: Parameter
    held: tuple[tuple[str, str, str], ...]

    @property
    def levels(self) -> str:
        """Levels of a table."""
        return ", ".join(self.parameter.levels)

    def cell(self, level: str, month: int | None) -> tuple[str, str]:
        """What the baseline has in a cell in a month (None: at first), and its range if one is stated."""
        values = self.parameter.values
        held = [v for v in values if month is None or v.start <= month]
        dated = (held or list(values))[0 if month is None else -1]
        value, low, high = (
            v.get(level) if isinstance(v, Mapping) else v for v in (dated.value, dated.low, dated.high)
        )
        around = ""
        if low is not None and high is not None:
            around = gettext("{low} to {high}").format(low=_short(low), high=_short(high))
        return _short(value), around


def evidence(path: str) -> Evidence | None:
    """Evidence of a parameter: dates with value and range; None for an unknown path."""
    parameter = shipped_parameters.load().items_.get(path)
    if parameter is None:
        return None
    held = []
    for i, dated in enumerate(parameter.values):
        around = ""
        if dated.low is not None and dated.high is not None and not isinstance(dated.value, Mapping):
            around = gettext("{low} to {high}").format(low=_short(dated.low), high=_short(dated.high))
        elif isinstance(dated.low, Mapping) and isinstance(dated.high, Mapping):
            around = gettext("range by level in the list of parameters")
        start = "" if i == 0 else format_month(dated.start)
        held.append((start, _short(dated.value), around))
    return Evidence(parameter, tuple(held))


def _short(value: Any) -> str:
    """A value in a line."""
    if isinstance(value, bool):
        return gettext("on") if value else gettext("off")
    if isinstance(value, Mapping):
        return "; ".join(f"{plainly(key.replace('_', ' '))} {_short(v)}" for key, v in value.items())
    if isinstance(value, (int, float)):
        return f"{value:.4g}".replace("-", "\u2212")
    return str(value)


def cells(number: int, row: Row, errors: Mapping[str, str]) -> list[dict[str, str]]:
    """What the form shows for each cell of a table: its name, what was typed, what the baseline has, what is wrong with it."""
    found = evidence(row.path)
    if found is None or not row.levels:
        return []
    try:
        month = parse_month(row.start, "from") if row.start else None
    except InputError:
        month = None
    shown = []
    for level in row.levels:
        base, around = found.cell(level, month)
        name = f"change-{number}-cell-{level}"
        shown.append(
            {
                "name": name,
                "label": capital(level_words(level)),
                "value": row.cells.get(level, ""),
                "base": base,
                "around": around,
                "error": errors.get(name, ""),
            }
        )
    return shown
