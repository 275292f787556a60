"""The door of SMS: round trips with the world's centre and with smpp34's own server, and all that goes wrong with providers."""

from __future__ import annotations

import asyncio
import socket
import struct
from contextlib import suppress
from dataclasses import replace

import pytest
import smpp34
from hypothesis import given
from hypothesis import strategies as st

from dispatch.channels.door import BadDoor, Outgoing
from dispatch.channels.smpp import pdu
from dispatch.channels.smpp.door import SmppDoor
from dispatch.channels.smpp.pdu import SmppStatus
from dispatch.channels.smpp.settings import SmppSettings
from dispatch.channels.smpp.texts import GSM, UCS2, parts_of, text_in, without_header
from dispatch.outgoing.outbox import Failed, Refused, Taken
from gateway.retry.backoff import Backoff
from scenarios.world.inboxes.sms_centre import SmsCentre, delivered
from tests.conftest import until
from tests.dispatch.told_by_doors import Told, running, sent

pytestmark = pytest.mark.anyio
ANNA = "+37120000017"
PERSIAN = "خودروی شما از کار افتاد. کمک در راه است و تا بیست دقیقهٔ دیگر می‌رسد. " * 2
MESSAGE = Outgoing("con/c-17/message/1", ANNA, "Your car broke down. Help is on its way.", "", "en", "simulated")


def _settings(port: int, **more: object) -> SmppSettings:
    said = {"host": "127.0.0.1", "port": port, "system_id": "us", "password": "$P", "sender": "callahead"}
    said |= {"provenance": "simulated"} | more
    return SmppSettings.model_validate(said, context={"P": "secret"})


def _door_to(port: int, told: Told, **more: object) -> SmppDoor:
    return SmppDoor(
        _settings(port, **more), told, lambda: 100.0, again=Backoff(0.05, 0.1), within_s=0.5, together_s=0.2
    )


@pytest.mark.parametrize("text", [MESSAGE.text, "Помощь в пути", PERSIAN, "x" * 400, "😀" * 100, "€" * 90])
async def test_a_text_arrives_as_it_was_written_and_its_receipt_comes_back(text: str) -> None:
    """A text arrives as it was written and its receipt comes back."""
    told = Told()
    async with SmsCentre() as centre, running(_door_to(centre.port, told)) as door:
        await until(lambda: door.trouble is None)
        result = await door.send(replace(MESSAGE, text=text))
        assert isinstance(result, Taken)
        [letter] = await centre.inboxes.wait_for(ANNA)
        assert letter.text == text
        await until(lambda: len(told.reported_all) == len(result.refs))
        reports = told.reported_all
        assert {one.ref for one in reports} == set(result.refs)
        assert {one.status for one in reports} == {"delivered"}


@pytest.mark.parametrize("text", ["1", "jā, lūdzu", "بله", PERSIAN, "x" * 500, ""])
async def test_what_a_customer_writes_is_heard_whole(text: str) -> None:
    """What a customer writes is heard whole."""
    told = Told()
    async with SmsCentre() as centre, running(_door_to(centre.port, told)):
        await centre.bound()
        assert await centre.write(ANNA, text) == SmppStatus.OK
        [heard] = told.heard_all
        assert (heard.from_address, heard.text, heard.at, heard.provenance) == (ANNA, text, 100.0, "simulated")


async def test_a_line_that_breaks_before_the_answer_is_told_to_who_wrote() -> None:
    """They may say it again; nobody waits for ever."""
    async with SmsCentre() as centre:
        hears, deaf = await asyncio.open_connection("127.0.0.1", centre.port)
        deaf.write(pdu.written(pdu.Command.BIND_TRANSCEIVER, 1, b"us\0secret\0\0\x34\0\0\0"))
        assert (await pdu.read(hears)).status == SmppStatus.OK
        writing = asyncio.ensure_future(centre.write(ANNA, "hello"))
        assert (await pdu.read(hears)).command == pdu.Command.DELIVER_SM
        deaf.transport.abort()
        with pytest.raises(ConnectionError):
            await writing


