"""What a NATS server is answered that asks who may connect: a signed token with the user's rights (its auth callout).

A token is a JWT with Ed25519, and keys are written as NATS writes them: base32 of a kind, the key and a CRC-16. The key lives
as long as the broker's process and is written nowhere: the server is told its public half.
"""

from __future__ import annotations

import base64
import binascii
import json
import time
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gateway.access.admission import ConnectingClient
from gateway.access.authority import serial_of

GLOBAL_ACCOUNT = "$G"
"""Where all devices are, and the stores of the brokers there were before."""
_ACCOUNT_KEY = 0
_VERSION = 2
_HEADER = json.dumps({"typ": "JWT", "alg": "ed25519-nkey"}).encode()
Claims = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Question:
    """One server's question about one connection."""

    server: str
    """The server's id."""
    user_key: str
    """Names the connection; the answer has to say it."""
    connection: int
    caller: ConnectingClient


class Signer:
    """Signs answers. ``account`` is what the server knows it by."""

    def __init__(self) -> None:
        self._key = Ed25519PrivateKey.generate()
        self.account = _public_name(self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))

    def yes(self, asked: Question, username: str, permissions: Claims | None) -> bytes:
        """Return the answer that lets a connection in as ``username``; without permissions it may do everything."""
        rights = permissions or {"publish": {}, "subscribe": {}}
        user = {
            "sub": asked.user_key,
            "aud": GLOBAL_ACCOUNT,
            "name": username,
            "nats": {
                "type": "user",
                "version": _VERSION,
                "pub": rights["publish"],
                "sub": rights["subscribe"],
                "subs": -1,
                "data": -1,
                "payload": -1,
                "allowed_connection_types": ["MQTT"],
            },
        }
        return self._answer(asked, {"jwt": self._signed(user).decode()})

    def no(self, asked: Question, why: str) -> bytes:
        """Return the answer that does not."""
        return self._answer(asked, {"error": why})

    def _answer(self, asked: Question, said: Claims) -> bytes:
        body = {"type": "authorization_response", "version": _VERSION, **said}
        return self._signed({"sub": asked.user_key, "aud": asked.server, "nats": body})

    def _signed(self, claims: Claims) -> bytes:
        body = {**claims, "iss": self.account, "iat": int(time.time())}
        signed = _base64(_HEADER) + b"." + _base64(json.dumps(body).encode())
        return signed + b"." + _base64(self._key.sign(signed))


def read_question(token: bytes, *, by_certificate: bool) -> Question:
    """Read a server's question. It comes over a connection that nobody else has, so its signature is not looked at."""
    asked = json.loads(base64.urlsafe_b64decode(token.split(b".")[1] + b"=="))["nats"]
    client, given = asked["client_info"], asked["connect_opts"]
    return Question(
        asked["server_id"]["id"],
        asked["user_nkey"],
        client["id"],
        ConnectingClient(
            client.get("mqtt_id", ""),
            given.get("user"),
            given.get("pass"),
            _serial(asked.get("client_tls")) if by_certificate else None,
            by_certificate=by_certificate,
        ),
    )


def _serial(tls: Claims | None) -> str | None:
    """Return the serial number of the certificate that a caller has shown and the server has found good."""
    chains = (tls or {}).get("verified_chains")
    return serial_of(x509.load_pem_x509_certificate(chains[0][0].encode())) if chains else None


def _public_name(key: bytes) -> str:
    named = bytes([_ACCOUNT_KEY]) + key
    return base64.b32encode(named + binascii.crc_hqx(named, 0).to_bytes(2, "little")).decode().rstrip("=")


def _base64(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")
