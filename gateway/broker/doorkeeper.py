"""Answers a broker of ours that asks who may connect, on a thread of its own for each server, and has others cut off."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from gateway.access.admission import Admission, NotAdmitted
from gateway.access.credentials import Access
from gateway.access.nats_config import AUTHENTICATE_WITHIN_S, MAX_PAYLOAD, permissions
from gateway.access.nats_tokens import Question, Signer, read_question
from gateway.access.rights import SERVICE
from gateway.broker.nats_client import NatsClient, NoAnswer
from gateway.contract.cards import shown

log = logging.getLogger("callahead")

ASKED = "$SYS.REQ.USER.AUTH"
HUNG_UP = "$SYS.ACCOUNT.*.DISCONNECT"
WHY_HUNG_UP = {
    "Protocol Violation": "what it sent is no MQTT 3.1.1, or its topic has a space or another character that this broker does "
    "not take: have it choose another name",
    "Parse Error": "what it sent is no MQTT 3.1.1",
    "Maximum Message Payload Exceeded": f"a message of it has more than {MAX_PAYLOAD} bytes",
    "Slow Consumer (Pending Bytes)": "it subscribed to more than it reads",
    "Slow Consumer (Write Deadline)": "it subscribed to more than it reads",
}
"""A server's own words for why it hung up on somebody, and ours. It tells nobody else; a client that sends the same again is cut
off again, and nothing else on its connection is heard."""
AGAIN_S = 0.2
"""Between two tries to be asked again, where the connection broke."""
_LATELY = 20_000
"""So many of those that were let in lately are remembered until the server lists them."""
_ID_SHOWN = 64


@dataclass(frozen=True, slots=True)
class _Admitted:
    server: str
    connection: int
    username: str
    at: float


class Doorkeeper:
    """Knows who may connect. Without ``access`` everybody may do everything."""

    def __init__(self, access: Access | None) -> None:
        self.signer = Signer()
        self._lock = threading.Lock()
        self._admission = self._made(access)
        self._lately: deque[_Admitted] = deque(maxlen=_LATELY)

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

    def let_in_lately(self, server: str, users: set[str]) -> list[int]:
        """Return the connections of ``users`` that a server may not list yet, so shortly ago were they let in."""
        since = time.monotonic() - AUTHENTICATE_WITHIN_S
        with self._lock:
            lately = [one for one in self._lately if one.at >= since and one.server == server]
        return [one.connection for one in lately if one.username in users]

    def answer(self, token: bytes, *, by_certificate: bool) -> bytes:
        """Return the answer to a server's question."""
        asked = read_question(token, by_certificate=by_certificate)
        with self._lock:
            try:
                return self._yes(asked)
            except NotAdmitted as refused:
                return self.signer.no(asked, str(refused))

    def _yes(self, asked: Question) -> bytes:
        admission = self._admission
        if admission is None:
            return self.signer.yes(asked, asked.caller.username or SERVICE, None)
        username = admission.admit(asked.caller)
        self._lately.append(_Admitted(asked.server, asked.connection, username, time.monotonic()))
        rights = None if username == SERVICE else permissions(admission.access.rights(username))
        return self.signer.yes(asked, username, rights)

    def _made(self, access: Access | None) -> Admission | None:
        return Admission(access, _warn) if access else None


class AuthListener:
    """Keeps one server's door: has itself asked until it is closed, whatever becomes of the connection."""

    def __init__(self, keeper: Doorkeeper, connect: Callable[[], NatsClient], *, by_certificate: bool) -> None:
        """Raises ``NoAnswer`` where the server does not answer now."""
        self._keeper, self._connect, self._by_certificate = keeper, connect, by_certificate
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
                    self._warn_of_hanging_up(heard.payload)
                    continue
                answer = self._keeper.answer(heard.payload, by_certificate=self._by_certificate)
            except (
                Exception
            ):  # whatever one caller sent, the others are answered; this one is refused when its time is up
                log.exception("a broker's question who may connect was not understood")
            else:
                client.publish(heard.reply, answer)

    def _warn_of_hanging_up(self, told: bytes) -> None:
        """Say on whom a server hung up for what it sent; what strangers call themselves when they knock fills no log."""
        advisory = json.loads(told)
        username, why = advisory["client"].get("user"), WHY_HUNG_UP.get(advisory["reason"])
        if username and why and self._keeper.knows(username):
            log.warning(
                "the embedded broker hung up on %s: %s", username, why, extra={"flood": f"hung up on {username}"}
            )


def _warn(username: str, client_id: str) -> None:
    log.warning(
        "%s connects with a client id that is not its own, %r: write its name, or its name, a colon and a suffix; with "
        "--client-ids refuse it is not let in",
        username,
        shown(client_id, _ID_SHOWN),
        extra={"flood": f"client id of {username}"},
    )
