"""The API of money: mandates, what waits for the customer, disputes; who may do what, and what is refused by name."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

import httpx
import pytest

from dispatch.access.roles import Role
from dispatch.core.consent import Purpose, Way
from dispatch.core.conversation.channels import Channel
from dispatch.core.events import ConsentChanged
from dispatch.core.policy import Policy
from dispatch.core.purse.payments import PaymentState
from dispatch.core.purse.rules import PaymentPolicy
from dispatch.registers.customers import PushSubscription
from dispatch.service.payment_codes import AGAIN_S, HOLDS_S, WRONG_MOST
from dispatch.service.service import Service
from gateway.contract.signing import TEST_KEY
from gateway.devices.registry import DeviceRecord
from gateway.payments.device_key import thumbprint
from tests.dispatch.conftest import Connect, Hour, portless
from tests.dispatch.money_house import CAR, CUSTOMER, PARKING, MoneyHouse, Telephone

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("linked")]
BROWSER = "https://push.example/mine"
MINE = f"/api/v1/customers/{CUSTOMER}"
GIVEN = {
    "ref": "m-1", "device": CAR, "category": "charging", "currency": "EUR", "per_payment": "40",
    "payees": [{"payee": "LV53BANK0000435195002", "name": "Fast charging"}],
    "limits": [{"period": "Month", "alignment": "Calendar", "amount": "200.00"}],
}  # fmt: skip


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    """A service without broker and without port, which asks what is unusual for long when it is found."""
    async with portless(policy=Policy(payments=PaymentPolicy(gather_s=0.0))) as made:
        yield made


@pytest.fixture
def house(service: Service) -> MoneyHouse:
    """A customer and their car."""
    return MoneyHouse(service)


@pytest.fixture
async def mine(service: Service, house: MoneyHouse, connect: Connect) -> httpx.AsyncClient:
    """The customer's own page."""
    client = connect()
    link = await service.page_links.link_of(house.customer)
    assert (await client.post("/me/enter", json={"link": link.partition("#")[2]})).status_code == 204
    return client


@pytest.fixture
def staff(connect: Connect) -> httpx.AsyncClient:
    """Somebody on the machine itself, who may do everything."""
    return connect()


async def said(client: httpx.AsyncClient, path: str, body: Any) -> tuple[int, Any]:
    """Return the status, and what a problem is called or an answer is."""
    answer = await client.post(path if path.startswith("/") else f"{MINE}/{path}", json=body)
    told = answer.json()
    return answer.status_code, told.get("type", "").rpartition(":")[2] or told


async def code_for(client: httpx.AsyncClient, house: MoneyHouse, about: Any) -> str:
    """Have a code sent, and return it as it came."""
    status, told = await said(client, "codes", about)
    assert (status, told) == (200, {"channel": "sms", "holds_s": HOLDS_S})
    return house.telephone.code


async def test_a_mandate_is_given_once_and_with_its_code_it_is_strong(
    mine: httpx.AsyncClient, house: MoneyHouse, service: Service
) -> None:
    """Consent first; the code is bound to all that the mandate says; a repeat is a repeat, and other content is refused."""
    assert await said(mine, "mandates", GIVEN) == (409, "consent-needed")
    await house.agrees()
    code = await code_for(mine, house, {"mandate": GIVEN})
    assert "€40.00" in house.telephone.got[-1].text
    assert await said(mine, "mandates", GIVEN | {"per_payment": "41", "code": code}) == (403, "old-code")
    status, told = await said(mine, "mandates", GIVEN | {"code": code})
    name = f"mnd/{CUSTOMER}/m-1"
    assert (status, told) == (200, {"mandate": name, "repeat": False})
    given = service.room.desk.purse.given.get(name)
    assert given is not None
    assert (given.strong, given.mandate.per_payment, given.mandate.limits[0].amount) == (True, 40_00, 200_00)
    assert await said(mine, "mandates", GIVEN | {"code": code}) == (200, {"mandate": name, "repeat": True})
    assert await said(mine, "mandates", GIVEN | {"per_payment": "50"}) == (409, "mandate-differs")
    shown = (await mine.get(f"{MINE}/money")).json()["mandates"][0]
    assert (shown["state"], shown["per_payment"], shown["limits"][0]["used"]) == ("active", "40.00", "0.00")
    assert (shown["payees"], shown["device"]["called"]) == (GIVEN["payees"], "Volta E AB-123")


