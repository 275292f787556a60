"""The one client of the service's HTTP API, and its two doors: for the world, and for an operator's commands."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from scenarios.service.client import FOR_A_WHILE, ONCE, Client, NoAnswer, Patience, in_json
from scenarios.service.door import ServiceDoor, ServiceSaysNo
from scenarios.service.http import Api, ApiRefused

PROBLEM = {"title": "Bad request", "detail": "/devices/0: no such vendor"}
QUICKLY = Patience(3, 0.01)


@dataclass
class Server:
    """Answers what it is told to, one after the other, the last for ever, and remembers what it was asked."""

    answers: list[tuple[int, Any]] = field(default_factory=list)
    """Status and body; none where it is ``None``."""
    asked: list[tuple[str, str, Any]] = field(default_factory=list)
    http: str = ""

    def next(self) -> tuple[int, Any]:
        """Return what to say now."""
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.fixture
def server() -> Iterator[Server]:
    """The server, up."""
    told = Server()

    class Answers(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            told.asked.append((self.command, self.path, json.loads(body) if body else None))
            status, said = told.next()
            content = b"" if said is None else json.dumps(said).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_DELETE = _answer  # noqa: N815 - as the server calls them

        def log_message(self, *_: object) -> None:
            """Not on the terminal."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as running:
        running.daemon_threads = True
        told.http = f"http://127.0.0.1:{running.server_port}"
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield told
        running.shutdown()
        thread.join()


@pytest.fixture
def nobody() -> str:
    """An address at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return f"http://127.0.0.1:{free.getsockname()[1]}"


@pytest.mark.anyio
async def test_a_busy_service_is_asked_again(server: Server) -> None:
    """As often as patience has it; its answer counts, whatever it is."""
    server.answers = [(503, None), (502, None), (200, {"ok": 1})]
    async with Client(server.http + "/", QUICKLY) as client:
        assert in_json(await client.ask("GET", "/health", after=3)) == {"ok": 1}
        assert server.asked == [("GET", "/api/v1/health?after=3", None)] * 3
        server.answers = [(503, None)]
        assert (await client.ask("POST", "/devices", [])).status_code == 503
        assert server.asked[3:] == [("POST", "/api/v1/devices", [])] * 3
        server.answers = [(400, PROBLEM)]
        assert (await client.ask("POST", "/devices", {})).status_code == 400
    assert len(server.asked) == 7


@pytest.mark.anyio
async def test_who_asks_says_when_to_ask_again(server: Server) -> None:
    """A campaign's people are never put off."""
    server.answers = [(400, PROBLEM), (500, None), (204, None)]
    patience = Patience(None, 0.01)
    async with Client(server.http, patience, ask_again=lambda answer: not answer.is_success) as client:
        assert in_json(await client.ask("POST", "/agents/a/claim", {})) is None
    assert len(server.asked) == 3


@pytest.mark.anyio
async def test_nobody_there_is_not_waited_for_without_end(nobody: str) -> None:
    """Once, and a few times."""
    for patience in (ONCE, QUICKLY):
        async with Client(nobody, patience) as client:
            with pytest.raises(NoAnswer):
                await client.ask("GET", "/health")


def test_the_world_goes_on_where_it_came_too_late(server: Server) -> None:
    """409 and 204 are nothing; all else that is no success is a mistake of the world's, told with what was said."""
    with Api(server.http) as api:
        server.answers = [(503, None), (200, {"call": "c"})]
        assert api.start(api.post("/agents/a/claim", {})).result() == {"call": "c"}
        server.answers = [(409, PROBLEM), (204, None)]
        assert [api.start(api.post("/calls/connected", {})).result() for _ in range(2)] == [None, None]
        server.answers = [(422, PROBLEM)]
        with pytest.raises(ApiRefused, match=r"POST /api/v1/devices: 422: .*no such vendor"):
            api.register("/devices", [Server()])
        server.answers = [(200, {"username": "vendor.volta", "password": "p@ss/word"})]
        assert api.credential("volta", "mqtt://127.0.0.1:1") == "mqtt://vendor.volta:p%40ss%2Fword@127.0.0.1:1"
    assert FOR_A_WHILE.tries == 5


def test_an_operator_is_told_what_is_wrong_in_a_sentence(server: Server, nobody: str) -> None:
    """The service's own words, or that it is not there, or not ours."""
    door = ServiceDoor(server.http)
    server.answers = [(200, {"vendors": []}), (404, PROBLEM), (204, None)]
    assert door.get("/vendors") == {"vendors": []}
    assert door.get("/vendors/volta") is None
    door.delete("/vendors/volta")
    server.answers = [(409, PROBLEM)]
    with pytest.raises(ServiceSaysNo, match="Bad request: /devices/0: no such vendor"):
        door.post("/devices", [])
    server.answers = [(502, "not ours")]
    with pytest.raises(ServiceSaysNo, match="answers 502, and not as Callahead's service does"):
        door.delete("/devices/a/b")
    for http in (nobody, "nonsense", "http://[::1"):
        with pytest.raises(ServiceSaysNo, match=r"no service answers at .*start callahead-serve"):
            ServiceDoor(http).get("/vendors")
