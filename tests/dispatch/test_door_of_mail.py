# ruff: noqa: RUF001 - written in six languages
"""The door of e-mail: round trips with the world's server, loops, reports of what was not delivered, and hostile mails."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.channels.door import BadDoor, Outgoing, readable
from dispatch.channels.smtp.door import SmtpDoor
from dispatch.channels.smtp.html_text import text_of_html
from dispatch.channels.smtp.mails import BadMail, read_mail
from dispatch.channels.smtp.quoted import without_history
from dispatch.channels.smtp.settings import SmtpSettings
from dispatch.outgoing.outbox import Failed, Refused, Taken
from gateway.retry.backoff import Backoff
from scenarios.world.inboxes.letters import InboxLetter
from scenarios.world.inboxes.mail_server import WorldMail, bounced
from tests.conftest import until
from tests.dispatch.told_by_doors import Told, running, sent

pytestmark = pytest.mark.anyio
ANNA, HOUSE = "anna@world.example", "help@house.example"
MESSAGE = Outgoing(
    "con/c-17/message/1",
    ANNA,
    "خودروی شما از کار افتاد.\nWe ring you.",
    "Your car",
    "fa",
    "simulated",
    "https://h.example/me",
)


def _settings(port: int, **more: object) -> SmtpSettings:
    said = {"host": "127.0.0.1", "port": port, "tls": "none", "sender": f"Example House <{HOUSE}>"}
    said |= {"listen": "127.0.0.1", "listen_port": 0, "provenance": "simulated"} | more
    return SmtpSettings.model_validate(said)


def _door(port: int, told: Told, **more: object) -> SmtpDoor:
    return SmtpDoor(_settings(port, **more), told, lambda: 100.0, b"secret", again=Backoff(0.05, 0.1), within_s=0.5)


@asynccontextmanager
async def _both(told: Told, **more: object) -> AsyncIterator[tuple[WorldMail, SmtpDoor]]:
    """The world's server and the door, each of which knows where the other is."""
    found: list[SmtpDoor] = []
    async with WorldMail(lambda: ("127.0.0.1", found[0].incoming.port)) as mail:
        found.append(_door(mail.port, told, **more))
        async with running(found[0]) as door:
            await until(lambda: door.trouble is None)
            yield mail, door


async def test_a_mail_arrives_as_it_was_written_and_says_that_a_machine_wrote_it() -> None:
    """A mail arrives as it was written and says that a machine wrote it."""
    async with _both(Told()) as (mail, door):
        result = await door.send(MESSAGE)
        [letter] = await mail.inboxes.wait_for(ANNA)
        assert isinstance(result, Taken)
        assert (letter.text, letter.subject) == (f"{MESSAGE.text}\n\n{MESSAGE.link}", "Your car")
        assert result.refs == (letter.ref,)
        assert b"Auto-Submitted: auto-generated" in mail.raw[0]


async def test_a_mail_that_is_sent_again_has_the_same_name() -> None:
    """A mail that is sent again has the same name."""
    async with _both(Told()) as (mail, door):
        assert await door.send(MESSAGE) == await door.send(MESSAGE)
        assert len({one.ref for one in await mail.inboxes.wait_for(ANNA, 2)}) == 1
        assert await door.send(replace(MESSAGE, key="con/c-17/message/2")) != await door.send(MESSAGE)


async def test_what_a_customer_answers_is_heard_without_what_it_answers() -> None:
    """What a customer answers is heard without what it answers."""
    told = Told()
    async with _both(told) as (mail, door):
        await door.send(MESSAGE)
        [letter] = await mail.inboxes.wait_for(ANNA)
        text = "Jā, lūdzu!\n\nOn Mon, 30 Nov 2026 at 08:00, Example House wrote:\n> " + letter.text.replace(
            "\n", "\n> "
        )
        assert (await mail.write(ANNA, text, HOUSE, letter.ref)).startswith("250")
        [heard] = told.heard_all
        assert (heard.from_address, heard.text, heard.answers, heard.at) == (ANNA, "Jā, lūdzu!", letter.ref, 100.0)


async def test_it_is_taken_only_once_it_is_stored() -> None:
    """It is taken only once it is stored."""
    told = Told(full=True)
    async with _both(told) as (mail, _):
        assert (await mail.write(ANNA, "hello", HOUSE)).startswith("452")
        told.full = False
        assert (await mail.write(ANNA, "hello", HOUSE)).startswith("250")
        assert [one.text for one in told.heard_all] == ["hello"]


