"""A trunk that registers us, by UDP, TCP and TLS: who has the wrong password or certificate, and who rings in by which number."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from dispatch.channels.sip.line import SipLine
from dispatch.channels.sip.trunk_file import LineSettings, TrunkSettings
from dispatch.channels.sip.wire import LineSetup
from dispatch.channels.telephony import Incoming, LegReport
from gateway.access.authority import Authority
from tests.conftest import until
from tests.dispatch.sip_house import ANNA, NEEDS_SIP
from tests.dispatch.sip_registrar import HOME, Registrar, registrar

pytestmark = [pytest.mark.anyio, NEEDS_SIP]


@asynccontextmanager
async def line(at: Registrar, named: str = "right", **more: Any) -> AsyncIterator[SipLine]:
    """Our line to a trunk; it says nothing of how it stands before it has asked."""
    said = {"proxy": at.at, "register": True, "interface": HOME, "transport": at.transport} | more
    trunk = TrunkSettings(provenance="simulated", password=named, line=LineSettings.model_validate(said))
    found = SipLine(trunk)
    running = asyncio.create_task(found.run())
    yield found
    found.stop()
    await running


def _tls(folder: Path, names: list[str]) -> tuple[ssl.SSLContext, Path]:
    """Return how a trunk shows itself, and who signed that."""
    signs = Authority(folder)
    files = signs.server(names)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(files.certificate, files.private_key)
    (folder / "ca.pem").write_text(signs.certificate())
    return context, folder / "ca.pem"


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_who_rings_in_by_any_of_our_numbers_is_heard(transport: Any) -> None:
    """At the contact that we registered, and at the number that was dialled, as many trunks have it."""
    async with registrar(Registrar(transport)) as at, line(at) as ours:
        said: list[LegReport | Incoming] = []
        ours.hear = said.append
        await until(lambda: ours.trouble() is None)
        at.ring(f'"<sip:+37120000002@x>" <sip:{ANNA}@operator.example>', "by-contact")
        at.ring(f"<sip:{ANNA}@operator.example>", "by-number", to=f"sip:+37167000000@{HOME}")
        await until(lambda: len(said) > 1)
        assert {(one.ref, one.number) for one in said if isinstance(one, Incoming)} == {
            ("by-contact", ANNA),
            ("by-number", ANNA),
        }
        ours.ring("leg-1", ours.customer_address(ANNA), 5.0)
        await until(lambda: len(said) > 2)
        assert at.requests("INVITE")[0].startswith(f"INVITE sip:{ANNA}@{at.at}")


async def test_a_wrong_password_is_a_clear_word() -> None:
    """Calls are dialled by hand."""
    async with registrar(Registrar()) as at, line(at, "wrong") as ours:
        await until(lambda: "403" in str(ours.trouble()))
        assert ours.trouble() == f"{at.at} does not register us: 403 Forbidden"
        assert at.contact == ""


async def test_a_tls_trunk_is_who_its_certificate_says(tmp_path: Path) -> None:
    """Signed by whom the operator names, it registers us and is rung."""
    shown, ca = _tls(tmp_path, [HOME])
    async with registrar(Registrar("tls"), shown) as at, line(at, ca=ca) as ours:
        await until(lambda: ours.trouble() is None)
        said: list[LegReport | Incoming] = []
        ours.hear = said.append
        ours.ring("leg-1", ours.customer_address(ANNA), 5.0)
        await until(lambda: said)
        assert len(at.requests("INVITE")) == 1


@pytest.mark.parametrize("register", [True, False])
async def test_a_tls_trunk_with_another_certificate_is_told_nothing(register: bool, tmp_path: Path) -> None:  # noqa: FBT001
    """Neither the password nor whom we ring; and the operator reads why."""
    shown, _ = _tls(tmp_path / "theirs", [HOME])
    _, ca = _tls(tmp_path / "named", [HOME])
    async with registrar(Registrar("tls"), shown) as at, line(at, ca=ca, register=register) as ours:
        await until(lambda: "certificate" in str(ours.trouble()))
        assert str(ours.trouble()).startswith(f"the certificate of {at.at} is not believed: ")
        assert at.heard == []


def test_who_waits_is_not_hung_up_on() -> None:
    """The library's own patience is two minutes, and customers' is longer; tried by waiting that long."""
    stack = pytest.importorskip("dispatch.channels.sip.stack")
    told = stack.more_settings(LineSetup("callahead", "op.example", listen="127.0.0.1:5060", ca="/ca.pem"))
    assert told.splitlines() == [
        "call_local_timeout 900",
        "sip_listen 127.0.0.1:5060",
        "sip_verify_server yes",
        "sip_cafile /ca.pem",
    ]