async def test_it_is_acknowledged_only_once_it_is_stored_and_put_off_where_it_cannot_be() -> None:
    """It is acknowledged only once it is stored and put off where it cannot be."""
    told = Told(full=True)
    async with SmsCentre() as centre, running(_door_to(centre.port, told)):
        await centre.bound()
        assert await centre.write(ANNA, "hello") == SmppStatus.THROTTLED
        told.full = False
        assert await centre.write(ANNA, "hello") == SmppStatus.OK
        assert [one.text for one in told.heard_all] == ["hello"]


async def test_a_centre_that_sends_no_second_part_before_the_first_is_acknowledged_loses_nothing() -> None:
    """A centre that sends no second part before the first is acknowledged loses nothing."""
    told = Told()
    async with SmsCentre() as centre, running(_door_to(centre.port, told)):
        await centre.bound()
        for part in parts_of("x" * 200, "k"):
            body = delivered(ANNA, "us", part.octets, kind=0x40)
            assert (await centre.deliver(body)).status == SmppStatus.OK
        assert [one.text for one in told.heard_all] == ["x" * 153 + " […] ", " […] " + "x" * 47]


async def test_a_character_that_is_parted_between_two_parts_is_one() -> None:
    """Telephones part them where 67 units are full; one half that comes alone is told as such."""
    told = Told()
    async with SmsCentre() as centre, running(_door_to(centre.port, told)):
        await centre.bound()
        octets = ("a" * 66 + "😀!").encode("utf-16-be")
        halves = octets[:134], octets[134:]
        bodies = [
            delivered(ANNA, "us", bytes((5, 0, 3, 9, 2, number)) + half, coding=UCS2, kind=0x40)
            for number, half in enumerate(halves, 1)
        ]
        await asyncio.gather(*(centre.deliver(one) for one in reversed(bodies)))
        await centre.deliver(bodies[0])
        assert [one.text for one in told.heard_all] == ["a" * 66 + "😀!", "a" * 66 + "\N{REPLACEMENT CHARACTER} […] "]


async def test_simulated_and_real_are_never_mixed() -> None:
    """Simulated and real are never mixed."""
    async with SmsCentre() as centre, running(_door_to(centre.port, Told())) as door:
        await until(lambda: door.trouble is None)
        assert isinstance(await door.send(replace(MESSAGE, provenance="real")), Refused)
        assert centre.inboxes.of(ANNA) == []
    real = SmppDoor(_settings(centre.port, provenance="real"), Told(), lambda: 0.0)
    assert isinstance(await real.send(MESSAGE), Refused)
    for host in ("localhost", "smsc.example.net", "10.0.0.1", "::1"):
        with pytest.raises(BadDoor, match=r"127\.0\.0\.0/8"):
            SmppDoor(_settings(1, host=host), Told(), lambda: 0.0)


@pytest.mark.parametrize(
    "number", ["", "+", "+3712", "20000017", "+371 2000", "+37120000017\0x", "anna", "+٣٧١٢٠٠٠٠٠١٧"]
)
async def test_a_number_that_cannot_be_read_is_refused(number: str) -> None:
    """A number that cannot be read is refused."""
    async with SmsCentre() as centre, running(_door_to(centre.port, Told())) as door:
        await until(lambda: door.trouble is None)
        assert isinstance(await door.send(replace(MESSAGE, to_address=number)), Refused)


async def test_a_text_that_nobody_reads_to_its_end_is_refused() -> None:
    """A text that nobody reads to its end is refused."""
    async with SmsCentre() as centre, running(_door_to(centre.port, Told())) as door:
        await until(lambda: door.trouble is None)
        assert isinstance(await door.send(replace(MESSAGE, text="y" * 5_000)), Refused)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (SmppStatus.THROTTLED, Failed),
        (SmppStatus.QUEUE_FULL, Failed),
        (SmppStatus.INVALID_DESTINATION, Refused),
        (0x455, Refused),
    ],
)
async def test_what_the_centre_says_no_to_is_tried_again_or_never(status: int, kind: type) -> None:
    """What the centre says no to is tried again or never."""
    async with SmsCentre() as centre, running(_door_to(centre.port, Told())) as door:
        centre.manners.status = lambda _number: status
        await until(lambda: door.trouble is None)
        result = await door.send(MESSAGE)
        assert isinstance(result, kind)
        assert f"{status:#x}" in result.why


