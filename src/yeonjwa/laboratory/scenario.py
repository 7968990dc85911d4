"""Scenarios: a base and a few dated changes of parameters, as a short TOML file.

::

    title = "Severity does not rise"
    description = "After December 2011 families are punished as before."
    base = "baseline"               # a shipped scenario, regime:ID of the catalogue, or a file beside this one
    from = "2005-01"                # optional: first and last recorded month, scale
    to = "2024-12"
    scale = 0.01
    claims = ["seed.07"]            # optional: claims of the ledger the scenario bears on
    severity = "pol.2013feb.easing" # optional: short for the same line under [variants]

    [[change]]
    path = "loss.severity"
    from = "2012-01"                # optional; without it the change holds at all dates
    value = 1                       # a number, a table of the levels that change, a text, true or false ...
    note = "..."                    # optional
    claim = "seed.07"               # optional

    [[change]]
    path = "border.interdiction"
    factor = 0.5                    # ... or a factor on what the base says, at each of its dates

    [variants]                      # optional: sides of conflicts between sources, by the claim that leads them
    vetting_lines = "vet.general_paternal"

A number given for a table holds for all its levels. A table may name only the levels that change; the others
keep their dates. Variants are changes too (``yeonjwa evidence conflicts`` lists them) and come first; the others are made
in the order of the file.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from yeonjwa.core.calendar import format_month, month_index, parse_month
from yeonjwa.core.errors import InputError
from yeonjwa.core.parameters import DatedValue, Parameter, Parameters, Scalar, Table, check_value, near
from yeonjwa.core.toml import literal
from yeonjwa.evidence import ledger, rivals, toml
from yeonjwa.evidence import parameters as shipped_parameters
from yeonjwa.laboratory import regime_worlds
from yeonjwa.laboratory.rules import check_limits, check_rule
from yeonjwa.laboratory.run import FIRST_ALLOWED, LAST_ALLOWED, SMALLEST_SCALE
from yeonjwa.regime.rules import validate

#: Folder of the shipped scenarios.
FOLDER: Final = Path(__file__).parent / "scenarios"
#: The scenario every other one is built on.
BASELINE: Final = "baseline"
#: First month a change may name: the start of the longest unrecorded run-up.
FIRST_CHANGE: Final = month_index(1980, 1)

_KEYS = {"title", "description", "base", "from", "to", "scale", "claims", "severity", "change", "variants"}
_CHANGE_KEYS = {"path", "from", "value", "factor", "note", "claim"}
#: Tables that divide a whole.
SUMS_TO_ONE = (
    "population.province_share",
    "songbun.share",
    "loss.career_mix",
    "camp.labour",
    "fertility.frailty_share",
)


@dataclass(frozen=True)
class Change:
    """One change of one parameter; ``start`` None stands for all dates, and value or factor is None."""

    path: str
    start: int | None = None
    value: Scalar | Table | None = None
    factor: float | Table | None = None
    note: str = ""
    claim: str = ""


@dataclass(frozen=True)
class Scenario:
    """A set of parameters with a name, a reason, and what was changed to get there.

    Attributes
    ----------
    name : str
        Name of the shipped scenario or of the file, without its ending.
    title, description : str
        What it is, in a line and in a few sentences.
    base : str
        The scenario it is built on; empty for the baseline.
    changes : tuple of Change
        All changes from the baseline on, those of the base first.
    parameters : Parameters
        What the changes lead to: the input of a run.
    first, last : int
        First and last recorded month (month indices).
    scale : float
        Size of the synthetic country as a share of the real one.
    claims : tuple of str
        Ids of the ledger's claims the scenario bears on, sorted.
    variants : dict
        Conflict -> side that the scenario or its base chooses.
    """

    name: str
    title: str
    description: str
    base: str
    changes: tuple[Change, ...]
    parameters: Parameters
    first: int
    last: int
    scale: float
    claims: tuple[str, ...] = ()
    variants: Mapping[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        paths = ", ".join(dict.fromkeys(change.path for change in self.changes))
        return f"<scenario {self.name}: {self.title}; changes: {paths or 'none'}>"


def names() -> list[str]:
    """Names of the shipped scenarios, the baseline first, the rest sorted."""
    found = sorted(file.stem for file in FOLDER.glob("*.toml"))
    return [BASELINE, *(name for name in found if name != BASELINE)]


def load(name_or_path: str | Path = BASELINE, *, parameters: Parameters | None = None) -> Scenario:
    """A shipped scenario by its name, that of a regime of the catalogue, or the scenario of a TOML file.

    Parameters
    ----------
    name_or_path : str or Path
        A shipped name; ``regime:ID`` (:mod:`yeonjwa.laboratory.regime_worlds`); or the path of a file (ends with ``.toml`` or
        holds a separator of folders).
    parameters : Parameters, optional
        What the baseline is; the shipped parameters by default.

    Raises
    ------
    InputError
        An unknown name, a file that cannot be read, a misspelt key, an unknown parameter, level or claim, a
        value or date outside what is allowed. Names the file and the line.
    """
    baseline = shipped_parameters.load() if parameters is None else parameters
    return _named(name_or_path, None, baseline, ())


def loads(text: str, file: str | Path = "scenario.toml", *, parameters: Parameters | None = None) -> Scenario:
    """The scenario of a text, as if it stood in a file.

    Parameters
    ----------
    text : str
        TOML.
    file : str or Path
        Where it would stand: its name is that of the scenario, bases are looked for beside it, errors name it.
    parameters : Parameters, optional
        As in :func:`load`.
    """
    baseline = shipped_parameters.load() if parameters is None else parameters
    reader = _Reader(Path(file), text)
    return reader.scenario(_base(reader, baseline, (Path(file).resolve(),)), baseline)


def to_toml(scenario: Scenario) -> str:
    """Text of a file that gives the scenario again: its base and all changes since the baseline."""
    lines = [f"title = {literal(scenario.title)}", f"description = {literal(scenario.description)}"]
    if scenario.base:
        lines.append(f'base = "{BASELINE}"')
    lines += [f'from = "{format_month(scenario.first)}"', f'to = "{format_month(scenario.last)}"']
    lines.append(f"scale = {literal(scenario.scale)}")
    if scenario.claims:
        lines.append(f"claims = {literal(list(scenario.claims))}")
    for change in scenario.changes:
        lines += ["", "[[change]]", *_change_lines(change)]
    return "\n".join(lines) + "\n"


def variant(conflict: str, side: str, where: str = "") -> tuple[Change, ...]:
    """The changes that a side of a conflict between sources makes; none if the baseline holds it.

    Parameters
    ----------
    conflict, side : str
        As listed by ``yeonjwa evidence conflicts``.
    where : str
        Place of the choice, for errors.

    Raises
    ------
    InputError
        An unknown conflict or side.
    """
    chosen = rivals.get(conflict, where).side(side, where)
    return tuple(
        Change(
            path=change["path"],
            start=parse_month(change["from"], rivals.FILE.name) if "from" in change else None,
            value=change.get("value"),
            factor=change.get("factor"),
            note=chosen.reading,
            claim=chosen.id,
        )
        for change in chosen.changes
    )


def with_variants(scenario: Scenario, sides: Mapping[str, str]) -> Scenario:
    """A scenario with sides of conflicts chosen on top of it.

    Parameters
    ----------
    scenario : Scenario
        Left as it is.
    sides : mapping of str to str
        Conflict -> side.
    """
    changes = [change for conflict, side in sides.items() for change in variant(conflict, side)]
    parameters = scenario.parameters
    for change in changes:
        parameters = apply(parameters, change)
    validate(parameters)
    return replace(
        scenario,
        changes=(*scenario.changes, *changes),
        parameters=parameters,
        claims=tuple(sorted({*scenario.claims, *sides.values()})),
        variants={**scenario.variants, **sides},
    )


def apply(parameters: Parameters, change: Change, where: str = "") -> Parameters:
    """Parameters after one change.

    Parameters
    ----------
    parameters : Parameters
        Before the change; left as it is.
    change : Change
        Path, month from which it holds, and value or factor.
    where : str
        Place of the change, for errors.

    Raises
    ------
    InputError
        An unknown path or level, or a value (or product) the parameter cannot have.
    """
    if change.path not in parameters:
        raise InputError("path", change.path, near(change.path, parameters), where)
    parameter = parameters[change.path]
    start = parameter.values[0].start if change.start is None else change.start
    kept = [value for value in parameter.values if value.start < start]
    if parameter.interpolation == "linear" and kept:
        kept.append(DatedValue(start - 1, parameter.at(start - 1)))
    later = [value for value in parameter.values if value.start > start]
    if change.factor is None and not _is_partial(parameter, change.value):
        later = []
    dated = [DatedValue(start, parameter.at(start)), *later]
    changed = tuple(
        DatedValue(value.start, _changed(parameter, value.value, change, where)) for value in dated
    )
    unique = {value.start: value for value in (*kept, *changed)}
    values = tuple(unique[month] for month in sorted(unique))
    return Parameters({**parameters.items_, change.path: replace(parameter, values=values)})


def _is_partial(parameter: Parameter, value: Scalar | Table | None) -> bool:
    return isinstance(value, Mapping) and bool(set(parameter.levels) - set(value))


def _changed(parameter: Parameter, old: Scalar | Table, change: Change, where: str) -> Scalar | Table:
    """Value of one date after the change, checked."""
    new = (
        _product(parameter, old, change.factor, where)
        if change.value is None
        else _replaced(parameter, old, change.value, where)
    )
    check_value(parameter.path, parameter.kind, new, where)
    check_limits(parameter.path, parameter.kind, new, where)
    if parameter.kind == "rule":
        for text in new.values() if isinstance(new, Mapping) else [new]:
            check_rule(parameter.path, str(text), where)
    return new


def _replaced(parameter: Parameter, old: Scalar | Table, value: Scalar | Table, where: str) -> Scalar | Table:
    if isinstance(value, Mapping):
        if not isinstance(old, Mapping):
            raise InputError(f"value of {parameter.path}", dict(value), "a single value, not a table", where)
        _check_levels(parameter, value, where)
        return {**old, **value}
    if isinstance(old, Mapping):
        return dict.fromkeys(old, value)  # type: ignore[arg-type]
    return value


def _product(
    parameter: Parameter, old: Scalar | Table, factor: float | Table | None, where: str
) -> Scalar | Table:
    if parameter.kind in ("rule", "switch"):
        raise InputError(
            f"factor on {parameter.path}", factor, f"value = ..., it is a {parameter.kind}", where
        )
    if isinstance(old, Mapping):
        if isinstance(factor, Mapping):
            _check_levels(parameter, factor, where)
            return {level: number * float(factor.get(level, 1.0)) for level, number in old.items()}
        return {level: number * _number(factor, parameter.path, where) for level, number in old.items()}
    if isinstance(factor, Mapping):
        raise InputError(f"factor on {parameter.path}", dict(factor), "a single number, not a table", where)
    return float(old) * _number(factor, parameter.path, where)


def _check_levels(parameter: Parameter, table: Table, where: str) -> None:
    if not table:
        raise InputError(
            f"value of {parameter.path}", {}, f"one or more of {', '.join(parameter.levels)}", where
        )
    for level, number in table.items():
        if level not in parameter.levels:
            raise InputError(f"level of {parameter.path}", level, ", ".join(parameter.levels), where)
        if isinstance(number, (Mapping, list)):
            raise InputError(f"value of {parameter.path}, {level}", number, "a number", where)


def _number(factor: Any, path: str, where: str) -> float:
    if isinstance(factor, bool) or not isinstance(factor, (int, float)) or not math.isfinite(factor):
        raise InputError(f"factor on {path}", factor, "a finite number", where)
    return float(factor)


def _locate(name_or_path: str | Path, beside: Path | None, where: str) -> Path:
    """The file a name or path stands for; paths in a file are taken from its folder."""
    text = str(name_or_path)
    is_path = isinstance(name_or_path, Path) or text.endswith(".toml") or "/" in text or "\\" in text
    if not is_path:
        if text not in names():
            close = difflib.get_close_matches(text, names(), n=3)
            hint = f"did you mean {', '.join(close)}? " if close else ""
            regimes = f"{regime_worlds.PREFIX}ID for a regime of the catalogue"
            allowed = f"{hint}shipped: {', '.join(names())}; {regimes}; or the path of a .toml file"
            raise InputError("scenario", text, allowed, where)
        return FOLDER / f"{text}.toml"
    path = Path(text) if beside is None else beside / text
    if not path.is_file():
        raise InputError("scenario", text, "a TOML file that exists, or one of " + ", ".join(names()), where)
    return path


def _named(
    name: str | Path, beside: Path | None, baseline: Parameters, above: tuple[Path, ...], where: str = ""
) -> Scenario:
    """The scenario that a name or path stands for, as the base of a file in folder ``beside`` or by itself."""
    text = str(name)
    if not text.startswith(regime_worlds.PREFIX):
        return _load(_locate(name, beside, where), baseline, above, where)
    try:
        made = regime_worlds.text(text.removeprefix(regime_worlds.PREFIX))
    except InputError as error:
        raise InputError(error.what, error.value, error.allowed, where) from error
    reader = _Reader(Path(f"{text}.toml"), made)
    return reader.scenario(_base(reader, baseline, above), baseline)


def _load(path: Path, baseline: Parameters, above: tuple[Path, ...], where: str = "") -> Scenario:
    file = path.resolve()
    if file in above:
        chain = " -> ".join(p.stem for p in (*above, file))
        raise InputError("base", path.stem, f"a chain of bases that ends at {BASELINE}, not {chain}", where)
    reader = _Reader(path, toml.read_text(path))
    base = _base(reader, baseline, (*above, file))
    return reader.scenario(base, baseline)


def _base(reader: _Reader, baseline: Parameters, above: tuple[Path, ...]) -> Scenario | None:
    if reader.is_baseline:
        if "base" in reader.content:
            raise reader.error("base", reader.content["base"], "no base: this is the baseline", "base")
        return None
    wanted = reader.text_of("base", BASELINE)
    return _named(wanted, reader.path.parent, baseline, above, reader.place("base"))


class _Reader:
    """One scenario file: its content, and the lines of what is wrong with it."""

    def __init__(self, path: Path, text: str) -> None:
        self.path, self.text = path, text
        self.file = path.name
        self.content = toml.parse(text, self.file)
        self.is_baseline = path.resolve() == (FOLDER / f"{BASELINE}.toml").resolve()
        self._check_keys(self.content, _KEYS, {"title", "description"}, None)

    def place(self, key: str, table: int | None = None) -> str:
        """File and line of a key."""
        return toml.place(self.file, toml.line_of(self.text, key, table=table))

    def error(self, what: str, value: Any, allowed: str, key: str, table: int | None = None) -> InputError:
        """An error with the place of a key."""
        return InputError(what, value, allowed, self.place(key, table))

    def scenario(self, base: Scenario | None, baseline: Parameters) -> Scenario:
        """The scenario of this file on its base."""
        chosen = self._variants()
        parameters = baseline if base is None else base.parameters
        for conflict, change in chosen:
            parameters = self._chosen(parameters, conflict, change)
        written = self._changes()
        for number, change in enumerate(written):
            parameters = self._apply(parameters, change, number)
        changes = (*(change for _, change in chosen), *written)
        self._check_together(parameters, written)
        first, last = self._period(base)
        inherited = () if base is None else base.claims
        variants = self._sides()
        tested = {change.claim for change in changes if change.claim} | set(variants.values())
        claims = {*inherited, *self._claims(), *tested}
        return Scenario(
            name=self.path.stem,
            title=self.text_of("title"),
            description=self.text_of("description"),
            base="" if base is None else base.name,
            changes=(*(() if base is None else base.changes), *changes),
            parameters=parameters,
            first=first,
            last=last,
            scale=self._scale(base),
            claims=tuple(sorted(claims)),
            variants={**({} if base is None else base.variants), **variants},
        )

    def _sides(self) -> dict[str, str]:
        """Conflict -> id of the side that this file chooses."""
        table = self.content.get("variants", {})
        if not isinstance(table, dict):
            raise self.error("variants", table, 'a table, as in severity = "pol.2013feb.easing"', "variants")
        if "severity" in self.content:
            if "severity" in table:
                raise self.error("severity", self.content["severity"], "one choice, not two", "severity")
            table = {"severity": self.content["severity"], **table}
        found = {}
        for id, name in table.items():
            where = self.place(id)
            if not isinstance(name, str):
                raise InputError(f"side of {id}", name, "the id of a claim", where)
            found[id] = rivals.get(id, where).side(name, where).id
        return found

    def _variants(self) -> list[tuple[str, Change]]:
        """Changes of the sides that this file chooses, each with its conflict."""
        found: list[tuple[str, Change]] = []
        for id, side in self._sides().items():
            for change in variant(id, side):
                for other, earlier in found:
                    if other != id and earlier.path == change.path and earlier.claim != change.claim:
                        allowed = f"one side only that changes {change.path}; {other} changes it too"
                        raise self.error(f"side of {id}", side, allowed, id)
                found.append((id, change))
        return found

    def _chosen(self, parameters: Parameters, conflict: str, change: Change) -> Parameters:
        return apply(parameters, change, self.place(conflict))

    def text_of(self, key: str, default: str | None = None) -> str:
        """A text that must not be empty."""
        value = self.content.get(key, default)
        if not isinstance(value, str) or not value.strip():
            raise self.error(key, value, "a text", key)
        return value

    def _check_keys(
        self, content: Mapping[str, Any], known: set[str], needed: set[str], table: int | None
    ) -> None:
        for key in content:
            if key not in known:
                raise self.error("key", key, near(key, sorted(known)), key, table)
        for key in sorted(needed - set(content)):
            raise self.error("keys", sorted(content), f"{key} is missing", "path", table)

    def _changes(self) -> tuple[Change, ...]:
        tables = self.content.get("change", [])
        if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
            raise self.error("change", "change", "tables that begin with [[change]]", "change")
        return tuple(self._change(table, number) for number, table in enumerate(tables))

    def _change(self, table: Mapping[str, Any], number: int) -> Change:
        self._check_keys(table, _CHANGE_KEYS, {"path"}, number)
        if ("value" in table) == ("factor" in table):
            raise self.error("change", table.get("path"), "either value or factor", "path", number)
        for key in ("path", "note", "claim"):
            if not isinstance(table.get(key, ""), str):
                raise self.error(key, table[key], "a text", key, number)
        for key in ("value", "factor"):
            if isinstance(table.get(key), list):
                raise self.error(
                    key, table[key], "a number, a table of numbers, a text, true or false", key, number
                )
        claim = table.get("claim", "")
        if claim:
            self._check_claim(claim, "claim", number)
        start = None
        if "from" in table:
            start = self._month(table["from"], "from", FIRST_CHANGE, number)
        return Change(
            table["path"], start, table.get("value"), table.get("factor"), table.get("note", ""), claim
        )

    def _apply(self, parameters: Parameters, change: Change, number: int) -> Parameters:
        key = "factor" if change.value is None else "value"
        try:
            changed = apply(parameters, change)
        except InputError as error:
            at = "path" if error.what == "path" else key
            if error.what.startswith("level of"):
                at = str(error.value)
            raise InputError(error.what, error.value, error.allowed, self.place(at, number)) from error
        if change.path in SUMS_TO_ONE:
            for value in changed[change.path].values:
                total = sum(value.value.values()) if isinstance(value.value, Mapping) else 1.0
                if abs(total - 1) > 1e-6:
                    raise self.error(
                        f"sum of {change.path}", round(total, 6), "shares that sum to 1", key, number
                    )
        return changed

    def _check_together(self, parameters: Parameters, changes: tuple[Change, ...]) -> None:
        """Raise if the rules make no sense in company; the line is that of the last change of the rule at fault."""
        try:
            validate(parameters)
        except InputError as error:
            at_fault = [number for number, change in enumerate(changes) if change.path in error.what]
            where = self.place("path", at_fault[-1]) if at_fault else self.file
            date = f" ({error.where})" if error.where else ""
            raise InputError(error.what + date, error.value, error.allowed, where) from error

    def _period(self, base: Scenario | None) -> tuple[int, int]:
        first = month_index(2005, 1) if base is None else base.first
        last = LAST_ALLOWED if base is None else base.last
        if "from" in self.content:
            first = self._month(self.content["from"], "from", FIRST_ALLOWED)
        if "to" in self.content:
            last = self._month(self.content["to"], "to", FIRST_ALLOWED)
        if first > last:
            key = "from" if "from" in self.content else "to"
            shown = f"{format_month(first)} to {format_month(last)}"
            raise self.error("period", shown, "a first month that is not after the last", key)
        return first, last

    def _month(self, value: Any, key: str, earliest: int, table: int | None = None) -> int:
        where = self.place(key, table)
        month = parse_month(value, where)
        if not earliest <= month <= LAST_ALLOWED:
            allowed = f"{format_month(earliest)} to {format_month(LAST_ALLOWED)}"
            raise InputError(f"date of {key}", value, allowed, where)
        return month

    def _scale(self, base: Scenario | None) -> float:
        if "scale" not in self.content:
            return 0.01 if base is None else base.scale
        scale = self.content["scale"]
        if isinstance(scale, bool) or not isinstance(scale, (int, float)) or not SMALLEST_SCALE <= scale <= 1:
            raise self.error("scale", scale, f"a number from {SMALLEST_SCALE:g} to 1", "scale")
        return float(scale)

    def _claims(self) -> tuple[str, ...]:
        claims = self.content.get("claims", [])
        if not isinstance(claims, list) or not all(isinstance(id, str) for id in claims):
            raise self.error("claims", claims, "a list of ids of claims", "claims")
        for id in claims:
            self._check_claim(id, "claims")
        return tuple(claims)

    def _check_claim(self, id: str, key: str, table: int | None = None) -> None:
        known = {claim.id: claim for claim in ledger.load_claims()}
        if id not in known:
            raise self.error(key, id, near(id, known), key, table)


def _change_lines(change: Change) -> list[str]:
    lines = [f"path = {literal(change.path)}"]
    if change.start is not None:
        lines.append(f'from = "{format_month(change.start)}"')
    key, value = ("factor", change.factor) if change.value is None else ("value", change.value)
    lines.append(f"{key} = {literal(value)}")
    if change.note:
        lines.append(f"note = {literal(change.note)}")
    if change.claim:
        lines.append(f"claim = {literal(change.claim)}")
    return lines
