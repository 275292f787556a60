"""An operator's SIP trunk that knows nothing of us: registers who has the password, answers OPTIONS and INVITE, and rings in.

It speaks as RFC 3261 has it and no more: one message at a time, by UDP, TCP or TLS, with no sound.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import md5
from typing import Literal, cast

HOME = "127.0.0.1"
REALM, NONCE = "operator.example", "5b1e"
SDP = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\n"
_END = b"\r\n\r\n"


def header(message: str, name: str) -> str:
    """Return the first header of a name; empty: there is none."""
    found = re.search(rf"^{name}\s*:\s*(.*)$", message, re.IGNORECASE | re.MULTILINE)
    return found[1].strip() if found else ""


@dataclass
class Registrar:
    """``users``: name → password. ``heard`` is all that came, ``said`` all that went."""

    transport: Literal["udp", "tcp", "tls"] = "udp"
    users: dict[str, str] = field(default_factory=lambda: {"callahead": "right"})
    heard: list[str] = field(default_factory=list)
    answered: dict[str, list[str]] = field(default_factory=dict)
    """Call-ID → what its requests were answered."""
    contact: str = ""
    """Where the one who is registered is rung."""
    port: int = 0
    status: str = "200 OK"
    """What an INVITE is answered."""
    _send: Callable[[bytes], None] | None = None

    @property
    def at(self) -> str:
        """Where it is."""
        return f"{HOME}:{self.port}"

    def ring(self, number: str, ref: str, *, to: str = "", sdp: str = SDP, branch: str = "") -> None:
        """Ring in as a ``From`` header has it, at the contact that is registered, or ``to``."""
        assert self._send is not None
        lines = [
            f"INVITE {to or self.contact} SIP/2.0",
            f"Via: SIP/2.0/{self.transport.upper()} {self.at};branch=z9hG4bK{branch or ref};rport",
            "Max-Forwards: 70",
            f"From: {number};tag=t{ref}",
            "To: <sip:+37167000000@operator.example>",
            f"Call-ID: {ref}",
            "CSeq: 1 INVITE",
            f"Contact: <sip:operator@{self.at};transport={self.transport}>",
            "Content-Type: application/sdp",
            f"Content-Length: {len(sdp)}",
        ]
        self._send(("\r\n".join(lines) + "\r\n\r\n" + sdp).encode())

    def cancel(self, number: str, ref: str) -> None:
        """Whoever rings in gives up before they are answered."""
        assert self._send is not None
        lines = [
            f"CANCEL {self.contact} SIP/2.0",
            f"Via: SIP/2.0/{self.transport.upper()} {self.at};branch=z9hG4bK{ref};rport",
            "Max-Forwards: 70",
            f"From: {number};tag=t{ref}",
            "To: <sip:+37167000000@operator.example>",
            f"Call-ID: {ref}",
            "CSeq: 1 CANCEL",
            "Content-Length: 0",
        ]
        self._send(("\r\n".join(lines) + "\r\n\r\n").encode())

    def reach(self, send: Callable[[bytes], None]) -> None:
        """Note how whom it rings is reached."""
        self._send = send

    def answers(self, ref: str) -> list[str]:
        """Return how what has this Call-ID was answered, status by status."""
        return self.answered.get(ref, [])

    def requests(self, method: str) -> list[str]:
        """Return what was asked by a method."""
        return [one for one in self.heard if one.startswith(f"{method} ")]

    def take(self, message: str, send: Callable[[bytes], None]) -> None:
        """Take one message, and answer it."""
        self.heard.append(message)
        if message.startswith("SIP/2.0 "):
            self.answered.setdefault(header(message, "Call-ID"), []).append(message.split("\r\n", maxsplit=1)[0][8:])
        self._send = send
        method = message.split(" ", maxsplit=1)[0]
        if method == "REGISTER" and not self._is_let_in(message):
            more = [f'WWW-Authenticate: Digest realm="{REALM}", nonce="{NONCE}", algorithm=MD5']
            known = "Authorization:" in message
            send(self._answer(message, "403 Forbidden" if known else "401 Unauthorized", *([] if known else more)))
        elif method == "REGISTER":
            found = re.search(r"<([^>]+)>", header(message, "Contact"))
            self.contact = found[1] if found else ""
            send(self._answer(message, "200 OK", f"Contact: {header(message, 'Contact')}", "Expires: 60"))
        elif method == "INVITE":
            final = self.status.startswith("200")
            more = [f"Contact: <sip:operator@{self.at};transport={self.transport}>"]
            send(self._answer(message, "100 Trying"))
            send(self._answer(message, self.status, *(more if final else []), body=SDP if final else ""))
        elif method in {"OPTIONS", "BYE", "CANCEL"}:
            send(self._answer(message, "200 OK"))
        elif message.startswith("SIP/2.0 ") and header(message, "CSeq").endswith("INVITE") and message[8] != "1":
            send(self._acknowledged(message))

    def _is_let_in(self, message: str) -> bool:
        said = dict(re.findall(r'(\w+)="?([^",]+)"?', header(message, "Authorization")))
        password = self.users.get(said.get("username", ""), "")

        def hashed(*parts: str) -> str:
            return md5(":".join(parts).encode(), usedforsecurity=False).hexdigest()

        who = hashed(said.get("username", ""), REALM, password)
        return said.get("response") == hashed(who, NONCE, hashed("REGISTER", said.get("uri", "")))

    @staticmethod
    def _answer(message: str, status: str, *more: str, body: str = "") -> bytes:
        lines = [f"SIP/2.0 {status}", *(f"Via: {one}" for one in re.findall(r"^Via: (.*)\r$", message, re.MULTILINE))]
        to = header(message, "To")
        lines += [
            f"From: {header(message, 'From')}",
            f"To: {to}" + ("" if ";tag=" in to or status[0] == "1" else ";tag=op"),
        ]
        lines += [f"Call-ID: {header(message, 'Call-ID')}", f"CSeq: {header(message, 'CSeq')}", *more]
        lines += ["Content-Type: application/sdp"] if body else []
        return ("\r\n".join([*lines, f"Content-Length: {len(body)}"]) + "\r\n\r\n" + body).encode()

    def _acknowledged(self, message: str) -> bytes:
        contact = re.search(r"<([^>]+)>", header(message, "Contact"))
        lines = [
            f"ACK {contact[1] if contact else self.contact} SIP/2.0",
            f"Via: {header(message, 'Via')}",
            "Max-Forwards: 70",
        ]
        lines += [f"{name}: {header(message, name)}" for name in ("From", "To", "Call-ID")]
        return ("\r\n".join([*lines, "CSeq: 1 ACK", "Content-Length: 0"]) + "\r\n\r\n").encode()


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, registrar: Registrar) -> None:
        self._registrar = registrar

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)
        if self._transport.get_extra_info("peername") is not None:
            self._registrar.reach(self._transport.sendto)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if data.strip():
            self._registrar.take(data.decode(), lambda said: self._sent(said, addr))

    def _sent(self, said: bytes, to: tuple[str, int]) -> None:
        self._transport.sendto(said, None if self._transport.get_extra_info("peername") else to)


@asynccontextmanager
async def rings_in(to: str) -> AsyncIterator[Registrar]:
    """Yield a trunk that goes by address: it rings in at ``to``, ``host:port``, by UDP."""
    at, host, port = Registrar(contact=f"sip:callahead@{to}"), *to.split(":")
    line, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: _Datagrams(at), remote_addr=(host, int(port))
    )
    at.port = line.get_extra_info("sockname")[1]
    yield at
    line.close()


@asynccontextmanager
async def registrar(at: Registrar, context: ssl.SSLContext | None = None) -> AsyncIterator[Registrar]:
    """Be there, at ``port``, or any."""
    loop = asyncio.get_running_loop()
    if at.transport == "udp":
        line, _ = await loop.create_datagram_endpoint(lambda: _Datagrams(at), (HOME, at.port))
        at.port = line.get_extra_info("sockname")[1]
        yield at
        line.close()
        return
    writers: list[asyncio.StreamWriter] = []

    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        try:
            while True:
                head = (await reader.readuntil(_END)).decode().lstrip("\r\n")
                if not head.strip():
                    continue
                body = await reader.readexactly(int(header(head, "Content-Length") or 0))
                at.take(head + body.decode(), writer.write)
        except (asyncio.IncompleteReadError, OSError):
            return

    server = await asyncio.start_server(hear, HOME, at.port, ssl=context)
    at.port = server.sockets[0].getsockname()[1]
    yield at
    server.close()
    for writer in writers:
        writer.close()