async def test_the_same_mail_again_has_the_same_name_and_another_has_another() -> None:
    """The same mail again has the same name and another has another."""
    told = Told()
    async with _both(told) as (mail, _):
        for named in ("<a@w.example>", "<a@w.example>", "<b@w.example>"):
            await mail.write(ANNA, "hello", HOUSE, Message_ID=named)
        first, again, other = (one.ref for one in told.heard_all)
        assert (first == again, first == other) == (True, False)


@pytest.mark.parametrize(
    "headers",
    [{"Auto_Submitted": "auto-replied"}, {"Precedence": "bulk"}, {"List_Id": "<all.world.example>"}, {"From": HOUSE}],
)
async def test_a_machine_is_not_answered(headers: dict[str, str]) -> None:
    """A machine is not answered."""
    told = Told()
    async with _both(told) as (mail, door):
        assert (await mail.write(ANNA, "I am away", HOUSE, **headers)).startswith("250")
        assert (await mail.bring("", HOUSE, b"From: anna@world.example\r\n\r\nI am away")).startswith("250")
        assert (told.heard_all, door.incoming.automatic) == ([], 2)


async def test_machines_that_answer_every_mail_end_with_their_first_answer() -> None:
    """Machines that answer every mail end with their first answer."""
    told = Told()
    async with _both(told) as (mail, door):
        mail.manners.on_vacation = True
        await door.send(MESSAGE)
        await until(lambda: door.incoming.automatic == 1)
        assert (len(mail.inboxes.of(ANNA)), told.heard_all) == (1, [])


async def test_a_mail_that_was_not_delivered_after_all_is_told_with_why() -> None:
    """A mail that was not delivered after all is told with why."""
    told = Told()
    async with _both(told) as (mail, door):
        await door.send(MESSAGE)
        [letter] = await mail.inboxes.wait_for(ANNA)
        assert (await mail.bounce(letter, HOUSE)).startswith("250")
        [report] = told.reported_all
        assert (report.ref, report.status, report.why) == (letter.ref, "failed", "550 5.1.1 no such mailbox")
        assert told.heard_all == []


async def test_only_our_own_address_is_taken_and_nothing_passed_on() -> None:
    """Only our own address is taken and nothing passed on."""
    told = Told()
    async with _both(told) as (mail, _):
        assert (await mail.write(ANNA, "hello", "somebody@else.example")).startswith("550")
        assert (await mail.write(ANNA, "hello", "Help+17@House.example")).startswith("250")
        assert len(told.heard_all) == 1


async def test_simulated_and_real_are_never_mixed() -> None:
    """Simulated and real are never mixed."""
    async with _both(Told()) as (mail, door):
        assert isinstance(await door.send(replace(MESSAGE, provenance="real")), Refused)
        real = _door(mail.port, Told(), provenance="real")
        assert isinstance(await real.send(MESSAGE), Refused)
        assert mail.raw == []
    for where in ({"host": "mail.house.example"}, {"listen": "10.0.0.1"}):
        with pytest.raises(BadDoor, match=r"127\.0\.0\.0/8"):
            _door(1, Told(), **where)


@pytest.mark.parametrize(
    "address", ["", "anna", "anna@", "@w.example", "a b@w.example", "a@w.example\r\nBcc: b@w.example", "a@-"]
)
async def test_an_address_that_cannot_be_read_is_refused(address: str) -> None:
    """An address that cannot be read is refused."""
    assert isinstance(await _door(1, Told()).send(replace(MESSAGE, to_address=address)), Refused)


@pytest.mark.parametrize("address", ["ānna@world.example", "a;b@world.example", '"a"b@world.example'])
async def test_an_address_that_no_server_takes_is_refused_and_the_server_is_not_away(address: str) -> None:
    """An address that no server takes is refused, and the server is not away."""
    async with _both(Told()) as (_, door):
        result = await door.send(replace(MESSAGE, to_address=address))
        assert isinstance(result, Refused | Taken)
        assert door.trouble is None


async def test_a_subject_of_several_lines_is_one() -> None:
    """A subject of several lines is one."""
    async with _both(Told()) as (mail, door):
        await door.send(replace(MESSAGE, subject="Your car\r\nBcc: b@w.example"))
        [letter] = await mail.inboxes.wait_for(ANNA)
        assert letter.subject == "Your car Bcc: b@w.example"