async def test_two_cars_that_are_called_alike_are_told_apart(mine: httpx.AsyncClient, service: Service) -> None:
    """By their own names; one alone needs none."""
    for name in ("volta/blue", "volta/red"):
        service.room.intake.registry.add(DeviceRecord(name, "car", CUSTOMER, "simulated", model="Volta E"))
    shown = (await mine.get(f"{MINE}/money")).json()["devices"]
    assert sorted(one["called"] for one in shown) == ["Volta E AB-123", "Volta E blue", "Volta E red"]


async def test_a_mandate_is_bound_to_the_key_that_the_device_has(
    mine: httpx.AsyncClient, house: MoneyHouse, service: Service
) -> None:
    """Unless it says otherwise; given again after the device has another key, it is what it was."""
    await house.agrees()
    registry = service.room.intake.registry
    car = registry.get(CAR)
    assert car is not None
    registry.add(replace(car, payment_key=TEST_KEY))
    for ref, said_key, key in (("m-1", {}, thumbprint(TEST_KEY)), ("m-2", {"key": ""}, ""), ("m-3", {"key": "k"}, "k")):
        assert (await said(mine, "mandates", GIVEN | {"ref": ref} | said_key))[0] == 200
        given = service.room.desk.purse.given.get(f"mnd/{CUSTOMER}/{ref}")
        assert given is not None
        assert given.mandate.key == key
    registry.add(replace(car, payment_key="A" * 43))
    assert await said(mine, "mandates", GIVEN) == (200, {"mandate": f"mnd/{CUSTOMER}/m-1", "repeat": True})


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"per_payment": "40.123"}, (422, "bad-amount")),
        ({"per_payment": "4e9"}, (422, "invalid")),
        ({"currency": "XXX"}, (422, "invalid")),
        ({"currency": "JPY", "per_payment": "40.5", "limits": []}, (422, "bad-amount")),
        ({"device": "volta/other"}, (404, "unknown-device")),
        (
            {"limits": [{"period": "Fortnight", "alignment": "Calendar", "amount": "5"}]},
            (409, "mandate-makes-no-sense"),
        ),
        ({"valid_to": 1.0}, (409, "mandate-makes-no-sense")),
        ({"per_payment": "0"}, (409, "mandate-makes-no-sense")),
        ({"zone": "Mars/Olympus"}, (409, "mandate-makes-no-sense")),
        ({"payees": [{"payee": "x"}] * 21}, (422, "invalid")),
        ({"category": "bribes"}, (422, "invalid")),
        ({"payees": [{"payee": "LV81BANK0000435195002"}]}, (422, "bad-iban")),
        ({"payees": [{"payee": "lv80 bank 0000 4351 9500"}]}, (422, "bad-iban")),
        ({"payees": [{"payee": "US64SVBKUS6S3300958879"}]}, (422, "bad-iban")),
        ({"ref": "a/b"}, (422, "invalid")),
    ],
)
async def test_a_mandate_that_makes_no_sense_is_refused_by_name(
    mine: httpx.AsyncClient, house: MoneyHouse, wrong: dict[str, Any], why: tuple[int, str]
) -> None:
    """Wrong decimals, another's device, a fortnight of the calendar: the rule is told, and nothing is given."""
    await house.agrees()
    status, name = await said(mine, "mandates", GIVEN | wrong)
    assert (status, name if why[1] != "invalid" else "invalid") == why
    assert not (await mine.get(f"{MINE}/money")).json()["mandates"]


