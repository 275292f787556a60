"""A process before the embedded broker, where vendors have topics of their own: spells them as NATS takes them.

    python -m gateway.links.mqtt.proxy PORT_OF_NATS LISTENER…

A listener is ``host port`` or ``host port certificate private_key``, as JSON lists. Says on standard output where it listens, one
JSON list of ports, once it takes connections, and runs until it is killed. What NATS sends is passed on as it comes: nobody but the
service may read vendors' own topics.
"""

from __future__ import annotations

import asyncio
import json
import resource
import ssl
import sys
from typing import cast

from gateway.links.mqtt.protocol.respelling import Respelling

LOOPBACK = "127.0.0.1"
BACKLOG = 4_096
"""Of thousands that connect at once, so many wait for their turn."""
HANDSHAKE_WITHIN_S = 10.0
Listener = tuple[str, int] | tuple[str, int, str, str]


class _End(asyncio.Protocol):
    """One end of a connection through us. Who reads slowly is not sent more: the other end is not read meanwhile."""

    def __init__(self, other: _End | None = None) -> None:
        self.transport: asyncio.Transport | None = None
        self.other = other

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if self.other and self.other.transport:
            self.other.transport.write(data)

    def pause_writing(self) -> None:
        if self.other and self.other.transport:
            self.other.transport.pause_reading()

    def resume_writing(self) -> None:
        if self.other and self.other.transport:
            self.other.transport.resume_reading()

    def connection_lost(self, _exc: Exception | None) -> None:
        self.transport = None
        if self.other and self.other.transport:
            self.other.transport.close()


class _Client(_End):
    """The end that a client opened. It is read once there is the other one."""

    def __init__(self, port_of_nats: int) -> None:
        super().__init__()
        self._port = port_of_nats
        self._respelling = Respelling()
        self._connecting: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        cast("asyncio.Transport", transport).pause_reading()
        self._connecting = asyncio.get_running_loop().create_task(self._connect())

    def data_received(self, data: bytes) -> None:
        super().data_received(self._respelling.feed(data))

    async def _connect(self) -> None:
        try:
            _, self.other = await asyncio.get_running_loop().create_connection(lambda: _End(self), LOOPBACK, self._port)
        except OSError:  # NATS is being started again: it is as if it hung up
            if self.transport:
                self.transport.close()
            return
        if self.transport:
            self.transport.resume_reading()
        elif self.other.transport:
            self.other.transport.close()


async def _listen(port_of_nats: int, listeners: list[Listener]) -> None:
    loop, ports = asyncio.get_running_loop(), list[int]()
    servers = list[asyncio.Server]()
    for host, port, *identity in listeners:
        tls = None
        if identity:
            tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            tls.load_cert_chain(*identity)
        server = await loop.create_server(
            lambda: _Client(port_of_nats),
            host,
            port,
            ssl=tls,
            backlog=BACKLOG,
            ssl_handshake_timeout=HANDSHAKE_WITHIN_S if tls else None,
        )
        servers.append(server)
        ports.append(server.sockets[0].getsockname()[1])
    print(json.dumps(ports), flush=True)  # noqa: T201 - that is how it tells
    await asyncio.gather(*(server.serve_forever() for server in servers))


if __name__ == "__main__":
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    asyncio.run(_listen(int(sys.argv[1]), [json.loads(one) for one in sys.argv[2:]]))
