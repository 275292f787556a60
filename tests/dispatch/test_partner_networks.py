"""Where partners may be: nobody has the service post into its own network, by whatever name."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook

from dispatch.delivery.partner_directory import draw_secret
from dispatch.delivery.partner_networks import PartnerNetworks
from dispatch.delivery.webhooks import Door, NoAnswer

pytestmark = pytest.mark.anyio
HERE = PartnerNetworks.parse(["127.0.0.0/8"])
TOLD = {"type": "booking.requested"}


PRIVATE = (
    "127.0.0.1", "127.9.9.9", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",  # noqa: S104 - nobody listens
    "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
    "64:ff9b::7f00:1", "64:ff9b::a00:1", "2002:7f00:1::", "2002:c0a8:101::", "192.0.2.1", "2001:db8::1",
)  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
async def test_what_is_not_public_is_not_permitted(address: str) -> None:
    """Loopback, private, link-local, multicast, reserved; also inside an IPv6 address."""
    assert not PartnerNetworks().permits(address)
    assert PartnerNetworks().refuses(f"[{address}]" if ":" in address else address)


async def test_what_is_public_or_allowed_is_permitted() -> None:
    """And a network that is allowed is allowed in no other family."""
    assert all(PartnerNetworks().permits(one) for one in ("8.8.8.8", "2606:4700::1111", "64:ff9b::808:808"))
    assert HERE.permits("127.0.0.1")
    assert HERE.permits("::ffff:127.0.0.1")
    assert not HERE.permits("::1")
    assert not HERE.refuses("localhost")
    assert not PartnerNetworks().refuses("garage.example")  # it is looked up when it is told
    assert PartnerNetworks().refuses("LOCALHOST.")


async def _partner(answer: bytes) -> tuple[Any, int, list[bytes]]:
    heard: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        size = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        heard.append(head + await reader.readexactly(size))
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1")
    return server, server.sockets[0].getsockname()[1], heard


def _answer(status: str, body: bytes, *headers: str) -> bytes:
    told = ["HTTP/1.1 " + status, f"content-length: {len(body)}", "connection: close", *headers, "", ""]
    return "\r\n".join(told).encode() + body


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "127.1", "0x7f000001", "[::ffff:127.0.0.1]"])
async def test_a_name_is_judged_by_where_it_leads(host: str) -> None:
    """However it is written, and whatever it led to before: nothing is sent there."""
    server, port, heard = await _partner(_answer("200 OK", b"{}"))
    async with server, Door() as door:
        with pytest.raises(NoAnswer, match="no public address"):
            await door.post(f"http://{host}:{port}/admin", "k", TOLD, [draw_secret()])
    assert heard == []


async def test_a_partner_is_told_under_its_own_name() -> None:
    """The connection goes to the address that was judged; the host is the one that was registered."""
    server, port, heard = await _partner(_answer("204 No Content", b""))
    async with server, Door(HERE) as door:
        assert (await door.post(f"http://localhost:{port}/hook?x=1", "k", TOLD, [draw_secret()])).status == 204
    assert heard[0].startswith(b"POST /hook?x=1 HTTP/1.1\r\n")
    assert f"host: localhost:{port}".encode() in heard[0].lower()


async def test_a_redirect_leads_nowhere() -> None:
    """Nobody is asked but whom the operator's networks permit: a 3xx is an answer."""
    second, port, heard = await _partner(_answer("200 OK", b"{}"))
    first, begun, _ = await _partner(_answer("307 Elsewhere", b"", f"location: http://127.0.0.1:{port}/"))
    async with first, second, Door(HERE) as door:
        assert (await door.post(f"http://127.0.0.1:{begun}/", "k", TOLD, [draw_secret()])).status == 307
    assert heard == []


async def test_a_packed_answer_is_not_unpacked() -> None:
    """A gigabyte of nothing packs into a megabyte, a megabyte into one kilobyte."""
    packed = gzip.compress(b" " * 2**24)
    server, port, heard = await _partner(_answer("200 OK", packed, "content-encoding: gzip"))
    async with server, Door(HERE) as door:
        answer = await door.post(f"http://127.0.0.1:{port}/", "k", TOLD, [draw_secret()])
    assert answer.body == packed
    assert b"accept-encoding: identity" in heard[0].lower()


@pytest.mark.parametrize("key", ["volta/ķirsis-1/booking/1", "a b/order/1", "100%/order/1", "汽车/1\r\nx: y"])
async def test_a_key_beyond_ascii_is_sent(key: str) -> None:
    """Escaped in the headers, one way for one key, and signed as it is sent."""
    secret = draw_secret()
    server, port, heard = await _partner(_answer("200 OK", b"{}"))
    async with server, Door(HERE) as door:
        await door.post(f"http://127.0.0.1:{port}/", key, TOLD, [secret])
    head, _, body = heard[0].partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().lower().split("\r\n")[1:])
    original = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    told = {name.lower(): value for name, value in original.items()}
    assert Webhook(secret).verify(body, told) == TOLD
    assert httpx.URL(f"http://x/{headers['webhook-id']}").path == f"/{key.lower()}"
    assert told["webhook-id"] == told["idempotency-key"]
    assert "x" not in headers


def test_an_address_that_cannot_be_told_is_refused_at_once(serve: Callable[..., Any]) -> None:
    """At registration, with what to do; another host's answer stands in no dead letter."""
    http = serve().http + "/api/v1"
    where = {"latitude": 56.9, "longitude": 24.1, "provenance": "simulated"}
    for host in ("127.0.0.1:8080", "localhost", "[::1]", "169.254.169.254", "192.168.0.1"):
        body = [{"workshop": "w-1", "url": f"http://{host}/admin", **where}]
        answer = httpx.post(f"{http}/workshops", content=json.dumps(body), headers={"content-type": "application/json"})
        assert answer.status_code == 422
        assert "--partner-network" in answer.json()["detail"]