async def test_what_waits_is_paid_with_the_code_that_came_for_it_alone(
    mine: httpx.AsyncClient, house: MoneyHouse, service: Service
) -> None:
    """Over the limit the customer is asked; a yes without a code, with a wrong one or with another's counts for nothing."""
    await house.opens()
    payment, other = await house.asks("p-1", 30_00), await house.asks("p-2", 31_00)
    shown = (await mine.get(f"{MINE}/money")).json()
    assert [(one["payment"], one["asked_for"], one["payee"]) for one in shown["waiting"]] == [
        (payment, "over_limit", "City parking"), (other, "over_limit", "City parking"),
    ]  # fmt: skip
    yes = {"payment": payment, "agreed": True}
    assert await said(mine, "payments/answers", yes) == (403, "code-needed")
    code = await code_for(mine, house, {"payment": payment})
    assert "€30.00" in house.telephone.got[-1].text
    wrong = "000000" if code != "000000" else "111111"
    assert await said(mine, "payments/answers", yes | {"code": wrong}) == (403, "wrong-code")
    assert await said(mine, "payments/answers", {"payment": other, "agreed": True, "code": code}) == (403, "old-code")
    assert await said(mine, "payments/answers", yes | {"code": code}) == (200, {"repeat": False})
    assert await said(mine, "payments/answers", yes | {"code": code}) == (200, {"repeat": True})
    assert await said(mine, "payments/answers", {"payment": other, "agreed": False}) == (200, {"repeat": False})
    states = {name: one.state for name, one in service.room.desk.purse.payments.items()}
    assert states == {payment: PaymentState.RESERVED, other: PaymentState.REFUSED}
    assert await said(mine, "payments/answers", {"payment": payment, "agreed": False}) == (409, "not-asked")
    assert await said(mine, "payments/answers", {"payment": "pay/nobody", "agreed": False}) == (404, "unknown-payment")
    refused = next(one for one in (await mine.get(f"{MINE}/money")).json()["payments"] if one["payment"] == other)
    assert (refused["state"], refused["why"], refused["reason"]) == ("refused", "said_no", "CUST")


async def confirming(mine: httpx.AsyncClient, house: MoneyHouse, service: Service) -> Telephone:
    """The customer's browser takes notifications, and confirms by a code that came by SMS; return what comes to it."""
    screen = Telephone(Channel.PUSH)
    service.doors.by_channel[Channel.PUSH] = screen
    known = service.customers.get(house.customer)
    assert known is not None
    await service.doors.keep(known.with_push(PushSubscription(BROWSER, "B", "a")))
    code = await code_for(mine, house, {"browser": BROWSER})
    wrong = "000000" if code != "000000" else "111111"
    strong = {"endpoint": BROWSER, "code": code}
    assert await said(mine, "push/strong", strong | {"endpoint": "https://x.example"}) == (404, "unknown-browser")
    assert await said(mine, "push/strong", strong | {"code": wrong}) == (403, "wrong-code")
    assert await said(mine, "push/strong", strong) == (200, {"repeat": False})
    assert await said(mine, "push/strong", strong) == (200, {"repeat": True})
    return screen


async def test_a_payment_is_confirmed_by_a_notification_that_names_sum_and_payee(
    mine: httpx.AsyncClient, house: MoneyHouse, hour: Hour, service: Service
) -> None:
    """Nothing is typed; what its link bears is for that payment alone, once, for five minutes; a code by SMS stays possible."""
    await house.opens()
    screen = await confirming(mine, house, service)
    payment, other = await house.asks("p-1", 30_00), await house.asks("p-2", 31_00)
    hour.now += AGAIN_S
    assert await said(mine, "codes", {"payment": payment}) == (200, {"channel": "push", "holds_s": HOLDS_S})
    asked = screen.got[-1]
    assert "€30.00" in asked.text
    assert "City parking" in asked.text
    link, proof, about = asked.link.partition("#")[2].split("~")
    assert (bool(link), len(proof), unquote(about)) == (True, 22, payment)
    assert json.loads(asked.to_address)[0]["endpoint"] == BROWSER
    yes = {"payment": payment, "agreed": True}
    assert await said(mine, "payments/answers", yes | {"code": "A" * 22}) == (403, "wrong-code")
    assert await said(mine, "payments/answers", yes | {"code": "A" * 21}) == (422, "invalid-request")
    assert await said(mine, "payments/answers", yes | {"payment": other, "code": proof}) == (403, "old-code")
    assert await said(mine, "payments/answers", yes | {"code": proof}) == (200, {"repeat": False})
    assert await said(mine, "payments/answers", yes | {"code": proof}) == (200, {"repeat": True})
    yes = {"payment": other, "agreed": True}
    assert await said(mine, "payments/answers", yes | {"code": proof}) == (403, "old-code")
    hour.now += AGAIN_S
    assert (await said(mine, "codes", {"payment": other}))[0] == 200
    proof = screen.got[-1].link.split("~")[1]
    hour.now += HOLDS_S + 1
    assert await said(mine, "payments/answers", yes | {"code": proof}) == (403, "old-code")
    assert (await said(mine, "codes", {"payment": other, "by": "sms"}))[1]["channel"] == "sms"
    states = [one.state for one in service.room.desk.purse.payments.values()]
    assert states == [PaymentState.RESERVED, PaymentState.CONFIRMING]


