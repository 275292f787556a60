"""The doors of push and of social messages: round trips with the world's servers, and what goes wrong with them."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from dispatch.channels.door import BadDoor, BadSubscription, NotNow, Outgoing
from dispatch.channels.social.door import SocialDoor, UnreadableHook
from dispatch.channels.social.settings import SocialSettings
from dispatch.channels.webpush.door import PushDoor, browsers_in
from dispatch.channels.webpush.sealed import LONGEST, content_of, sealed, to_base64
from dispatch.channels.webpush.settings import PushSettings
from dispatch.core.conversation.channels import Channel
from dispatch.delivery.partner_directory import draw_secret
from dispatch.delivery.webhooks import NotSigned
from dispatch.outgoing.outbox import Failed, Refused, Taken
from dispatch.registers.customers import PushSubscription
from scenarios.world.inboxes.push_service import PushService
from scenarios.world.inboxes.social_platform import SocialPlatform
from tests.dispatch.told_by_doors import Told, running

pytestmark = pytest.mark.anyio
TEXT = "کمک در راه است"
MESSAGE = Outgoing("con/c-1/message/1", "", TEXT, "Your car", "fa", "simulated", "https://h.example/me", valid_s=90.0)
PEM, OTHER = (
    ec.generate_private_key(curve).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    for curve in (ec.SECP256R1(), ec.SECP384R1())
)
SECRET = draw_secret()


def _push(told: Told, **more: object) -> PushDoor:
    said = {"contact": "mailto:help@house.example", "key": "$K", "provenance": "simulated"} | more
    return PushDoor(PushSettings.model_validate(said, context={"K": PEM}), told)


def _to(*browsers: PushSubscription) -> Outgoing:
    return replace(MESSAGE, to_address=json.dumps([asdict(one) for one in browsers]))


async def test_a_browser_opens_what_is_sealed_for_it() -> None:
    """A browser opens what is sealed for it."""
    door = _push(Told())
    async with running(door), PushService(door.public_key) as service:
        browsers = [service.subscribe("anna"), service.subscribe("annas-desk")]
        assert isinstance(await door.send(_to(*browsers)), Taken)
        for name in ("anna", "annas-desk"):
            [letter] = await service.inboxes.wait_for(name)
            assert (letter.text, letter.subject, letter.link) == (TEXT, "Your car", MESSAGE.link)
        assert service.lifetimes("anna") == [90]


async def test_a_subscription_that_is_over_is_told_and_others_still_get_it() -> None:
    """A subscription that is over is told and others still get it."""
    told = Told()
    door = _push(told)
    async with running(door), PushService(door.public_key) as service:
        gone, here = service.subscribe("gone"), service.subscribe("here")
        service.unsubscribe("gone")
        assert isinstance(await door.send(_to(gone, here)), Taken)
        assert told.gone_all == [(Channel.PUSH, gone.endpoint)]
        assert isinstance(await door.send(_to(gone)), Refused)


@pytest.mark.parametrize(
    ("status", "kind"), [(429, Failed), (503, Failed), (400, Refused), (413, Refused), (403, Failed)]
)
async def test_what_a_push_service_says_no_to_is_tried_again_or_never(status: int, kind: type) -> None:
    """What a push service says no to is tried again or never."""
    door = _push(Told())
    async with running(door), PushService(door.public_key) as service:
        service.status = status
        assert isinstance(await door.send(_to(service.subscribe("anna"))), kind)
        assert (door.trouble is not None) is (status == 403)


async def test_a_service_for_whose_browsers_we_are_nobody_is_a_clear_word() -> None:
    """A service for whose browsers we are nobody is a clear word."""
    door = _push(Told())
    async with running(door), PushService("another house's key") as service:
        assert isinstance(await door.send(_to(service.subscribe("anna"))), Failed)
        assert door.trouble == "a push service does not take our key: 403"


async def test_a_simulated_notification_never_leaves_this_machine() -> None:
    """A simulated notification never leaves this machine."""
    keys = _keys()
    for endpoint in ("https://push.example/1", "http://10.0.0.1/1", "http://localhost:1/1", "http://[::1]:1/1"):
        door = _push(Told())
        assert isinstance(await door.send(_to(PushSubscription(endpoint, *keys))), Refused)
        with pytest.raises(BadSubscription):
            door.check(PushSubscription(endpoint, *keys))
    real = _push(Told(), provenance="real")
    async with running(real):
        assert isinstance(await real.send(_to(PushSubscription("http://127.0.0.1:1/1", *keys))), Refused)
        address = replace(_to(PushSubscription("http://127.0.0.1:1/1", *keys)), provenance="real")
        assert isinstance(await real.send(address), Failed)  # no push service is there
    with pytest.raises(BadSubscription, match="https"):
        real.check(PushSubscription("http://push.example/1", *keys))


def _keys() -> tuple[str, str]:
    """The keys of some browser, wherever it is."""
    made = ec.generate_private_key(ec.SECP256R1()).public_key()
    return to_base64(made.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)), to_base64(b"s" * 16)


@pytest.mark.parametrize(
    "address", ["", "[", "{}", "[1]", '[{"endpoint": 1}]', '[{"endpoint": "ftp://a", "p256dh": "", "auth": ""}]']
)
async def test_a_subscription_that_cannot_be_read_is_refused(address: str) -> None:
    """A subscription that cannot be read is refused."""
    assert isinstance(await _push(Told()).send(replace(MESSAGE, to_address=address)), Refused)
    if address != "{}":
        with pytest.raises(BadSubscription):
            browsers_in(address)


@pytest.mark.parametrize(("p256dh", "auth"), [("", ""), ("AAAA", "AAAA"), ("é", "é"), ("B" * 87, "A" * 22), ("=", "=")])
def test_keys_of_no_browser_seal_nothing(p256dh: str, auth: str) -> None:
    """Keys of no browser seal nothing."""
    with pytest.raises(BadSubscription):
        sealed(b"x", PushSubscription("https://push.example/1", p256dh, auth))


@given(st.text(max_size=9_000))
def test_what_is_pushed_fits(text: str) -> None:
    """What is pushed fits."""
    content = content_of("t", text, "en", "https://h.example", "tag")
    shown = json.loads(content)["body"]
    assert len(content) <= LONGEST
    assert shown == text or (shown.endswith("…") and text.startswith(shown[:-1]))


@pytest.mark.parametrize("pem", ["nonsense", OTHER])
def test_a_key_of_another_kind_is_refused(pem: str) -> None:
    """A key of another kind is refused."""
    with pytest.raises(ValidationError, match=r"PEM|prime256v1"):
        PushSettings.model_validate({"contact": "mailto:a@b", "key": "$K"}, context={"K": pem})


# --- social ----------------------------------------------------------------------------------------------------------


def _social(url: str, told: Told, **more: object) -> SocialDoor:
    said = {"url": url, "secret": "$S", "provenance": "simulated"} | more
    return SocialDoor(SocialSettings.model_validate(said, context={"S": SECRET}), told, lambda: 100.0)


def _platform() -> tuple[SocialPlatform, list[SocialDoor]]:
    doors: list[SocialDoor] = []

    async def bring(body: bytes, headers: dict[str, str]) -> int:
        try:
            await doors[0].take(body, headers)
        except NotNow:
            return 429
        return 200

    return SocialPlatform(SECRET, bring), doors


async def test_a_social_message_goes_out_once_is_read_and_answered() -> None:
    """A social message goes out once is read and answered."""
    told = Told()
    platform, doors = _platform()
    async with platform:
        doors.append(_social(platform.url, told))
        async with running(doors[0]) as door:
            message = replace(MESSAGE, to_address="@anna")
            assert await door.send(message) == await door.send(message) == Taken(("out-1",))
            [letter] = platform.inboxes.of("@anna")
            assert letter.text == TEXT
            assert await platform.read(letter) == 200
            assert await platform.write("@anna", "بله", letter.ref) == 200
            [report], [heard] = told.reported_all, told.heard_all
            assert (report.ref, report.status) == ("out-1", "read")
            assert (heard.from_address, heard.text, heard.answers) == ("@anna", "بله", "out-1")
            told.full = True
            assert await platform.write("@anna", "more") == 429


async def test_what_is_not_signed_or_not_readable_is_refused() -> None:
    """What is not signed or not readable is refused."""
    told = Told()
    platform, doors = _platform()
    async with platform:
        doors.append(_social(platform.url, told))
        with pytest.raises(NotSigned):
            await doors[0].take(b"{}", {})
        for kind, data in (
            ("message.sent", {}),
            ("message.received", {"id": ""}),
            ("message.status", {"id": "x", "status": "?"}),
        ):
            with pytest.raises(UnreadableHook):
                await platform.tell(kind, data)
        assert told == Told()


@pytest.mark.parametrize(("status", "kind"), [(503, Failed), (429, Failed), (404, Refused), (0, Failed)])
async def test_what_the_platform_says_no_to_is_tried_again_or_never(status: int, kind: type) -> None:
    """What the platform says no to is tried again or never."""
    platform, _ = _platform()
    async with platform:
        door = _social(platform.url, Told())
        door._door._within_s = 0.2
        platform.status = status
        async with running(door):
            assert isinstance(await door.send(replace(MESSAGE, to_address="@anna")), kind)
        assert (door.trouble is not None) is (status == 0)


async def test_simulated_and_real_are_never_mixed_by_social() -> None:
    """Simulated and real are never mixed by social."""
    for url in ("https://platform.example/", "http://localhost:1/"):
        with pytest.raises(BadDoor, match=r"127\.0\.0\.0/8"):
            _social(url, Told())
    assert isinstance(await _social("http://127.0.0.1:1/", Told(), provenance="real").send(MESSAGE), Refused)
