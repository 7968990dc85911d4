"""Documents and error pages."""

from __future__ import annotations

import tomllib
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.test import RequestFactory

from yeonjwa.observatory.documents import views
from yeonjwa.observatory.documents.templatetags.written import day, month, num

DOCUMENTS = ("/terms/", "/privacy/", "/about/", "/accessibility/", "/licences/")


@pytest.mark.parametrize("address", DOCUMENTS)
def test_documents_answer_and_are_linked_from_every_page(client: Any, db: None, address: str) -> None:
    for prefix in ("", "/ko"):
        page = client.get(prefix + address)
        assert page.status_code == 200
        assert page.content.decode().count("<h1") == 1
        for other in DOCUMENTS:
            assert f'href="{prefix}{other}' in page.content.decode()


def test_licences_are_those_of_the_vendored_files(client: Any, db: None) -> None:
    page = unescape(client.get("/licences/").content.decode())
    listed = tomllib.loads(views.VENDOR.read_text(encoding="utf-8"))["file"]
    assert len(views.vendored()) == len(listed)
    for file in listed:
        for key in ("path", "name", "licence", "version"):
            assert file[key] in page
        assert (Path(views.VENDOR).parent.parent / file["licence_text"]).is_file()


@pytest.mark.parametrize(
    ("view", "status"),
    [
        (views.bad_request, 400),
        (views.forbidden, 403),
        (views.not_found, 404),
        (views.too_many, 429),
    ],
)
def test_error_pages_are_plain_and_lead_back(db: None, rf: RequestFactory, view: Any, status: int) -> None:
    request = rf.get("/nowhere/")
    request.user = type(
        "Nobody", (), {"is_active": False, "is_authenticated": False, "has_perm": lambda *_: False}
    )()
    answer = view(request, Exception())
    assert answer.status_code == status
    text = answer.content.decode()
    assert text.count("<h1") == 1
    assert f"Error {status}" in text
    assert 'href="/"' in text


def test_not_found_and_server_error_through_the_client(
    client: Any, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = client.get("/there/is/nothing/")
    assert answer.status_code == 404
    assert "There is no such page" in answer.content.decode()
    assert client.get("/ko/there/is/nothing/").status_code == 404

    def broken(*_: Any) -> Any:
        raise RuntimeError("broken")

    monkeypatch.setattr(views, "packages", broken)
    client.raise_request_exception = False
    answer = client.get("/licences/")
    assert answer.status_code == 500
    assert "Something went wrong here" in answer.content.decode()
    assert "broken" not in answer.content.decode()


def test_dates_and_numbers_as_each_language_writes_them() -> None:
    from django.utils import translation

    with translation.override("en"):
        assert (month("2013-12"), day("2015-03-23"), num(12345)) == (
            "December 2013",
            "23 March 2015",
            "12,345",
        )
    with translation.override("ko"):
        assert (month("2013-12"), day("2015-03-23"), num(12345)) == (
            "2013년 12월",
            "2015년 3월 23일",
            "12,345",
        )
        assert (month("x"), day("2013"), month("2013-13")) == ("x", "2013", "2013-13")
