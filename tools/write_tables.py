"""Write the tables of docs/parameters.md, scenarios.md, glossary.md and model.md anew: ``python tools/write_tables.py``.

What stands between the markers of a document comes from parameters, scenarios and glossary; the rest is by hand.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from yeonjwa.core.calendar import format_month
from yeonjwa.core.parameters import Parameter, Parameters
from yeonjwa.evidence import parameters as shipped
from yeonjwa.evidence import words
from yeonjwa.evidence.references import counts_by_grade
from yeonjwa.laboratory import regime_worlds, scenario

DOCS = Path(__file__).parent.parent / "docs"
_MARKED = re.compile(r"(<!-- table -->\n).*?(<!-- end of table -->)", re.DOTALL)
_MOST = 4


def parameter_table(parameters: Parameters) -> str:
    """One section for each area, one row for each parameter."""
    counts = counts_by_grade(parameters)
    shares = ", ".join(f"{number} {grade}" for grade, number in counts.items())
    lines = [f"{len(parameters)} parameters by grade: {shares}.", ""]
    for area in sorted({path.split(".")[0] for path in parameters}):
        lines += [f"### {area}", "", "| name | what | unit | value | range | grade | sources |"]
        lines.append("|---|---|---|---|---|---|---|")
        for path in parameters:
            if path.split(".")[0] == area:
                lines.append(_row(parameters[path]))
        lines.append("")
    return "\n".join(lines)


def scenario_table() -> str:
    """One row for each shipped scenario, then one for each regime of the catalogue."""
    lines = ["| scenario | what | changes | claims |", "|---|---|---|---|"]
    for name in (*scenario.names(), *regime_worlds.names()):
        loaded = scenario.load(name)
        paths = ", ".join(f"`{path}`" for path in dict.fromkeys(change.path for change in loaded.changes))
        words = " ".join(loaded.description.split())
        lines.append(f"| `{name}` | {words} | {paths} | {' '.join(loaded.claims)} |")
    return "\n".join(lines) + "\n"


def word_tables() -> str:
    """One section for each area of the glossary, one row for each word; columns that would be empty are left out."""
    lines: list[str] = []
    for area, heading in words.AREAS.items():
        columns = {
            head: [_cell(word, head) for word in words.of_area(area)]
            for head in ("chon", "path", "English", "Korean", "romanised", "hanja", "meaning")
        }
        columns = {head: cells for head, cells in columns.items() if any(cells)}
        lines += ["", f"## {heading}", "", "| " + " | ".join(columns) + " |", "|---" * len(columns) + "|"]
        lines += ["| " + " | ".join(cells) + " |" for cells in zip(*columns.values(), strict=True)]
    return "\n".join([*lines[1:], ""])


def _cell(word: words.Word, head: str) -> str:
    kin = word.area in words.KIN
    return {
        "chon": "" if word.chon is None else str(word.chon),
        "path": f"`{word.path}`" if word.path else "",
        "English": "; ".join((word.english, *(() if kin else word.also))),
        "Korean": word.korean,
        "romanised": word.romanised + (f" (*{word.spelling}*)" if word.spelling else ""),
        "hanja": word.hanja,
        "meaning": "; ".join(part for part in (word.meaning, word.register) if part),
    }[head]


def rewritten(document: Path, table: str) -> str:
    """Text of a document with its table replaced."""
    text = document.read_text(encoding="utf-8")
    if len(_MARKED.findall(text)) != 1:
        raise SystemExit(f"{document}: one <!-- table --> ... <!-- end of table --> is needed")
    return _MARKED.sub(lambda found: found[1] + table + found[2], text)


def documents() -> dict[Path, str]:
    """Document -> its text with the table as it should be."""
    return {
        DOCS / "parameters.md": rewritten(DOCS / "parameters.md", parameter_table(shipped.load())),
        DOCS / "glossary.md": rewritten(DOCS / "glossary.md", word_tables()),
        DOCS / "scenarios.md": rewritten(DOCS / "scenarios.md", scenario_table()),
        DOCS / "model.md": _model_tables().model_page(DOCS / "model.md", shipped.load()),
    }


def _model_tables() -> Any:
    """The module beside this one: tools are no package."""
    spec = importlib.util.spec_from_file_location("model_tables", Path(__file__).with_name("model_tables.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _row(parameter: Parameter) -> str:
    name = parameter.path.split(".")[1]
    sources = [f"`{id}`" for id in parameter.sources[:_MOST]]
    if len(parameter.sources) > _MOST:
        sources.append(f"and {len(parameter.sources) - _MOST} more")
    cells = [
        f"`{name}`",
        parameter.description,
        parameter.unit,
        _dated(parameter, "value"),
        _dated(parameter, "range"),
        parameter.grade,
        ", ".join(sources),
    ]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _dated(parameter: Parameter, what: str) -> str:
    """Values or ranges with their dates; a value that stands in single months is given once, with the months."""
    pulses = [value for value in parameter.values if value.value != 0]
    if (
        what == "value"
        and len(parameter.values) > 2 * _MOST
        and len({str(value.value) for value in pulses}) == 1
    ):
        months = ", ".join(format_month(value.start) for value in pulses)
        return f"{_shown(pulses[0].value)} in {months}; else 0"
    texts = []
    for value in parameter.values:
        text = _shown(value.value) if what == "value" else _range(value.low, value.high)
        if what == "value" or value.low != value.high:
            texts.append((format_month(value.start), text))
    if not texts:
        return ""
    if len(texts) == 1 or len({text for _, text in texts}) == 1:
        return texts[0][1]
    dated = [f"{start}: {text}" for start, text in texts if text]
    if len(dated) > 2 * _MOST:
        return "; ".join(dated[:_MOST]) + f"; and {len(dated) - _MOST} more dates"
    return "; ".join(dated)


def _range(low: object, high: object) -> str:
    if low is None and high is None:
        return ""
    if isinstance(low, Mapping) or isinstance(high, Mapping):
        lows, highs = (bound if isinstance(bound, Mapping) else {} for bound in (low, high))
        if len({(lows.get(level), highs.get(level)) for level in lows or highs}) == 1:
            level = next(iter(lows or highs))
            return f"each {_range(lows.get(level), highs.get(level))}"
        return ", ".join(
            f"{level} {_shown(lows.get(level))}–{_shown(highs.get(level))}" for level in lows or highs
        )
    return f"{_shown(low)} to {_shown(high)}"


def _shown(value: object) -> str:
    if value is None:
        return "?"
    if isinstance(value, Mapping):
        if len(set(value.values())) == 1:
            return f"each {_shown(next(iter(value.values())))}"
        return ", ".join(f"{level} {_shown(number)}" for level, number in value.items())
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.4g}"
    return str(value)


if __name__ == "__main__":
    for document, text in documents().items():
        document.write_text(text, encoding="utf-8")
        print(f"written: {document.name}")
