"""Lines to providers over TLS: by whom the certificate is signed counts, and a password is told to nobody else."""

from __future__ import annotations

import ssl
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from dispatch.channels.door import NotNow, Outgoing
from dispatch.channels.floods import MANY, Floods
from dispatch.channels.smpp.door import SmppDoor
from dispatch.channels.smpp.settings import SmppSettings
from dispatch.channels.smtp.door import SmtpDoor
from dispatch.channels.smtp.settings import SmtpSettings
from dispatch.core.conversation.channels import Channel
from dispatch.outgoing.outbox import Taken
from gateway.access.authority import Authority, TlsFiles
from gateway.retry.backoff import Backoff
from scenarios.world.inboxes.mail_server import WorldMail
from scenarios.world.inboxes.sms_centre import SmsCentre
from tests.conftest import until
from tests.dispatch.told_by_doors import Told, running

pytestmark = pytest.mark.anyio
SMS = Outgoing("con/c-1/message/1", "+37120000017", "hello", "s", "en", "simulated")
SECRET = {"S": "secret", "W": "wrong"}
QUICK = Backoff(0.05, 0.1)


@pytest.fixture
def files(tmp_path: Path) -> TlsFiles:
    """A certificate of 127.0.0.1, and who signed it."""
    return Authority(tmp_path / "tls").server(["127.0.0.1"])


@pytest.fixture
def tls(files: TlsFiles) -> ssl.SSLContext:
    """How a provider shows it."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(files.certificate, files.private_key)
    return context


def _sms(port: int, **more: object) -> SmppDoor:
    said = {"host": "127.0.0.1", "port": port, "system_id": "us", "password": "$S", "sender": "us", "tls": True}
    settings = SmppSettings.model_validate(said | {"provenance": "simulated"} | more, context=SECRET)
    return SmppDoor(settings, Told(), lambda: 0.0, again=QUICK, within_s=2.0)


def _mail(port: int, **more: object) -> SmtpDoor:
    said = {"host": "127.0.0.1", "port": port, "sender": "help@house.example", "username": "us", "password": "$S"}
    settings = SmtpSettings.model_validate(said | {"provenance": "simulated"} | more, context=SECRET)
    return SmtpDoor(settings, Told(), lambda: 0.0, b"s", again=QUICK, within_s=2.0)


async def test_an_sms_goes_over_tls(tls: ssl.SSLContext, files: TlsFiles) -> None:
    """An sms goes over tls."""
    async with SmsCentre(tls=tls) as centre, running(_sms(centre.port, ca=files.authority)) as door:
        await until(lambda: door.trouble is None)
        assert isinstance(await door.send(SMS), Taken)


async def test_a_centre_that_nobody_vouches_for_is_told_no_password(tls: ssl.SSLContext) -> None:
    """A centre that nobody vouches for is told no password."""
    async with SmsCentre(tls=tls) as centre, running(_sms(centre.port)) as door:
        await until(lambda: door.trouble != "not connected yet")
        assert "CERTIFICATE_VERIFY_FAILED" in str(door.trouble)
        assert centre.binds == 0


async def test_a_mail_goes_over_starttls_and_a_log_in(tls: ssl.SSLContext, files: TlsFiles) -> None:
    """A mail goes over starttls and a log in."""
    async with WorldMail(lambda: ("", 0), tls=tls) as mail, running(_mail(mail.port, ca=files.authority)) as door:
        await until(lambda: door.trouble is None)
        assert isinstance(await door.send(replace(SMS, to_address="anna@world.example")), Taken)
        assert [one.text for one in mail.inboxes.of("anna@world.example")] == ["hello"]


async def test_a_mail_server_that_nobody_vouches_for_or_a_wrong_password_is_told(
    tls: ssl.SSLContext, files: TlsFiles
) -> None:
    """A mail server that nobody vouches for, or a wrong password, is told."""
    async with WorldMail(lambda: ("", 0), tls=tls) as mail:
        for door, says in (
            (_mail(mail.port), "CERTIFICATE_VERIFY_FAILED"),
            (_mail(mail.port, ca=files.authority, password="$W"), "does not let us in: 535"),  # noqa: S106 - a name
            (_mail(mail.port, tls="none"), "AUTH extension is not supported"),
        ):
            async with running(door):
                await until(lambda now=door: now.trouble != "not connected yet")
                assert says in str(door.trouble)


def test_mails_that_machines_write_to_each_other_without_saying_so_end_with_the_day() -> None:
    """Mails that machines write to each other without saying so end with the day."""
    floods, taken = Floods(), 0
    for minute in range(24 * 60):
        with suppress(NotNow):
            floods.check(Channel.EMAIL, "robot@world.example", minute * 60.0)
            taken += 1
    assert taken == MANY[Channel.EMAIL]
    assert floods.told(86_400.0) == ["10 messages by email were put off: an address floods"]
    assert floods.told(2 * 86_400.0) == []
    floods.check(Channel.EMAIL, "robot@world.example", 2 * 86_400.0)