@pytest.mark.parametrize(("said", "kind"), [("550 5.1.1 no such mailbox", Refused), ("450 4.2.0 greylisted", Failed)])
async def test_what_a_server_says_no_to_is_tried_again_or_never(said: str, kind: type) -> None:
    """What a server says no to is tried again or never."""
    async with _both(Told()) as (mail, door):
        mail.manners.answer = lambda _address: said
        result = await door.send(MESSAGE)
        assert isinstance(result, kind)
        assert said in result.why
        assert door.trouble is None


async def test_a_server_that_is_away_is_a_clear_word_and_found_again_when_it_is_back() -> None:
    """A server that is away is a clear word and found again when it is back."""
    async with _both(Told()) as (mail, door):
        await mail.close()
        assert isinstance(await door.send(MESSAGE), Failed)
        await until(lambda: door.trouble)
        assert f"the mail server 127.0.0.1:{mail.port}" in str(door.trouble)
        await mail.open()
        await until(lambda: door.trouble is None)
        assert isinstance(await sent(door, MESSAGE), Taken)


async def test_a_server_that_hangs_is_hung_up_on() -> None:
    """A server that hangs is hung up on."""
    async with _both(Told()) as (mail, door):
        mail.manners.hangs = True
        result = await door.send(MESSAGE)
        assert isinstance(result, Failed)
        assert "did not answer within 0.5 s" in result.why


async def test_a_hostile_line_is_answered_in_kind_and_others_are_heard() -> None:
    """A hostile line is answered in kind and others are heard."""
    told = Told()
    async with _both(told) as (mail, door):
        reader, writer = await asyncio.open_connection("127.0.0.1", door.incoming.port)
        writer.write(b"\xff\xfe\r\n" + b"x" * 5_000 + b"\r\nEHLO a\r\nMAIL FROM:<" + b"a" * 900 + b">\r\n")
        await reader.readline()
        assert (await mail.write(ANNA, "hello", HOUSE)).startswith("250")
        writer.close()
        assert [one.text for one in told.heard_all] == ["hello"]


HOSTILE = {
    "large": b"\n\n" + b"x" * 300_000,
    "parameters": b"Content-Type: text/plain; " + b"a*0*=x; " * 20_000 + b"\n\nx",
    "headers": b"".join(b"X-%d: y\n" % number for number in range(30_000)) + b"\nhi",
    "parts": b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 30_000,
}
BORNE = {
    "nothing": b"",
    "parentheses": b"From: " + b"(" * 8_000 + b"\n\nhi",
    "deep": b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (one, one) for one in range(300)),
    "charset": b"Content-Type: text/plain; charset=rot13\n\nhi",
    "zeros": b"\0" * 10_000,
    "encoded": b"Subject: " + b"=?utf-8?q?=41?= " * 500 + b"\n\nx",
    "tags": b"Content-Type: text/html\n\n" + b"<div>" * 40_000,
    "entities": b"Content-Type: text/html\n\n" + b"&#x41" * 40_000,
    "open": b"Content-Type: text/html\n\n" + b"<![" * 40_000,
    "date": b"Date: nonsense\nMessage-ID: <>\nIn-Reply-To: <<<>\n\nx",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_mail_that_is_too_much_is_refused_before_it_is_parsed(name: str) -> None:
    """A mail that is too much is refused before it is parsed."""
    began = time.process_time()
    with pytest.raises(BadMail):
        read_mail(HOSTILE[name])
    assert time.process_time() - began < 0.2


@pytest.mark.parametrize("name", BORNE)
def test_a_hostile_mail_takes_no_time(name: str) -> None:
    """A hostile mail takes no time."""
    began = time.process_time()
    with suppress(BadMail):
        read_mail(BORNE[name])
    assert time.process_time() - began < 1.0