async def test_five_wrong_proofs_end_a_notification_and_a_browser_that_nobody_vouched_for_confirms_nothing(
    mine: httpx.AsyncClient, house: MoneyHouse, hour: Hour, service: Service
) -> None:
    """Who has nothing but the link can subscribe a browser, and is asked for a code by SMS all the same."""
    await house.opens()
    screen = await confirming(mine, house, service)
    payment = await house.asks("p-1", 30_00)
    hour.now += AGAIN_S
    assert (await said(mine, "codes", {"payment": payment}))[1]["channel"] == "push"
    proof = screen.got[-1].link.split("~")[1]
    yes = {"payment": payment, "agreed": True}
    for _ in range(WRONG_MOST):
        assert await said(mine, "payments/answers", yes | {"code": "A" * 22}) == (403, "wrong-code")
    assert await said(mine, "payments/answers", yes | {"code": proof}) == (429, "too-many-codes")
    known = service.customers.get(house.customer)
    assert known is not None
    await service.doors.keep(replace(known, push=(PushSubscription("https://push.example/thief", "B", "a"),)))
    hour.now += 7_200.0
    assert (await said(mine, "codes", {"payment": payment}))[1]["channel"] == "sms"


async def test_codes_are_few_and_wrong_ones_fewer(
    mine: httpx.AsyncClient, house: MoneyHouse, hour: Hour, service: Service
) -> None:
    """One in half a minute; after five wrong ones the right one is none any more; after five minutes it is too old."""
    await house.opens()
    payment = await house.asks("p-1", 30_00)
    yes = {"payment": payment, "agreed": True}
    code = await code_for(mine, house, {"payment": payment})
    assert await said(mine, "codes", {"payment": payment}) == (429, "too-many-codes")
    hour.now += HOLDS_S + 1
    assert await said(mine, "payments/answers", yes | {"code": code}) == (403, "old-code")
    hour.now += AGAIN_S
    code = await code_for(mine, house, {"payment": payment})
    wrong = "000000" if code != "000000" else "111111"
    for _ in range(WRONG_MOST - 1):
        assert await said(mine, "payments/answers", yes | {"code": wrong}) == (403, "wrong-code")
    assert await said(mine, "payments/answers", yes | {"code": code}) == (429, "too-many-codes")
    assert await said(mine, "codes", {"payment": payment}) == (429, "too-many-codes")
    assert service.room.desk.purse.payments[payment].state is PaymentState.CONFIRMING
    assert await said(mine, "codes", {}) == (422, "one-of-two")
    service.doors.by_channel.pop(Channel.SMS)
    hour.now += 7_200.0
    assert await said(mine, "codes", {"payment": payment}) == (409, "no-way-for-a-code")


async def test_the_longest_name_of_a_mandate_can_be_said_again(mine: httpx.AsyncClient, house: MoneyHouse) -> None:
    """What was given under it can be revoked."""
    await house.agrees()
    status, told = await said(mine, "mandates", GIVEN | {"ref": "m" * 200})
    assert status == 200
    change = {"mandate": told["mandate"], "to": "revoked"}
    assert await said(mine, "mandates/changes", change) == (200, {"repeat": False})


