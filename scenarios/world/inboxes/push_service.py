"""A push service and the browsers behind it: each subscribes, opens what is sealed for it, and may go."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import Any, Self

import http_ece
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from dispatch.registers.customers import PushSubscription
from scenarios.world.inboxes.letters import Inboxes, InboxLetter
from scenarios.world.inboxes.web import WebAnswered, WebAsked, WebServer

_SECRET_BYTES = 16


@dataclass(slots=True)
class _Browser:
    key: ec.EllipticCurvePrivateKey
    secret: bytes
    gone: bool = False
    ttl: list[int] = field(default_factory=list)


class PushService:
    """``async with PushService(house's key) as service``."""

    def __init__(self, house: str, port: int = 0) -> None:
        """``house``: the key that browsers subscribe for; whatever is not signed with it is turned away."""
        self.inboxes = Inboxes()
        self.status: int | None = None
        """What it answers to everything; ``None``: as is right."""
        self._house = house
        self._browsers: dict[str, _Browser] = {}
        self._web = WebServer(self._take, port)

    async def __aenter__(self) -> Self:
        """Listen."""
        await self._web.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Listen no more."""
        await self._web.__aexit__()

    def subscribe(self, browser: str) -> PushSubscription:
        """Have a browser take notifications; return where and with which keys."""
        key = ec.generate_private_key(ec.SECP256R1())
        secret = (browser.encode() * _SECRET_BYTES)[:_SECRET_BYTES]
        self._browsers[f"/{browser}"] = _Browser(key, secret)
        public = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return PushSubscription(f"{self._web.url}/{browser}", _written(public), _written(secret))

    def unsubscribe(self, browser: str) -> None:
        """Have a browser take none any more."""
        self._browsers[f"/{browser}"].gone = True

    def lifetimes(self, browser: str) -> list[int]:
        """Return for how many seconds each notification was to be kept."""
        return self._browsers[f"/{browser}"].ttl

    def _take(self, asked: WebAsked) -> WebAnswered:
        browser = self._browsers.get(asked.path)
        if self.status is not None:
            return WebAnswered(self.status)
        if browser is None or browser.gone:
            return WebAnswered(410)
        if not _is_signed(asked.headers.get("authorization", ""), self._house, self._web.url):
            return WebAnswered(403)
        told = http_ece.decrypt(asked.body, private_key=browser.key, auth_secret=browser.secret)
        shown: dict[str, Any] = json.loads(told)
        browser.ttl.append(int(asked.headers["ttl"]))
        name = asked.path.removeprefix("/")
        self.inboxes.put(InboxLetter(name, shown["body"], shown["tag"], shown["title"], shown["link"]))
        return WebAnswered(201)


def _is_signed(authorization: str, house: str, origin: str) -> bool:
    """Check RFC 8292: signed with the key that browsers subscribed for, for this service alone."""
    parts = dict(part.strip().partition("=")[::2] for part in authorization.removeprefix("vapid ").split(","))
    token, key = parts.get("t", ""), parts.get("k", "")
    signed, _, signature = token.rpartition(".")
    octets = _read(signature)
    try:
        public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _read(key))
        found = encode_dss_signature(int.from_bytes(octets[:32]), int.from_bytes(octets[32:]))
        public.verify(found, signed.encode(), ec.ECDSA(hashes.SHA256()))
    except (ValueError, InvalidSignature):
        return False
    claims = json.loads(_read(signed.partition(".")[2]))
    return key == house and claims["aud"] == origin and claims["sub"].startswith("mailto:")


def _written(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def _read(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
