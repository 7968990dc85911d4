"""The Korean of the package's data: find its English texts, bring the tables up to date, say what is missing or out of date.

    python tools/korean.py

finds every text of the data that a reader is shown (ledger, article, parameters, scenarios, regimes, conflicts, glossary,
measures), adds the new ones to the tables of ``src/yeonjwa/evidence/data/korean`` with an empty translation and takes out
those whose English is gone, after printing them. A test fails while a translation is missing or out of date.
"""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "src" / "yeonjwa" / "evidence" / "data" / "korean"
sys.path.insert(0, str(ROOT / "src"))

_LETTER = re.compile("[A-Za-z]")
_HANGUL = re.compile("[\uac00-\ud7a3]")


def tables() -> dict[str, list[str]]:
    """Table -> its English texts in order; a text that several tables have stands in the first of them.

    Units are words of their own: "children" as a unit is a counter.
    """
    from yeonjwa.evidence.korean import UNITS

    known: set[str] = set()
    found: dict[str, list[str]] = {}
    for name, texts in _sources():
        lines = dict.fromkeys(" ".join(text.split()) for text in texts)
        kept = [text for text in lines if text not in known and _LETTER.search(text)]
        if name != UNITS:
            known.update(kept)
        found[name] = kept
    return found


def _sources() -> Iterator[tuple[str, Iterable[str]]]:
    yield "units", _units()
    yield "levels", _levels()
    yield "article", _article()
    yield "conflicts", _conflicts()
    yield "scenarios", _scenarios()
    yield "measures", _measures()
    yield "regimes", _regimes()
    yield "parameters", _parameters()
    yield "claims", _claims()
    yield "facts", _facts()
    yield "glossary", _glossary()
    yield "circles", _circles()
    yield "sources", _own_sources()
    yield "mirrors", _mirrors()
    yield "licences", _licences()


def _units() -> Iterator[str]:
    """Units of facts, parameters and measures."""
    from yeonjwa.evidence import ledger, parameters
    from yeonjwa.laboratory import measures
    from yeonjwa.laboratory.claims import stored
    from yeonjwa.society.recorder import MEASURES

    yield from ledger.units()
    for parameter in parameters.load().values():
        yield parameter.unit
    for name in (*MEASURES, *measures.RATIOS):
        yield measures.unit_of(name)
    for row in stored()["claims"]:
        yield row["unit"]
        yield from (more.get("unit", "") for more in row["also"])


def _levels() -> Iterator[str]:
    """Keys of tables of values, as pages write them, and the areas of parameters."""
    from yeonjwa.evidence import parameters

    for path, parameter in parameters.load().items():
        yield path.split(".")[0]
        for level in parameter.levels:
            yield level.replace("_", " ")


def _article() -> Iterator[str]:
    """The article's claims: what they say and how they are decided. Reasons and notes are in the catalogue (`report/retold.py`)."""
    from yeonjwa.evidence import ledger, mechanisms
    from yeonjwa.laboratory.claim_tests import ARMS
    from yeonjwa.laboratory.claims import stored

    answer = stored()
    for row in answer["claims"]:
        yield from (ledger.entry(row["id"]).claim, row["says"], row["measure"])
        yield row["mechanism"]
        for more in row["also"]:
            yield more["measure"]
    for mechanism in mechanisms.load():
        yield from (mechanism.says, mechanism.mechanism, mechanism.decides)
    yield from mechanisms.KINDS.values()
    yield from (words for words, _ in ARMS.values())
    yield from answer["arms"].values()


def _conflicts() -> Iterator[str]:
    from yeonjwa.evidence import rivals

    for conflict in rivals.load().values():
        yield from (conflict.question, conflict.why_not)
        for side in conflict.sides:
            yield side.reading


def _scenarios() -> Iterator[str]:
    from yeonjwa.laboratory import scenario

    for name in scenario.names():
        loaded = scenario.load(name)
        yield from (loaded.title, loaded.description)
        for change in loaded.changes:
            yield change.note


def _measures() -> Iterator[str]:
    from yeonjwa.laboratory import measures, monte_carlo
    from yeonjwa.society.recorder import MEASURES

    for name in (*MEASURES, *measures.RATIOS):
        yield measures.says(name)
    for said, _, _ in monte_carlo.DETAILS.values():
        yield said
    for _, dimensions in MEASURES.values():
        for dimension, levels in dimensions.items():
            yield dimension
            yield from (level.replace("_", " ") for level in levels)