async def test_suspended_going_on_and_stopped_by_one_tap(mine: httpx.AsyncClient, house: MoneyHouse) -> None:
    """It holds before the next payment; stopped, all mandates of the device are revoked, for good."""
    await house.opens()
    change = {"mandate": f"mnd/{CUSTOMER}/parking", "to": "suspended"}
    assert await said(mine, "mandates/changes", change) == (200, {"repeat": False})
    assert await said(mine, "mandates/changes", change) == (200, {"repeat": True})
    await house.asks("p-1")
    assert await said(mine, "mandates/changes", change | {"to": "active"}) == (200, {"repeat": False})
    await house.asks("p-2")
    waits = await house.asks("p-3", 30_00)
    status, told = await said(mine, "mandates/stops", {"device": CAR})
    assert (status, told) == (200, {"revoked": [f"mnd/{CUSTOMER}/parking"]})
    assert await said(mine, "mandates/stops", {"device": CAR}) == (200, {"revoked": []})
    assert await said(mine, "mandates/changes", change | {"to": "active"}) == (409, "mandate-revoked")
    assert await said(mine, "mandates/changes", change | {"mandate": "mnd/c-2/x"}) == (404, "unknown-mandate")
    shown = (await mine.get(f"{MINE}/money")).json()
    states = {one["payment"].rpartition("/")[2]: (one["state"], one["why"]) for one in shown["payments"]}
    assert states == {"p-1": ("refused", "mandate"), "p-2": ("reserved", ""), "p-3": ("refused", "mandate")}
    assert (shown["waiting"], waits[-3:]) == ([], "p-3")


async def test_a_dispute_is_opened_by_a_tap_and_decided_by_a_person(
    mine: httpx.AsyncClient, staff: httpx.AsyncClient, house: MoneyHouse
) -> None:
    """Once; refunded or upheld with a reason; what is not paid cannot be disputed."""
    await house.opens()
    first, second = await house.pays("p-1"), await house.pays("p-2", 4_00)
    refused = await house.asks("p-3", 5_00, category="toll")
    await house.asks("p-4", 5_00, currency="JPY")  # no money of theirs is in yen for that
    assert await said(mine, "payments/disputes", {"payment": refused}) == (409, "not-paid")
    for payment in (first, second):
        assert await said(mine, "payments/disputes", {"payment": payment, "why": "not there"}) == (
            200,
            {"repeat": False},
        )
    assert await said(mine, "payments/disputes", {"payment": first}) == (200, {"repeat": True})
    seen = (await staff.get("/api/v1/payments/to-see")).json()
    assert [(one["payment"], one["amount"], one["why"]) for one in seen["disputes"]] == [
        (first, "3.50", "not there"), (second, "4.00", "not there"),
    ]  # fmt: skip
    path = "/api/v1/payments/disputes/decided"
    refund = {"payment": first, "decision": "refund", "why": "the barrier was broken"}
    assert (await said(staff, path, refund | {"why": ""}))[0] == 422
    assert await said(staff, path, refund) == (200, {"repeat": False})
    assert await said(staff, path, {"payment": second, "decision": "uphold", "why": "it stood there"}) == (
        200, {"repeat": False},
    )  # fmt: skip
    assert await said(staff, path, refund | {"payment": refused}) == (409, "not-disputed")
    assert await said(staff, path, refund | {"payment": "pay/x"}) == (404, "unknown-payment")
    shown = (await mine.get(f"{MINE}/money")).json()
    assert {one["payment"]: (one["state"], one["decision"]) for one in shown["payments"]} == {
        first: ("refunded", "the barrier was broken"), second: ("upheld", "it stood there"), refused: ("refused", ""),
        f"pay/{CAR}/p-4": ("refused", ""),
    }  # fmt: skip
    assert shown["balances"] == [{"currency": "EUR", "amount": "96.00"}]
    assert (await staff.get("/api/v1/payments/to-see")).json()["disputes"] == []


