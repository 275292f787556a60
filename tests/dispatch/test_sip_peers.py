"""SIPp, which knows nothing of us, as whom we ring and as who rings in: answers by its own scenarios, and INVITEs sent twice."""

from __future__ import annotations

import asyncio
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dispatch.core.actions import AssignCall
from dispatch.core.events import CallConnected, CallEnded, CustomerPhoned, Outcome
from dispatch.service.line_room import MOST_OF_ONE, MOST_STRANGERS
from scenarios.runner.telephones import HOME, free_port
from tests.conftest import until
from tests.dispatch.sip_house import ANNA, BEN, NEEDS_SIP, House, house
from tests.dispatch.sip_registrar import rings_in

SIPP = shutil.which("sipp")
pytestmark = [pytest.mark.anyio, NEEDS_SIP]
NEEDS_SIPP = pytest.mark.skipif(SIPP is None, reason="Debian's sip-tester is not installed")
REFUSES = """<?xml version="1.0" encoding="ISO-8859-1" ?>
<scenario name="refuses">
  <recv request="INVITE"/>
  <send retrans="500"><![CDATA[
SIP/2.0 STATUS
[last_Via:]
[last_From:]
[last_To:];tag=[pid]SIPpTag01[call_number]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send>
  <recv request="ACK"/>
</scenario>
"""
INVITE = """INVITE sip:service@{to} SIP/2.0
Via: SIP/2.0/UDP {ours};branch=z9hG4bK{branch};rport
Max-Forwards: 70
From: "Anna" <sip:{number}@{ours}>;tag={tag}
To: <sip:service@{to}>
Call-ID: {ref}
CSeq: 1 INVITE
Contact: <sip:{number}@{ours}>
Content-Type: application/sdp
Content-Length: {length}

{sdp}"""
SDP = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\n"


