"""Taking comments in, and deciding on them."""

from __future__ import annotations

import hashlib
import re
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.core import signing
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from yeonjwa.observatory.comments import notice
from yeonjwa.observatory.comments.models import Comment, Reason, State
from yeonjwa.observatory.house import address, audit
from yeonjwa.observatory.house.models import Act

#: Characters of a comment; links in it; comments from one address in an hour.
LONGEST: Final = 2000
MOST_LINKS: Final = 5
AN_HOUR: Final = 5
#: Seconds in which nobody reads the terms and writes a sentence; seconds after which a form is too old.
FASTEST: Final = 4
SLOWEST: Final = 24 * 3600
_SALT: Final = "comments"
_LETTERS: Final = "ABCDEFGHKLMNPRSTUVWXY"


class NotTaken(Exception):
    """A comment that cannot be taken; ``field`` is where, ``status`` the answer's."""

    def __init__(self, sentence: str, *, field: str = "text", status: int = 400) -> None:
        self.field, self.status = field, status
        super().__init__(sentence)


class NotDecided(Exception):
    """A decision that cannot be taken: without a reason, or after somebody else's."""


@dataclass(frozen=True)
class Sent:
    """What came with a form."""

    text: str
    name: str = ""
    trap: str = ""
    mark: str = ""
    page: str = ""


def mark(kind: str, id: str) -> str:
    """A signed time for a form on a thing: when it was shown."""
    return signing.TimestampSigner(salt=_SALT).sign(f"{kind}/{id}")


def submit(request: Any, kind: str, id: str, sent: Sent) -> Comment:
    """Hold a comment until a moderator decides.

    Parameters
    ----------
    request : HttpRequest
        Of the sender: of its address a keyed hash is kept for a while.
    kind, id : str
        What it is on.
    sent : Sent
        The form.

    Raises
    ------
    NotTaken
        With a sentence for the sender.
    """
    text, name = clean(sent.text), " ".join(clean(sent.name).split())
    _check_form(kind, id, sent)
    _check_text(text, name)
    sender = address.keyed_hash(request, "comments")
    now = timezone.now()
    with transaction.atomic():
        _check_limits(sender, now)
        row = Comment(
            kind=kind,
            target=id,
            page=sent.page[:500],
            language=(get_language() or "en")[:5],
            name=name,
            original=text,
            text=text,
            address_hash=sender,
            hash_until=now + timedelta(days=settings.HASH_DAYS),
            fingerprint=fingerprint(text),
        )
        if Comment.objects.filter(fingerprint=row.fingerprint, kind=kind, target=id).exists():
            raise NotTaken(_("The same words have been sent before; one copy is enough."), status=409)
        _add(row)
    return row