async def test_what_the_bank_is_silent_about_is_held_until_somebody_says(
    staff: httpx.AsyncClient, house: MoneyHouse, service: Service
) -> None:
    """A person asks the bank by telephone, and says what it said, once; what contradicts itself can only be looked at."""
    await house.opens()
    payment = await house.asks("p-1")
    body = {"name": payment, "status": "ACSC", "why": "Anna of the bank, 10:15"}
    assert await said(staff, "/api/v1/payments/bank-said", body) == (409, "not-held")
    now, policy = service.now(), service.room.desk.policy.payments
    turn = service.room.wake(now + policy.bank_attempts * policy.bank_s + 60.0)
    for row in turn.rows:
        service.casebook.feed(row)
    held = (await staff.get("/api/v1/payments/to-see")).json()["held"]
    assert [(one["name"], one["reason"], one["may_say"], one["amount"]) for one in held] == [
        (payment, "bank_silent", True, "3.50")
    ]
    assert await said(staff, "/api/v1/payments/bank-said", body) == (200, {"repeat": False})
    assert (await staff.get("/api/v1/payments/to-see")).json()["held"] == []
    assert service.room.desk.purse.payments[payment].state is PaymentState.SETTLED


async def test_what_contradicts_itself_is_closed_with_a_reason(
    staff: httpx.AsyncClient, mine: httpx.AsyncClient, house: MoneyHouse, service: Service
) -> None:
    """By who decides about money, once; without a reason, or of what nobody holds, it is refused by name."""
    await house.opens()
    payment, path = await house.pays("p-1"), "/api/v1/payments/held/closed"
    body = {"name": payment, "reason": "contradiction", "how": "came_back", "why": "the bank sent it back"}
    assert await said(staff, path, body) == (409, "not-held")
    await house.bank(payment, "RJCT")
    (held,) = (await staff.get("/api/v1/payments/to-see")).json()["held"]
    assert (held["may_say"], held["may_close"], held["may_come_back"]) == (False, True, True)
    assert (await said(staff, path, body | {"why": ""}))[0] == 422
    assert (await said(staff, path, body | {"how": "maybe"}))[0] == 422
    assert (await said(mine, path, body))[0] == 403
    assert await said(staff, path, body) == (200, {"repeat": False})
    assert (await staff.get("/api/v1/payments/to-see")).json()["held"] == []
    assert service.room.desk.purse.payments[payment].state is PaymentState.REFUNDED


async def test_nobody_sees_or_says_what_is_anothers(
    service: Service, house: MoneyHouse, connect: Connect, mine: httpx.AsyncClient
) -> None:
    """Another customer, a stranger; a customer decides no dispute; staff lets no device pay."""
    await house.opens()
    payment = await house.pays("p-1")
    other = MoneyHouse(service, customer="c-2", device="volta/car-2")
    theirs = connect()
    link = await service.page_links.link_of(other.customer)
    await theirs.post("/me/enter", json={"link": link.partition("#")[2]})
    assert (await theirs.get(f"{MINE}/money")).status_code == 403
    for path, body in (
        ("mandates", GIVEN), ("mandates/stops", {"device": CAR}), ("codes", {"payment": payment}),
        ("payments/answers", {"payment": payment, "agreed": False}), ("payments/disputes", {"payment": payment}),
    ):  # fmt: skip
        assert await said(theirs, path, body) == (403, "not-allowed"), path
        assert (await said(theirs, f"/api/v1/customers/c-2/{path}", body))[0] in {403, 404, 409, 200}, path
    assert service.room.desk.purse.payments[payment].state is PaymentState.SETTLED
    assert (await mine.get("/api/v1/payments/to-see")).status_code == 403
    decided = {"payment": payment, "decision": "refund", "why": "mine"}
    assert await said(mine, "/api/v1/payments/disputes/decided", decided) == (403, "not-allowed")


async def test_what_is_unusual_for_long_has_one_answer(mine: httpx.AsyncClient, house: MoneyHouse) -> None:
    """With the names of their own list; the same once more is a repeat, another one and what nobody asked are told so."""
    await house.opens()
    await house.price_creeps()
    await house.asks("p-9")  # what is due is done before anything else is heard
    (asked,) = (await mine.get(f"{MINE}/payments/questions")).json()
    assert (asked["what"], "\u2068City parking\u2069" in asked["words"], len(asked["payments"])) == (
        "price_drift",
        True,
        5,
    )
    answers, about = "payments/questions/answers", {"ref": asked["ref"]}
    assert await said(mine, answers, about | {"answer": "perhaps"}) == (422, "invalid-request")
    assert await said(mine, answers, about | {"answer": "unsure"}) == (200, {"repeat": False})
    assert await said(mine, answers, about | {"answer": "unsure"}) == (200, {"repeat": True})
    assert await said(mine, answers, about | {"answer": "stop"}) == (409, "answered-otherwise")
    assert await said(mine, answers, {"ref": "unused/pay/x", "answer": "stop"}) == (409, "not-asked")
    assert (await mine.get(f"{MINE}/payments/questions")).json() == []