async def test_a_long_text_goes_on_behind_the_parts_that_the_centre_has() -> None:
    """Whatever stops it: no part is paid for and sent twice."""
    statuses = [SmppStatus.OK, SmppStatus.THROTTLED, SmppStatus.OK, SmppStatus.QUEUE_FULL, SmppStatus.OK]
    async with SmsCentre() as centre, running(_door_to(centre.port, Told())) as door:
        await until(lambda: door.trouble is None)
        asked: list[str] = []

        def status(number: str) -> int:
            asked.append(number)
            return statuses.pop(0)

        centre.manners.status = status
        message = replace(MESSAGE, text="x" * 400)
        result = await sent(door, message)
        assert isinstance(result, Taken)
        assert (len(result.refs), len(set(result.refs)), len(asked)) == (3, 3, 5)
        assert (await centre.inboxes.wait_for(ANNA))[0].text == message.text


async def test_another_text_under_the_same_name_begins_anew() -> None:
    """As when the link in it has changed meanwhile."""
    statuses = [SmppStatus.OK, SmppStatus.THROTTLED, *[SmppStatus.OK] * 3]
    async with SmsCentre() as centre, running(_door_to(centre.port, Told())) as door:
        await until(lambda: door.trouble is None)
        centre.manners.status = lambda _number: statuses.pop(0)
        assert isinstance(await door.send(replace(MESSAGE, text="x" * 400)), Failed)
        assert isinstance(await door.send(replace(MESSAGE, text="y" * 400)), Taken)
        assert statuses == []


async def test_a_message_that_cannot_be_delivered_says_why() -> None:
    """A message that cannot be delivered says why."""
    told = Told()
    async with SmsCentre() as centre, running(_door_to(centre.port, told)) as door:
        centre.manners.fate = "UNDELIV"
        await until(lambda: door.trouble is None)
        await sent(door, MESSAGE)
        await until(lambda: told.reported_all)
        [report] = told.reported_all
        assert (report.status, report.why) == ("failed", "it cannot be delivered (error 000)")


async def test_a_centre_that_is_away_is_a_clear_word_and_found_again_when_it_is_back() -> None:
    """A centre that is away is a clear word and found again when it is back."""
    async with SmsCentre() as centre, running(_door_to(centre.port, Told())) as door:
        await until(lambda: door.trouble is None)
        await centre.close()
        await until(lambda: door.trouble)
        assert f"the SMS centre 127.0.0.1:{centre.port}" in str(door.trouble)
        assert isinstance(await door.send(MESSAGE), Failed)
        await centre.open()
        assert isinstance(await sent(door, MESSAGE), Taken)
        assert door.trouble is None


async def test_a_centre_that_hangs_is_hung_up_on() -> None:
    """A centre that hangs is hung up on."""
    async with SmsCentre() as centre:
        centre.manners.hangs = True
        async with running(_door_to(centre.port, Told())) as door:
            await until(lambda: door.trouble != "not connected yet")
            assert door.trouble == f"the SMS centre 127.0.0.1:{centre.port} did not answer within 0.5 s"
            centre.manners.hangs = False
            assert isinstance(await sent(door, MESSAGE), Taken)
            centre.manners.hangs = True
            result = await door.send(MESSAGE)
            assert isinstance(result, Failed)


async def test_a_line_is_asked_whether_it_is_alive() -> None:
    """A line is asked whether it is alive."""
    async with SmsCentre() as centre, running(_door_to(centre.port, Told(), enquire_link_s=0.05)) as door:
        await until(lambda: door.trouble is None)
        await until(lambda: centre.enquiries > 1)
        assert door.trouble is None
        centre.manners.answers_enquiries = False
        await until(lambda: centre.binds > 1)  # it is hung up on, and bound anew


async def test_a_wrong_password_is_told() -> None:
    """A wrong password is told."""
    async with SmsCentre() as centre, running(_door_to(centre.port, Told())) as door:
        centre.manners.password = "other"  # noqa: S105 - of a simulated centre
        await until(lambda: door.trouble != "not connected yet")
        assert "invalid_password (0xe)" in str(door.trouble)


@pytest.mark.parametrize(
    "body",
    [b"", b"\xff" * 40, b"\0" * 9, smpp34.DeliverSm("371200", "us", b"hello").encode()[16:-2]],
)
async def test_a_message_that_is_malformed_is_refused_and_the_line_stays(body: bytes) -> None:
    """A message that is malformed is refused and the line stays."""
    told = Told()
    async with SmsCentre() as centre, running(_door_to(centre.port, told)) as door:
        await until(lambda: door.trouble is None)
        assert (await centre.deliver(body)).status == SmppStatus.PERMANENT
        assert await centre.write(ANNA, "still there") == SmppStatus.OK
        assert (door.refused, centre.binds) == (1, 1)