@contextmanager
def sipp(port: int, folder: Path, *words: str) -> Iterator[None]:
    """SIPp on a port of this machine."""
    assert SIPP is not None
    command = [SIPP, *words, "-i", HOME, "-p", str(port), "-aa", "-nostdin"]
    with (folder / "sipp.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
    try:
        yield
    finally:
        process.kill()
        process.wait()


async def _rung(at: House) -> AssignCall:
    """A car breaks down, an agent is there, and the trunk is, too."""
    await until(lambda: at.line.trouble() is None)
    await at.breaks()
    await at.free("ina")
    return await at.first(AssignCall)


@NEEDS_SIPP
async def test_sipp_answers_and_hangs_up(tmp_path: Path) -> None:
    """Its answer is that they speak."""
    port = free_port()
    with sipp(port, tmp_path, "-sn", "uas"):
        async with house(f"{HOME}:{port}") as at:
            given = await _rung(at)
            assert (await at.first(CallConnected)).call == given.call
            await at.tell(CallEnded(given.call, given.attempt, Outcome.INFORMED, agent="ina"))
            await until(lambda: not at.phones.speaks("ina"))


@NEEDS_SIPP
@pytest.mark.parametrize(
    "status", ["486 Busy Here", "408 Request Timeout", "480 Temporarily Unavailable", "603 Decline", "404 Not Found"]
)
async def test_whoever_says_no_is_rung_later(status: str, tmp_path: Path) -> None:
    """It counts as unanswered."""
    port = free_port()
    (tmp_path / "refuses.xml").write_text(REFUSES.replace("STATUS", status))
    with sipp(port, tmp_path, "-sf", "refuses.xml"):
        async with house(f"{HOME}:{port}") as at:
            await _rung(at)
            assert (await at.first(CallEnded)).outcome is Outcome.NO_ANSWER


@NEEDS_SIPP
async def test_what_is_the_trunks_fault_is_no_unanswered_call(tmp_path: Path) -> None:
    """The agent dials by hand, and the call is theirs until they say how it was."""
    port = free_port()
    (tmp_path / "refuses.xml").write_text(REFUSES.replace("STATUS", "503 Service Unavailable"))
    with sipp(port, tmp_path, "-sf", "refuses.xml"):
        async with house(f"{HOME}:{port}") as at:
            given = await _rung(at)
            await until(lambda: at.service.brief_of(given.call).telephone)
            assert at.service.brief_of(given.call).telephone == "Dial by hand: 503 Service Unavailable."
            assert at.said(CallEnded) == []
            assert at.service.casebook.calls[given.call].state == "assigned"


@NEEDS_SIPP
async def test_a_trunk_that_is_away_comes_back(tmp_path: Path) -> None:
    """Meanwhile calls are given out and dialled by hand; nothing is lost."""
    port = free_port()
    async with house(f"{HOME}:{port}") as at:
        await until(at.line.trouble)
        await at.breaks("c-1")
        await at.free("ina")
        given = await at.first(AssignCall)
        assert "Dial by hand" in at.service.brief_of(given.call).telephone
        assert any("no telephone" in why for why in at.words())
        assert at.phones.rang == []
        with sipp(port, tmp_path, "-sn", "uas"):
            await until(lambda: at.line.trouble() is None)
            await at.breaks("c-2")
            await at.free("oto")
            assert (await at.first(CallConnected)).agent == "oto"


async def test_the_same_invite_twice_is_one_call() -> None:
    """As UDP repeats it, and by another way round: whoever comes second hears that we are engaged, and nobody phones twice."""
    async with house() as at:
        to = (HOME, int(at.phones.service.rpartition(":")[2]))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
            line.bind((HOME, 0))
            line.setblocking(False)  # noqa: FBT003 - the standard library's
            told = {"to": at.phones.service, "ours": f"{HOME}:{line.getsockname()[1]}", "number": ANNA, "sdp": SDP}
            for branch in ("first", "first", "second"):
                message = INVITE.format(**told, ref="twice@pbx", branch=branch, tag=branch, length=len(SDP))
                line.sendto(message.replace("\r\n", "\n").replace("\n", "\r\n").encode(), to)
            while "z9hG4bKsecond" not in (said := await _answer(line)) or said.startswith("SIP/2.0 1"):
                pass  # 100 and 180
            assert said.startswith("SIP/2.0 486 Busy Here")
        phoned = await at.first(CustomerPhoned)
        assert (phoned.call, phoned.customer) == ("in/twice@pbx", "c-1")
        await at.free("ina")  # behind which a second one would stand
        await at.first(AssignCall)
        assert at.said(CustomerPhoned) == [phoned]


async def _answer(line: socket.socket) -> str:
    async with asyncio.timeout(20):
        return (await asyncio.get_running_loop().sock_recv(line, 65_536)).decode()


async def test_a_flood_of_strangers_leaves_room_for_customers_and_whoever_speaks() -> None:
    """200 INVITEs at once: one word in health, a customer is heard, a call under way goes on, and who gives up is told as ever."""
    async with house() as at:
        await at.breaks("c-1")
        await at.free("ina")
        await at.first(CallConnected)
        async with rings_in(at.phones.service) as trunk:
            refs = {f"flood-{number}": f"<sip:+4930{number:07}@pbx>" for number in range(200)}
            for ref, caller in refs.items():
                trunk.ring(caller, ref)
                await until(lambda ref=ref: trunk.answers(ref))  # type: ignore[misc]  # UDP loses what nobody has taken
            await until(lambda: sum("486 Busy Here" in trunk.answers(ref) for ref in refs) == 200 - MOST_STRANGERS)
            await at.first(CustomerPhoned, MOST_STRANGERS)
            trunk.ring(f"<sip:{BEN}@pbx>", "ben@pbx")
            assert (await at.first(CustomerPhoned, MOST_STRANGERS + 1)).customer == "c-2"
            assert at.words() == [
                "140 callers heard in 10 minutes that we are engaged: too many wait on the line at once"
            ]
            assert at.phones.speaks("ina")
            assert at.phones.speaks(ANNA)
            for ref, caller in refs.items():
                if "486 Busy Here" not in trunk.answers(ref):
                    trunk.cancel(caller, ref)
            await at.first(CallEnded, MOST_STRANGERS)
            assert {one.outcome for one in at.said(CallEnded)} == {Outcome.ABANDONED}


async def test_one_number_does_not_take_all_the_lines() -> None:
    """A customer's, made up or not."""
    async with house() as at, rings_in(at.phones.service) as trunk:
        for number in range(MOST_OF_ONE + 1):
            trunk.ring(f"<sip:{ANNA}@pbx>", f"ref-{number}")
        await until(lambda: trunk.answers(f"ref-{MOST_OF_ONE}")[-1:] == ["486 Busy Here"])
        await at.first(CustomerPhoned, MOST_OF_ONE)