async def test_withdrawn_consent_and_erasure_take_it_from_the_page(
    mine: httpx.AsyncClient, house: MoneyHouse, service: Service
) -> None:
    """Withdrawn, what waits is refused before the next decision; the page's JSON never has another's device."""
    await house.opens()
    await house.asks("p-1", 30_00)
    await service.tell(ConsentChanged(CUSTOMER, Purpose.PAYMENT, given=False, way=Way.LINK))
    shown = (await mine.get("/api/v1/me")).json()["page"]["money"]
    assert (shown["waiting"], shown["payments"][0]["why"]) == ([], "said_no")
    await service.personal_data.erase(CUSTOMER, "test")
    assert service.casebook.money.of(CUSTOMER).payments == {}


async def test_who_comes_back_after_erasure_is_not_told_that_a_mandate_stands(
    staff: httpx.AsyncClient, house: MoneyHouse, service: Service
) -> None:
    """Its ref names one that is forgotten: another has to be drawn."""
    await house.agrees()
    assert (await said(staff, "mandates", GIVEN))[0] == 200
    await service.personal_data.erase(CUSTOMER, "test")
    await MoneyHouse(service).agrees()
    assert await said(staff, "mandates", GIVEN) == (409, "ref-used")
    assert (await said(staff, "mandates", GIVEN | {"ref": "m-2"}))[1] == {"mandate": "mnd/c-1/m-2", "repeat": False}


async def test_nobody_is_erased_with_money_in_their_purse(
    staff: httpx.AsyncClient, mine: httpx.AsyncClient, house: MoneyHouse
) -> None:
    """It is paid back first, by who decides about money; what comes to it later is shown until it is paid back, too."""
    await house.opens(money=10_00)
    payment, path = await house.asks("p-1", 3_00), "/api/v1/payments/returned"
    answer = await staff.delete(MINE)
    assert (answer.status_code, answer.json()["type"].rpartition(":")[2]) == (409, "money-left")
    assert "7.00 EUR" in answer.json()["detail"]
    back = {"customer": CUSTOMER, "amount": "7.00", "currency": "EUR", "reference": "r-1", "why": "leaves us"}
    assert (await said(mine, path, back))[0] == 403
    assert await said(staff, path, back | {"amount": "7.001"}) == (422, "bad-amount")
    assert await said(staff, path, back | {"amount": "7.01"}) == (409, "not-so-much")
    assert await said(staff, path, back) == (200, {"repeat": False})
    assert await said(staff, path, back) == (200, {"repeat": True})
    assert (await staff.delete(MINE)).status_code == 200
    await house.bank(payment, "RJCT", "AC04")
    seen = (await staff.get("/api/v1/payments/to-see")).json()["left"]
    assert seen == [{"customer": CUSTOMER, "amount": "3.00", "currency": "EUR"}]
    assert await said(staff, path, back | {"amount": "3.00", "reference": "r-2"}) == (200, {"repeat": False})
    assert (await staff.get("/api/v1/payments/to-see")).json()["left"] == []


async def test_an_agent_sees_the_money_of_whom_they_speak_with_alone(service: Service, house: MoneyHouse) -> None:
    """Not before the voice, not of others; who may decide is another."""
    from dispatch.access.roles import GRANTS  # noqa: PLC0415 - the table alone is asked here

    agent, dispatcher = GRANTS[Role.AGENT], GRANTS[Role.DISPATCHER]
    assert {"read-money", "help-with-money"} <= {str(one) for one in agent}
    assert not {"let-pay", "decide-money"} & {str(one) for one in agent}
    assert "decide-money" in {str(one) for one in dispatcher}
    assert (house.customer, PARKING[:2], service.casebook.money.of("nobody").payments) == (CUSTOMER, "LV", {})
