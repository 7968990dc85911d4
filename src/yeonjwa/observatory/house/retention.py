"""What is removed when its time has come: hashes of addresses, words of refused comments, failed log-ins, sessions."""

from __future__ import annotations

import logging
import threading
from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import DatabaseError, connections
from django.utils import timezone

#: Seconds between two times.
EVERY: Final = 3600.0
_LOG: Final = logging.getLogger(__name__)


def apply(now: Any = None) -> dict[str, int]:
    """Remove what is due, and say how much of each kind that was.

    Parameters
    ----------
    now : datetime, optional
        The present by default.
    """
    from axes.models import AccessAttempt, AccessFailureLog

    from yeonjwa.observatory.comments import services
    from yeonjwa.observatory.house import throttle

    now = now or timezone.now()
    old = now - settings.AXES_COOLOFF_TIME - timedelta(hours=1)
    attempts, _by_model = AccessAttempt.objects.filter(attempt_time__lt=old).delete()
    failures, _by_model = AccessFailureLog.objects.filter(attempt_time__lt=old).delete()
    sessions, _by_model = Session.objects.filter(expire_date__lt=now).delete()
    return {
        "hashes of addresses": services.retain(now),
        "words of refused comments": services.erase_old(now),
        "failed log-ins": attempts + failures + throttle.forget(now),
        "sessions": sessions,
    }


def start(stop: threading.Event) -> threading.Thread:
    """Apply it now and every hour, in a thread, until ``stop`` is set.

    Parameters
    ----------
    stop : threading.Event
        Ends the thread.
    """

    def loop() -> None:
        while True:
            try:
                apply()
            except DatabaseError as error:
                _LOG.warning("nothing was removed this time: %s", error)
            finally:
                connections.close_all()
            if stop.wait(EVERY):
                return

    thread = threading.Thread(target=loop, name="retention", daemon=True)
    thread.start()
    return thread
