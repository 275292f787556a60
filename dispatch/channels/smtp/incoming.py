"""Takes the mails that the operator's server brings us, for our own address alone. Taken means stored."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Self

from aiosmtpd.smtp import SMTP, Envelope, Session

from dispatch.channels.door import LONGEST_TEXT, BadDoor, Ears, NotNow, Receipt, ReceiptStatus, Received
from dispatch.channels.smtp.mails import LONGEST, BadMail, Mail, read_mail
from dispatch.channels.smtp.settings import SmtpSettings
from dispatch.core.conversation.channels import Channel

log = logging.getLogger(__name__)

SILENT_S = 60.0
"""A server that says nothing for so long is hung up on."""
MOST_LINES = 50
"""To it at once."""
_OK = "250 2.0.0 it is stored"
_LATER = "451 4.3.0 it cannot be stored at the moment, try again"


class CannotListen(BadDoor):
    """The operator's fault: what ``listen`` says cannot be listened at."""


class MailServer:
    """``async with`` it: listens where the settings say so; else does nothing."""

    def __init__(self, settings: SmtpSettings, ears: Ears, now: Callable[[], float]) -> None:
        self.refused = 0
        """Mails that could not be read."""
        self.automatic = 0
        """Mails that machines wrote: they are answered by nobody, and not told to anybody."""
        self.port = settings.listen_port
        self._settings = settings
        self._ears = ears
        self._now = now
        self._server: asyncio.Server | None = None
        self._lines: set[_Line] = set()

    async def __aenter__(self) -> Self:
        """Listen. Raises ``CannotListen``."""
        if self._settings.listen is not None:
            loop = asyncio.get_running_loop()
            try:
                self._server = await loop.create_server(self._line, self._settings.listen, self._settings.listen_port)
            except OSError as error:
                raise CannotListen(f"email: listen: {self._settings.listen}:{self.port}: {error.strerror}") from None
            self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        """Listen no more; what is not stored is brought again."""
        if self._server is not None:
            self._server.close()
            for line in list(self._lines):
                line.hang_up()

    def _line(self) -> _Line:
        return _Line(self._lines, self, self._settings.domain)

    # --- as aiosmtpd calls it ----------------------------------------------------------------------------------------

    async def handle_RCPT(  # noqa: N802 - its name there
        self,
        _server: object,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        """Take mails for us, also behind a plus; relay nothing."""
        if not self._is_ours(address.lower()):
            return "550 5.1.1 nobody here has that address, and nothing is passed on"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, _server: object, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Have a mail stored, and say so; or why not."""
        octets = envelope.content
        if not isinstance(octets, bytes):
            return _LATER
        try:
            mail = await asyncio.to_thread(read_mail, octets, self._settings.authserv_id)
            await self._take(mail, (envelope.mail_from or "").strip("<>").lower())
        except BadMail as error:
            self.refused += 1
            log.warning("a mail is refused: %s", error)
            return f"554 5.6.0 {error}"
        except NotNow as error:
            log.info("a mail is put off: %s", error)
            return "452 4.3.2 too much of you at the moment, try again later"
        except Exception:
            log.exception("a mail could not be taken: our fault; the server keeps it")
            return _LATER
        return _OK

    async def _take(self, mail: Mail, returns_to: str) -> None:
        """``returns_to``: whom a bounce of it would reach; where the mail itself names no one sender, it is who wrote."""
        if mail.became is not None:
            await self._report(mail, mail.became)
        elif mail.is_automatic or not returns_to or self._is_ours(mail.from_address) or self._is_ours(returns_to):
            self.automatic += 1
            log.info("a mail that a machine wrote is not answered")
        else:
            await self._ears.heard(self._heard(mail, mail.from_address or returns_to))

    async def _report(self, mail: Mail, became: ReceiptStatus) -> None:
        for named in mail.answers:
            if named.endswith(f"@{self._settings.domain}"):
                await self._ears.reported(Receipt(Channel.EMAIL, named, became, mail.why if became == "failed" else ""))

    def _is_ours(self, address: str) -> bool:
        """Tell whether it is our own address, also behind a plus."""
        local, _, domain = address.rpartition("@")
        return f"{local.partition('+')[0]}@{domain}" == self._settings.address

    def _heard(self, mail: Mail, sender: str) -> Received:
        answers = next((one for one in mail.answers if one.endswith(f"@{self._settings.domain}")), "")
        text = mail.text or mail.subject or f"[{mail.enclosed or '…'}]"  # an agent sees that there was something
        return Received(
            Channel.EMAIL,
            mail.ref,
            sender,
            text[:LONGEST_TEXT],
            self._now(),
            self._settings.provenance,
            answers=answers,
            is_vouched_for=mail.passed or self._settings.provenance == "simulated",
        )


class _Line(SMTP):
    """One line, in the service's own loop."""

    def __init__(self, lines: set[_Line], handler: MailServer, name: str) -> None:
        loop = asyncio.get_running_loop()
        super().__init__(
            handler,
            data_size_limit=LONGEST,
            enable_SMTPUTF8=True,
            hostname=name,
            ident="Callahead",
            timeout=SILENT_S,
            loop=loop,
        )
        self._all = lines

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Be one more; too many are hung up on."""
        super().connection_made(transport)
        self._all.add(self)
        if len(self._all) > MOST_LINES:
            self.hang_up()

    def connection_lost(self, error: Exception | None) -> None:
        """Be one fewer."""
        self._all.discard(self)
        super().connection_lost(error)

    def hang_up(self) -> None:
        """End it."""
        if isinstance(self.transport, asyncio.Transport):
            self.transport.abort()
