"""A credential: a password told once, of which only hashes are kept, and perhaps a client certificate.

Passwords are drawn here, 192 bits each, so guessing is hopeless however cheap the hash is; a cheap one lets thousands
of devices connect at once. Both brokers read a hash of their own kind.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass
from enum import StrEnum

import bcrypt

from gateway.access.rights import Rights, rights_of
from gateway.mapping.rules import VendorMapping

BCRYPT_COST = 4
"""The least there is: 1 ms for each connection, where 11 would be 0.1 s."""
PBKDF2_ROUNDS = 101
"""Mosquitto's own."""
PASSWORD_BYTES = 24


class ClientIds(StrEnum):
    """What becomes of a user whose client id is not its own: let in with a warning while fleets change over, or not."""

    WARN = "warn"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Credential:
    """What is kept of a vendor's or device's credential."""

    username: str
    """``acme`` or ``acme/car-1``."""
    bcrypt: str
    """Of the password, as NATS reads it."""
    pbkdf2: str
    """Of the same password, as Mosquitto reads it."""
    issued_at: float
    """POSIX seconds."""
    certificate: str | None = None
    """The client certificate's serial number, hexadecimal; where there is one."""
    certificate_until: float | None = None
    """When it expires, POSIX seconds."""


@dataclass(frozen=True, slots=True)
class Access:
    """Everything a broker must know of who may connect. ``open_demo``: also whoever gives no name."""

    service: Credential
    credentials: tuple[Credential, ...] = ()
    open_demo: bool = False
    revocations: bytes = b""
    """The authority's revocation list (PEM); empty where it never signed anything."""
    mappings: tuple[VendorMapping, ...] = ()
    """Vendors' own topics, which the service hears, too."""
    client_ids: ClientIds = ClientIds.WARN
    service_session: str | None = None
    """The service's own client id: nobody else's, whatever stands in ``client_ids``."""

    def rights(self, username: str) -> Rights:
        """Return what a vendor, a device or anybody may do."""
        return rights_of(username, self.mappings)


def draw_password() -> str:
    """Return a new password of letters, digits, ``-`` and ``_``."""
    return secrets.token_urlsafe(PASSWORD_BYTES)


def credential(username: str, password: str, issued_at: float) -> Credential:
    """Return what is kept of a password."""
    return Credential(username, bcrypt_hash(password), pbkdf2_hash(password), issued_at)


def bcrypt_hash(password: str) -> str:
    """Return the hash that NATS reads."""
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(BCRYPT_COST)).decode()


def pbkdf2_hash(password: str) -> str:
    """Return the hash of ``mosquitto_passwd``: ``$7$``, rounds, salt and PBKDF2-HMAC-SHA512."""
    salt = secrets.token_bytes(12)
    key = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, PBKDF2_ROUNDS)
    return f"$7${PBKDF2_ROUNDS}${base64.b64encode(salt).decode()}${base64.b64encode(key).decode()}"
