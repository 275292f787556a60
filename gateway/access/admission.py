"""Who is let in by a broker that asks us: the right password or certificate, under a client id of the user's own.

Whoever connects with another's client id takes over that session and may delete what waits in it. So an id belongs to its
user (``gateway.contract.client_ids``). While fleets change over, an id that is nobody's is only warned of; one that belongs
to another user, or to the service, never opens; a vendor's own line may have its devices'.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass

import bcrypt

from gateway.access.credentials import Access, ClientIds, Credential
from gateway.access.rights import ANYBODY, SERVICE
from gateway.contract.client_ids import owner_of
from gateway.errors import SenderError

ASSIGNED = re.compile(r"[0-9A-Za-z]{22}")
"""An id that the broker drew for a client that gave none: its session ends with the connection."""


class NotAdmitted(SenderError):  # noqa: N818 - an answer to who knocks
    """The caller's fault: the message says why, and quotes nothing of what it sent."""


@dataclass(frozen=True, slots=True)
class ConnectingClient:
    """Who knocks at a broker, as it says of itself."""

    client_id: str
    username: str | None = None
    password: str | None = None
    certificate: str | None = None
    """Serial number of a client certificate that our authority signed and the listener checked, hexadecimal."""
    by_certificate: bool = False
    """The listener wants a certificate, and no password."""


class Admission:
    """Decides for everything that ``access`` says; another one is made when that changes."""

    def __init__(self, access: Access, on_foreign_id: Callable[[str, str], None] = lambda _user, _id: None) -> None:
        """``on_foreign_id`` is told of user and client id where only a warning is due."""
        self.access = access
        self._on_foreign_id = on_foreign_id
        self._known = {known.username: known for known in access.credentials}
        self._vendors = {_vendor(name) for name in self._known}
        self._by_serial = {known.certificate: known for known in access.credentials if known.certificate}
        self._secret = secrets.token_bytes(32)
        self._right: dict[str, bytes] = {}
        """Of users who gave the right password before: a keyed digest of it, a thousand times cheaper than bcrypt's."""

    def admit(self, caller: ConnectingClient) -> str:
        """Return whose rights the caller has: a user's, ``SERVICE``'s or ``ANYBODY``'s. Raises ``NotAdmitted``."""
        username = self._authenticated(caller)
        self._check_id(username, caller.client_id)
        return username

    def knows(self, username: str) -> bool:
        """Tell whether there is such a user: whoever knocks may call itself anything."""
        anybody = {ANYBODY} if self.access.open_demo else set()
        return username in self._known or username in {self.access.service.username, *anybody}

    def changed_since(self, before: Access) -> set[str]:
        """Return the users whose connections hold no more: their credential is another one, or gone."""
        was = {known.username: known for known in before.credentials}
        gone = {name for name, known in was.items() if self._known.get(name) != known}
        return gone | ({ANYBODY} if before.open_demo and not self.access.open_demo else set())

    def _authenticated(self, caller: ConnectingClient) -> str:
        if caller.by_certificate:
            known = self._by_serial.get(caller.certificate or "")
            return _or_not_admitted(known, "no certificate of ours that still holds").username
        if caller.username is None:
            if self.access.open_demo:
                return ANYBODY
            raise NotAdmitted("no user name")
        service = self.access.service
        known = service if caller.username == service.username else self._known.get(caller.username)
        if not self._is_right(_or_not_admitted(known, "no such user"), caller.password or ""):
            raise NotAdmitted("a wrong password")
        return caller.username

    def _is_right(self, known: Credential, password: str) -> bool:
        digest = hmac.digest(self._secret, password.encode(), hashlib.sha256)
        if hmac.compare_digest(self._right.get(known.username, b""), digest):
            return True
        right = len(password) <= LONGEST_PASSWORD and bcrypt.checkpw(password.encode(), known.bcrypt.encode())
        if right:
            self._right[known.username] = digest
        return right

    def _check_id(self, username: str, client_id: str) -> None:
        owner = owner_of(client_id)
        if username in {SERVICE, owner}:
            return
        if client_id == self.access.service_session or self._is_anothers(username, owner):
            raise NotAdmitted("the client id is another's")
        if username == ANYBODY or ASSIGNED.fullmatch(client_id):
            return
        if self.access.client_ids is ClientIds.REFUSE:
            raise NotAdmitted("the client id is not the user's name, alone or with a suffix")
        self._on_foreign_id(username, client_id)

    def _is_anothers(self, username: str, owner: str | None) -> bool:
        """Tell whether an id is of a known user, or of any device of a vendor that has one.

        A vendor's own line may have the id of a device of its own: such fleets are let change over.
        """
        if owner is None or (username != ANYBODY and username == _vendor(owner)):
            return False
        return owner in self._known or (_vendor(owner) in self._vendors and _vendor(owner) != _vendor(username))


LONGEST_PASSWORD = 72
"""Bytes that bcrypt reads; ours have 32."""


def _or_not_admitted(known: Credential | None, why: str) -> Credential:
    if known is None:
        raise NotAdmitted(why)
    return known


def _vendor(username: str) -> str:
    return username.partition("/")[0]
