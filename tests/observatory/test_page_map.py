"""Every address of the page map answers, in English without a prefix and in Korean under /ko/, with no English left there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.english import left
from tests.observatory.browser.addresses import READERS, there
from yeonjwa.core.calendar import parse_month
from yeonjwa.report.kin_family import open_people


@pytest.fixture(scope="module")
def person(run_folder: Path) -> int:
    p = open_people(run_folder).pedigree
    return int(np.flatnonzero(p.alive_at(parse_month("2006-06")))[0])


@pytest.mark.parametrize("address", [a for a in READERS if a != "/nowhere/"])
def test_address_answers_in_both_languages(client: Any, finished: Any, person: int, address: str) -> None:
    if not there(address):
        pytest.skip(f"{address} is not built yet")
    address = address.format(run=finished.pk, person=person)
    for prefix, language in (("", "en"), ("/ko", "ko")):
        answer = client.get(prefix + address)
        assert answer.status_code == 200, prefix + address
        text = answer.content.decode()
        assert f'<html lang="{language}">' in text
        assert text.count("<h1") == 1
        if language == "ko":
            assert left(text) == [], (
                "say it in Korean: mark it and run tools/catalogue.py, or put it into tests/english.py"
            )
