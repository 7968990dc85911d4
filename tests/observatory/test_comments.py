"""Comments: held until approved, edited with the original kept, refused, taken down; limits; the log."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from tests.observatory.conftest import client_of, make_user
from yeonjwa.observatory.comments import notice, services, targets
from yeonjwa.observatory.comments.models import Comment, Reason, State
from yeonjwa.observatory.house import audit, retention, triggers
from yeonjwa.observatory.house.models import AppendOnlyError, AuditEntry

PAGE = "/comments/claim/seed.05/"
TEXT = "Does “official” include party cell secretaries? The article does not say."


@pytest.fixture(autouse=True)
def _slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forms may be sent at once, but where a test is about that."""
    monkeypatch.setattr(services, "FASTEST", -1)


def form(**fields: str) -> dict[str, str]:
    """What a browser sends."""
    return {
        "text": TEXT,
        "name": "",
        "website": "",
        "page": PAGE,
        "mark": services.mark("claim", "seed.05"),
    } | fields


def send(client: Any, **fields: str) -> Any:
    return client.post(PAGE, form(**fields))


def held(client: Any, **fields: str) -> Comment:
    """A comment that has been sent."""
    assert send(client, **fields).status_code == 302
    return Comment.objects.latest("pk")


def decide(moderator: Any, row: Comment, act: str, **fields: str) -> Any:
    given = {"act": act, "version": str(row.version), "text": row.text, "reason": "", "note": ""}
    return moderator.post(f"/moderate/{row.reference}/", given | fields)


def test_nothing_appears_before_a_moderator_approves(client: Any, moderator: Any) -> None:
    answer = send(client, name="a reader")
    row = Comment.objects.get()
    assert answer["Location"] == f"{PAGE}?held={row.reference}#comments"
    notice_of_sender = client.get(answer["Location"]).content.decode()
    assert row.reference in notice_of_sender
    assert "not a conversation in real time" in notice_of_sender
    for words in (TEXT, "a reader"):
        assert words not in notice_of_sender
        assert words not in client.get(PAGE).content.decode()
    queue = moderator.get("/moderate/").content.decode()
    assert row.reference in queue
    assert "One comment is held" in queue
    assert decide(moderator, row, "approve").status_code == 302
    page = client.get(PAGE).content.decode()
    assert TEXT in page
    assert "a reader" in page
    assert "edited by a moderator" not in page
    row.refresh_from_db()
    assert row.decided_by.username == "mo"


def test_the_page_says_what_a_reader_must_know(client: Any, db: None) -> None:
    page = client.get(PAGE).content.decode()
    for words in (
        "not in real time",
        "is not responsible",
        "/terms/",
        "/privacy/",
        "living person",
        "autocomplete",
    ):
        assert words in page
    assert "/ko/terms/" in client.get(f"/ko{PAGE}").content.decode()


def test_an_edit_keeps_the_original(client: Any, moderator: Any) -> None:
    row = held(client, text="My neighbour in Hoeryong was refused a post because of a 육촌 who left.")
    reading = moderator.get(f"/moderate/{row.reference}/").content.decode()
    assert "<mark>My neighbour</mark>" in reading
    changed = "Someone was refused a post because of a 육촌 who left."
    refused = decide(moderator, row, "approve", text=changed)
    assert refused.status_code == 409
    assert "Choose a reason" in refused.content.decode()
    assert changed in refused.content.decode(), "nothing that was typed is lost"
    assert decide(moderator, row, "approve", text=changed, reason="person").status_code == 302
    row.refresh_from_db()
    assert (row.text, row.edited, row.state) == (changed, True, State.APPROVED)
    assert row.original.startswith("My neighbour")
    page = client.get(PAGE).content.decode()
    assert "neighbour in Hoeryong" not in page
    assert "edited by a moderator" in page
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.act, entry.reason) == ("mo", "edit", "person")
    assert entry.before == services.digest(row.original)
    assert entry.after == services.digest(changed)


def test_refusing_and_taking_down_need_a_reason(client: Any, moderator: Any) -> None:
    first, second = held(client), held(client, text="Another text about the same claim.")
    assert decide(moderator, first, "refuse").status_code == 409
    assert decide(moderator, first, "refuse", reason="no such").status_code == 409
    assert decide(moderator, first, "refuse", reason="other").status_code == 409
    assert decide(moderator, first, "refuse", reason="other", note="because").status_code == 302
    assert decide(moderator, second, "remove", reason="law").status_code == 409, "not public yet"
    decide(moderator, second, "approve")
    second.refresh_from_db()
    assert second.text in client.get(PAGE).content.decode()
    assert decide(moderator, second, "remove", reason="law").status_code == 302
    page = client.get(PAGE).content.decode()
    assert first.text not in page
    assert second.text not in page
    assert Comment.objects.count() == 2, "nothing is deleted"
    acts = list(AuditEntry.objects.order_by("pk").values_list("act", "reason"))
    assert acts == [("refuse", "other: because"), ("approve", ""), ("remove", "law")]
    log = moderator.get("/moderate/audit/").content.decode()
    assert "taken down" in log
    for state, words in (("refused", first.reference), ("removed", second.reference)):
        assert words in moderator.get(f"/moderate/?state={state}").content.decode()


