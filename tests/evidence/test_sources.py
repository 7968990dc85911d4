"""Sources are objects with reasons to cite, complete for the ledger, and leave as text, BibTeX and CSL-JSON."""

from __future__ import annotations

import json
import re

import pytest

from yeonjwa.core.errors import InputError, InputErrors
from yeonjwa.evidence import ledger, parameters, sources


@pytest.fixture(scope="module")
def cited():
    return sources.references(parameters.load(), ["seed.07"])


def test_every_entry_has_its_source_and_every_source_its_use():
    known = sources.load()
    used = {entry.source for entry in ledger.entries().values()}
    assert used == {text for text, source in known.items() if not source.used_for}
    keys = [source.key for source in known.values()]
    assert len(set(keys)) == len(keys)
    assert {source.doi for source in known.values()} >= {
        "10.6115/fer.2018.023",
        "10.1016/j.hisfam.2010.09.002",
    }


def test_a_run_says_what_to_cite_and_why(cited):
    """Every source id of every parameter is behind a reference, with the parameter as the reason."""
    shipped = parameters.load()
    entries = {id for reference in cited for id in reference.entries}
    assert entries == {id for path in shipped for id in shipped[path].sources} | {"seed.07"}
    (article,) = [r for r in cited if "seed.07" in r.entries]
    assert any(reason.startswith("the scenario tests seed.07: ") for reason in article.reasons)
    assert any(reason.startswith("loss.severity rests on seed.07: ") for reason in article.reasons)
    standing = [r.source.title for r in cited if not r.entries]
    assert standing[:1] == ["yeonjwa: an open laboratory for guilt by association"]
    assert "World Population Prospects 2022" in standing


def test_what_was_not_read_again_and_copies_are_marked(cited):
    recalled = [r for r in cited if r.recalled]
    assert recalled
    for reference in recalled:
        assert all(ledger.entry(id).found == "recalled" for id in reference.entries)
        assert "(not re-read)" in sources.as_text(reference)
    assert not [r.url for r in sources.all_references() if ledger.mirror(r.url)]


def test_bibtex_has_balanced_braces_and_one_entry_each(cited):
    text = sources.write(cited, "bibtex")
    depth = 0
    for before, sign in zip(" " + text, text, strict=False):
        if before != "\\":
            depth += {"{": 1, "}": -1}.get(sign, 0)
        assert depth >= 0
    assert depth == 0
    expected = [r.source.key for r in cited if r.source.type not in sources.OWN]
    assert re.findall(r"^@\w+\{([^,]+),$", text, re.MULTILINE) == expected
    assert not re.search(r"(?<!\\)[&%#]", re.sub(r"url = \{[^}]*\}", "", text))


def test_csl_json_is_what_a_reference_manager_reads(cited):
    items = json.loads(sources.write(cited, "csl-json"))
    types = {
        "article-journal",
        "article-newspaper",
        "book",
        "dataset",
        "entry-encyclopedia",
        "report",
        "software",
    }
    assert {item["type"] for item in items} <= types
    for item in items:
        assert item["id"]
        assert item["title"]
        assert all({"family", "literal"} & set(name) for name in item.get("author", []))


def test_an_unknown_format_is_refused(cited):
    with pytest.raises(InputError, match="text, bibtex, csl-json"):
        sources.write(cited, "ris")


def test_a_wrong_registry_is_refused_with_every_error(tmp_path, monkeypatch):
    text = (ledger.FOLDER / sources.FILE).read_text("utf-8")
    row = 'Nobody names this,novel,,T,P,19x,10/x,,\n"AFP via Breaking Asia, 2019",report,,T,P,2019,,,\n'
    (tmp_path / sources.FILE).write_text(text + row, "utf-8")
    ledger.load()
    monkeypatch.setattr(sources.ledger, "FOLDER", tmp_path)
    with pytest.raises(InputErrors) as caught:
        sources.load.__wrapped__()
    assert [error.what for error in caught.value.errors] == ["type", "year", "doi", "source", "source"]
    last = text.count("\n") + 1
    assert {error.where for error in caught.value.errors} == {
        f"sources.csv, line {last}",
        f"sources.csv, line {last + 1}",
    }
