"""Partners with an address, on real HTTP: told once, signed, again until it arrives; and whatever they do, the rest goes on."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from dispatch.core.actions import ReassignTow, SendTow
from dispatch.core.events import AgentBecameFree, CallConnected, CallEnded, Outcome
from dispatch.delivery.device_sender import DeviceSender
from dispatch.delivery.partner_directory import draw_secret
from dispatch.delivery.partner_networks import PartnerNetworks
from dispatch.delivery.webhook_sender import WebhookSender
from dispatch.delivery.webhooks import Door, NoAnswer, signed
from dispatch.ledger.rows import Pen
from dispatch.outgoing.device_commands import commands_of
from dispatch.outgoing.superseded import still_wanted
from dispatch.service.build import Hearing, build
from dispatch.service.service import Service, ServiceBroker
from dispatch.store.journal import Journal
from dispatch.views.casebook import Casebook
from dispatch.web.api.app import create_app
from gateway.contract.broker_address import BrokerAddress
from gateway.finding import Domain, Drive, Help, Remedy

pytestmark = pytest.mark.anyio
Bare = Start = Any
"""What fixtures of these names give."""
START = 1_768_197_600.0
CASE = "volta/car-1/1-7"
YES = 200, {"accepted": True, "slot_at": START + 7_200}
HANG, CLOSE = "hang", "close"
HERE = PartnerNetworks.parse(["127.0.0.0/8"])
"""Where the partners of these tests are."""


def _dead(journal: Journal) -> dict[str, str]:
    """Key → why it was not told."""
    return {dead.key: dead.reason for dead in journal.outbox.dead_letters(0, 1_000)}


class Hand:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.at = START

    def now(self) -> float:
        """POSIX seconds."""
        return self.at

    def real_seconds_until(self, at: float) -> float:
        """Look again at once: the hand may have moved."""
        return 0.002 if at > self.at else 0.0

    def real_seconds(self, span: float) -> float:
        """As many."""
        return span


@dataclass
class Partner:
    """A partner's server: answers as its script says, the last line for ever; keeps what it heard."""

    script: list[Any] = field(default_factory=lambda: [YES])
    heard: list[tuple[dict[str, str], dict[str, Any]]] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    url: str = ""
    secret: str = ""
    go_on: asyncio.Event = field(default_factory=asyncio.Event)
    """Whoever hangs is hung up on."""

    async def open(self, stack: AsyncExitStack) -> None:
        """Listen on any port."""
        server = await asyncio.start_server(self._serve, "127.0.0.1")
        stack.callback(server.close)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"

    def told_keys(self) -> list[str]:
        """The idempotency keys heard, in order."""
        return [headers["idempotency-key"] for headers, _ in self.heard]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        except asyncio.IncompleteReadError:
            return  # whoever ends may hang up before it has asked anything
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
        body = await reader.readexactly(int(headers["content-length"]))
        self.heard.append((headers, json.loads(body)))
        self.raw.append(body)
        says = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if says == HANG:
            ends = (asyncio.ensure_future(reader.read()), asyncio.ensure_future(self.go_on.wait()))
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)  # until either side hangs up
            for end in ends:
                end.cancel()
        elif says != CLOSE:
            writer.write(_answer(*says))
        writer.close()


def _answer(status: int, body: Any = None, headers: dict[str, str] | None = None) -> bytes:
    told = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    kind = {"content-type": "application/json", "content-length": str(len(told)), "connection": "close"}
    lines = [f"{name}: {value}" for name, value in (kind | (headers or {})).items()]
    return f"HTTP/1.1 {status} .\r\n".encode() + "\r\n".join([*lines, "", ""]).encode() + told


class Wire:
    """A link to devices that nobody listens at."""

    def publish(self, topic: str, payload: bytes, *, retain: bool = False, delivered: Any = None) -> None:
        """Forget it."""


