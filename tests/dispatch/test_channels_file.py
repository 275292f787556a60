"""The file of ``--channels``: read whole, secrets from elsewhere, or refused by file, key and rule; and a service with it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

from dispatch.core.conversation.channels import Channel
from dispatch.core.conversation.events import CustomerWrote
from dispatch.ledger.rows import read
from dispatch.service.channels_file import BadChannelsFile, ChannelSettings, read_channels
from dispatch.store.journal import Journal
from dispatch.web.api.app import create_app
from scenarios.world.inboxes.all_of_them import HOUSE, WorldInboxes
from tests.dispatch.conftest import portless
from tests.dispatch.test_doors_of_push_and_social import PEM

SMS = """
[sms]
host = "smpp.provider.example"
system_id = "house"
password = "$SMS"
sender = "+37120000000"
"""
EMAIL = """
[email]
host = "mail.house.example"
sender = "Example House <help@house.example>"
"""


def _read(folder: Path, text: str, **environment: str) -> ChannelSettings:
    (folder / "channels.toml").write_text(text, "utf-8")
    return read_channels(folder / "channels.toml", environment)


def test_a_file_opens_its_doors(tmp_path: Path) -> None:
    """A file opens its doors."""
    (tmp_path / "secret").write_text("told\n")
    text = SMS.replace("$SMS", f"@{tmp_path}/secret") + EMAIL + 'username = "u"\npassword = "$MAIL"\n'
    found = _read(tmp_path, text, MAIL="hidden")
    assert found.sms is not None
    assert found.email is not None
    assert (found.sms.password, found.email.password, found.email.address) == ("told", "hidden", "help@house.example")
    assert "told" not in repr(found)
    assert "hidden" not in repr(found)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "none of the sections sms, email, push and social"),
        ("[fax]\nhost = 'a'", "fax: Extra inputs are not permitted"),
        ("[sms", "not TOML"),
        (SMS, "sms.password: SMS is not in the environment"),
        (
            SMS.replace("$SMS", "clear"),
            "sms.password: is '@FILE', or '$NAME' of the environment: not the secret itself",
        ),
        (SMS.replace("$SMS", "@/nowhere"), "sms.password: the file cannot be read"),
        (SMS.replace("+37120000000", "a name that is too long"), "sms.sender: String should match pattern"),
        (SMS.replace("$SMS", "$Q"), "sms.password: has a character that no PDU bears"),
        (SMS.replace("$SMS", "$P") + 'ca = "/nowhere.pem"', "sms.ca: Path does not point to a file"),
        (SMS + "port = 70000", "sms.port: Input should be less than or equal to 65535"),
        (EMAIL.replace("help@house.example", "help"), "email.sender: is an address of our own"),
        (EMAIL + 'username = "u"', "email: username and password: both, or neither"),
        (EMAIL + 'username = "u"\npassword = "$P"\ntls = "none"', "email: tls: a password is not sent in the clear"),
        ('[push]\ncontact = "help"\nkey = "$P"', "push.contact"),
        ('[push]\ncontact = "mailto:a@b.example"\nkey = "$P"', "push.key: is no private key in PEM"),
        ('[social]\nurl = "ftp://a"\nsecret = "$P"', "social.url"),
        ('[social]\nurl = "https://a"\nsecret = "$P"', "social.secret: is 'whsec_' and at least 24 bytes in base64"),
    ],
)
def test_what_is_wrong_is_told_by_file_key_and_rule(tmp_path: Path, text: str, says: str) -> None:
    """What is wrong is told by file key and rule."""
    with pytest.raises(BadChannelsFile) as refused:
        _read(tmp_path, text, P="hidden", Q="gehÄim")
    assert str(refused.value).startswith(f"{tmp_path}/channels.toml: ")
    assert says in str(refused.value)
    assert "hidden" not in str(refused.value)
    assert "clear" not in str(refused.value).replace("in the clear", "")


@pytest.mark.anyio
async def test_doors_are_told_over_the_api() -> None:
    """Which there are, and how they stand; a platform that posts to a door that there is not is told so."""
    said = {"push": {"provenance": "simulated", "contact": "mailto:a@b.example", "key": "$K"}}
    async with portless() as service:
        app = httpx.ASGITransport(create_app(service))
        async with httpx.AsyncClient(transport=app, base_url="http://localhost/api/v1") as api:
            assert (await api.post("/channels/social/webhook", content=b"{}")).status_code == 404
            service.doors.open(ChannelSettings.model_validate(said, context={"K": PEM}))
            [told] = (await api.get("/channels")).json()
            assert told == {"channel": "push", "provenance": "simulated", "trouble": None, "waiting": 0}


@pytest.mark.anyio
async def test_a_service_is_told_of_its_doors_on_its_command_line(serve: Any, tmp_path: Path, words: Any) -> None:
    """All four, to the world's servers, by one file."""
    """A service is told of its doors on its command line."""
    api = httpx.AsyncClient()
    where: list[str] = []

    async def post(path: str, body: bytes, headers: dict[str, str]) -> int:
        return (await api.post(f"{where[0]}{path}", content=body, headers=headers)).status_code

    async with api, WorldInboxes(post) as world:
        served = await asyncio.to_thread(serve, "--channels", str(world.write(tmp_path)))
        where.append(served.http)
        await world.sms.bound()
        customer = words.customer | {"email": "anna@world.example", "social": "@anna"}
        (await api.post(f"{served.http}/api/v1/customers", json=[customer])).raise_for_status()
        browser = world.push.subscribe("annas")
        said = {"endpoint": browser.endpoint, "keys": {"p256dh": browser.p256dh, "auth": browser.auth}}
        (await api.post(f"{served.http}/api/v1/customers/c-1/push", json=said)).raise_for_status()
        assert await world.sms.write(customer["phone"], "hello") == 0
        assert (await world.mail.write(customer["email"], "hello", HOUSE)).startswith("250")
        assert await world.social.write(customer["social"], "hello") == 200
        told = (await api.get(f"{served.http}/api/v1/channels")).json()
        assert {one["channel"]: one["trouble"] for one in told} == dict.fromkeys(("sms", "email", "push", "social"))
        await asyncio.to_thread(served.stop)
    with Journal.look(tmp_path / "serve") as journal:
        wrote = [said for row in journal.ledger.rows() if isinstance(said := read(row), CustomerWrote)]
    assert [(one.customer, one.channel, one.text) for one in wrote] == [
        ("c-1", channel, "hello") for channel in (Channel.SMS, Channel.EMAIL, Channel.SOCIAL)
    ]
