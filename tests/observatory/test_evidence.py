"""Claims, ledger, parameters, conflicts, sources, regimes, glossary: every address answers, with the numbers of the files."""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from yeonjwa.evidence import ledger, parameters, rivals, sources
from yeonjwa.laboratory.claims import IDS, stored
from yeonjwa.observatory.evidence import counted
from yeonjwa.regime.catalogue import regimes
from yeonjwa.report.claims_page import number, span
from yeonjwa.report.regime_page import number as number_of

LISTS = ("/claims/", "/evidence/", "/parameters/", "/conflicts/", "/sources/", "/glossary/", "/regimes/")


@pytest.mark.parametrize("address", LISTS)
def test_lists_answer_in_both_languages(client: Any, db: None, address: str) -> None:
    for prefix in ("", "/ko"):
        page = client.get(prefix + address)
        assert page.status_code == 200
        text = page.content.decode()
        assert text.count("<h1") == 1
        assert not re.search(r"<[a-z]+[^>]* style=", text)


def test_claims_show_what_was_measured(client: Any, db: None) -> None:
    answer = stored()
    page = unescape(client.get("/claims/").content.decode())
    emergent = [row for row in answer["claims"] if row["kind"] == "emergent"]
    reproduced = sum(row["verdict"] == "reproduced" for row in emergent)
    assert f"Of {len(emergent)} claims that a run could refute, {reproduced} are reproduced" in page
    assert [row["id"] for row in answer["claims"]] == list(IDS)
    for row in answer["claims"]:
        one = client.get(f"/claims/{row['id']}/")
        assert one.status_code == 200
        text = unescape(one.content.decode())
        if row["kind"] == "emergent":
            assert number(row["effect"]) in text
            assert span(row["low"], row["high"]) in text


def test_stored_claims_are_those_of_the_documents_and_say_what_they_rest_on() -> None:
    answer = stored()
    table = Path("docs/claims.md").read_text(encoding="utf-8")
    for row in answer["claims"]:
        if row["kind"] == "emergent":
            line = next(line for line in table.splitlines() if line.startswith(f"| `{row['id']}`"))
            assert f"| {number(row['effect'])} | {span(row['low'], row['high'])} |" in line
    assert answer["command"].startswith("yeonjwa claims --scale 0.02 --seeds 4")
    assert answer["current"] == (answer["parameter_hash"] == parameters.load().digest())


def test_every_entry_parameter_conflict_and_regime_has_its_page(client: Any, db: None) -> None:
    ids = list(ledger.entries())
    for id in [*ids[:: max(1, len(ids) // 25)], "seed.05"]:
        assert client.get(f"/evidence/{id}/").status_code == 200, id
    for path in list(parameters.load())[::12]:
        assert client.get(f"/parameters/{path}/").status_code == 200, path
    for id in rivals.load():
        assert client.get(f"/conflicts/{id}/").status_code == 200, id
    for id in regimes():
        assert client.get(f"/regimes/{id}/").status_code == 200, id
    for address in (
        "/evidence/none/",
        "/parameters/none/",
        "/claims/none/",
        "/conflicts/none/",
        "/regimes/none/",
    ):
        assert client.get(address).status_code == 404


def test_search_of_the_ledger_finds_and_escapes(client: Any, db: None) -> None:
    found = client.get("/evidence/?q=seed.05&kind=claim&grade=C").content.decode()
    assert "/evidence/seed.05/" in found
    nothing = client.get("/evidence/?q=<script>alert(1)</script>").content.decode()
    assert "Nothing fits" in nothing
    assert "<script>alert" not in nothing


def test_parameter_page_shows_every_value(client: Any, db: None) -> None:
    page = unescape(client.get("/parameters/sanction.career_depth/").content.decode())
    found = parameters.load()["sanction.career_depth"]
    for dated in found.values:
        assert isinstance(dated.value, dict) or hasattr(dated.value, "items")
        for level in dated.value:  # type: ignore[union-attr]
            assert level.replace("_", " ") in page
    assert all(f"/evidence/{id}/" in page for id in found.sources)


def test_bibliography_as_files(client: Any, db: None) -> None:
    for address, format in (("bib", "bibtex"), ("json", "csl-json"), ("txt", "text")):
        answer = client.get(f"/sources/yeonjwa.{address}")
        assert answer.content.decode() == sources.write(sources.all_references(), format)
    assert json.loads(client.get("/sources/yeonjwa.json").content)


def test_regimes_are_headed_by_what_their_rules_bear_out(client: Any, db: None) -> None:
    page = unescape(client.get("/regimes/").content.decode())
    shown = [r for r in regimes().values() if r.figure]
    assert f"{len(shown)} regimes that punish kin" in page
    for regime in regimes().values():
        assert f"/regimes/{regime.id}/" in page


def test_persons_of_each_regime_stand_on_its_page_and_in_the_table(client: Any, db: None) -> None:
    found = counted.stored()
    assert set(found["regimes"]) == set(regimes())
    assert found["current"], "run python tools/measure_regimes.py"
    text = unescape(client.get("/regimes/").content.decode())
    for id, row in found["regimes"].items():
        one = unescape(client.get(f"/regimes/{id}/").content.decode())
        for name in ("body", "career"):
            if row[f"{name}_mean"]:
                said = f"{number_of(row[f'{name}_mean'])} in {name} ({row[f'{name}_p10']:,} to {row[f'{name}_p90']:,})"
                assert said in text, id
                assert said in one, id
    assert f"{found['population']['living']:,} synthetic people" in text


def test_stored_counts_are_those_of_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same rows come out of the command, here on a smaller population; and a changed rule makes the counts old."""
    from yeonjwa.regimes import compare

    small = {row["id"]: row for row in compare(["tang", "ming"], living=2_000, sample=60)["regimes"]}
    for id, row in small.items():
        kept = counted.stored()["regimes"][id]
        assert set(kept) <= set(row)
        # Few kin are alive in a small village; the order of magnitude is that of the rules.
        assert 0.3 < row["body_mean"] / kept["body_mean"] < 3
    before = counted.inputs()
    monkeypatch.setattr(counted.catalogue, "regimes", lambda: {"tang": regimes()["tang"]})
    assert counted.inputs() != before