def _regimes() -> Iterator[str]:
    from yeonjwa.regime.catalogue import regimes

    for regime in regimes().values():
        yield from (regime.name, regime.years, *regime.triggers, regime.summary, regime.spouse)
        yield from (regime.reading, regime.note, *regime.not_represented)
        for rule in regime.rules:
            yield from (rule.who, rule.sanction.name, rule.basis, rule.when, rule.household)
            yield from (rule.post, rule.condition, rule.note)
        yield from (way.how for way in regime.exits)


def _parameters() -> Iterator[str]:
    from yeonjwa.evidence import parameters

    for parameter in parameters.load().values():
        yield parameter.description
        yield from (dated.note for dated in parameter.values)


def _claims() -> Iterator[str]:
    from yeonjwa.evidence import ledger

    for claim in ledger.load().claims:
        yield from (claim.claim, claim.who, claim.period, claim.note)


def _facts() -> Iterator[str]:
    from yeonjwa.evidence import ledger

    facts = ledger.load().facts
    yield from (fact.quantity for fact in facts)
    yield from (fact.applies_to for fact in facts)
    yield from (fact.period for fact in facts)
    yield from (fact.note for fact in facts)


def _glossary() -> Iterator[str]:
    """Areas, meanings, and the words that have no Korean of their own."""
    from yeonjwa.evidence import words

    yield from words.AREAS.values()
    for word in words.load():
        if not word.korean:
            yield word.english
        yield word.meaning


def _circles() -> Iterator[str]:
    """Circles of kin as regimes write them, and other rules in words."""
    from yeonjwa.evidence import parameters
    from yeonjwa.regime.catalogue import regimes

    for regime in regimes().values():
        yield from (rule.circle.text for rule in regime.rules)
    for parameter in parameters.load().values():
        if parameter.kind == "rule":
            yield from (str(dated.value) for dated in parameter.values)


def _own_sources() -> Iterator[str]:
    """What stands as a source where the number is our own calculation or search; titles of others are not translated."""
    from yeonjwa.evidence import ledger, sources

    known = sources.load()
    for entry in (*ledger.load().facts, *ledger.load().claims):
        if entry.source in known and known[entry.source].type in sources.OWN:
            yield entry.source


def _mirrors() -> Iterator[str]:
    """What a copy is on which an entry was read."""
    from yeonjwa.evidence import ledger

    yield from ledger.mirrors().values()


def _licences() -> Iterator[str]:
    """What was changed in files of others."""
    import tomllib

    file = ROOT / "src" / "yeonjwa" / "observatory" / "VENDOR.toml"
    for row in tomllib.loads(file.read_text(encoding="utf-8"))["file"]:
        yield row.get("change", "")


def read(name: str) -> dict[str, str]:
    """English -> Korean of a table, as its file has it."""
    file = FOLDER / f"{name}.csv"
    if not file.is_file():
        return {}
    rows = csv.DictReader(io.StringIO(file.read_text(encoding="utf-8"), newline=""))
    return {row["english"]: row["korean"] for row in rows}


def write(name: str, pairs: dict[str, str]) -> None:
    """Write the file of a table."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("english", "korean"))
    writer.writerows(pairs.items())
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / f"{name}.csv").write_text(text.getvalue(), encoding="utf-8")


def main() -> int:
    """Bring the tables up to date; says what is missing and what was out of date."""
    from yeonjwa.evidence.korean import UNITS

    wanted = tables()
    held = {name: read(name) for name in wanted}
    others = [pairs for name, pairs in held.items() if name != UNITS]
    known = {english: korean for pairs in others for english, korean in pairs.items() if korean}
    everywhere = {text for texts in wanted.values() for text in texts}
    for english, korean in {**held[UNITS], **known}.items():
        if english not in everywhere:
            print(f"out of date, taken out: {json.dumps([english, korean], ensure_ascii=False)}")
    missing = 0
    for name, texts in wanted.items():
        anywhere = {} if name == UNITS else known
        pairs = {text: held[name].get(text) or anywhere.get(text, "") for text in texts}
        write(name, pairs)
        empty = [text for text, korean in pairs.items() if not korean]
        print(f"{name}: {len(texts)} texts, {len(empty)} without a translation")
        missing += len(empty)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