@dataclass
class House:
    """A running service without broker, with a hand on its clock."""

    service: Service
    clock: Hand
    api: httpx.AsyncClient

    async def post(self, path: str, body: Any, expected: int = 200) -> Any:
        """Ask the API."""
        answer = await self.api.post(path, json=body)
        assert answer.status_code == expected, answer.text
        return answer.json() if answer.content else None

    async def workshop(self, name: str, partner: Partner, **more: Any) -> None:
        """Register a workshop with the partner's URL; ``w-1`` is the nearest."""
        where = {"latitude": 56.9 + int(name[-1]), "longitude": 24.1, "provenance": "simulated", **more}
        told = await self.post("/workshops", [{"workshop": name, **where, "url": partner.url}])
        partner.secret = told["secrets"][name]

    @property
    def case(self) -> Any:
        """The case as it stands."""
        return self.service.casebook.cases[CASE]

    async def until(self, holds: Callable[[], Any], step_s: float = 0.0) -> None:
        """Let the others run until it holds; the clock moves by ``step_s`` whenever nothing is under way."""
        async with asyncio.timeout(10):
            while not holds():
                self.clock.at += step_s if not self.service.webhooks._trying else 0
                await asyncio.sleep(0.004)


@pytest.fixture
async def house() -> AsyncIterator[Callable[..., Any]]:
    """Open services on one store, one after the other or at once."""
    async with AsyncExitStack() as stack:

        async def start(journal: Journal, clock: Hand | None = None, within_s: float = 0.3) -> House:
            hand = clock or Hand()
            broker = ServiceBroker.at(BrokerAddress("127.0.0.1", 1))
            service, _ = build(journal, hand, broker, Hearing(open_demo=False), partner_networks=HERE)
            service.webhooks = WebhookSender(
                journal, service.partners, hand, service, patience_s=300.0, door=Door(HERE, within_s=within_s)
            )
            partners = DeviceSender(Wire(), service.room.intake.registry, journal, hand.now)
            service.driver.announcer.send_through(partners)
            service.driver.announcer.feed(service.webhooks.carry_out)
            partners.resume()
            service.webhooks.resume()
            for part in (service.driver, service.webhooks):
                task = asyncio.create_task(part.run())  # type: ignore[attr-defined]
                stack.push_async_callback(asyncio.wait, {task})
                stack.callback(part.stop)  # type: ignore[attr-defined]
            wire = httpx.ASGITransport(create_app(service))
            api = await stack.enter_async_context(httpx.AsyncClient(transport=wire, base_url="http://callahead/api/v1"))
            return House(service, hand, api)

        yield start


@pytest.fixture
async def partner() -> AsyncIterator[Callable[..., Any]]:
    """Open partners' servers."""
    async with AsyncExitStack() as stack:

        async def start(*script: Any) -> Partner:
            made = Partner(list(script) or [YES])
            await made.open(stack)
            return made

        yield start


async def _break_down(house: House, bare: Bare, **changes: Any) -> None:
    room = bare()
    room.found(**changes)
    await house.service.tell(room.told[-1][0])


async def _decline(house: House) -> None:
    """An agent rings the customer, who wants no help."""
    service, call = house.service, f"{CASE}/call"
    await service.tell(AgentBecameFree("a-1", ("lv",), "simulated"))
    await service.tell(CallConnected(call, 1))
    await service.tell(CallEnded(call, 1, Outcome.DECLINED_HELP))


async def test_a_partner_is_told_signed_and_its_answer_counts(house: Start, partner: Start, bare: Bare) -> None:
    """One webhook with the action's key; what it answers at once is the workshop's answer; nothing is left over."""
    journal, shop = Journal.in_memory(), await partner()
    open_ = await house(journal)
    await open_.workshop("w-1", shop)
    await _break_down(open_, bare)
    await open_.until(lambda: open_.case.booking.state == "accepted" and not journal.outbox.letters())
    ((headers, body),) = shop.heard
    assert headers["webhook-id"] == headers["idempotency-key"] == f"{CASE}/booking/1"
    assert body["type"] == "booking.requested"
    assert body["data"]["provenance"] == "simulated"
    assert Webhook(shop.secret).verify(shop.raw[0], headers) == body
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_" + "A" * 32).verify(shop.raw[0], headers)
    assert open_.case.booking.at == START + 7_200
    assert len(open_.service.webhooks.outbox) == 0