def clean(text: str) -> str:
    """Text without control characters and invisible ones that change the order of others; lines end alike."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    kept = (c for c in text if c == "\n" or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn"))
    return re.sub(r"\n{3,}", "\n\n", "".join(kept)).strip()


def fingerprint(text: str) -> str:
    """The same for texts that differ in case, spaces and signs only."""
    words = re.findall(r"\w+", unicodedata.normalize("NFKC", text).casefold())
    return hashlib.sha256(" ".join(words).encode()).hexdigest()


def _check_form(kind: str, id: str, sent: Sent) -> None:
    if sent.trap:
        raise NotTaken(_("A field that must stay empty was filled in. Nothing has been sent."), field="trap")
    signer = signing.TimestampSigner(salt=_SALT)
    try:
        shown = signer.unsign(sent.mark, max_age=SLOWEST)
    except signing.BadSignature as error:
        raise NotTaken(
            _("The form was open for longer than a day, or it was not ours. Send it once more.")
        ) from error
    if shown != f"{kind}/{id}":
        raise NotTaken(_("The form belongs to another page. Send it once more."))
    if _age(sent.mark) < FASTEST:
        raise NotTaken(
            _("That was faster than anybody can read the terms and write. Wait a few seconds, then send it.")
        )


def _age(token: str) -> float:
    """Seconds since a mark was made; it has been found genuine before."""
    from django.core.signing import b62_decode

    return timezone.now().timestamp() - b62_decode(token.rsplit(":", 2)[1])


def _check_text(text: str, name: str) -> None:
    if not text:
        raise NotTaken(_("There is no text."))
    if len(text) > LONGEST:
        raise NotTaken(
            _("The text has %(n)d characters; %(most)d are the most.") % {"n": len(text), "most": LONGEST}
        )
    if len(name) > 60:
        raise NotTaken(_("The name has more than 60 characters."), field="name")
    if notice.links(f"{name} {text}") > MOST_LINKS:
        raise NotTaken(_("The text has more than %(most)d links.") % {"most": MOST_LINKS})


def _check_limits(sender: str, now: Any) -> None:
    hour = Comment.objects.filter(address_hash=sender, created__gt=now - timedelta(hours=1))
    if hour.count() >= AN_HOUR:
        raise NotTaken(
            _("From here %(n)d comments were sent within an hour. Send the next one later.") % {"n": AN_HOUR},
            status=429,
        )
    if Comment.objects.filter(state=State.HELD).count() >= settings.MOST_HELD:
        raise NotTaken(
            _(
                "So many comments wait for a moderator that no more can be taken at the moment. Try again tomorrow."
            ),
            status=503,
        )


def _add(row: Comment) -> None:
    """Keep a comment under a reference that no other has."""
    for _attempt in range(20):
        row.reference = f"{secrets.choice(_LETTERS)}{secrets.randbelow(8) + 2}-{100 + secrets.randbelow(900)}"
        try:
            with transaction.atomic():
                row.save()
            return
        except IntegrityError:
            row.pk = None
    raise NotTaken(_("No reference is free. Try again later."), status=503)


def approve(row: Comment, actor: Any, *, text: str | None = None, reason: str = "", note: str = "") -> None:
    """Show a held comment to readers, as sent or edited.

    Parameters
    ----------
    row : Comment
        As it was read: a decision that came in between is not overwritten.
    actor : User
        Who decides.
    text : str, optional
        As it is to be published; the original by default.
    reason, note : str
        Needed if the text was edited.

    Raises
    ------
    NotDecided
        Without a reason, without a text, or after somebody else's decision.
    """
    published = row.original if text is None else clean(text)
    if not published or len(published) > LONGEST:
        raise NotDecided(_("A text of 1 to %(most)d characters is needed.") % {"most": LONGEST})
    edited = published != row.original
    if edited:
        _check_reason(reason, note)
    _decide(
        row,
        actor,
        Act.EDIT if edited else Act.APPROVE,
        State.APPROVED,
        (State.HELD,),
        reason if edited else "",
        note if edited else "",
        text=published,
        edited=edited,
    )


def refuse(row: Comment, actor: Any, *, reason: str, note: str = "") -> None:
    """Refuse a held comment; it stays in the table and is never shown."""
    _check_reason(reason, note)
    _decide(row, actor, Act.REFUSE, State.REFUSED, (State.HELD,), reason, note)


def remove(row: Comment, actor: Any, *, reason: str, note: str = "") -> None:
    """Take an approved comment down."""
    _check_reason(reason, note)
    _decide(row, actor, Act.REMOVE, State.REMOVED, (State.APPROVED,), reason, note)


def _check_reason(reason: str, note: str) -> None:
    if reason not in Reason.values:
        raise NotDecided(_("Choose a reason."))
    if reason == str(Reason.OTHER) and not note.strip():
        raise NotDecided(_("Say the other reason in the note."))


def _decide(
    row: Comment,
    actor: Any,
    act: Any,
    state: Any,
    before: tuple[Any, ...],
    reason: str,
    note: str,
    **fields: Any,
) -> None:
    """Decision and row of the log, both or none."""
    with transaction.atomic():
        rows = Comment.objects.filter(pk=row.pk, version=row.version, state__in=before)
        note = " ".join(clean(note).split())[:200]
        done = rows.update(
            state=state,
            reason=reason,
            note=note,
            decided=timezone.now(),
            decided_by=actor,
            version=row.version + 1,
            **fields,
        )
        if not done:
            raise NotDecided(
                _("Somebody else has decided in the meantime. Nothing was changed; read it again.")
            )
        why = f"{reason}: {note}" if note else str(reason)
        audit.write(
            actor,
            act,
            f"comment {row.reference}",
            reason=why,
            before=digest(row.original),
            after=digest(fields["text"]) if act == Act.EDIT else "",
        )
    row.refresh_from_db()


def digest(text: str) -> str:
    """What the log keeps of words: their SHA-256."""
    return hashlib.sha256(text.encode()).hexdigest()


def erase(row: Comment, actor: Any, *, reason: str) -> None:
    """Erase the words of a comment, original and published, and its name: for somebody's safety, or because their time has come.

    The row stays, without words, and is shown to no reader any more.

    Parameters
    ----------
    row : Comment
        In any state; nothing happens to one that is erased.
    actor : User or str
        Who does it.
    reason : str
        For the log; without what is erased.
    """
    with transaction.atomic():
        rows = Comment.objects.filter(pk=row.pk, erased=False)
        before = digest(row.original)
        state = State.REFUSED if row.state in (State.HELD, State.REFUSED) else State.REMOVED
        gone = {"original": "", "text": "", "name": "", "note": "", "fingerprint": "", "page": ""}
        if rows.update(erased=True, state=state, version=row.version + 1, **gone):
            audit.write(actor, Act.ERASE, f"comment {row.reference}", reason=reason, before=before)
    row.refresh_from_db()


def retain(now: Any = None) -> int:
    """Remove the hashes of addresses whose date has come; how many there were.

    Parameters
    ----------
    now : datetime, optional
        The present by default.
    """
    due = Comment.objects.filter(hash_until__lte=now or timezone.now()).exclude(address_hash="")
    return int(due.update(address_hash="", hash_until=None))


def erase_old(now: Any = None) -> int:
    """Erase the words of comments that were refused or taken down long ago; how many there were.

    Parameters
    ----------
    now : datetime, optional
        The present by default.
    """
    limit = (now or timezone.now()) - timedelta(days=settings.REFUSED_DAYS)
    old = Comment.objects.filter(state__in=(State.REFUSED, State.REMOVED), decided__lt=limit, erased=False)
    rows = list(old)
    for row in rows:
        erase(row, "the server", reason=f"{settings.REFUSED_DAYS} days are over")
    return len(rows)