@pytest.mark.parametrize("octets", [b"GET / HTTP/1.1\r\n\r\n\r\n", struct.pack(">IIII", 2**31, 5, 0, 8), b"\0" * 32])
async def test_what_is_no_pdu_ends_the_line_and_it_is_bound_anew(octets: bytes) -> None:
    """What is no pdu ends the line and it is bound anew."""
    async with SmsCentre() as centre, running(_door_to(centre.port, Told())) as door:
        await until(lambda: door.trouble is None)
        centre.send_bytes(octets)
        await until(lambda: centre.binds > 1)
        assert isinstance(await sent(door, MESSAGE), Taken)


async def test_a_picture_is_no_text() -> None:
    """A picture is no text."""
    told = Told()
    async with SmsCentre() as centre, running(_door_to(centre.port, told)):
        await centre.bound()
        assert (await centre.deliver(delivered(ANNA, "us", b"\1\2", coding=4))).status == SmppStatus.PERMANENT
        assert told.heard_all == []


@given(st.binary(max_size=300), st.integers(0, 255), st.integers(0, 255))
def test_whatever_a_centre_delivers_is_heard_or_refused(octets: bytes, kind: int, coding: int) -> None:
    """Whatever a centre delivers is heard or refused."""
    told = Told()
    door = _door_to(1, told)
    for body in (octets, delivered(ANNA, "us", octets[:254], kind=kind, coding=coding)):
        whole = pdu.written(pdu.Command.DELIVER_SM, 7, body)
        answer = asyncio.run(door._deliver(pdu.Pdu(pdu.Command.DELIVER_SM, 0, 7, whole)))
        _, command, status, number = pdu.HEADER.unpack(answer[: pdu.HEADER.size])
        assert (command, number) == (pdu.Command.DELIVER_SM | pdu.RESPONSE, 7)
        assert status in {SmppStatus.OK, SmppStatus.PERMANENT}


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=700), st.sampled_from(["gsm", "latin1"]))
def test_every_text_is_read_from_its_parts_as_it_was(text: str, alphabet: str) -> None:
    """Every text is read from its parts as it was."""
    parts = parts_of(text, "key", alphabet)  # type: ignore[arg-type]
    octets = [without_header(part.octets)[0] if part.has_header else part.octets for part in parts]
    assert all(len(part.octets) <= (140 if part.coding == UCS2 else 160) for part in parts)
    assert "".join(text_in(one, part.coding, alphabet) for one, part in zip(octets, parts, strict=True)) == text  # type: ignore[arg-type]
    assert {part.coding for part in parts} <= {GSM, UCS2}


def _free_port() -> int:
    """smpp34's server does not tell which port it has."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


async def test_another_implementation_understands_us() -> None:
    """Another implementation understands us."""
    port = _free_port()
    server = smpp34.Server("127.0.0.1", port, system_id="other")
    await server.start()
    told = Told()
    try:
        async with running(_door_to(port, told)) as door:
            esme = await server.next()
            assert isinstance(esme, smpp34.Esme)
            sending = asyncio.ensure_future(sent(door, replace(MESSAGE, text="Помощь")))
            event = await server.next()
            assert isinstance(event, smpp34.SubmitSmEvent)
            assert (event.destination_addr, event.data_coding) == ("37120000017", UCS2)
            assert event.short_message.decode("utf-16-be") == "Помощь"
            event.accept("abc")
            assert await sending == Taken(("abc",))
            answer = await esme.deliver_sm(
                "us", b"id:abc stat:DELIVRD err:000", source_addr="37120000017", source_addr_ton=1, esm_class=4
            )
            assert answer.is_success
            assert [(one.ref, one.status) for one in told.reported_all] == [("abc", "delivered")]
            written = await esme.deliver_sm("us", b"yes", source_addr="37120000017", source_addr_ton=1)
            assert written.is_success
            assert [(one.from_address, one.text) for one in told.heard_all] == [(ANNA, "yes")]
    finally:
        with suppress(Exception):
            await server.stop()
