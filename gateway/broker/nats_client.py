"""One connection to a NATS server of ours, in NATS' own protocol: we ask it how it is, and it asks us who may connect.

What a server logs quotes strangers; what it answers here does not. Blocking, for a thread; no library is needed for so little.
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from gateway.errors import LineError

LOOPBACK = "127.0.0.1"
ANSWERS_WITHIN_S = 5.0


class NoAnswer(LineError, OSError):  # noqa: N818 - says what happened
    """The server ended, hung up, or did not answer in time."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A message on a subject we subscribed to."""

    subject: str
    reply: str
    payload: bytes


class NatsClient:
    """Connected when it is made; raises ``NoAnswer`` where it cannot be. ``close`` it, from any thread."""

    def __init__(self, port: int, user: str, password: str) -> None:
        self._subscribed = 0
        try:
            self._socket = socket.create_connection((LOOPBACK, port), ANSWERS_WITHIN_S)
            self._lines = self._socket.makefile("rb")
            server = json.loads(self._line()[5:])
            self.server_id, self._inbox = str(server["server_id"]), f"_INBOX.{server['client_id']}"
            hello = {"user": user, "pass": password, "verbose": False, "lang": "python", "version": "1", "protocol": 1}
            self._send(b"CONNECT " + json.dumps(hello).encode() + b"\r\n")
            self.subscribe(self._inbox)
        except OSError as error:
            raise NoAnswer(f"the embedded broker does not answer: {error}") from error

    def close(self) -> None:
        """Hang up; whoever listens hears no more."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def subscribe(self, subject: str) -> None:
        """Have ``heard`` yield what comes on a subject, from the moment this returns. Raises ``NoAnswer``."""
        self._subscribed += 1
        self._send(b"SUB %s %d\r\nPING\r\n" % (subject.encode(), self._subscribed))
        while not (line := self._line()).startswith(b"PONG"):
            _must_not_be_refused(line)

    def publish(self, subject: str, payload: bytes, reply: str = "") -> None:
        """Send."""
        self._send(f"PUB {subject} {reply} {len(payload)}\r\n".encode() + payload + b"\r\n")

    def heard(self) -> Iterator[Heard]:
        """Yield what comes, until the connection is closed. Raises ``NoAnswer``."""
        self._socket.settimeout(None)
        while True:
            yield self._next()

    def ask(self, what: str, options: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the server's answer to one of its requests, as ``VARZ``. Raises ``NoAnswer``."""
        request = json.dumps(options).encode() if options else b""
        self.publish(f"$SYS.REQ.SERVER.{self.server_id}.{what}", request, self._inbox)
        answer: dict[str, Any] = json.loads(self._next().payload)
        if "error" in answer:
            raise NoAnswer(f"the embedded broker does not answer {what}: {answer['error'].get('description')}")
        found: dict[str, Any] = answer.get("data", {})
        return found

    def _next(self) -> Heard:
        while True:
            line = self._line()
            if line.startswith(b"MSG"):
                subject, _, *reply, size = line.decode().split()[1:]
                return Heard(subject, reply[0] if reply else "", self._body(int(size)))
            if line.startswith(b"PING"):
                self._send(b"PONG\r\n")
            _must_not_be_refused(line)

    def _line(self) -> bytes:
        try:
            line = self._lines.readline()
        except (OSError, ValueError) as error:  # ValueError: it was closed meanwhile
            raise NoAnswer(str(error)) from error
        if not line.endswith(b"\n"):
            raise NoAnswer("the embedded broker hung up")
        return line

    def _body(self, size: int) -> bytes:
        try:
            body = self._lines.read(size + 2)
        except (OSError, ValueError) as error:
            raise NoAnswer(str(error)) from error
        if len(body) < size + 2:
            raise NoAnswer("the embedded broker hung up")
        return body[:size]

    def _send(self, data: bytes) -> None:
        try:
            self._socket.sendall(data)
        except OSError as error:
            raise NoAnswer(f"the embedded broker hung up: {error}") from error


def _must_not_be_refused(line: bytes) -> None:
    if line.startswith(b"-ERR"):
        raise NoAnswer(f"the embedded broker refuses us: {line.decode().strip()}")


class Questions:
    """A connection for questions of several threads, one after the other; made anew where it broke."""

    def __init__(self, port: int, user: str, password: str) -> None:
        self._address = (port, user, password)
        self._lock = threading.Lock()
        self._client: NatsClient | None = None

    def ask(self, what: str, options: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the server's answer. Raises ``NoAnswer``."""
        with self._lock:
            try:
                self._client = self._client or NatsClient(*self._address)
                return self._client.ask(what, options)
            except NoAnswer:
                self._hang_up()
                raise

    def close(self) -> None:
        """Hang up."""
        with self._lock:
            self._hang_up()

    def _hang_up(self) -> None:
        if self._client:
            self._client.close()
        self._client = None
