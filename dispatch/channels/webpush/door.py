"""The door of notifications in browsers. Each is a customer's; a subscription that is over is forgotten."""

from __future__ import annotations

import asyncio
import json
import time
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from dispatch.channels.door import BadSubscription, Ears, Outgoing, is_simulated_host, mixed
from dispatch.channels.webpush.sealed import content_of, public_key, sealed, vapid
from dispatch.channels.webpush.settings import PushSettings, private_key
from dispatch.core.conversation.channels import Channel
from dispatch.delivery.partner_networks import PartnerNetworks
from dispatch.delivery.webhook_sender import refused_or_failed
from dispatch.delivery.webhooks import Door, NoAnswer, WebhookAnswer
from dispatch.outgoing.outbox import Failed, Refused, Result, Taken
from dispatch.registers.customers import PushSubscription
from gateway.finding import Provenance

_OVER = {404, 410}
"""The browser unsubscribed, or is no more."""
_NOT_US = {401, 403}
"""Our own key, or contact, is not taken."""
_LOOPBACK = PartnerNetworks.parse(["127.0.0.0/8"])


class PushDoor:
    """In one event loop. Its other sides are whatever push services browsers have."""

    channel = Channel.PUSH

    def __init__(self, settings: PushSettings, ears: Ears, networks: PartnerNetworks | None = None) -> None:
        """``networks``: where push services may be, beside public addresses."""
        self.provenance: Provenance = settings.provenance
        self.trouble: str | None = None
        self._settings = settings
        self._key = private_key(settings.key)
        self._ears = ears
        self._door = Door(_LOOPBACK if settings.provenance == "simulated" else networks)
        self._stopped = asyncio.Event()

    async def run(self) -> None:
        """Be there until ``stop``."""
        async with self._door:
            await self._stopped.wait()

    def stop(self) -> None:
        """Have ``run`` end."""
        self._stopped.set()

    @property
    def public_key(self) -> str:
        """Return what browsers subscribe for."""
        return public_key(self._key)

    def check(self, browser: PushSubscription) -> None:
        """See that a browser can be sent something. Raises ``BadSubscription``."""
        where = urlsplit(browser.endpoint)
        if self.provenance == "simulated" and not is_simulated_host(where.hostname or ""):
            raise BadSubscription("a simulated browser is at an address of 127.0.0.0/8")
        if self.provenance == "real" and where.scheme != "https":
            raise BadSubscription("a browser's endpoint is an https:// address")
        sealed(b"", browser)

    async def send(self, message: Outgoing) -> Result:
        """Send to every browser of a customer; taken where one takes it."""
        if (objection := mixed(message, self)) is not None:
            return objection
        try:
            browsers = browsers_in(message.to_address)
        except BadSubscription as error:
            return Refused(str(error))
        results = await asyncio.gather(*(self._push(message, one) for one in browsers))
        return next(
            (one for kind in (Taken, Failed, Refused) for one in results if isinstance(one, kind)), Refused(_NONE)
        )

    async def _push(self, message: Outgoing, browser: PushSubscription) -> Result:
        if self.provenance == "simulated" and not is_simulated_host(urlsplit(browser.endpoint).hostname or ""):
            return Refused("a simulated notification goes to an address of 127.0.0.0/8 alone, and this is none")
        try:
            told = sealed(self._content(message), browser)
            answer = await self._door.post_bytes(browser.endpoint, told, self._headers(message, browser.endpoint))
        except BadSubscription as error:
            return Refused(str(error))
        except NoAnswer as error:
            return Failed(str(error))
        return await self._understood(browser, answer)

    def _content(self, message: Outgoing) -> bytes:
        return content_of(message.subject, message.text, message.language, message.link, _topic(message.key))

    def _headers(self, message: Outgoing, endpoint: str) -> dict[str, str]:
        where = urlsplit(endpoint)
        origin = f"{where.scheme}://{where.netloc}"
        return {
            "authorization": vapid(origin, self._settings.contact, self._key, time.time()),
            "content-encoding": "aes128gcm",
            "content-type": "application/octet-stream",
            "ttl": str(int(message.valid_s)),
            "topic": _topic(message.key),
            "urgency": "high",
        }

    async def _understood(self, browser: PushSubscription, answer: WebhookAnswer) -> Result:
        if 200 <= answer.status < 300:  # noqa: PLR2004 - HTTP's classes
            self.trouble = None
            return Taken()
        if answer.status in _OVER:
            await self._ears.gone(self.channel, browser.endpoint)
            return Refused("the browser's subscription is over")
        if answer.status in _NOT_US:
            self.trouble = f"a push service does not take our key: {answer.status}"
            return Failed(self.trouble)
        return refused_or_failed(answer)


_NONE = "the customer has no browser that takes notifications"


def browsers_in(address: str) -> list[PushSubscription]:
    """Read subscriptions, a JSON list as browsers write them. Raises ``BadSubscription``."""
    try:
        found: Any = json.loads(address)
        browsers = [PushSubscription(one["endpoint"], one["p256dh"], one["auth"]) for one in found]
        wrong = [one for one in browsers if urlsplit(one.endpoint).scheme not in {"https", "http"}]
    except (ValueError, TypeError, KeyError) as error:
        raise BadSubscription(f"the subscription cannot be read: {error!r}") from None
    if wrong:
        raise BadSubscription("the subscription's endpoint is no https:// address")
    return browsers


def _topic(key: str) -> str:
    """Return under what a notification is known: one that comes again takes the place of the first."""
    return sha256(key.encode()).hexdigest()[:32]
