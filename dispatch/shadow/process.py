"""The process: follows the ledger, decides beside it, and says on its standard output how that stands, a report a line.

Where the shadow raises, or falls behind, or does not follow the ledger any more, it says so and ends: nobody waits for it.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable

from dispatch.core.events import PrivacyEvent
from dispatch.engine.recovery import restored
from dispatch.shadow.setup import ShadowSetup
from dispatch.store.errors import JournalFailed
from dispatch.store.journal import Journal
from dispatch.views.shadow.moments import moments
from dispatch.views.shadow.report import ShadowReport, State
from dispatch.views.shadow.shadow import NotAlike, Shadow
from gateway.errors import OperatorError

log = logging.getLogger("callahead")

EVERY_S = 0.75
TOLD_EVERY_S = 2.0
"""So often at most it is said what is new, and that it goes on."""
TIMES = 3
"""So often it begins anew from the store where it does not follow the ledger any more."""


class FellBehind(OperatorError):  # noqa: N818 - says what happened
    """The ledger grows faster than this machine reads it and decides beside it."""


class ShadowProcess:
    """``run`` until ``stop`` is set. ``say`` is given each report."""

    def __init__(self, journal: Journal, setup: ShadowSetup, say: Callable[[ShadowReport], None]) -> None:
        self._journal, self._setup, self._say = journal, setup, say
        self._live, policy = setup.policies()
        self._began_at, self._said_at = time.monotonic(), 0.0
        found = restored(journal, policy=self._live)
        self._since, self._from_seq = found.casebook.last_at, found.casebook.last_seq
        self._seq, self._again = self._from_seq, 0
        self._shadow = Shadow(found.desk, policy, time.process_time)

    def run(self, stop: threading.Event) -> None:
        """Follow, and say how it stands; return where it is to end, or cannot go on."""
        why: str | None = None
        self._tell("running")
        while why is None and not stop.wait(EVERY_S):
            with contextlib.suppress(JournalFailed):  # who decides says that the store is away; it is looked at again
                why = self._looked()
            if time.monotonic() - self._said_at > TOLD_EVERY_S:
                self._tell("running")
        if why is not None:
            self._tell("stopped", why)

    def _looked(self) -> str | None:
        """Follow to where the ledger ends. Returns why the shadow cannot go on; ``None``: it can."""
        try:
            self._catch_up()
        except JournalFailed:
            raise
        except FellBehind as error:
            return str(error)
        except NotAlike as error:
            return self._begin_again(error)
        except Exception as error:
            log.exception("the shadow's decision broke")
            return f"behind row {self._seq} its decision broke: {error!r}"
        return None

    def _catch_up(self) -> None:
        began = time.monotonic()
        for moment in moments(self._journal.ledger.rows(after=self._seq)):
            if isinstance(moment.event, PrivacyEvent):
                self._journal.person_keys.forget()
            self._shadow.follow(moment)
            self._seq = moment.last_seq
            now = time.monotonic()
            if now - began > self._setup.behind_s:
                raise FellBehind(f"it fell behind: after {now - began:.0f} s it had not reached the end of the ledger")
            if now - self._said_at > TOLD_EVERY_S:
                self._tell("running")

    def _begin_again(self, error: NotAlike) -> str | None:
        """Stand where the store says that the service stands: something was erased, or is told otherwise since."""
        self._again += 1
        if self._again > TIMES:
            return f"it does not follow the ledger: {error}"
        log.warning("the shadow begins anew from the store: %s", error)
        found = restored(self._journal, policy=self._live)
        self._shadow.goes_on_from(found.desk)
        self._seq = found.casebook.last_seq
        return None

    def _tell(self, state: State, why: str | None = None) -> None:
        self._said_at = time.monotonic()
        shadow, spent = self._shadow, self._shadow.spent
        spent.whole_s = round(time.process_time(), 2)
        spent.share = round(spent.whole_s / max(1.0, self._said_at - self._began_at), 4)
        where = (self._since, self._from_seq, self._seq, self._again)
        figures = (shadow.judge.totals, spent, shadow.judge.differences)
        self._say(ShadowReport(state, why, self._setup.shadow, *where, *figures))
