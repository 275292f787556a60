"""All of the world's servers for written channels at once, and the file by which a service finds them."""

from __future__ import annotations

import base64
import os
import socket
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Self

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from dispatch.channels.webpush.sealed import public_key
from scenarios.world.inboxes.mail_server import WorldMail
from scenarios.world.inboxes.push_service import PushService
from scenarios.world.inboxes.sms_centre import LOOPBACK, SmsCentre
from scenarios.world.inboxes.social_platform import SocialPlatform

HOUSE = "help@house.example"
"""To whom customers of the world write mails."""
_SMS_SECRET = "secret"  # noqa: S105 - of a simulated centre


class WorldInboxes:
    """``async with WorldInboxes(post) as inboxes``; then ``write`` the service's file and start it with ``--channels``."""

    def __init__(self, post: Callable[[str, bytes, dict[str, str]], Awaitable[int]]) -> None:
        """``post``: posts to a path of the service's API, and returns the status."""
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._secret = "whsec_" + base64.b64encode(os.urandom(32)).decode()
        self._mails_at = _free_port()
        self._stack = AsyncExitStack()

        async def bring(body: bytes, headers: dict[str, str]) -> int:
            return await post("/api/v1/channels/social/webhook", body, headers)

        self.sms = SmsCentre()
        self.mail = WorldMail(lambda: (LOOPBACK, self._mails_at))
        self.push = PushService(public_key(self._key))
        self.social = SocialPlatform(self._secret, bring)

    async def __aenter__(self) -> Self:
        """Listen."""
        for server in (self.sms, self.mail, self.push, self.social):
            await self._stack.enter_async_context(server)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Listen no more."""
        await self._stack.aclose()

    def write(self, folder: Path) -> Path:
        """Write the service's file, and its secrets beside it, readable by their owner alone; return where."""
        pem = self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        for name, secret in (("push", pem), ("social", self._secret)):
            _private(folder / f"{name}.secret", secret)
        here = f'provenance = "simulated"\nhost = "{LOOPBACK}"\n'
        file = folder / "channels.toml"
        _private(
            file,
            f"{sms_section(self.sms.port, folder)}[email]\n{here}port = {self.mail.port}\n"
            f'tls = "none"\nsender = "{HOUSE}"\nlisten = "{LOOPBACK}"\n'
            f"listen_port = {self._mails_at}\n"
            f'[push]\nprovenance = "simulated"\ncontact = "mailto:{HOUSE}"\nkey = "@{folder}/push.secret"\n'
            f'[social]\nprovenance = "simulated"\nurl = "{self.social.url}"\nsecret = "@{folder}/social.secret"\n',
        )
        return file


def sms_section(port: int, folder: Path) -> str:
    """Write the secret of an SMS centre into a folder, and return the section by which a service finds the centre."""
    _private(folder / "sms.secret", _SMS_SECRET)
    return (
        f'[sms]\nprovenance = "simulated"\nhost = "{LOOPBACK}"\nport = {port}\nsystem_id = "world"\n'
        f'password = "@{folder}/sms.secret"\nsender = "+37129999999"\n'
    )


def _private(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text, "utf-8")


def _free_port() -> int:
    """Return a port for the service to listen at, which has to be known before it is up."""
    with socket.socket() as door:
        door.bind((LOOPBACK, 0))
        return int(door.getsockname()[1])
