"""Whoever sends too much, too slowly, or takes nothing off the line, is hung up on, and nobody else notices."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from dispatch.web.body_limit import LONGEST_BODY, BodyLimit
from dispatch.web.slow_connections import LONGEST_HEAD, watched
from tests.conftest import until

pytestmark = pytest.mark.anyio
POST = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n"
GET = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"


async def _answers(scope: Scope, receive: Receive, send: Send) -> None:
    """Say how long the body was; at ``/long``, answer with sixteen megabytes."""
    assert scope["type"] == "http"
    body = (await receive()).get("body", b"")
    told = b"x" * 2**24 if scope["path"] == "/long" else str(len(body)).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": told})


@asynccontextmanager
async def served(app: Any, **limits: Any) -> AsyncIterator[int]:
    """Serve an app as the service does; yields its port."""
    config = uvicorn.Config(app, port=0, log_config=None, lifespan="off", http=watched(**limits))  # type: ignore[arg-type]
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    await until(lambda: server.started, 10.0)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    await running


async def _heard(port: int, *sent: bytes) -> bytes:
    """Send, and return what is heard until the server hangs up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for part in sent:
        writer.write(part)
    try:
        async with asyncio.timeout(10):
            return await reader.read(-1)
    except ConnectionResetError:
        return b""
    finally:
        writer.close()


@pytest.mark.parametrize("begun", [b"", b"GET / HT", GET[:-2]], ids=["nothing", "a line", "a head"])
async def test_a_head_that_does_not_end_is_hung_up_on(begun: bytes) -> None:
    """Silent, or a part of a request: the connection is gone; another one is answered meanwhile."""
    async with served(_answers, head_within_s=0.2) as port:
        slow = asyncio.create_task(_heard(port, begun))
        async with httpx.AsyncClient() as client:
            assert (await client.get(f"http://127.0.0.1:{port}/")).text == "0"
        assert await slow == b""


async def test_the_second_head_of_a_connection_has_to_end_too() -> None:
    """One request is answered, and the next never comes whole."""
    async with served(_answers, head_within_s=0.2) as port:
        assert (await _heard(port, GET, GET[:-2])).count(b"200 OK") == 1


async def test_a_head_without_end_is_refused() -> None:
    """Header after header: told so, and hung up on, at 64 kB."""
    async with served(_answers) as port:
        heard = await _heard(port, GET[:-2], *[b"x-header: %d\r\n" % n for n in range(LONGEST_HEAD // 10)])
        assert heard.startswith(b"HTTP/1.1 431") or heard == b""


async def test_of_connections_that_ask_nothing_the_oldest_gives_way() -> None:
    """Four are allowed: the fifth ends the first, and whoever asks is answered."""
    async with served(_answers, most_unasked=4) as port:
        idle = [await asyncio.open_connection("127.0.0.1", port) for _ in range(4)]
        async with httpx.AsyncClient() as client:
            assert (await client.get(f"http://127.0.0.1:{port}/")).text == "0"
        async with asyncio.timeout(5):
            with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
                await idle[0][0].readexactly(1)
        for _, writer in idle:
            writer.close()


async def test_an_answer_that_nobody_reads_is_thrown_away() -> None:
    """A reader that stops is hung up on, and what it did not read is not kept for it."""
    async with served(_answers, read_within_s=0.2) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
        writer.write(GET.replace(b"/ ", b"/long "))
        async with asyncio.timeout(10):
            while not writer.transport.is_closing():
                await asyncio.sleep(0.01)
                writer.write(b"x")  # it is seen once one writes
        assert len(reader._buffer) < 2**24  # type: ignore[attr-defined]


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_is_cut_at_its_limit(chunked: bool) -> None:  # noqa: FBT001 - pytest's
    """Declared or not, too much is refused by its number of bytes; what fits comes through whole."""
    head = b"transfer-encoding: chunked" if chunked else b"content-length: 4096"
    body = (b"400\r\n" + b"x" * 1024 + b"\r\n") * 4 + b"0\r\n\r\n" if chunked else b"x" * 4096
    asked = b"POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n" + head + b"\r\n\r\n" + body
    async with served(BodyLimit(_answers, longest=4095)) as port:
        assert b"at most 4095 bytes" in await _heard(port, asked)
    async with served(BodyLimit(_answers, longest=4096)) as port:
        assert b"\r\n4096\r\n" in await _heard(port, asked)


async def test_a_body_that_does_not_come_is_not_waited_for() -> None:
    """408, and the connection is closed."""
    async with served(BodyLimit(_answers, within_s=0.2)) as port:
        heard = await _heard(port, POST, b"half")
        assert heard.startswith(b"HTTP/1.1 408")
        assert b"urn:callahead:problem:too-slow" in heard


async def test_all_bodies_together_have_a_limit() -> None:
    """What one has in hand another cannot have; it is told to come back, and is answered when there is room."""
    limit = BodyLimit(_answers, in_hand=12, within_s=5)
    async with served(limit) as port, httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(POST + b"halfway")
        async with asyncio.timeout(5):
            while (busy := await client.post("/", content=b"123456789")).status_code == 200:
                pass
        assert busy.status_code == 503
        writer.write(b"!!")
        async with asyncio.timeout(5):
            while (await client.post("/", content=b"123456789")).status_code != 200:
                pass
        writer.close()


def test_a_long_list_of_wrong_values_costs_next_to_nothing(serve: Callable[..., Any]) -> None:
    """400 kB of numbers where devices belong took 457 MB: one mistake is told, and the peak of memory hardly moves."""
    service = serve()
    before = _peak_kb(service.process.pid)
    for body in ([1] * 200_000, [{}] * 5_000, [{str(n): 1 for n in range(40_000)}]):
        answer = httpx.post(f"{service.http}/api/v1/devices", content=json.dumps(body), headers=JSON)
        assert answer.status_code == 422
        assert len(answer.content) < 20_000
    assert _peak_kb(service.process.pid) - before < 64 * 1024


def test_too_large_a_request_is_refused_before_it_is_read(serve: Callable[..., Any]) -> None:
    """Told in the API's own words, on any path; afterwards the service answers."""
    service = serve()
    for path in ("/api/v1/devices", "/nowhere", "/"):
        answer = httpx.post(f"{service.http}{path}", content=b"[" * (LONGEST_BODY + 1), headers=JSON)
        assert answer.status_code == 413
        assert answer.json()["type"] == "urn:callahead:problem:too-large"
    assert httpx.get(f"{service.http}/health/live").status_code == 200


JSON = {"content-type": "application/json"}


def _peak_kb(pid: int) -> int:
    with open(f"/proc/{pid}/status", encoding="ascii") as told:  # noqa: PTH123 - no file of ours
        return next(int(line.split()[1]) for line in told if line.startswith("VmHWM"))
