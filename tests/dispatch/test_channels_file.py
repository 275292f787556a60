"""The file of ``--channels``: read whole, secrets from elsewhere, or refused by file, key and rule; and a service with it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from dispatch.channels.webpush.sealed import to_base64
from dispatch.core.conversation.channels import Channel
from dispatch.core.conversation.events import CustomerWrote
from dispatch.ledger.rows import read
from dispatch.service.channels_file import BadChannelsFile, ChannelSettings, read_channels
from dispatch.store.journal import Journal
from dispatch.web.api.app import create_app
from scenarios.world.inboxes.sms_centre import SmsCentre
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
        ("", "none of the sections sms, email, push, social and bank"),
        ("[fax]\nhost = 'a'", "fax: Extra inputs are not permitted"),
        ("[sms", "not TOML"),
        (SMS, "sms.password: SMS is not in the environment"),
        (
            SMS.replace("$SMS", "clear"),
            "sms.password: is '@FILE', or '$NAME' of the environment: not the secret itself",
        ),
        (SMS.replace("$SMS", "@/nowhere"), "sms.password: the file cannot be read"),
        (SMS.replace("+37120000000", "a name that is too long"), "sms.sender: String should match pattern"),
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
        _read(tmp_path, text, P="hidden")
    assert str(refused.value).startswith(f"{tmp_path}/channels.toml: ")
    assert says in str(refused.value)
    assert "hidden" not in str(refused.value)
    assert "clear" not in str(refused.value).replace("in the clear", "")


@pytest.mark.anyio
async def test_a_browser_is_registered_over_the_api_and_stays_when_its_customer_is_registered_anew(words: Any) -> None:
    """A browser is registered over the api and stays when its customer is registered anew."""
    said = {"push": {"provenance": "simulated", "contact": "mailto:a@b.example", "key": "$K"}}
    async with portless() as service:
        app = httpx.ASGITransport(create_app(service))
        async with httpx.AsyncClient(transport=app, base_url="http://localhost/api/v1") as api:
            assert (await api.get("/channels/push/key")).status_code == 404
            assert (await api.post("/channels/social/webhook", content=b"{}")).status_code == 404
            service.doors.open(ChannelSettings.model_validate(said, context={"K": PEM}))
            assert (await api.get("/channels/push/key")).json()["key"].startswith("B")
            (await api.post("/customers", json=[words.customer])).raise_for_status()
            key = ec.generate_private_key(ec.SECP256R1()).public_key()
            p256dh = to_base64(key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))
            browser = {"endpoint": "http://127.0.0.1:9/a", "keys": {"p256dh": p256dh, "auth": to_base64(b"s" * 16)}}
            for repeat in (False, True):
                answer = await api.post("/customers/c-1/push", json=browser | {"expirationTime": None})
                assert answer.json() == {"repeat": repeat}
            wrong: list[dict[str, Any]] = [
                {"endpoint": "http://10.0.0.1/"},
                {"keys": {"p256dh": "AAAA", "auth": "AAAA"}},
            ]
            for one in wrong:
                assert (await api.post("/customers/c-1/push", json=browser | one)).status_code == 422
            (await api.post("/customers", json=[words.customer])).raise_for_status()
            assert len(service.customers.get("c-1").push) == 1  # type: ignore[union-attr]
            [told] = (await api.get("/channels")).json()
            assert told == {"channel": "push", "provenance": "simulated", "trouble": None, "waiting": 0}


@pytest.mark.anyio
async def test_a_service_is_told_of_its_doors_on_its_command_line(
    serve: Any, tmp_path: Path, words: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A service is told of its doors on its command line."""
    monkeypatch.setenv("CALLAHEAD_TEST_SMS", "secret")
    """A service is told of its doors on its command line."""
    async with SmsCentre() as centre:
        file = tmp_path / "channels.toml"
        file.write_text(
            f'[sms]\nprovenance = "simulated"\nhost = "127.0.0.1"\nport = {centre.port}\nsystem_id = "us"\n'
            'password = "$CALLAHEAD_TEST_SMS"\nsender = "callahead"\n'
        )
        served = await asyncio.to_thread(serve, "--channels", str(file))
        await centre.bound()
        api = httpx.Client(base_url=f"{served.http}/api/v1")
        await asyncio.to_thread(lambda: api.post("/customers", json=[words.customer]).raise_for_status())
        assert await centre.write(words.customer["phone"], "hello") == 0
        await asyncio.to_thread(served.stop)
        with Journal.look(tmp_path / "serve") as journal:
            [wrote] = [said for row in journal.ledger.rows() if isinstance(said := read(row), CustomerWrote)]
        assert (wrote.customer, wrote.channel, wrote.text) == ("c-1", Channel.SMS, "hello")