@given(st.binary(max_size=2_000), st.binary(max_size=2_000))
def test_any_bytes_are_a_mail_or_refused(head: bytes, body: bytes) -> None:
    """Any bytes are a mail or refused."""
    for octets in (head + body, b"From: " + head + b"\n\n" + body, b"Content-Type: " + head + b"\n\n" + body):
        with suppress(BadMail):
            read_mail(octets)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("Yes\n\n> what you wrote\n> before\n", "Yes"),
        ("> how are you?\nFine.\n> and now?\nBetter.", "> how are you?\nFine.\n> and now?\nBetter."),
        ("Да\n\nпн, 30 нояб. 2026 г. в 08:00, Дом <help@house.example> написал:\n> Машина", "Да"),
        ("بله\n\nدر دوشنبه ۳۰ نوامبر، خانه نوشت:\n> خودرو", "بله"),
        ("好\n\n在 2026年11月30日，Example House 写道：\n> 车", "好"),
        ("Jā\n\n-----Original Message-----\nFrom: x", "Jā"),
        ("Nē\n\n________________________________\nNo: Māja <help@house.example>", "Nē"),
        ("Please\n-- \nAnna Ozola\n+371 200", "Please"),
        ("On Mon I wrote you a letter and nobody answered", "On Mon I wrote you a letter and nobody answered"),
        ("> only what was quoted", "> only what was quoted"),
        ("On Mon, 30 Nov 2026 at 08:00, Example House\n<help@house.example> wrote:\n> x", None),
    ],
)
def test_history_is_cut_by_rules(written: str, kept: str | None) -> None:
    """History is cut by rules."""
    assert without_history(written) == (written if kept is None else kept)


def test_of_a_page_its_text_is_taken() -> None:
    """Of a page its text is taken."""
    page = "<html><head><title>t</title><style>p{}</style></head><body><p>Y&auml;s,<br>please</p><script>x()</script>"
    assert (
        text_of_html(page + "<blockquote>what <b>you</b> wrote</blockquote></body>")
        == "Yäs,\nplease\n\n> what you wrote"
    )
    mail = f"From: A <{ANNA}>\nContent-Type: text/html\n\n{page}<blockquote>what you wrote</blockquote>".encode()
    assert read_mail(mail).text == "Yäs,\nplease"


def test_the_operators_own_server_vouches_and_nobody_else() -> None:
    """The operators own server vouches and nobody else."""
    mail = b"Authentication-Results: %s; dmarc=pass header.from=w.example\nFrom: a@w.example\n\nx"
    assert read_mail(mail % b"mx.house.example", "mx.house.example").passed
    assert not read_mail(mail % b"mx.evil.example", "mx.house.example").passed
    assert not read_mail(mail % b"mx.house.example").passed
    forged = b"Authentication-Results: mx.house.example; dmarc=fail\n" + mail % b"mx.house.example"
    assert not read_mail(forged, "mx.house.example").passed


def test_a_report_of_a_delivery_is_no_failure() -> None:
    """A report of a delivery is no failure."""
    report = bounced(InboxLetter(ANNA, "", "a@house.example"), HOUSE, "x")
    assert read_mail(report).became == "failed"
    assert read_mail(report.replace(b"Action: failed", b"Action: delivered")).became == "delivered"
    assert read_mail(report.replace(b"Action: failed", b"Action: delayed")).became is None


def test_a_report_of_reading_is_no_failure_and_neither_is_a_complaint() -> None:
    """Both are reports (RFC 6522), and neither says that a mail was lost."""
    shown = (
        b"Content-Type: multipart/report; report-type=%s; boundary=b\n\n--b\nContent-Type: message/%s\n\n"
        b"Original-Message-ID: <q@house.example>\nDisposition: manual-action/MDN-sent-manually; displayed\n\n--b--\n"
    )
    read = read_mail(shown % ((b"disposition-notification",) * 2))
    assert (read.became, read.answers, read.is_automatic) == ("read", ("q@house.example",), True)
    assert read_mail((shown % ((b"disposition-notification",) * 2)).replace(b"displayed", b"deleted")).became is None
    assert read_mail(shown % ((b"feedback-report",) * 2)).became is None