def test_two_moderators_do_not_overwrite_each_other(client: Any, moderator: Any) -> None:
    row = held(client)
    other = client_of("second", "moderator")
    assert decide(moderator, row, "approve").status_code == 302
    for odd in ("²", "", "-1", "9" * 30):
        assert decide(other, row, "refuse", reason="topic", version=odd).status_code == 409
    late = decide(other, row, "refuse", reason="topic")
    assert late.status_code == 409
    assert "Somebody else has decided" in late.content.decode()
    row.refresh_from_db()
    assert row.state == State.APPROVED
    assert AuditEntry.objects.count() == 1


def test_decision_and_log_are_written_together(
    client: Any, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = held(client)

    def fail(*_args: Any, **_kwargs: Any) -> None:
        raise RuntimeError("the log is full")

    monkeypatch.setattr(audit, "write", fail)
    with pytest.raises(RuntimeError):
        services.approve(row, make_user("mo", "moderator"))
    row.refresh_from_db()
    assert row.state == State.HELD


def test_the_log_is_append_only(db: None) -> None:
    with transaction.atomic():
        audit.write("somebody", "approve", "comment A1-100")
    row = AuditEntry.objects.get()
    row.actor = "somebody else"
    for act in (
        row.save,
        row.delete,
        AuditEntry.objects.all().delete,
        AuditEntry.objects.filter(pk=1).delete,
    ):
        with pytest.raises(AppendOnlyError):
            act()
    with pytest.raises(AppendOnlyError):
        AuditEntry.objects.update(actor="somebody else")


@pytest.mark.django_db(transaction=True)
def test_the_log_is_written_in_a_transaction_only() -> None:
    with pytest.raises(RuntimeError, match="transaction"):
        audit.write("somebody", "approve", "comment A1-100")


@pytest.mark.parametrize(
    "statement", ["UPDATE house_auditentry SET actor = 'x'", "DELETE FROM house_auditentry"]
)
def test_the_database_refuses_too(db: None, statement: str) -> None:
    from django.db import DatabaseError

    with transaction.atomic():
        audit.write("somebody", "approve", "comment A1-100")
    triggers.install(connection)
    with (
        pytest.raises(DatabaseError, match="never changed or removed"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert AuditEntry.objects.get().actor == "somebody"


def test_five_in_an_hour_from_one_address(client: Any, db: None) -> None:
    for number in range(5):
        held(client, text=f"Text number {number}.")
    sixth = send(client, text="The sixth.")
    assert sixth.status_code == 429
    assert sixth["Retry-After"]
    assert "The sixth." in sixth.content.decode(), "what was typed is not lost"
    assert Comment.objects.count() == 5
    assert client.post(PAGE, form(text="Elsewhere."), REMOTE_ADDR="192.0.2.7").status_code == 302
    Comment.objects.update(created=timezone.now() - timedelta(minutes=61))
    assert send(client, text="The sixth.").status_code == 302


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({"text": ""}, 400, "no text"),
        ({"text": " \u200b\n\t "}, 400, "no text"),
        ({"text": "x" * 2001}, 400, "2001"),
        ({"text": "see http://a.com " * 6}, 400, "links"),
        ({"name": "n" * 61}, 400, "60"),
        ({"website": "http://spam"}, 400, "stay empty"),
        ({"mark": ""}, 400, "not ours"),
        ({"mark": "claim/seed.05:1abc:forged"}, 400, "not ours"),
    ],
)
def test_what_is_not_taken(client: Any, db: None, fields: dict[str, str], status: int, words: str) -> None:
    answer = send(client, **fields)
    assert answer.status_code == status
    assert words in answer.content.decode()
    assert not Comment.objects.exists()


def test_a_form_is_for_its_page_and_its_day(client: Any, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "another page" in send(client, mark=services.mark("claim", "seed.06")).content.decode()
    mark = services.mark("claim", "seed.05")
    monkeypatch.setattr(services, "SLOWEST", -1)
    assert "longer than a day" in send(client, mark=mark).content.decode()
    monkeypatch.setattr(services, "SLOWEST", 1000)
    monkeypatch.setattr(services, "FASTEST", 4)
    assert "faster than anybody" in send(client, mark=mark).content.decode()
    old = timezone.now() - timedelta(seconds=6)
    monkeypatch.setattr("django.core.signing.time.time", old.timestamp)
    mark = services.mark("claim", "seed.05")
    monkeypatch.undo()
    assert send(client, mark=mark).status_code == 302


def test_duplicates_and_a_full_queue(client: Any, db: None, settings: Any) -> None:
    held(client)
    assert send(client, text=f"  {TEXT.upper()} !").status_code == 409
    settings.MOST_HELD = 1
    assert send(client, text="Something else.").status_code == 503


def test_things_that_are_not_there(client: Any, db: None) -> None:
    for path in (
        "/comments/claim/no.such/",
        "/comments/kind/seed.05/",
        "/comments/run/1/",
        "/comments/run/x/",
    ):
        assert client.get(path).status_code == 404
    assert targets.exists("parameter", "belief.memory")
    assert targets.exists("regime", "tang")


def test_published_reports_are_commented_on(client: Any, finished: Any) -> None:
    from yeonjwa.observatory.runs import services as runs

    page = f"/comments/run/{finished.pk}/"
    assert client.get(page).status_code == 404
    actor = make_user("ada", "administrator")
    runs.publish(finished, actor)
    runs.publish(finished, actor)
    assert client.get(page).status_code == 200
    runs.publish(finished, actor, published=False)
    assert client.get(page).status_code == 404
    assert list(AuditEntry.objects.values_list("act", flat=True)) == ["withdraw", "publish"]


def test_reports_are_published_by_administrators(
    finished: Any, administrator: Any, moderator: Any, others: None
) -> None:
    page = "/moderate/reports/"
    assert moderator.get(page).status_code == 403
    assert "not published" in administrator.get(page).content.decode()
    for act, expected in (("publish", True), ("withdraw", False)):
        assert administrator.post(page, {"run": finished.pk, "act": act}).status_code == 302
        finished.refresh_from_db()
        assert finished.published is expected
    assert administrator.post(page, {"run": "77777", "act": "publish"}).status_code == 404
    assert moderator.post(page, {"run": finished.pk, "act": "publish"}).status_code == 403


def test_control_and_direction_characters_go() -> None:
    assert services.clean("a\u202eb\u0000c\r\nd\n\n\n\ne \ufeff") == "abc\nd\n\ne"
    assert services.clean("연좌제는") == "연좌제는"


def test_what_is_noticed() -> None:
    assert notice.words("The Tang article is numbered 248.") == []
    assert notice.words("Kim Chol Su told me") == ["may name a person"]
    assert notice.words("내 사촌이 그랬다") == ["may name a person"]
    assert notice.words("박철수 동무가 말했다") == ["may name a person"]
    assert notice.words("see http://a.com and www.b.org") == ["2 links"]
    assert notice.words("write to a@b.example") == ["an address or a number"]
    text = "See my uncle from Hamhung, <b>born in 1970</b>"
    assert "".join(piece["text"] for piece in notice.pieces(text)) == text


def test_the_address_is_kept_as_a_hash_and_not_for_long(client: Any, db: None) -> None:
    row = held(client)
    assert re.fullmatch("[0-9a-f]{64}", row.address_hash)
    assert row.hash_until is not None
    assert timedelta(days=29) < row.hash_until - timezone.now() < timedelta(days=31)
    assert retention.apply()["hashes of addresses"] == 0
    assert retention.apply(timezone.now() + timedelta(days=31))["hashes of addresses"] == 1
    row.refresh_from_db()
    assert (row.address_hash, row.hash_until) == ("", None)
    assert row.original == TEXT


def test_words_are_erased_on_demand_and_when_their_time_has_come(client: Any, moderator: Any) -> None:
    from django.core.management import call_command

    public, refused = held(client, name="a name"), held(client, text="Another text about the same claim.")
    decide(moderator, public, "approve")
    decide(moderator, refused, "refuse", reason="person", note="a village")
    call_command("erase", public.reference, "--reason", "safety", verbosity=0)
    assert TEXT not in client.get(PAGE).content.decode()
    later = timezone.now() + timedelta(days=181)
    assert retention.apply()["words of refused comments"] == 0
    assert services.erase_old(later) == 1
    assert services.erase_old(later) == 0
    for row, state in ((public, State.REMOVED), (refused, State.REFUSED)):
        row.refresh_from_db()
        assert (row.original, row.text, row.name, row.note, row.erased) == ("", "", "", "", True)
        assert row.state == state
        assert "were erased" in moderator.get(f"/moderate/{row.reference}/").content.decode()
    kept = " ".join(str(entry.__dict__) for entry in AuditEntry.objects.all())
    assert TEXT not in kept
    assert "Another text" not in kept
    assert list(AuditEntry.objects.values_list("act", flat=True))[:2] == ["erase", "erase"]


@pytest.mark.parametrize(
    "page",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "/no-such-page/",
        "x",
        "",
    ],
)
def test_an_answer_never_leads_elsewhere(client: Any, db: None, page: str) -> None:
    assert send(client, page=page)["Location"].startswith(f"{PAGE}?held=")


def test_moderators_only(client: Any, analyst: Any, moderator: Any) -> None:
    row = held(client)
    for path in ("/moderate/", f"/moderate/{row.reference}/", "/moderate/audit/", "/moderate/guide/"):
        assert client.get(path)["Location"].startswith("/log-in/?next=/moderate/")
        assert analyst.get(path).status_code == 403
        assert moderator.get(path).status_code == 200
        assert moderator.get(f"/ko{path}").status_code == 200
    assert decide(analyst, row, "approve").status_code == 403
    assert decide(client, row, "approve").status_code == 302
    row.refresh_from_db()
    assert row.state == State.HELD


def test_every_reason_has_words() -> None:
    assert len(set(Reason.labels)) == len(Reason.values)