async def test_a_partner_that_fails_in_every_way_gets_it_in_the_end(house: Start, partner: Start, bare: Bare) -> None:
    """500, a broken line, silence, nonsense, nonsense that is JSON, "not now": always the same key, and one booking."""
    shop = await partner(
        (500,), CLOSE, HANG, (200, b"{nonsense"), (200, {"accepted": "perhaps"}), (200, {"accepted": True}),
        (429, None), YES,
    )  # fmt: skip
    open_ = await house(Journal.in_memory())
    await open_.workshop("w-1", shop)
    await _break_down(open_, bare)
    open_.service.webhooks.outbox._backoff = lambda _attempts: 5.0
    await open_.until(lambda: open_.case.booking.state == "accepted", 1.0)
    assert set(shop.told_keys()) == {f"{CASE}/booking/1"}
    assert len(shop.heard) == 8
    assert open_.case.booking.attempt == 1


async def test_what_a_partner_answers_is_not_kept(house: Start, partner: Start, bare: Bare) -> None:
    """Its server may be anybody's: a dead letter has the number alone."""
    journal, shop = Journal.in_memory(), await partner((403, b"root:x:0:0:secret"))
    open_ = await house(journal)
    await open_.workshop("w-1", shop)
    await _break_down(open_, bare)
    await open_.until(lambda: bool(_dead(journal)))
    (told,) = await _letters(open_)
    assert "403" in told["reason"]
    assert "secret" not in json.dumps(told)


async def _letters(house: House) -> Any:
    return (await house.api.get("/dead-letters")).json()["dead_letters"]


async def test_what_is_decided_at_the_start_is_told_once_and_in_order(house: Start, partner: Start, bare: Bare) -> None:
    """A due alarm is stored and announced before what waits is taken from the store, or while it is."""
    journal, shop = Journal.in_memory(), await partner(HANG)
    open_ = await house(journal, within_s=60.0)
    await open_.workshop("w-1", shop)
    await _break_down(open_, bare)
    await open_.until(lambda: shop.heard)
    await _decline(open_)
    asked, withdrawn = (letter.row for letter in journal.outbox.letters())
    service = open_.service
    again = WebhookSender(journal, service.partners, open_.clock, service, patience_s=300.0, door=Door(HERE))
    again.carry_out(withdrawn)
    assert len(again.outbox) == 0
    assert again.resume() == 1  # a request that may have arrived is not tried again: it is withdrawn
    again.carry_out(withdrawn)
    assert (len(again.outbox), list(again.outbox.dead)) == (1, [asked.key])


async def test_retry_after_is_kept(house: Start, partner: Start, bare: Bare) -> None:
    """A partner that asks for a minute gets it."""
    shop = await partner((503, None, {"retry-after": "60"}), YES)
    open_ = await house(Journal.in_memory())
    await open_.workshop("w-1", shop)
    await _break_down(open_, bare)
    await open_.until(lambda: len(shop.heard) == 1 and not open_.service.webhooks._trying)
    assert open_.service.webhooks.outbox.next_due() == START + 60
    await open_.until(lambda: open_.case.booking.state == "accepted", 5.0)


async def test_one_that_hangs_holds_nobody_up(house: Start, partner: Start, bare: Bare) -> None:
    """The workshop hangs; the supplier is told and answers meanwhile; after the desk's time the next workshop is asked."""
    slow, quick, other = await partner(HANG), await partner((202,)), await partner()
    open_ = await house(Journal.in_memory())
    await open_.workshop("w-1", slow)
    await open_.workshop("w-2", other)
    where = {"latitude": 56.9, "longitude": 24.1, "provenance": "simulated", "serves": ["technician"]}
    await open_.post("/suppliers", [{"supplier": "s-1", **where, "url": quick.url}])
    await _break_down(open_, bare)
    fridge = {"key": "k/1", "episode": "volta/fridge-1/1-1", "device": "volta/fridge-1", "domain": Domain.APPLIANCE}
    remedy = Remedy(Help.TECHNICIAN, "refrigeration", 5400, 0)
    await _break_down(open_, bare, **fridge, drive=Drive.NOT_A_CAR, remedy=remedy, customer="c-2")
    await open_.until(lambda: quick.heard)
    await open_.until(lambda: open_.case.booking.partner == "w-2" and open_.case.booking.state == "accepted", 5.0)
    await open_.until(lambda: slow.told_keys()[-1].endswith("/withdraw"), 5.0)
    dead = (await open_.api.get("/dead-letters")).json()["dead_letters"]
    assert [(one["key"], one["outcome"]) for one in dead] == [(f"{CASE}/booking/1", "expired")]
    assert "did not answer within" in dead[0]["reason"]


