"""What an attacker tries: forged forms, scripts, paths, uploads, sessions, rights, guessing; and what must be set for others."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client, RequestFactory
from django.utils import timezone

from tests.observatory.conftest import PASSWORD, client_of, make_user
from yeonjwa.core.errors import InputError
from yeonjwa.observatory.comments import services
from yeonjwa.observatory.comments.models import Comment
from yeonjwa.observatory.house import access, address, csv_cells, public, roles, throttle
from yeonjwa.observatory.house.models import AuditEntry, Guessing

SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'"
PAGE = "/comments/claim/seed.05/"


def log_in(client: Any, name: str, password: str = PASSWORD, **extra: Any) -> Any:
    return client.post("/log-in/", {"username": name, "password": password}, **extra)


# Forged forms.


@pytest.mark.parametrize("path", [PAGE, "/log-in/", "/log-out/", "/moderate/A2-100/"])
def test_forms_without_their_token_are_refused(db: None, path: str) -> None:
    make_user("mo", "moderator")
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(make_user("second", "moderator"), backend="django.contrib.auth.backends.ModelBackend")
    for extra in ({}, {"HTTP_ORIGIN": "https://evil.example"}):
        answer = strict.post(path, {"text": "x", "csrfmiddlewaretoken": "a" * 64}, **extra)
        assert answer.status_code == 403
        assert "Nothing has been saved" in answer.content.decode()


# Scripts.


def test_a_script_in_a_comment_is_shown_as_text(client: Any, moderator: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(services, "FASTEST", -1)
    fields = {"text": SCRIPT, "name": "<b>n</b>", "mark": services.mark("claim", "seed.05"), "page": PAGE}
    assert client.post(PAGE, fields).status_code == 302
    row = Comment.objects.get()
    pages = [moderator.get(f"/moderate/{row.reference}/"), moderator.get("/moderate/")]
    given = {"act": "approve", "version": "0", "text": row.text, "note": SCRIPT}
    moderator.post(f"/moderate/{row.reference}/", given)
    for path in (PAGE, f"/ko{PAGE}", "/moderate/audit/", "/moderate/?state=approved"):
        pages.append(moderator.get(path))
    for page in pages:
        assert page.status_code == 200
        assert b"<script>alert" not in page.content
        assert b"<img src=x" not in page.content
        assert b"<b>n</b>" not in page.content
    assert b"&lt;script&gt;alert(1)" in client.get(PAGE).content


@pytest.mark.parametrize(
    "path",
    [
        f"{PAGE}?held={{}}",
        "/comments/claim/{}/",
        "/log-in/?next={}",
        "/{}",
        "/moderate/?state={}",
        "/moderate/audit/?page={}",
        "/ko/{}?a={}",
    ],
)
def test_nothing_of_an_address_is_given_back_as_markup(moderator: Any, path: str) -> None:
    page = moderator.get(path.replace("{}", SCRIPT)).content
    assert b"<script>alert" not in page
    assert b"<img src=x" not in page
    wrong = moderator.post(PAGE, {"text": SCRIPT, "name": SCRIPT, "page": f'"><{SCRIPT}'}).content
    assert b"<script>alert" not in wrong


def test_a_log_in_never_leads_elsewhere(client: Any, db: None) -> None:
    make_user("ana")
    for target in ("https://evil.example/", "//evil.example", "javascript:alert(1)", "/\\evil.example"):
        answer = client.post("/log-in/", {"username": "ana", "password": PASSWORD, "next": target})
        assert answer["Location"] == "/"
        client.logout()


# Paths and sizes.


@pytest.mark.parametrize(
    "path",
    [
        "/static/../secret.key",
        "/static/..%2f..%2fsecret.key",
        "/static/%2e%2e/%2e%2e/observatory.sqlite3",
        "/static//etc/passwd",
        "/comments/claim/..%2f..%2fetc%2fpasswd/",
        "/moderate/..%2faudit/",
    ],
)
def test_no_path_leads_out(moderator: Any, path: str) -> None:
    assert moderator.get(path).status_code == 404


def test_oversized_and_malformed_forms(client: Any, db: None, settings: Any) -> None:
    assert client.post(PAGE, {"text": "x" * 2_000_000}).status_code == 400
    assert client.post(PAGE, {f"f{n}": "" for n in range(3000)}).status_code == 400
    broken = "multipart/form-data; boundary=\u00ff"
    assert client.generic("POST", PAGE, b"--nothing", content_type=broken).status_code == 400
    assert client.generic("POST", PAGE, b"\x00\xff{", content_type="application/json").status_code == 400
    assert not Comment.objects.exists()
    assert settings.LARGEST_SCENARIO_BYTES <= settings.DATA_UPLOAD_MAX_MEMORY_SIZE


def test_zero_bytes_and_surrogates_do_not_reach_the_database(client: Any, db: None, monkeypatch: Any) -> None:
    monkeypatch.setattr(services, "FASTEST", -1)
    mark = services.mark("claim", "seed.05")
    for text in (
        "a\0b and more",
        "\udcff".encode("utf-8", "surrogatepass").decode("utf-8", "replace") + " words",
    ):
        assert client.post(PAGE, {"text": text, "mark": mark, "page": PAGE}).status_code == 302
    assert all(row.text.isprintable() for row in Comment.objects.all())
    for path in (f"{PAGE}?held=%00", "/moderate/%00/", "/comments/claim/%00/", "/log-in/?next=%00"):
        assert client.get(path).status_code in (200, 302, 404), path


# Sessions and accounts.


def test_a_session_of_before_is_not_that_of_after(client: Any, db: None) -> None:
    make_user("ana")
    session = client.session
    session["planted"] = True
    session.save()
    before = session.session_key
    answer = log_in(client, "ana")
    cookie = answer.cookies["sessionid"]
    assert cookie.value != before
    assert cookie["httponly"]
    assert cookie["samesite"] == "Strict"
    inside = client.session.session_key
    client.post("/log-out/")
    old = Client()
    old.cookies["sessionid"] = inside
    assert old.get("/moderate/").status_code == 302
    assert client.get("/log-out/").status_code == 405


def test_five_wrong_passwords_lock_one_address_out(db: None) -> None:
    make_user("mo", "moderator")
    client = Client()
    for _ in range(4):
        assert log_in(client, "mo", "wrong").status_code == 200
    assert log_in(client, "mo", "wrong").status_code == 429
    locked = log_in(client, "mo")
    assert locked.status_code == 429
    assert "Wait an hour" in locked.content.decode()
    assert log_in(Client(), "mo", REMOTE_ADDR="192.0.2.7").status_code == 302, "nobody locks others out"
    from axes.models import AccessAttempt

    row = AccessAttempt.objects.get()
    assert row.ip_address.startswith("fd")
    assert "127.0.0.1" not in str(row.__dict__)
    assert PASSWORD not in str(row.__dict__)


def test_a_name_is_slowed_down_from_all_strangers_together_and_its_owner_is_not_kept_out(
    db: None, monkeypatch: Any
) -> None:
    monkeypatch.setattr(throttle, "FREE", 3)
    make_user("mo", "moderator")
    owner = Client()
    assert log_in(owner, "mo").status_code == 302
    cookie = owner.cookies[throttle.COOKIE]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Strict"
    owner.post("/log-out/")
    for number in range(3):
        assert log_in(Client(), "mo", "wrong", REMOTE_ADDR=f"192.0.2.{number}").status_code == 200
    # The password is not looked at, right or wrong, and that is not counted again.
    assert log_in(Client(), "mo", "wrong", REMOTE_ADDR="192.0.2.50").status_code == 429
    assert log_in(Client(), "mo", REMOTE_ADDR="192.0.2.51").status_code == 429
    assert Guessing.objects.get().failures == 3
    assert log_in(owner, "mo", REMOTE_ADDR="192.0.2.52").status_code == 302, "a browser that was here before"
    assert log_in(Client(), "ana", "wrong", REMOTE_ADDR="192.0.2.53").status_code == 200, (
        "others are not slowed"
    )
    # A cookie of another name, or a made-up one, opens nothing.
    for value in (cookie.value, "x", "W10:1abc:xyz"):
        other = Client()
        other.cookies[throttle.COOKIE] = value
        expected = 302 if value == cookie.value else 429
        assert log_in(other, "mo", REMOTE_ADDR="192.0.2.54").status_code == expected
    stranger = Client()
    make_user("ana")
    assert log_in(stranger, "ana", REMOTE_ADDR="192.0.2.55").status_code == 302
    stranger.post("/log-out/")
    assert log_in(stranger, "mo", REMOTE_ADDR="192.0.2.56").status_code == 429
    # A minute later there is one try, then none for two minutes.
    row = Guessing.objects.order_by("-failures").first()
    assert row is not None
    assert "mo" not in row.key
    Guessing.objects.filter(pk=row.pk).update(last=row.last - timedelta(seconds=61))
    assert log_in(Client(), "mo", "wrong", REMOTE_ADDR="192.0.2.57").status_code == 200
    row.refresh_from_db()
    Guessing.objects.filter(pk=row.pk).update(last=row.last - timedelta(seconds=61))
    assert log_in(Client(), "mo", REMOTE_ADDR="192.0.2.58").status_code == 429
    call_command("axes_reset_username", "mo", verbosity=0)
    assert log_in(Client(), "mo", REMOTE_ADDR="192.0.2.59").status_code == 302


def test_a_stolen_cookie_is_worth_few_tries(db: None, monkeypatch: Any) -> None:
    monkeypatch.setattr(throttle, "FREE", 3)
    make_user("mo", "moderator")
    owner = Client()
    log_in(owner, "mo")
    owner.post("/log-out/")
    for number in range(3):
        assert log_in(owner, "mo", "wrong", REMOTE_ADDR=f"192.0.2.{number}").status_code == 200
    assert Guessing.objects.get().failures == 3, "counted for the browser, not for the name"
    # From now on it is a stranger, and strangers have their own count.
    for number in range(3, 6):
        assert log_in(owner, "mo", "wrong", REMOTE_ADDR=f"192.0.2.{number}").status_code == 200
    assert log_in(owner, "mo", REMOTE_ADDR="192.0.2.9").status_code == 429


def test_the_wait_grows_to_an_hour_and_counts_are_forgotten_after_a_day(db: None) -> None:
    waits = [throttle.wait(n).total_seconds() / 60 for n in range(throttle.FREE - 1, throttle.FREE + 8)]
    assert waits == [0, 1, 2, 4, 8, 16, 32, 60, 60]
    assert throttle.wait(10**9) == throttle.LONGEST
    request = RequestFactory().post("/log-in/")
    for _ in range(throttle.FREE):
        throttle.failed(request, "mo")
    assert throttle.refused(request, "mo")
    Guessing.objects.update(last=timezone.now() - throttle.FORGET - timedelta(seconds=1))
    assert not throttle.refused(request, "mo")
    assert throttle.forget() == 1


def test_nobody_learns_which_names_exist(db: None) -> None:
    make_user("mo", "moderator")
    closed = make_user("closed")
    closed.is_active = False
    closed.save()
    seen = set()
    for name, password in (("mo", "wrong"), ("nobody", "wrong"), ("closed", "wrong"), ("closed", PASSWORD)):
        answer = log_in(Client(), name, password, REMOTE_ADDR=f"192.0.2.{len(name)}")
        text = answer.content.decode().replace(f'value="{name}"', "")
        seen.add((answer.status_code, text.partition("<main")[2].partition("csrfmiddlewaretoken")[0]))
        assert "do not belong together" in text
    assert len(seen) == 1


def test_roles_have_their_rights_and_no_more(db: None, others: None) -> None:
    rights = {access.RUN, access.SCENARIO, access.MODERATE, access.AUDIT, access.PUBLISH, access.DELETE}
    expected = {
        "reader": set(),
        "analyst": {access.RUN, access.SCENARIO},
        "moderator": {access.MODERATE, access.AUDIT},
        "administrator": rights,
    }
    assert set(expected) == set(roles.ROLES)
    for role, allowed in expected.items():
        request = RequestFactory().get("/")
        request.user = make_user(role, role)
        assert {right for right in rights if access.may(request, right)} == allowed, role
        assert not request.user.is_staff
        assert not request.user.is_superuser


def test_no_form_makes_a_visitor_more_than_they_are(others: None, analyst: Any) -> None:
    from django.contrib.auth.models import User

    for path in ("/log-in/", "/moderate/", PAGE):
        analyst.post(path, {"is_staff": "1", "is_superuser": "1", "groups": "3", "role": "administrator"})
    user = User.objects.get(username="ana")
    assert [group.name for group in user.groups.all()] == ["analyst"]
    assert (user.is_staff, user.is_superuser) == (False, False)


def test_the_user_of_a_private_machine_needs_no_account(rf: Any, db: None, settings: Any) -> None:
    from django.contrib.auth.models import AnonymousUser

    def may(right: str, **extra: str) -> bool:
        request = rf.get("/", **extra)
        request.user = AnonymousUser()
        return access.may(request, right)

    assert may(access.RUN)
    assert not may(access.MODERATE)
    assert not may(access.RUN, HTTP_X_FORWARDED_FOR="192.0.2.1"), "it came through a proxy"
    settings.PRIVATE = False
    assert not may(access.RUN)


def test_runs_of_others_are_not_ones_own(rf: Any, db: None, others: None) -> None:
    from yeonjwa.observatory.runs import services as runs

    owner, stranger, chief = (
        make_user("a", "analyst"),
        make_user("b", "analyst"),
        make_user("c", "administrator"),
    )
    run = runs.submit("baseline", owner=owner)
    found = []
    for user in (owner, stranger, chief):
        request = rf.get("/")
        request.user = user
        found.append(access.owns(request, run))
    assert found == [True, False, True]


# Addresses of visitors.


@pytest.mark.parametrize(
    ("proxies", "header", "expected"),
    [
        (0, "1.2.3.4", "10.0.0.1"),
        (1, "1.2.3.4", "1.2.3.4"),
        (1, "6.6.6.6, 1.2.3.4", "1.2.3.4"),
        (2, "6.6.6.6, 1.2.3.4, 10.0.0.9", "1.2.3.4"),
        (2, "1.2.3.4", "10.0.0.1"),
        (1, "no address", "10.0.0.1"),
        (1, "", "10.0.0.1"),
    ],
)
def test_a_stated_number_of_proxies_is_believed(
    rf: Any, settings: Any, proxies: int, header: str, expected: str
) -> None:
    settings.PROXIES = proxies
    request = rf.get("/", REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR=header)
    assert address.of(request) == expected


def test_hashes_of_addresses(rf: Any, settings: Any) -> None:
    def hashed(where: str, purpose: str = "comments") -> str:
        return address.keyed_hash(rf.get("/", REMOTE_ADDR=where), purpose)

    assert hashed("192.0.2.1") != hashed("192.0.2.2")
    assert hashed("192.0.2.1") != hashed("192.0.2.1", "log-in")
    assert hashed("2001:db8::1") == hashed("2001:db8::2"), "one household"
    assert hashed("2001:db8::1") != hashed("2001:db8:0:1::1")
    assert hashed("::ffff:192.0.2.1") == hashed("192.0.2.1")
    before = hashed("192.0.2.1")
    settings.SECRET_KEY = "another key"
    assert hashed("192.0.2.1") != before


# Serving to others.


def test_loopback_only_unless_everything_is_set(
    db: None, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for host in ("127.0.0.1", "localhost", "::1", "[::1]", "127.0.0.53"):
        public.check(host)
    for host in ("0.0.0.0", "::", "192.0.2.1", "lab.example"):
        with pytest.raises(InputError) as caught:
            public.check(host)
        for what in ("YEONJWA_SECRET_KEY", "YEONJWA_ALLOWED_HOSTS", "--role moderator"):
            assert what in str(caught.value)
    settings.PRIVATE = False
    with pytest.raises(InputError):
        public.check("127.0.0.1")
    monkeypatch.setenv("YEONJWA_SECRET_KEY", "x" * 60)
    monkeypatch.setenv("YEONJWA_ALLOWED_HOSTS", "lab.example")
    with pytest.raises(InputError, match="moderator"):
        public.check("0.0.0.0")
    make_user("mo", "moderator")
    public.check("0.0.0.0")


def test_another_name_is_not_answered(client: Any, db: None) -> None:
    assert client.get("/", HTTP_HOST="evil.example").status_code == 400


def test_deployment_check_is_clean_with_https(tmp_path: Path) -> None:
    environment = {
        **{name: value for name, value in os.environ.items() if name != "DJANGO_ALLOW_ASYNC_UNSAFE"},
        "YEONJWA_DATA": str(tmp_path),
        "YEONJWA_HTTPS": "1",
        "YEONJWA_ALLOWED_HOSTS": "lab.example",
        "YEONJWA_SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
    }
    line = [sys.executable, "-m", "yeonjwa", "manage", "check", "--deploy", "--fail-level", "INFO"]
    done = subprocess.run(line, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no issues" in done.stdout


def test_headers_with_https(client: Any, db: None, settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = True
    assert client.get("/")["Location"] == "https://testserver/"
    answer = client.get("/health/", secure=True)
    for name, value in (
        ("X-Frame-Options", "DENY"),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "same-origin"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
    ):
        assert answer[name] == value


def test_admin_is_not_there_unless_switched_on(administrator: Any, tmp_path: Path) -> None:
    for path in ("/admin/", "/admin/login/", "/ko/admin/"):
        assert administrator.get(path).status_code == 404
    code = (
        "import django; django.setup(); from django.urls import resolve; "
        "assert resolve('/admin/login/').app_names == ['admin']"
    )
    environment = {**os.environ, "YEONJWA_DATA": str(tmp_path), "YEONJWA_ADMIN": "1"}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)


# Accounts, backups, tables.


def test_accounts_from_the_command_line(db: None, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("account", "kim", "--role", "moderator", "--generate")
    password = capsys.readouterr().out.split("password: ")[1].strip()
    client = Client()
    assert log_in(client, "kim", password).status_code == 302
    assert client.get("/moderate/").status_code == 200
    call_command("account", "kim", "--role", "analyst", "--keep-password")
    assert client.get("/moderate/").status_code == 403
    call_command("account", "kim", "--close")
    assert client.get("/moderate/").status_code == 302
    for wrong in (["lee", "--close"], ["a b", "--generate"]):
        with pytest.raises(CommandError):
            call_command("account", *wrong)
    said = list(AuditEntry.objects.order_by("pk").values_list("reason", flat=True))
    assert said == ["made, password set, role moderator", "role analyst", "closed"]


def test_weak_passwords_are_refused(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    for password in ("short", "123456789012345", "moderator kim"):
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))
        with pytest.raises(CommandError):
            call_command("account", "moderatorkim", "--stdin")


@pytest.mark.django_db(transaction=True)
def test_a_backup_holds_what_was_there(tmp_path: Path) -> None:
    import sqlite3

    from django.db import connection

    if connection.vendor != "sqlite":
        with pytest.raises(CommandError, match="pg_dump"):
            call_command("backup", str(tmp_path / "copy"))
        return
    make_user("kept")
    call_command("backup", str(tmp_path / "copy"), "--runs", verbosity=0)
    with sqlite3.connect(tmp_path / "copy" / "observatory.sqlite3") as copy:
        assert copy.execute("SELECT username FROM auth_user").fetchall() == [("kept",)]
    assert (tmp_path / "copy" / "secret.key").is_file()
    assert (tmp_path / "copy" / "runs").is_dir()
    with pytest.raises(CommandError, match="exists"):
        call_command("backup", str(tmp_path / "copy"))


def test_no_cell_of_a_table_is_a_formula() -> None:
    rows = [['=HYPERLINK("http://a")', "+1+1", "-2", "@SUM(A1)", " =1", "plain", -3, 2.5, None, "−5"]]
    text = csv_cells.text(["=a", "b"], rows)
    head, row = text.splitlines()
    assert head == "'=a,b"
    assert row == '"\'=HYPERLINK(""http://a"")",\'+1+1,-2,\'@SUM(A1),\' =1,plain,-3,2.5,,−5'
    assert csv_cells.quoted("\tx") == "'\tx"


def test_clients_of_each_role(db: None) -> None:
    assert client_of("r", "reader").get("/moderate/").status_code == 403