VOUCHED = b"Authentication-Results: mx.house.example; "
FORGED = {
    "a name that is an address once it is decoded": b"dmarc=pass header.from=evil.example\n"
    b"From: =?utf-8?q?=3Canna=40w.example=3E?= <m@evil.example>",
    "two headers": b"dmarc=pass header.from=evil.example\nFrom: anna@w.example\nFrom: m@evil.example",
    "two addresses": b"dmarc=pass header.from=evil.example\nFrom: anna@w.example, m@evil.example",
    "no comma": b"dmarc=pass header.from=evil.example\nFrom: anna@w.example <m@evil.example>",
    "another domain": b"dmarc=pass header.from=evil.example\nFrom: anna@w.example",
    "no domain": b"dmarc=pass\nFrom: anna@w.example",
    "a sender's address": b"spf=pass smtp.mailfrom=dmarc=pass@evil.example; dmarc=fail header.from=w.example\nFrom: anna@w.example",
    "a quoted one": b'spf=pass smtp.mailfrom="a; dmarc=pass header.from=w.example"@evil.example\nFrom: anna@w.example',
    "a quote that does not end": b'spf=pass smtp.mailfrom="a; dmarc=pass header.from=w.example\nFrom: anna@w.example',
    "a comment": b"dmarc=fail (a) (was; dmarc=pass header.from=w.example) header.from=w.example\nFrom: anna@w.example",
    "both": b"dmarc=fail header.from=w.example; dmarc=pass header.from=w.example\nFrom: anna@w.example",
    "two domains": b"dmarc=pass header.from=evil.example header.from=w.example\nFrom: anna@w.example",
    "another word": b"xdmarc=pass header.from=w.example\nFrom: anna@w.example",
    "one below": b"spf=pass\n" + VOUCHED + b"dmarc=pass header.from=w.example\nFrom: anna@w.example",
}


@pytest.mark.parametrize("name", FORGED)
def test_who_forges_a_sender_is_not_vouched_for(name: str) -> None:
    """What a stranger may write into a mail never makes it a customer's."""
    mail = read_mail(VOUCHED + FORGED[name] + b"\n\n1", "mx.house.example")
    assert not (mail.passed and mail.from_address == "anna@w.example")


@pytest.mark.parametrize(
    "said",
    [
        b"dmarc=pass header.from=w.example",
        b"spf=pass smtp.mailfrom=x@w.example;\n\tdkim=pass (2048);\n\tdmarc = pass (p=none) header.from=w.example",
        b"DMARC=Pass action=none header.from=W.Example; compauth=pass reason=100",
    ],
)
def test_what_servers_write_of_a_sender_is_read(said: bytes) -> None:
    """Folded, with comments and a version, as OpenDMARC, rspamd and Exchange write it."""
    for server in (b"mx.house.example; ", b"(us) MX.house.example 1; "):
        mail = read_mail(
            b"Authentication-Results: " + server + said + b'\nFrom: "Ozola, Anna" <Anna@w.example>\n\n1',
            "mx.house.example",
        )
        assert (mail.passed, mail.from_address) == (True, "anna@w.example")


@pytest.mark.parametrize(
    "charset", ["us-ascii", "utf-8", "nonsense", "rot13", "punycode", "unicode_escape", "idna", "utf-7"]
)
def test_what_says_a_wrong_charset_is_read_as_utf8(charset: str) -> None:
    """So do mail programs; what is no charset of mails is none, and costs nothing."""
    mail = f"Content-Type: text/plain; charset={charset}\n\nJā, lūdzu! \\ud800".encode()
    assert read_mail(mail).text == "Jā, lūdzu! \\ud800"
    assert read_mail(b"Content-Type: text/plain; charset=windows-1257\n\nJ\xe2").text == "Jā"


async def test_a_mail_without_one_sender_is_whose_envelope_it_is_and_nobodys_word() -> None:
    """Nothing is lost, strangers are not merged, and nobody is believed."""
    told = Told()
    async with _both(told, provenance="real") as (mail, _):
        for number, sender in enumerate((b"A, B <anna@world.example>", b"undisclosed:;", b"a@w.example, b@w.example")):
            said = b"Message-ID: <%d@x>\r\nFrom: %s\r\n\r\nhello" % (number, sender)
            assert (await mail.bring(f"x{number}@else.example", HOUSE, said)).startswith("250")
        assert [(one.from_address, one.is_vouched_for) for one in told.heard_all] == [
            (f"x{number}@else.example", False) for number in range(3)
        ]


async def test_a_mail_without_a_word_is_seen() -> None:
    """A picture of the car alone, or nothing at all."""
    told = Told()
    async with _both(told) as (mail, _):
        for head in (b"Content-Type: image/jpeg\r\n", b""):
            await mail.bring(ANNA, HOUSE, b"From: %s\r\n%s\r\n" % (ANNA.encode(), head))
        assert [one.text for one in told.heard_all] == ["[image/jpeg]", "[…]"]


def test_what_cannot_be_stored_or_shown_is_left_out_of_what_somebody_wrote() -> None:
    """Halves of characters, control characters, and what turns the direction of the text around it."""
    assert readable("a\0b\x1b[31m\ud800\u202ec\r\nd\u2028e\tf") == "ab[31m\N{REPLACEMENT CHARACTER}c\nd\ne\tf"
