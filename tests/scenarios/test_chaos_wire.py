"""The meddler on the wire, packet by packet; and the plan, which is the same for the same seed."""

from __future__ import annotations

import asyncio
import socket
from random import Random
from typing import Any

import pytest

from gateway.devices.our_clock import AHEAD_S
from gateway.links.mqtt.protocol.packets import puback, publish
from scenarios.chaos.kinds import WIRE, BrokerChoice, FaultKind, Layout
from scenarios.chaos.plan import FURTHEST_S, draw_round, kinds_in, layout_of
from scenarios.chaos.proxy import Proxy
from scenarios.chaos.troubles import ways
from scenarios.chaos.wire import OURS_FROM, Repeater, again, is_numbered, number_of

WAYS = list(ways())


def _publish(number: int, payload: bytes = b"{}") -> bytes:
    return publish(number, "a/b", payload, retain=False, again=False, v5=False)


def test_a_copy_is_the_message_once_more_under_a_number_of_ours() -> None:
    """Marked DUP, as the standard wants it."""
    packet = _publish(5, b"x" * 300)
    copy = again(packet, 60_001)
    assert (number_of(copy), copy[0], len(copy)) == (60_001, 0x3A, len(packet))
    assert copy.replace(b"\xea\x61", b"\x00\x05")[1:] == packet[1:]
    assert is_numbered(copy)
    assert not is_numbered(puback(5))


def test_every_message_still_arrives_and_the_broker_hears_of_no_copy() -> None:
    """All are delivered, some again, some in another order; only the broker's own numbers are acknowledged to it."""
    repeater = Repeater(Random(1), on=True)
    down = [out for number in range(1, 101) for out in repeater.down(_publish(number))] + repeater.rest()
    numbers = [number_of(packet) for packet in down]
    own = [number for number in numbers if number < OURS_FROM]
    assert sorted(own) == list(range(1, 101))
    assert own != sorted(own)
    assert repeater.repeated == len(numbers) - 100 > 10
    up = [out for number in numbers for out in repeater.up(puback(number))]
    assert [number_of(packet) for packet in up] == own


def test_the_same_seed_is_the_same_plan() -> None:
    """Round by round; another seed is another; each kind has its turn."""
    kinds = list(FaultKind)
    plans = [draw_round(7, number, kinds, WAYS) for number in range(len(kinds))]
    assert plans == [draw_round(7, number, kinds, WAYS) for number in range(len(kinds))]
    assert plans != [draw_round(8, number, kinds, WAYS) for number in range(len(kinds))]
    assert [plan.injections[0].kind for plan in plans] == kinds
    assert all({broken for _, broken in plan.faults} == set(WAYS) for plan in plans)


def test_the_broker_is_the_services_own_child_every_other_time() -> None:
    """Where there is something to do to a wire, there is one."""
    kinds = list(FaultKind)
    assert [layout_of(stage, kinds, BrokerChoice.EMBEDDED) for stage in range(3)] == ["apart", "own", "apart"]
    assert layout_of(1, [FaultKind.REPEAT], BrokerChoice.EMBEDDED) is Layout.APART
    assert not WIRE & set(kinds_in(Layout.OWN, kinds))


def test_a_stepped_clock_refuses_no_device() -> None:
    """Two steps apart at most, a device's clock is still not too far ahead of ours."""
    assert 2 * FURTHEST_S < AHEAD_S


@pytest.mark.anyio
@pytest.mark.parametrize("answers", [True, False])
async def test_a_proxy_that_hangs_up_leaves_nobody_behind(answers: bool) -> None:  # noqa: FBT001
    """Neither whom it passes on to somebody, nor who waits for somebody: no task is left that could only be cancelled."""
    complaints = list[dict[str, Any]]()
    asyncio.get_running_loop().set_exception_handler(lambda _, told: complaints.append(told))
    before = asyncio.all_tasks()
    heard = asyncio.Event()
    with socket.create_server(("127.0.0.1", 0)) as kept, socket.create_server(("127.0.0.1", 0)) as nobody:
        ports = kept.getsockname()[1], nobody.getsockname()[1]
    behind = await asyncio.start_server(lambda *_: heard.set(), "127.0.0.1", ports[1]) if answers else None
    proxy = Proxy(ports[0], ports[1])
    await proxy.start()
    reader, writer = await asyncio.open_connection("127.0.0.1", ports[0])
    if behind is not None:
        await asyncio.wait_for(heard.wait(), 30)
        behind.close()
    await proxy.stop()
    with pytest.raises(ConnectionResetError):
        await asyncio.wait_for(reader.read(), 30)
    writer.close()
    assert asyncio.all_tasks() == before
    assert complaints == []
