"""The door of e-mail."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable

import aiosmtplib

from dispatch.channels.door import Ears, Outgoing, check_host, mixed
from dispatch.channels.kept_line import AGAIN, KeptLine
from dispatch.channels.smtp.incoming import MailServer
from dispatch.channels.smtp.outgoing import message_id, written
from dispatch.channels.smtp.settings import SmtpSettings
from dispatch.core.conversation.channels import Channel
from dispatch.outgoing.outbox import Failed, Refused, Result, Taken
from gateway.errors import LineError
from gateway.finding import Provenance
from gateway.retry.backoff import Backoff

log = logging.getLogger(__name__)

WITHIN_S = 15.0
"""Of an answer."""
_FINAL = 500
_ADDRESS = re.compile(r"[^@\s<>\x00-\x1f\x7f]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")


class ServerAway(LineError):  # noqa: N818 - says what happened
    """The mail server is not there, hangs, or does not let us in; the message says which."""


class SmtpDoor:
    """The operator's mail server. In one event loop."""

    channel = Channel.EMAIL

    def __init__(
        self,
        settings: SmtpSettings,
        ears: Ears,
        now: Callable[[], float],
        secret: bytes,
        *,
        again: Backoff = AGAIN,
        within_s: float = WITHIN_S,
    ) -> None:
        """``now``: POSIX seconds. ``secret``: names mails. Raises ``BadDoor`` where a simulated server is in the real world."""
        check_host("email", settings.host, settings.provenance)
        if settings.listen is not None:
            check_host("email.listen", settings.listen, settings.provenance)
        self.provenance: Provenance = settings.provenance
        self.incoming = MailServer(settings, ears, now)
        self._settings = settings
        self._now = now
        self._secret = secret
        self._within_s = within_s
        self._line = KeptLine(self._hold, again)
        self._broke = asyncio.Event()
        self._why = ""

    @property
    def trouble(self) -> str | None:
        """Why nothing gets through at the moment."""
        return self._line.trouble

    async def run(self) -> None:
        """Listen, and see whether the server is there, until ``stop``. Raises ``CannotListen``."""
        async with self.incoming:
            await self._line.run()

    def stop(self) -> None:
        """Have ``run`` end."""
        self._line.stop()

    async def _hold(self, is_up: Callable[[], None]) -> None:
        """See that the server lets us in; then wait until a mail meets one that does not."""
        try:
            client = await self._client()
            await client.quit()
        except (OSError, aiosmtplib.SMTPException, TimeoutError) as error:
            raise ServerAway(self._told(error)) from None
        self._broke.clear()
        is_up()
        await self._broke.wait()
        raise ServerAway(self._why)

    # --- out ---------------------------------------------------------------------------------------------------------

    async def send(self, message: Outgoing) -> Result:
        """Send a mail."""
        if (objection := mixed(message, self)) is not None:
            return objection
        if not _ADDRESS.fullmatch(message.to_address):
            return Refused("the address cannot be read: nobody can be sent a mail at it")
        named = message_id(message.key, self._settings.domain, self._secret)
        try:
            mail = written(message, self._settings, named, self._now())
        except (ValueError, UnicodeError) as error:
            return Refused(f"no mail can be made of it: {error}")
        return await self._sent(message.to_address, mail, named)

    async def _sent(self, to: str, mail: bytes, named: str) -> Result:
        try:
            async with asyncio.timeout(self._within_s * 3):
                client = await self._client()
                try:
                    await client.sendmail(self._settings.address, [to], mail)
                finally:
                    client.close()
        except aiosmtplib.SMTPRecipientsRefused as error:
            return _refused(error.recipients[0])
        except (aiosmtplib.SMTPAuthenticationError, aiosmtplib.SMTPConnectError) as error:
            return self._away(error)
        except aiosmtplib.SMTPResponseException as error:
            return _refused(error)
        except (aiosmtplib.SMTPNotSupported, ValueError) as error:
            return Refused(f"the mail server takes no such address: {_short(str(error))}")
        except (OSError, aiosmtplib.SMTPException, TimeoutError) as error:
            return self._away(error)
        return Taken((named,))

    async def _client(self) -> aiosmtplib.SMTP:
        """Connect, with TLS and log-in as the operator says."""
        tls = self._settings.tls
        client = aiosmtplib.SMTP(
            hostname=self._settings.host,
            port=self._settings.port,
            use_tls=tls == "tls",
            start_tls=tls == "starttls",
            tls_context=self._settings.tls_context(),
            timeout=self._within_s,
            local_hostname=self._settings.domain,
        )
        await client.connect()
        try:
            if self._settings.username is not None and self._settings.password is not None:
                await client.login(self._settings.username, self._settings.password)
        except BaseException:
            client.close()
            raise
        return client

    def _away(self, error: Exception) -> Failed:
        self._why = self._told(error)
        self._broke.set()
        return Failed(self._why)

    def _told(self, error: Exception) -> str:
        where = self._settings.where
        if isinstance(error, aiosmtplib.SMTPAuthenticationError):
            return f"{where} does not let us in: {error.code} {_short(error.message)}"
        if isinstance(error, TimeoutError):
            return f"{where} did not answer within {self._within_s:g} s"
        return f"{where}: {_short(str(error))}"


def _refused(error: aiosmtplib.SMTPResponseException) -> Result:
    """Return what a server's no means: of the fours, later may be yes (RFC 5321)."""
    why = f"the mail server answered {error.code} {_short(error.message)}"
    return Refused(why) if error.code >= _FINAL else Failed(why)


def _short(text: str) -> str:
    return " ".join(text.split())[:200]
