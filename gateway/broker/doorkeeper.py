"""Answers a broker of ours that asks who may connect, on a thread of its own for each server, and has others cut off."""

from __future__ import annotations

import hmac
import logging
import secrets
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from gateway.access.admission import Admission, NotAdmitted
from gateway.access.credentials import Access
from gateway.access.nats_config import AUTHENTICATE_WITHIN_S, permissions
from gateway.access.nats_tokens import Question, Signer, read_question
from gateway.access.rights import SERVICE
from gateway.broker.hung_up import WHY_HUNG_UP, HungUp, Repeaters, quoted_from, read_hung_up
from gateway.broker.nats_client import NatsClient, NoAnswer
from gateway.broker.retained import WAKER
from gateway.contract.cards import shown
from gateway.contract.client_ids import owner_of
from gateway.intake.intake import Refusal

log = logging.getLogger("callahead")

ASKED = "$SYS.REQ.USER.AUTH"
HUNG_UP = "$SYS.ACCOUNT.*.DISCONNECT"
AGAIN_S = 0.2
"""Between two tries to be asked again, where the connection broke."""
_LET_IN = 100_000
"""Of so many connections it is known whose they are."""
_ID_SHOWN = 64


@dataclass(frozen=True, slots=True)
class _Admitted:
    username: str
    at: float


class Doorkeeper:
    """Knows who may connect. Without ``access`` everybody may do everything."""

    def __init__(self, access: Access | None) -> None:
        self.signer = Signer()
        self.waker_password = secrets.token_urlsafe()
        self.on_refusal: Callable[[Refusal], None] = _nobody_asks
        """Told, on a thread of ours, of what was not heard because a server hung up."""
        self._lock = threading.Lock()
        self._admission = self._made(access)
        self._let_in: dict[tuple[str, int], _Admitted] = {}
        """By server and the number of the connection there."""
        self._repeaters = Repeaters()

    def admit(self, access: Access) -> set[str]:
        """Decide by ``access`` from now on; return the users whose connections hold no more."""
        admission = self._made(access)
        with self._lock:
            before, self._admission = self._admission, admission
        return admission.changed_since(before.access) if admission and before else set()

    def knows(self, username: str) -> bool:
        """Tell whether there is such a user."""
        with self._lock:
            return self._admission is None or self._admission.knows(username)

    def hung_up(self, one: HungUp, log_file: Path) -> None:
        """Say on whom a server hung up, and why; what strangers call themselves when they knock fills no log, and harms nobody."""
        with self._lock:
            let_in = self._let_in.pop((one.server, one.connection), None)
        if one.reason not in WHY_HUNG_UP:
            return
        username = let_in.username if let_in else owner_of(one.client_id)
        if username is None or not self.knows(username):
            return
        _, why = WHY_HUNG_UP[one.reason]
        told = username if let_in else f"somebody who calls itself {username} and was not let in yet"
        log.warning("the embedded broker hung up on %s: %s", told, why, extra={"flood": f"hung up on {username}"})
        refusal = one.refusal(username, quoted_from(log_file, one.connection)) if let_in else None
        if refusal is not None and username != SERVICE:
            with self._lock:
                self._repeaters.note((username, one.client_id), time.monotonic())
            self.on_refusal(refusal)

    def let_in_lately(self, server: str, users: set[str]) -> list[int]:
        """Return the connections of ``users`` that a server may not list yet, so shortly ago were they let in."""
        since = time.monotonic() - AUTHENTICATE_WITHIN_S
        with self._lock:
            lately = [who for who, one in self._let_in.items() if one.at >= since and one.username in users]
        return [connection for its, connection in lately if its == server]

    def answer(self, token: bytes, *, by_certificate: bool) -> bytes:
        """Return the answer to a server's question."""
        asked = read_question(token, by_certificate=by_certificate)
        with self._lock:
            try:
                return self._yes(asked)
            except NotAdmitted as refused:
                return self.signer.no(asked, str(refused))

    def _yes(self, asked: Question) -> bytes:
        admission, caller = self._admission, asked.caller
        if caller.username == WAKER and hmac.compare_digest(
            (caller.password or "").encode(), self.waker_password.encode()
        ):
            return self.signer.yes(asked, WAKER, {"publish": {"deny": [">"]}, "subscribe": {"deny": [">"]}})
        if admission is None:
            username, rights = caller.username or SERVICE, None
        else:
            username = admission.admit(caller)
            rights = None if username == SERVICE else permissions(admission.access.rights(username))
        if self._repeaters.is_out((username, caller.client_id), time.monotonic()):
            raise NotAdmitted(
                "what it sent last had it cut off again and again; it is to wait a minute, and to send it otherwise"
            )
        if len(self._let_in) >= _LET_IN:
            del self._let_in[next(iter(self._let_in))]
        self._let_in[asked.server, asked.connection] = _Admitted(username, time.monotonic())
        return self.signer.yes(asked, username, rights)

    def _made(self, access: Access | None) -> Admission | None:
        return Admission(access, _warn) if access else None


class AuthListener:
    """Keeps one server's door: has itself asked until it is closed, whatever becomes of the connection."""

    def __init__(
        self, keeper: Doorkeeper, connect: Callable[[], NatsClient], log_file: Path, *, by_certificate: bool
    ) -> None:
        """``log_file``: the server's. Raises ``NoAnswer`` where the server does not answer now."""
        self._keeper, self._connect, self._by_certificate = keeper, connect, by_certificate
        self._log_file = log_file
        self._closed = threading.Event()
        self._client = self._listening()
        threading.Thread(target=self._keep, name="doorkeeper", daemon=True).start()

    def close(self) -> None:
        """Answer no more."""
        self._closed.set()
        self._client.close()

    def _listening(self) -> NatsClient:
        client = self._connect()
        client.subscribe(ASKED)
        client.subscribe(HUNG_UP)
        return client

    def _keep(self) -> None:
        while not self._closed.is_set():
            with suppress(NoAnswer):
                self._answer_all(self._client)
            if self._closed.wait(AGAIN_S):
                return
            with suppress(NoAnswer):
                self._client = self._listening()
                if self._closed.is_set():
                    self._client.close()

    def _answer_all(self, client: NatsClient) -> None:
        for heard in client.heard():
            try:
                if not heard.reply:
                    self._keeper.hung_up(read_hung_up(heard.payload), self._log_file)
                    continue
                answer = self._keeper.answer(heard.payload, by_certificate=self._by_certificate)
            except (
                Exception
            ):  # whatever one caller sent, the others are answered; this one is refused when its time is up
                log.exception("a broker's question who may connect was not understood")
            else:
                client.publish(heard.reply, answer)


def _nobody_asks(_refusal: Refusal) -> None:
    """Nobody wants to know."""


def _warn(username: str, client_id: str) -> None:
    log.warning(
        "%s connects with a client id that is not its own, %r: write its name, or its name, a colon and a suffix; with "
        "--client-ids refuse it is not let in",
        username,
        shown(client_id, _ID_SHOWN),
        extra={"flood": f"client id of {username}"},
    )