async def test_what_a_partner_refuses_is_a_dead_letter_and_may_be_sent_again(
    house: Start, partner: Start, bare: Bare
) -> None:
    """A 4xx is final: no second try by itself; an operator sends it again, and it is answered."""
    shop, journal = await partner((422, {"error": "we know no such car"}), YES), Journal.in_memory()
    open_ = await house(journal)
    await open_.workshop("w-1", shop)
    await _break_down(open_, bare)
    await open_.until(lambda: _dead(journal))
    assert "answered 422" in _dead(journal)[f"{CASE}/booking/1"]
    health = (await open_.api.get("/health")).json()
    assert (health["partners_waiting"], len(shop.heard)) == (0, 1)
    await open_.post("/dead-letters/retry", {"key": "nobody/booking/1"}, 404)
    await open_.post("/dead-letters/retry", {"key": f"{CASE}/booking/1"})
    await open_.until(lambda: open_.case.booking.state == "accepted")
    assert shop.told_keys() == [f"{CASE}/booking/1"] * 2
    await open_.until(lambda: not _dead(journal))


async def test_a_restart_goes_on_where_it_was(house: Start, partner: Start, bare: Bare) -> None:
    """Attempts and their hour are in the store; the key is the same, and what was taken is not sent again."""
    shop, journal = await partner((500,)), Journal.in_memory()
    first = await house(journal)
    await first.workshop("w-1", shop)
    await _break_down(first, bare)
    await first.until(
        lambda: [one.attempts for one in journal.outbox.letters()] == [1] and journal.outbox.letters()[0].trouble
    )
    for part in (first.service.webhooks, first.service.driver):
        part.stop()
    shop.script = [YES]
    second = await house(journal, first.clock)
    assert len(second.service.webhooks.outbox) == 1
    due = journal.outbox.letters()[0].next_at
    assert due > first.clock.at
    await second.until(lambda: len(shop.heard) > 1, 1.0)
    assert first.clock.at >= due, "not before its hour"
    await second.until(lambda: second.case.booking.state == "accepted" and not journal.outbox.letters(), 1.0)
    assert shop.told_keys() == [f"{CASE}/booking/1"] * 2
    third = await house(journal, first.clock)
    assert len(third.service.webhooks.outbox) == 0


async def test_a_simulated_action_never_reaches_a_real_partner(house: Start, partner: Start, bare: Bare) -> None:
    """It is a dead letter, and nothing was posted; nor was its withdrawal."""
    shop, journal = await partner(), Journal.in_memory()
    open_ = await house(journal)
    await open_.workshop("w-1", shop)
    await open_.post("/partners", [{"partner": "w-1", "url": shop.url, "provenance": "real"}])
    await _break_down(open_, bare)
    await open_.until(lambda: _dead(journal))
    assert _dead(journal) == {f"{CASE}/booking/1": "the action is simulated and w-1 is real"}
    open_.clock.at += 301
    await open_.service.tell(AgentBecameFree("a-1", ("lv",), "simulated"))
    await open_.until(lambda: open_.case.booking.state == "withdrawn")
    await open_.until(lambda: not [one for one in journal.outbox.letters() if one.outcome is None])
    assert (shop.heard, len(_dead(journal))) == ([], 1)


async def test_what_was_never_sent_is_not_withdrawn_outside(house: Start, partner: Start, bare: Bare) -> None:
    """Four hang, the fifth waits its turn and is withdrawn: neither goes out, both are ticked off."""
    shop, journal = await partner(HANG), Journal.in_memory()
    open_ = await house(journal, within_s=60.0)
    await open_.workshop("w-1", shop)
    for number in range(5):
        car = {"key": f"k/{number}", "episode": f"volta/car-{number}/1-7", "device": f"volta/car-{number}"}
        await _break_down(open_, bare, **car, customer=f"c-{number}")
    await open_.until(lambda: len(shop.heard) == 4)
    open_.clock.at += 301
    await open_.service.tell(AgentBecameFree("a-1", ("lv",), "simulated"))
    cases = open_.service.casebook.cases
    await open_.until(lambda: {cases[f"volta/car-{number}/1-7"].booking.state for number in range(5)} == {"withdrawn"})
    shop.go_on.set()
    await open_.until(lambda: sum(key.endswith("/withdraw") for key in shop.told_keys()) >= 4)
    assert not [key for key in shop.told_keys() if key.startswith("volta/car-4")]


