"""Webhooks by Standard Webhooks 1.0, both ways: sent to partners with a signature, taken from them with one."""

from __future__ import annotations

import asyncio
import json
import ssl
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, Self
from urllib.parse import quote

import httpx
from standardwebhooks import Webhook, WebhookVerificationError

from dispatch.delivery.partner_networks import NotThere, PartnerNetworks
from dispatch.delivery.retry_after import retry_after_s
from gateway.errors import LineError, SenderError

ANSWER_WITHIN_S = 10.0
"""A partner that has not answered in full by then hangs; the most that Standard Webhooks advises is 30."""
LONGEST_ANSWER = 65_536
"""Bytes."""
_PORTS = {"http": 80, "https": 443}
_PLAIN = {"accept-encoding": "identity"}
"""A few packed bytes may become any number of others: they are asked for as they are, and read so."""
_AS_IT_IS = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) != "%")


@dataclass(frozen=True, slots=True)
class WebhookAnswer:
    """What a partner's server said."""

    status: int
    body: bytes
    is_json: bool
    retry_after_s: float


class NoAnswer(LineError):  # noqa: N818 - says what happened
    """The partner's server could not be reached, hung, or broke off; the message says which."""


class NotSigned(SenderError):  # noqa: N818 - likewise
    """A webhook's signature does not fit, is missing, or is too old; the message says which."""


@cache
def _public() -> ssl.SSLContext:
    """Whom the world trusts: read once, for every door."""
    return httpx.create_ssl_context(trust_env=False)


class Door:
    """Posts webhooks. Use it in an ``async with`` block."""

    def __init__(
        self,
        networks: PartnerNetworks | None = None,
        within_s: float = ANSWER_WITHIN_S,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """``networks``: where the other side may be, beside public addresses; ``tls``: with a certificate of ours."""
        self._networks = networks or PartnerNetworks()
        self._within_s = within_s
        # No line is kept for the next: it would be found by its address, whoever's certificate was checked on it.
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
        self._client = httpx.AsyncClient(
            timeout=within_s, limits=limits, trust_env=False, follow_redirects=False, verify=tls or _public()
        )

    async def __aenter__(self) -> Self:
        """Begin."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Hang up."""
        await self._client.aclose()

    async def post(self, url: str, key: str, body: Mapping[str, Any], secrets: Sequence[str]) -> WebhookAnswer:
        """Post ``body`` with ``key`` as its id, signed with every secret that holds. Raises ``NoAnswer``."""
        told = json.dumps(body, separators=(",", ":"), ensure_ascii=False)
        name = header_of(key)
        headers = {"content-type": "application/json", "idempotency-key": name, **signed(name, told, secrets)}
        return await self.post_bytes(url, told.encode(), headers)

    async def post_bytes(self, url: str, body: bytes, headers: Mapping[str, str]) -> WebhookAnswer:
        """Post bytes as they are. Raises ``NoAnswer``."""
        try:
            async with asyncio.timeout(self._within_s):
                return await self._ask(httpx.URL(url), body, {**headers, **_PLAIN})
        except TimeoutError:
            raise NoAnswer(f"{url} did not answer within {self._within_s:g} s") from None
        except NotThere as error:
            raise NoAnswer(str(error)) from None
        except (httpx.RequestError, httpx.InvalidURL, UnicodeError) as error:
            raise NoAnswer(f"{url}: {str(error) or type(error).__name__}") from None

    async def _ask(self, url: httpx.URL, body: bytes, headers: dict[str, str]) -> WebhookAnswer:
        """Ask at the first address that takes a connection. Host and certificate are those of the name."""
        host, port = url.raw_host.decode(), url.port or _PORTS[url.scheme]
        addresses = await self._networks.addresses(host, port)
        named = {**headers, "host": url.netloc.decode()}
        for number, address in enumerate(addresses, 1):
            try:
                return await self._ask_at(url.copy_with(host=address), host, body, named)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                if number == len(addresses):
                    raise
        raise AssertionError  # there is one, or ``NotThere``

    async def _ask_at(self, url: httpx.URL, name: str, body: bytes, headers: dict[str, str]) -> WebhookAnswer:
        more = {"sni_hostname": name}
        async with self._client.stream("POST", url, content=body, headers=headers, extensions=more) as answer:
            found = bytearray()
            async for piece in answer.aiter_raw():
                found += piece
                if len(found) > LONGEST_ANSWER:
                    raise NoAnswer(f"{name} answered with more than {LONGEST_ANSWER} bytes")
            is_json = "json" in answer.headers.get("content-type", "")
            return WebhookAnswer(
                answer.status_code, bytes(found), is_json, retry_after_s(answer.headers.get("retry-after"))
            )


def header_of(key: str) -> str:
    """Return a key as a header bears it: what is not of ASCII is escaped as in a URL, and so is the percent sign."""
    return quote(key, safe=_AS_IT_IS)


def signed(key: str, body: str, secrets: Sequence[str], at: float | None = None) -> dict[str, str]:
    """Return the headers that sign a body; ``key`` as ``header_of`` has it.

    ``at``: POSIX seconds of the wall; now, where it is not given.
    """
    sent = datetime.fromtimestamp(int(time.time() if at is None else at), UTC)
    signatures = [Webhook(secret).sign(key, sent, body) for secret in secrets]
    return {
        "webhook-id": key,
        "webhook-timestamp": str(int(sent.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def verify(body: bytes, headers: Mapping[str, str], secrets: Sequence[str]) -> str:
    """Return the id of a webhook that one of ``secrets`` signed within the last five minutes. Raises ``NotSigned``."""
    told = {name.lower(): value for name, value in headers.items()}
    why = "there is no secret"
    for secret in secrets:
        try:
            Webhook(secret).verify(body, told, json_parse=False)
        except WebhookVerificationError as error:
            why = str(error)
        except ValueError:  # a header that is no signature, a body that is no text
            why = "Invalid Signature Headers"
        else:
            return told["webhook-id"]
    raise NotSigned(why)
