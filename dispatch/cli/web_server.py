"""The HTTP server: its port, taken before anything else is started, and the API and the console behind it."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import importlib.util
import socket
from collections.abc import Iterator
from typing import Any

import uvicorn

from dispatch.cli.listeners import hosts_of
from dispatch.service.service import Service
from dispatch.service.settings import CannotStart, WebSettings

CLOSE_WITHIN_S = 3
"""How long open requests are given at the end."""
LONGEST_WS = 1024 * 1024
"""Bytes of a message that a console's page sends."""
API, CONSOLE = "dispatch.web.api.app", "dispatch.web.console.page"


@contextlib.contextmanager
def bound(web: WebSettings) -> Iterator[socket.socket]:
    """Take the port. Raises ``CannotStart`` where somebody has it."""
    family = socket.AF_INET6 if ":" in web.host else socket.AF_INET
    with socket.socket(family) as door:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            door.bind((web.host, web.port))
        except OSError as error:
            message = (
                f"port {web.port} on {web.host} cannot be used ({error.strerror}): stop what uses it, "
                "or choose another with --port (--port 0 takes any free one)"
            )
            raise CannotStart(message) from None
        yield door


async def import_web() -> None:
    """Import what is slow to import, a second of it, without keeping the loop from its work."""
    await asyncio.to_thread(importlib.import_module, API)
    if importlib.util.find_spec(CONSOLE):
        await asyncio.to_thread(importlib.import_module, CONSOLE)


class WebServer:
    """``run`` it as a task; ``stop`` lets go of whoever waits, then stops listening. ``up`` is set once it answers."""

    def __init__(self, service: Service, door: socket.socket, web: WebSettings) -> None:
        self._service = service
        self._door = door
        self._server = _server(service, web)
        self.up = self._server.up

    async def run(self) -> None:
        """Answer until ``stop``."""
        await self._server.serve(sockets=[self._door])

    def stop(self) -> None:
        """Let go of whoever waits for news or a call, then stop listening."""
        self._service.driver.announcer.news.close()
        self._service.waiting_agents.send_away()
        self._server.should_exit = True


def _server(service: Service, web: WebSettings) -> _Server:
    from dispatch.web.api.app import create_app  # noqa: PLC0415 - imported by then
    from dispatch.web.slow_connections import most_open, watched  # noqa: PLC0415 - likewise

    app = create_app(service, hosts_of(web))
    if importlib.util.find_spec(CONSOLE):
        from dispatch.web.console.page import mount  # noqa: PLC0415 - likewise

        mount(app, service)
    settings: dict[str, Any] = {"log_config": None, "log_level": "warning", "lifespan": "on", "server_header": False}
    limits: dict[str, Any] = {"http": watched(), "limit_concurrency": most_open(), "ws_max_size": LONGEST_WS}
    limits |= {"ws_per_message_deflate": False}  # what is sent to all who watch was deflated once
    if web.tls is not None:
        settings |= {"ssl_certfile": str(web.tls[0]), "ssl_keyfile": str(web.tls[1])}
    config = uvicorn.Config(app, timeout_graceful_shutdown=CLOSE_WITHIN_S, **settings, **limits)
    try:
        config.load()
    except (OSError, ValueError) as error:  # ssl's errors are among them
        raise CannotStart(f"--http-tls: certificate and key cannot be used: {error}") from None
    return _Server(config)


class _Server(uvicorn.Server):
    """Says when it is ``up``. Signals are ours to handle, not the HTTP server's."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
