"""A mail server: customers' mailboxes, what they answer, machines that answer for them, and reports of what was not delivered."""

from __future__ import annotations

import asyncio
import secrets
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from itertools import count
from typing import Any, Self

import aiosmtplib
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from scenarios.world.inboxes.letters import Inboxes, InboxLetter
from scenarios.world.inboxes.sms_centre import LOOPBACK


@dataclass(slots=True)
class MailManners:
    """How the server behaves; changed while it runs."""

    answer: Callable[[str], str] = lambda _address: "250 OK"
    """To a mail for an address."""
    hangs: bool = False
    on_vacation: bool = False
    """Its customers have machines that answer every mail."""


class WorldMail:
    """``async with WorldMail() as mail``. ``service``: where customers' mails are brought, host and port."""

    def __init__(
        self, service: Callable[[], tuple[str, int]], port: int = 0, tls: ssl.SSLContext | None = None
    ) -> None:
        """``tls``: STARTTLS is a must then, and so is to log in, with the password ``secret``."""
        self.inboxes = Inboxes()
        self.manners = MailManners()
        self.port = port
        self.tls = tls
        self.raw: list[bytes] = []
        """Every mail as it came."""
        self._service = service
        self._server: asyncio.Server
        self._lines: set[_Line] = set()
        self._written, self._name = count(1), secrets.token_hex(8)
        """Of what customers write: no two mails are called the same."""
        self._answering: set[asyncio.Task[str]] = set()

    async def __aenter__(self) -> Self:
        """Listen."""
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Listen no more."""
        await self.close()

    async def open(self) -> None:
        """Listen; at the same port as before, where it was open before."""
        self._server = await asyncio.get_running_loop().create_server(
            lambda: _Line(self, self._lines), LOOPBACK, self.port
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Be away."""
        self._server.close()
        for line in list(self._lines):
            line.hang_up()
        for task in self._answering:
            task.cancel()

    async def write(self, sender: str, text: str, to: str, answers: str = "", **headers: str) -> str:
        """Have a customer write; return what the service said. ``answers``: a Message-ID. ``_`` of a header's name is ``-``."""
        mail = EmailMessage(policy=policy.SMTP)
        mail["From"], mail["To"], mail["Subject"] = sender, to, "Re: your message"
        mail["Message-ID"] = f"<{next(self._written)}.{self._name}@world.example>"
        if answers:
            mail["In-Reply-To"] = f"<{answers}>"
        for name, value in headers.items():
            del mail[name.replace("_", "-")]
            mail[name.replace("_", "-")] = value
        mail.set_content(text)
        return await self.bring(sender, to, mail.as_bytes())

    async def bring(self, sender: str, to: str, mail: bytes) -> str:
        """Bring the service a mail, whatever it is; return what it said."""
        host, port = self._service()
        client = aiosmtplib.SMTP(hostname=host, port=port, use_tls=False, start_tls=False, timeout=10.0)
        await client.connect()
        try:
            _, said = await client.sendmail(sender, [to], mail)
        except aiosmtplib.SMTPRecipientsRefused as error:
            return f"{error.recipients[0].code} {error.recipients[0].message}"
        except aiosmtplib.SMTPResponseException as error:
            return f"{error.code} {error.message}"
        else:
            return f"250 {said}"
        finally:
            client.close()

    async def bounce(self, letter: InboxLetter, to: str, why: str = "550 5.1.1 no such mailbox") -> str:
        """Tell the service that a mail was not delivered after all (RFC 3464)."""
        return await self.bring("", to, bounced(letter, to, why))

    async def handle_DATA(self, _server: object, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Have customers find a mail."""
        if self.manners.hangs:
            await asyncio.sleep(3_600.0)
        octets = envelope.content
        if not isinstance(octets, bytes):
            return "554 no mail"
        for to in envelope.rcpt_tos:
            if not (said := self.manners.answer(to)).startswith("250"):
                return said
            self.raw.append(octets)
            letter = _letter(to, octets)
            self.inboxes.put(letter)
            if self.manners.on_vacation:
                self._answer_for(letter, envelope.mail_from or "")
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 - its name there
        self,
        _server: object,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        """Take mails for all, but those it has no mailbox for."""
        said = self.manners.answer(address)
        if said.startswith("250"):
            envelope.rcpt_tos.append(address)
        return said

    def _answer_for(self, letter: InboxLetter, to: str) -> None:
        told = self.write(letter.to, "I am away until Monday.", to, letter.ref, Auto_Submitted="auto-replied")
        task = asyncio.ensure_future(told)
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)


def bounced(letter: InboxLetter, to: str, why: str) -> bytes:
    """Return a delivery report of a mail."""
    return (
        f"From: Mail Delivery <mailer-daemon@world.example>\r\nTo: {to}\r\nSubject: Undelivered Mail\r\n"
        "Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nYour mail was not delivered.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; world.example\r\n\r\n"
        f"Final-Recipient: rfc822; {letter.to}\r\nAction: failed\r\nStatus: 5.1.1\r\n"
        f"Diagnostic-Code: smtp; {why}\r\n\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <{letter.ref}>\r\nTo: {letter.to}\r\n\r\n--b--\r\n"
    ).encode()


def _letter(to: str, octets: bytes) -> InboxLetter:
    mail: Any = message_from_bytes(octets, policy=policy.default)
    text = mail.get_content().replace("\r\n", "\n").rstrip("\n")
    return InboxLetter(to, text, str(mail["message-id"]).strip("<>"), subject=str(mail["subject"]))


def _let_in(_server: object, _session: object, _envelope: object, _mechanism: str, told: Any) -> AuthResult:  # noqa: ANN401
    return AuthResult(success=isinstance(told, LoginPassword) and told.password == b"secret", handled=False)


class _Line(SMTP):
    def __init__(self, handler: WorldMail, lines: set[_Line]) -> None:
        loop = asyncio.get_running_loop()
        super().__init__(
            handler,
            enable_SMTPUTF8=True,
            hostname="world.example",
            loop=loop,
            tls_context=handler.tls,
            require_starttls=handler.tls is not None,
            auth_required=handler.tls is not None,
            authenticator=_let_in,
        )
        self._all = lines
        lines.add(self)

    def hang_up(self) -> None:
        """End it."""
        self._all.discard(self)
        if isinstance(self.transport, asyncio.Transport):
            self.transport.abort()