@pytest.mark.parametrize(
    ("reply", "state", "reason"),
    [
        ((200, {"too_late": True, "arrives_at": START + 900}), "too_late", "too_late"),
        ((200, {}), "called_off", "declined"),
        ((404, None), "called_off", "declined"),
    ],
)
async def test_a_withdrawal_is_acknowledged_and_too_late_is_told(  # noqa: PLR0917
    house: Start, partner: Start, bare: Bare, reply: Any, state: str, reason: str
) -> None:
    """The customer wants no help: the workshop is told, and the case says whether that was in time."""
    shop = await partner(YES, reply)
    open_ = await house(Journal.in_memory())
    await open_.workshop("w-1", shop)
    await _break_down(open_, bare)
    await open_.until(lambda: open_.case.booking.state == "accepted")
    await _decline(open_)
    await open_.until(lambda: open_.case.booking.state == state)
    assert [body["type"] for _, body in shop.heard] == ["booking.requested", "request.withdrawn"]
    assert open_.case.close_reason == reason
    lines = [line.what for line in open_.service.casebook.timeline(CASE)]
    assert any(("too late" in line) == (state == "too_late") for line in lines[-1:])


async def _hook(house: House, shop: Partner, body: Any, key: str = "msg-1", **more: Any) -> httpx.Response:
    told = body if isinstance(body, str) else json.dumps(body)
    headers = signed(key, told, [more.get("secret", shop.secret)], more.get("at"))
    return await house.api.post("/partners/w-1/webhook", content=told.encode(), headers=headers)


async def test_a_webhook_in_is_verified_and_taken_once(house: Start, partner: Start, bare: Bare) -> None:
    """Signed with the secret, lately, about what this partner was asked; a repeat changes nothing."""
    shop, other = await partner((202,)), await partner((202,))
    open_ = await house(Journal.in_memory())
    await open_.workshop("w-1", shop)
    await open_.workshop("w-2", other)
    await _break_down(open_, bare)
    yes = {"booking": f"{CASE}/booking", "attempt": 1, "accepted": True, "slot_at": START + 7_200}
    said = {"type": "booking.answered", "data": yes}
    for wrong in ({"secret": other.secret}, {"at": time.time() - 600}, {"at": time.time() + 600}):
        refused = await _hook(open_, shop, said, **wrong)
        assert (refused.status_code, refused.json()["type"]) == (401, "urn:callahead:problem:not-signed")
    unsigned = await open_.api.post("/partners/w-1/webhook", json=said, headers={"webhook-signature": "garbage"})
    assert unsigned.status_code == 401
    assert (await open_.api.post("/partners/nobody/webhook", json=said)).status_code == 404
    assert (await _hook(open_, shop, "{nonsense")).status_code == 422
    assert (await _hook(open_, shop, {"type": "booking.answered", "data": {}})).status_code == 422
    assert (await _hook(open_, shop, "x" * 70_000)).status_code == 413
    foreign = await open_.api.post(
        "/partners/w-2/webhook", content=json.dumps(said), headers=signed("m", json.dumps(said), [other.secret])
    )
    assert foreign.status_code == 403
    assert open_.case.booking.state == "asked"
    assert (await _hook(open_, shop, said)).json() == {"repeat": False}
    assert (await _hook(open_, shop, said)).json() == {"repeat": True}
    assert open_.case.booking.state == "accepted"
    early = {"type": "withdrawal.answered", "data": {"request": f"{CASE}/booking", "attempt": 1}}
    assert (await _hook(open_, shop, early, "msg-2")).status_code == 409


async def test_a_new_secret_holds_beside_the_old_for_a_day(house: Start, partner: Start, bare: Bare) -> None:
    """Webhooks carry both signatures, and either verifies; after a day the old one does not."""
    shop = await partner((202,))
    open_ = await house(Journal.in_memory())
    await open_.workshop("w-1", shop)
    told = await open_.post("/partners/w-1/secret", {})
    await _break_down(open_, bare)
    await open_.until(lambda: shop.heard)
    for secret in (shop.secret, told["secret"]):
        Webhook(secret).verify(shop.raw[0], shop.heard[0][0])
    fulfilled = {"type": "order.fulfilled", "data": {"order": "nobody/order"}}
    assert (await _hook(open_, shop, fulfilled)).status_code == 404
    open_.clock.at += 86_401
    assert (await _hook(open_, shop, fulfilled)).status_code == 401
    assert (await _hook(open_, shop, fulfilled, secret=told["secret"])).status_code == 404


