"""The door of social messages."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError

from dispatch.channels.door import LONGEST_TEXT, Ears, Outgoing, Receipt, Received, check_host, mixed
from dispatch.channels.social.settings import SocialSettings
from dispatch.core.conversation.channels import Channel
from dispatch.delivery.partner_networks import PartnerNetworks
from dispatch.delivery.webhook_sender import refused_or_failed
from dispatch.delivery.webhooks import Door, NoAnswer, verify
from dispatch.outgoing.outbox import Failed, Refused, Result, Taken
from gateway.contract.bounds import PRINTABLE
from gateway.errors import SenderError
from gateway.finding import Provenance

LONGEST = 65_536
"""Bytes of what the platform says at once."""
_LOOPBACK = PartnerNetworks.parse(["127.0.0.0/8"])
Name = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=PRINTABLE)]


class _FromPlatform(BaseModel):
    """Members that we do not know are no fault."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class _MessageIn(_FromPlatform):
    id: Name
    sender: Annotated[Name, Field(alias="from")]
    text: Annotated[str, StringConstraints(max_length=20_000)]
    answers: Annotated[str, StringConstraints(max_length=200)] = ""
    """Id of the message of ours that it answers."""


class _StatusIn(_FromPlatform):
    id: Name
    status: Literal["delivered", "read", "failed", "refused"]
    why: Annotated[str, StringConstraints(max_length=200)] = ""


class _Received(_FromPlatform):
    type: Literal["message.received"]
    data: _MessageIn


class _Status(_FromPlatform):
    type: Literal["message.status"]
    data: _StatusIn


_HOOK: TypeAdapter[_Received | _Status] = TypeAdapter(Annotated[_Received | _Status, Field(discriminator="type")])


class UnreadableHook(SenderError):  # noqa: N818 - says what it is
    """What the platform says cannot be read; the message says why."""


class SocialDoor:
    """In one event loop. ``take`` what the platform posts to us."""

    channel = Channel.SOCIAL

    def __init__(
        self,
        settings: SocialSettings,
        ears: Ears,
        now: Callable[[], float],
        networks: PartnerNetworks | None = None,
    ) -> None:
        """``now``: POSIX seconds. ``networks``: where the platform may be, beside public addresses. Raises ``BadDoor``."""
        check_host("social", urlsplit(settings.url).hostname or "", settings.provenance)
        self.provenance: Provenance = settings.provenance
        self.trouble: str | None = None
        self._settings = settings
        self._ears = ears
        self._now = now
        self._door = Door(_LOOPBACK if settings.provenance == "simulated" else networks)
        self._stopped = asyncio.Event()

    async def run(self) -> None:
        """Be there until ``stop``."""
        async with self._door:
            await self._stopped.wait()

    def stop(self) -> None:
        """Have ``run`` end."""
        self._stopped.set()

    async def send(self, message: Outgoing) -> Result:
        """Post a message."""
        if (objection := mixed(message, self)) is not None:
            return objection
        if not message.to_address or len(message.to_address) > 200:  # noqa: PLR2004 - as ``Name``
            return Refused("there is no account to write to")
        told = {"key": message.key, "to": message.to_address, "text": message.text, "language": message.language}
        try:
            answer = await self._door.post(
                self._settings.url, message.key, {"type": "message.send", "data": told}, [self._settings.secret]
            )
        except NoAnswer as error:
            self.trouble = f"the social platform: {error}"
            return Failed(self.trouble)
        self.trouble = None
        if not 200 <= answer.status < 300:  # noqa: PLR2004 - HTTP's classes
            return refused_or_failed(answer)
        return Taken((_named(answer.body) or message.key,))

    async def take(self, body: bytes, headers: Mapping[str, str]) -> None:
        """Take what the platform posts; return once it is stored. Raises ``NotSigned``, ``UnreadableHook``, ``NotNow``."""
        verify(body, headers, [self._settings.secret])
        try:
            said = _HOOK.validate_json(body)
        except ValidationError as error:
            raise UnreadableHook(_first(error)) from None
        match said:
            case _Status(data=status):
                await self._ears.reported(Receipt(self.channel, status.id, status.status, status.why))
            case _Received(data=message):
                ref = hashlib.sha256(message.id.encode()).hexdigest()[:24]
                text = message.text[:LONGEST_TEXT]
                await self._ears.heard(
                    Received(
                        self.channel, ref, message.sender, text, self._now(), self.provenance, answers=message.answers
                    )
                )


def _named(body: bytes) -> str | None:
    """Return what the platform calls a message, where it says so."""
    try:
        found: Any = json.loads(body)
        named = found["id"]
    except (ValueError, TypeError, KeyError):
        return None
    return named if isinstance(named, str) and 0 < len(named) <= 200 else None  # noqa: PLR2004 - as ``Name``


def _first(error: ValidationError) -> str:
    one = error.errors(include_url=False, include_input=False)[0]
    return f"/{'/'.join(map(str, one['loc']))}: {one['msg']}"
