"""Does the evidence hold together? Ids that lead nowhere, numbers without a source or a range, idle claims."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, TypedDict

from yeonjwa.core.calendar import format_month, year_of
from yeonjwa.core.parameters import Parameter, Parameters, near
from yeonjwa.evidence import derived, formula, ledger, mechanisms, rivals, tags, words
from yeonjwa.evidence import parameters as shipped
from yeonjwa.evidence import sources as registry
from yeonjwa.evidence.references import counts_by_grade
from yeonjwa.evidence.rows import Faults

_WORDS = re.compile(r"[a-z][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+)+")
_IN_WORDS = ("rule", "switch")
#: Last year of the runs, and after how many years a value that nothing newer confirms is called stale. Values of the
#: years before the recorded ones are history and do not grow old.
LAST_YEAR, STALE_AFTER, RECORDED_FROM = 2024, 10, 1990


class Finding(TypedDict):
    """One thing to mend: which rule, where, and what in a sentence."""

    rule: str
    where: str
    message: str


class Report(TypedDict):
    """Outcome of a check: errors make the evidence unusable, warnings are gaps to know of."""

    errors: list[Finding]
    warnings: list[Finding]
    counts: dict[str, Any]


def check(parameters: Parameters | None = None, cited: Mapping[str, Iterable[str]] | None = None) -> Report:
    """Errors, warnings and counts of the evidence.

    Parameters
    ----------
    parameters : Parameters, optional
        What to check; the shipped parameters by default.
    cited : mapping of str to ids, optional
        Ids of the ledger cited elsewhere, by place, as by scenarios.

    Returns
    -------
    Report
        ``errors`` and ``warnings`` are lists of ``{rule, where, message}``. A ledger or parameter file that
        cannot be read is the only finding then, and the counts are empty.
    """
    loaded, unreadable = _read(parameters)
    if loaded is None:
        return {"errors": unreadable, "warnings": [], "counts": {}}
    parameters = loaded
    elsewhere = {place: tuple(ids) for place, ids in (cited or {}).items()}
    errors = [
        *_stale_sources(parameters),
        *_stale_words(parameters),
        *_stale_paths(parameters),
        *_stale(elsewhere),
        *(_finding("derived", error.where, str(error)) for error in derived.check(parameters)),
    ]
    warnings = [
        *_without_source(parameters),
        *_without_range(parameters),
        *_idle_claims(),
        *_weak_grades(parameters),
        *_old(parameters),
        *_unused(parameters, elsewhere),
        *_copies(),
        *_without_publisher(),
    ]
    return {"errors": errors, "warnings": warnings, "counts": _counts(parameters, elsewhere)}


def _read(parameters: Parameters | None) -> tuple[Parameters | None, list[Finding]]:
    """The parameters, once all of the evidence can be read; else None and every error in it."""
    faults = Faults()
    found = faults.guard(shipped.load, None) if parameters is None else parameters
    if faults.guard(ledger.load, None) is not None:
        for load in (
            registry.load,
            rivals.load,
            mechanisms.load,
            ledger.units,
            ledger.mirrors,
            tags.load,
            words.load,
        ):
            faults.guard(load, None)  # type: ignore[arg-type]
    unreadable = [_finding("unreadable", error.where, str(error)) for error in faults.errors]
    return (None if unreadable else found), unreadable


def _finding(rule: str, where: str, message: str) -> Finding:
    return {"rule": rule, "where": where, "message": message}


def _file(path: str) -> str:
    return path.replace(".", "/", 1) + ".toml"


def _stale_sources(parameters: Parameters) -> list[Finding]:
    """Sources that are not in the ledger."""
    return _stale({_file(path): parameters[path].sources for path in parameters})


def _stale(cited: Mapping[str, Iterable[str]]) -> list[Finding]:
    known = ledger.entries()
    return [
        _finding("unknown source", place, f"{id} is not in the ledger; {near(id, known)}")
        for place, ids in sorted(cited.items())
        for id in ids
        if id not in known
    ]


def _stale_words(parameters: Parameters) -> list[Finding]:
    """Words in notes and formulas that look like ids of the ledger and are none."""
    known = ledger.entries()
    families = {id.split(".")[0] for id in known if "." in id}
    found = []
    for path in parameters:
        parameter = parameters[path]
        text = " ".join(
            [parameter.description, parameter.formula, *(value.note for value in parameter.values)]
        )
        for word in _WORDS.findall(text):
            named = word in known or word in parameters or any(id.startswith(word + ".") for id in known)
            if not named and word.split(".")[0] in families:
                found.append(_finding("unknown id in words", _file(path), f"{word}: {near(word, known)}"))
    return found


def _stale_paths(parameters: Parameters) -> list[Finding]:
    """Mechanisms that name a parameter there is not."""
    return [
        _finding("unknown parameter", mechanisms.FILE.name, f"{path}: {near(path, parameters)}")
        for mechanism in mechanisms.load()
        for path in mechanism.parameters
        if path not in parameters
    ]


def _without_source(parameters: Parameters) -> list[Finding]:
    return [
        _finding("no source", _file(path), f"grade {parameters[path].grade} without a source")
        for path in parameters
        if not parameters[path].sources and parameters[path].grade != "assumption"
    ]


def _without_range(parameters: Parameters) -> list[Finding]:
    """Assumptions with a date at which no range is given; rules in words and switches have none."""
    found = []
    for path in parameters:
        parameter = parameters[path]
        if parameter.grade != "assumption" or parameter.kind in _IN_WORDS:
            continue
        bare = [format_month(v.start) for v in parameter.values if v.low is None or v.high is None]
        if bare:
            found.append(
                _finding("no range", _file(path), f"assumption without a range from {', '.join(bare)}")
            )
    return found


def _idle_claims() -> list[Finding]:
    """Claims for which neither a mechanism nor a reason why there is none is given."""
    return [
        _finding("no mechanism", claim.where, f"{claim.id} has neither a mechanism nor a reason why not")
        for claim in ledger.load_claims()
        if mechanisms.of(claim.id) is None
    ]


def _weak_grades(parameters: Parameters) -> list[Finding]:
    """Parameters graded better than the best of what they rest on."""
    order = list(ledger.GRADES)
    found = []
    for path in parameters:
        best = _best_grade(parameters[path], order)
        if best is not None and order.index(parameters[path].grade) < order.index(best):
            message = f"grade {parameters[path].grade}, but no source is better than {best}"
            found.append(_finding("grade", _file(path), message))
    return found


def _old(parameters: Parameters) -> list[Finding]:
    """Values that are not assumptions and whose newest evidence ended long before the last month a run can have."""
    known = ledger.entries()
    found = []
    for path in parameters:
        parameter = parameters[path]
        ends = [known[id].end for id in parameter.sources if id in known and known[id].end is not None]
        dated = [known[id] for id in parameter.sources if id in known and known[id].start is not None]
        if parameter.grade == "assumption" or not ends or len(ends) < len(dated):
            continue
        newest = max(end.year for end in ends if end is not None)
        held = max(newest, year_of(parameter.values[-1].start))
        if held < LAST_YEAR - STALE_AFTER and newest >= RECORDED_FROM:
            message = (
                f"held since {held} on evidence of {newest}: more than {STALE_AFTER} years before {LAST_YEAR}"
            )
            found.append(_finding("stale", _file(path), message))
    return found


def _unused(parameters: Parameters, elsewhere: Mapping[str, Iterable[str]]) -> list[Finding]:
    """Facts that no parameter, scenario, report or formula uses."""
    used = _used(parameters, elsewhere)
    return [
        _finding("unused fact", fact.where, fact.id) for fact in ledger.load_facts() if fact.id not in used
    ]


def _used(parameters: Parameters, elsewhere: Mapping[str, Iterable[str]]) -> set[str]:
    used = {id for path in parameters for id in parameters[path].sources}
    used |= {id for ids in elsewhere.values() for id in ids}
    used |= {id for fact in ledger.load_facts() for id in formula.names(fact.formula)}
    used |= {
        id
        for path in parameters
        for value in parameters[path].values
        for text in formula.as_formulas(value.formula).values()
        for id in formula.names(text)
    }
    return used


def _without_publisher() -> list[Finding]:
    """Sources that name neither a DOI nor a publisher nor an author."""
    return [
        _finding("no publisher", registry.FILE, source.text)
        for source in registry.load().values()
        if not (source.doi or source.publisher or source.authors or source.type in registry.OWN)
    ]


def _copies() -> list[Finding]:
    """Addresses at which a copy stands; they are not printed, the publisher is named."""
    return [
        _finding("address of a copy", entry.where, f"{entry.id}: {entry.url} is a {ledger.mirror(entry.url)}")
        for entry in ledger.entries().values()
        if ledger.mirror(entry.url)
    ]


def _best_grade(parameter: Parameter, order: list[str]) -> str | None:
    known = ledger.entries()
    grades = [known[id].grade for id in parameter.sources if id in known]
    return min(grades, key=order.index) if grades else None


def _counts(parameters: Parameters, elsewhere: Mapping[str, Iterable[str]]) -> dict[str, Any]:
    cited = {id for path in parameters for id in parameters[path].sources}
    cited |= {id for ids in elsewhere.values() for id in ids}
    facts, claims = ledger.load_facts(), ledger.load_claims()
    used = _used(parameters, elsewhere)
    kinds = [mechanism.kind for mechanism in mechanisms.load() for _ in mechanism.claims]
    return {
        "facts": len(facts),
        "facts_cited": sum(fact.id in cited for fact in facts),
        "facts_in_use": sum(fact.id in used for fact in facts),
        "claims": len(claims),
        "claims_cited": sum(claim.id in cited for claim in claims),
        "claims_by_kind": {kind: kinds.count(kind) for kind in mechanisms.KINDS},
        "claims_in_conflict": len(ledger.conflicts()),
        "recalled": sum(entry.found == "recalled" for entry in ledger.entries().values()),
        "recalled_cited": sum(e.found == "recalled" and e.id in cited for e in ledger.entries().values()),
        "parameters": len(parameters),
        "parameters_by_grade": dict(counts_by_grade(parameters)),
        "dated_values": sum(len(parameters[path].values) for path in parameters),
    }