@pytest.mark.parametrize(
    ("url", "provenance", "says"),
    [
        ("ftp://x/y", "simulated", "must be https://HOST/PATH"),
        ("nonsense", "simulated", "must be https://HOST/PATH"),
        ("http://[::1/", "simulated", "is no URL"),
        ("https://u:p@h.example/", "real", "neither a user"),
        ("http://garage.example/", "real", "over https alone"),
    ],
)
async def test_a_bad_address_is_told(house: Start, url: str, provenance: str, says: str) -> None:
    """By what is wrong with it; nothing is registered."""
    open_ = await house(Journal.in_memory())
    body = [{"partner": "w-1", "url": url, "provenance": provenance}]
    refused = await open_.post("/partners", body, 422)
    assert says in refused["detail"]
    unknown = await open_.post("/partners", [{**body[0], "url": "https://h.example/"}], 404)
    assert "register it first" in unknown["detail"]


async def test_the_page_for_partners_holds() -> None:
    """The receiver in partners.md verifies, decides once a key, and refuses what is not signed with its secret."""
    page = (Path(__file__).parents[2] / "docs" / "partners.md").read_text()
    program, secret = page.split("```python\n")[1].split("```")[0], draw_secret()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-c", program, str(port)]
    receiver = await asyncio.create_subprocess_exec(
        *command, env={**os.environ, "SECRET": secret}, stderr=asyncio.subprocess.DEVNULL
    )
    told = {"type": "booking.requested", "data": {"earliest": START}}
    try:
        async with asyncio.timeout(20), Door(HERE) as door:
            url, answer = f"http://127.0.0.1:{port}/", None
            while answer is None:
                with contextlib.suppress(NoAnswer):  # until it is up
                    answer = await door.post(url, "k/1", told, [secret])
            again = await door.post(url, "k/1", told, [secret])
            assert json.loads(answer.body) == json.loads(again.body) == {"accepted": True, "slot_at": START + 7_200}
            assert (await door.post(url, "k/2", told, [draw_secret()])).status == 401
    finally:
        receiver.kill()
        await receiver.wait()


async def test_a_claim_sent_again_gets_the_same_call(house: Start, bare: Bare) -> None:
    """With an idempotency key; with another body it is refused; without one, asking again ends the call before."""
    open_ = await house(Journal.in_memory())
    await _break_down(open_, bare)
    key, wanted = {"idempotency-key": "k-1"}, {"languages": ["lv"], "provenance": "simulated"}
    first, again = [await open_.api.post("/agents/a-1/claim", json=wanted, headers=key) for _ in range(2)]
    assert (first.status_code, first.json()) == (200, again.json())
    assert open_.service.casebook.calls[f"{CASE}/call"].state == "assigned"
    other = await open_.api.post("/agents/a-1/claim", json=wanted | {"wait_s": 1}, headers=key)
    assert (other.status_code, other.json()["type"]) == (422, "urn:callahead:problem:key-reused")


async def test_a_job_the_desk_has_moved_on_from_is_not_offered_after_a_restart(bare: Bare) -> None:
    """The offer is left out; what takes the job from the truck before is not."""
    room, pen, book = bare(), Pen(), Casebook()
    room.truck("t-1")
    room.found()
    room.truck("t-2")
    room.wait(61)
    first, second = [one for _, one in room.decided if isinstance(one, SendTow | ReassignTow)]
    for event, at in room.told[1:2]:
        book.feed(pen.write(event, at))
    for at, action in room.decided:
        book.feed(pen.write(action, at))
    assert still_wanted(first, commands_of(first, START), book) == []
    both = commands_of(second, START)
    assert still_wanted(second, both, book) == both
    book.cases[CASE].help.state = "cancelled"  # type: ignore[union-attr]
    assert still_wanted(second, both, book) == both[:1]
