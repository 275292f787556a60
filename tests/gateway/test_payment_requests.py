"""What devices ask to pay: read whole or refused with its ISO reason, signed by their own key, made now, for a customer."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from gateway.contract.canonical import canonical
from gateway.contract.event_types import event_types
from gateway.contract.payments import decimals_of, minor_units
from gateway.contract.refusals import Rule
from gateway.contract.signing import TEST_KEY, TEST_SEED, signed_example
from gateway.devices.registry import DeviceRecord, Registry
from gateway.finding import CaptureAsk, PaymentAsk
from gateway.intake.intake import Intake, Verdict
from gateway.payments.device_key import DeviceKey, objection, thumbprint, why_unfit
from gateway.payments.messages import PaymentRequest

NOW = 1_796_000_000.0
CAR = "volta/car-1"
REQUEST = "callahead.payment.request.v1"


def unpadded(raw: bytes) -> str:
    """Base64url as the contract has it."""
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def key_of(seed: bytes) -> Ed25519PrivateKey:
    """A device's key."""
    return Ed25519PrivateKey.from_private_bytes(seed)


KEY = key_of(b"1" * 32)
PUBLIC = unpadded(KEY.public_key().public_bytes_raw())
RECORD = DeviceRecord(CAR, "car", "c-1", "simulated", paired_phone="volta/phone-1", payment_key=PUBLIC)


def at(seconds: float) -> str:
    """RFC 3339."""
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def data(**changes: Any) -> dict[str, Any]:
    """What a car asks for; ``None`` leaves a member out."""
    plain = {
        "end_to_end_id": "1-7",
        "created": at(NOW),
        "currency": "EUR",
        "amount": "3.50",
        "creditor": "LV80BANK0000435195001",
        "category": "parking",
        "words": "an hour at gate 4",
    }
    return {name: value for name, value in {**plain, **changes}.items() if value is not None}


def signed(told: dict[str, Any], key: Ed25519PrivateKey = KEY) -> dict[str, Any]:
    """Return it with its signature."""
    return {**told, "signature": unpadded(key.sign(canonical(told)))}


def say(
    told: dict[str, Any], record: DeviceRecord = RECORD, now: float = NOW, topic: str = CAR, **more: Any
) -> Verdict:
    """Have a house hear it."""
    event = {"specversion": "1.0", "type": REQUEST, "source": f"/{CAR}", "id": "1-7", "time": at(now), "data": told}
    phone = DeviceRecord("volta/phone-1", "phone", "c-1", "simulated")
    intake = Intake(Registry([record, phone]))
    return intake.receive(f"callahead/v1/{topic}/event", json.dumps(event | more).encode(), now)


def ask(verdict: Verdict) -> PaymentAsk:
    """Return what dispatch decides about."""
    (found,) = verdict.conclusions
    assert isinstance(found, PaymentAsk)
    return found


def test_a_signed_request_is_dispatchs_to_decide() -> None:
    """In minor units, with the thumbprint of the key that it is signed with."""
    found = ask(say(signed(data(mandate="mnd/c-1/parking"))))
    assert (found.objection, found.amount, found.currency, found.payee) == ("", 350, "EUR", "LV80BANK0000435195001")
    assert (found.customer, found.payment_ref, found.mandate) == ("c-1", "1-7", "mnd/c-1/parking")
    assert found.key_thumbprint == thumbprint(PUBLIC)


def test_a_phone_relays_for_a_device_that_is_paired_with_it_and_no_other() -> None:
    """It can change nothing of what is asked for, nor leave the signature out."""
    via = {"via": "/volta/phone-1"}
    told = signed(data())
    assert ask(say(told, topic="volta/phone-1", **via)).objection == ""
    assert ask(say(told | {"amount": "350"}, topic="volta/phone-1", **via)).objection == "DS0B"
    assert ask(say(data(), topic="volta/phone-1", **via)).objection == "DS0A"
    stranger = say(told, topic="volta/phone-2", via="/volta/phone-2").refusal
    assert stranger is not None
    assert stranger.rule is Rule.NOT_PAIRED


CAPTURE = {"end_to_end_id": "1-7", "created": at(NOW), "currency": "EUR", "amount": "2.05"}


def used(told: dict[str, Any], record: DeviceRecord = RECORD) -> Verdict:
    """Have a house hear what is paid of what was set aside."""
    return say(told, record, type="callahead.payment.capture.v1", id="1-9")


def test_what_is_paid_of_an_amount_at_most_is_signed_as_the_request_is() -> None:
    """Of the same payment, in minor units; nothing is paid by what is not signed right, and what is of no form is refused."""
    assert ask(say(signed(data(amount_is="maximum")))).at_most
    (found,) = used(signed(CAPTURE)).conclusions
    assert isinstance(found, CaptureAsk)
    assert (found.payment_ref, found.amount, found.customer, found.objection) == ("1-7", 205, "c-1", "")
    assert found.key_thumbprint == thumbprint(PUBLIC)
    for told, record, reason in (
        (CAPTURE, RECORD, "DS0A"),
        (signed(CAPTURE) | {"amount": "2.06"}, RECORD, "DS0B"),
        (signed(CAPTURE), replace(RECORD, payment_key_expires=NOW - 1.0), "TKXP"),
        (signed({**CAPTURE, "created": at(NOW - 90_000)}), RECORD, "CH04"),
    ):
        (wrong,) = used(told, record).conclusions
        assert isinstance(wrong, CaptureAsk)
        assert (wrong.objection, wrong.key_thumbprint) == (reason, "")
    for member, value, reason in (
        ("amount", "2.055", "CH20"), ("amount", "-1", "AM12"), ("currency", "XXX", "AM11"), ("end_to_end_id", "", "FF08"),
        ("creditor", "someone", "CH16"),
    ):  # fmt: skip
        refused = used({**CAPTURE, member: value}).refusal
        assert refused is not None
        assert refused.problem.reason == reason
    odd = say(data(amount_is="about")).refusal
    assert odd is not None
    assert odd.problem.reason == "CH16"


FORMS: list[tuple[dict[str, Any], str, str]] = [
    ({"amount": "3.505"}, "/data/amount", "CH20"),
    ({"amount": "400.0", "currency": "JPY"}, "/data/amount", "CH20"),
    ({"amount": "3,50"}, "/data/amount", "AM12"),
    ({"amount": "-3.50"}, "/data/amount", "AM12"),
    ({"amount": 3.5}, "/data/amount", "AM12"),
    ({"amount": "1e5"}, "/data/amount", "AM12"),
    ({"amount": "3.\u0665\u0660"}, "/data/amount", "AM12"),
    ({"amount": "1\u0662"}, "/data/amount", "AM12"),
    ({"currency": "EURO"}, "/data/currency", "AM11"),
    ({"currency": "XXX"}, "/data/currency", "AM11"),
    ({"currency": None}, "/data/currency", "AM11"),
    ({"creditor": "LV81BANK0000435195001"}, "/data/creditor", "AC03"),
    ({"creditor": "the parking house"}, "/data/creditor", "AC03"),
    ({"end_to_end_id": "a//b"}, "/data/end_to_end_id", "FF08"),
    ({"end_to_end_id": "x" * 36}, "/data/end_to_end_id", "FF08"),
    ({"created": "yesterday"}, "/data/created", "DT01"),
    ({"created": "2026-02-30T10:00:00Z"}, "/data/created", "DT01"),
    ({"category": "sweets"}, "/data/category", "FF06"),
    ({"words": "x" * 141}, "/data/words", "CH15"),
    ({"signature": "abc"}, "/data/signature", "DS0B"),
    ({"mandat": "mnd/c-1/parking"}, "/data/mandat", "CH16"),
]


@pytest.mark.parametrize(("changes", "pointer", "reason"), FORMS, ids=str)
def test_a_request_of_another_form_is_refused_whole(changes: dict[str, Any], pointer: str, reason: str) -> None:
    """With the place and the ISO reason; nothing is left out of it, and dispatch hears nothing."""
    verdict = say(data(**changes))
    assert verdict.refusal is not None
    problem = verdict.refusal.problem
    assert (verdict.conclusions, verdict.refusal.rule) == ((), Rule.INVALID_VALUE)
    assert (problem.pointer, problem.reason, problem.event_id) == (pointer, reason, "1-7")


@pytest.mark.parametrize("words", ["a\u202eb", "a\nb", "\x00"])
def test_text_that_cannot_be_shown_is_refused_in_words(words: str) -> None:
    """And not by the pattern that it does not fit, which can be shown no better."""
    refusal = say(data(words=words)).refusal
    assert refusal is not None
    assert refusal.problem.detail.startswith("/data/words: expected is text without control characters")


@pytest.mark.parametrize("member", ["words", "creditor_name", "creditor", "end_to_end_id"])
def test_a_card_number_is_refused_wherever_it_stands(member: str) -> None:
    """And not kept."""
    refusal = say(data(**{member: "4111111111111111"})).refusal
    assert refusal is not None
    assert refusal.rule is Rule.CARD_NUMBER
    assert "4111111111" not in refusal.excerpt


OTHER = key_of(b"2" * 32)
NO_KEY, EXPIRED = replace(RECORD, payment_key=""), replace(RECORD, payment_key_expires=NOW)
OBJECTIONS: list[tuple[dict[str, Any], DeviceRecord, str]] = [
    (data(), RECORD, "DS0A"),
    (signed(data(), OTHER), RECORD, "DS0B"),
    (signed(data()) | {"amount": "3.51"}, RECORD, "DS0B"),
    (signed(data()) | {"creditor": "parking-2"}, RECORD, "DS0B"),
    (signed(data()), NO_KEY, "DS18"),
    (signed(data()), EXPIRED, "TKXP"),
    (signed(data()), replace(EXPIRED, payment_key_expires=NOW + 1), ""),
    (data(), NO_KEY, ""),
    (signed(data(created=at(NOW + 601))), RECORD, "CH03"),
    (signed(data(created=at(NOW + 599))), RECORD, ""),
    (signed(data(created=at(NOW - 86_401))), RECORD, "CH04"),
    (signed(data(created=at(NOW - 86_399))), RECORD, ""),
]


@pytest.mark.parametrize(("told", "record", "reason"), OBJECTIONS, ids=[str(n) for n in range(len(OBJECTIONS))])
def test_whose_it_is_and_when_it_was_made_is_objected_to(told: Any, record: DeviceRecord, reason: str) -> None:
    """By an ISO reason and words; without one, its key is named where it has one."""
    found = ask(say(told, record))
    assert (found.objection, bool(found.objection_says)) == (reason, bool(reason))
    assert bool(found.key_thumbprint) == (not reason and record.payment_key != "")


def test_a_device_of_nobody_and_a_stranger_ask_for_nothing() -> None:
    """A truck has no customer; whoever is not registered is not heard."""
    nobody = say(data(), DeviceRecord(CAR, "truck", None, "simulated")).refusal
    stranger = say(data(), replace(RECORD, device="volta/car-2")).refusal
    assert nobody is not None
    assert stranger is not None
    assert (nobody.rule, nobody.problem.reason, stranger.rule) == (Rule.NO_CUSTOMER, "CH16", Rule.UNKNOWN_DEVICE)


def test_the_same_event_again_is_a_repeat() -> None:
    """Dispatch hears of it once."""
    intake = Intake(Registry([RECORD]))
    event = {"specversion": "1.0", "type": REQUEST, "source": f"/{CAR}", "id": "1-7", "time": at(NOW)}
    payload = json.dumps(event | {"data": signed(data())}).encode()
    heard = [intake.receive(f"callahead/v1/{CAR}/event", payload, NOW) for _ in range(2)]
    assert [(len(one.conclusions), one.repeat) for one in heard] == [(1, False), (0, True)]


def test_the_published_vector_holds() -> None:
    """Key and signature by RFC 8032, the key's thumbprint by RFC 8037, A.3."""
    signed_bytes, signature = signed_example()
    key = key_of(urlsafe_b64decode(TEST_SEED + "="))
    assert unpadded(key.public_key().public_bytes_raw()) == TEST_KEY
    assert unpadded(key.sign(signed_bytes)) == signature
    assert thumbprint(TEST_KEY) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
    example = PaymentRequest.model_validate_json(json.dumps(event_types().examples[REQUEST]["data"]))
    assert example.signed == signed_bytes
    assert objection(example, DeviceKey(TEST_KEY), example.created_at) is None


@pytest.mark.parametrize(
    "point",
    [
        bytes(32),
        b"\x01" + bytes(31),
        b"\xec" + b"\xff" * 30 + b"\x7f",
        bytes(31) + b"\x80",
        b"\xee" + b"\xff" * 30 + b"\x7f",
        bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
        bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85"),
    ],
)
def test_nobody_signs_by_a_key_that_everybody_has(point: bytes) -> None:
    """All zeros, a point of small order however it is written, the contract's own: a signature by it says nothing."""
    assert "small order" in why_unfit(unpadded(point))
    assert "test key" in why_unfit(TEST_KEY)
    assert why_unfit(PUBLIC) == ""


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Zl", "Zp", "Cf")), min_size=1, max_size=70)


@given(st.dictionaries(TEXTS, TEXTS, max_size=8), st.randoms())
def test_canonical_bytes_are_one_for_all_orders_and_read_back(texts: dict[str, str], dice: Any) -> None:
    """Whoever writes the members in another order, with blanks or with escapes, signs the same."""
    shuffled = list(texts.items())
    dice.shuffle(shuffled)
    again = json.loads(json.dumps(dict(shuffled), indent=3, ensure_ascii=True))
    assert canonical(again) == canonical(texts)
    assert json.loads(canonical(texts)) == texts
    assert canonical(json.loads(canonical(texts))) == canonical(texts)


REQUESTS = st.fixed_dictionaries(
    {
        "end_to_end_id": st.from_regex(r"[A-Za-z._-]{1,35}", fullmatch=True),
        "created": st.just(at(NOW)),
        "currency": st.sampled_from(["EUR", "JPY", "BHD"]),
        "amount": st.integers(0, 10**9).map(str),
        "creditor": st.sampled_from(["LV80BANK0000435195001", "parking-1"]),
        "category": st.sampled_from(["parking", "energy", "media"]),
        "words": TEXTS,
    },
    optional={"creditor_name": TEXTS, "mandate": TEXTS},
)


@given(REQUESTS, st.binary(min_size=32, max_size=32), st.data())
def test_a_signature_holds_for_what_was_signed_by_whom_alone(
    told: dict[str, str], seed: bytes, draw: st.DataObject
) -> None:
    """Any other text of any member, a member more or less, and any other key: it does not hold."""
    key = key_of(seed)
    mine = DeviceKey(unpadded(key.public_key().public_bytes_raw()))
    request = PaymentRequest.model_validate_json(json.dumps(signed(told, key)))
    assert objection(request, mine, NOW) is None
    assert objection(request, DeviceKey(PUBLIC), NOW) is not None
    member = draw.draw(st.sampled_from(["amount", "creditor", "words", "end_to_end_id", "mandate", "creditor_name"]))
    another = draw.draw(REQUESTS.map(lambda one: one.get(member)))
    changed = request.model_copy(update={member: another})
    against = objection(changed, mine, NOW)
    assert (against is None) == (getattr(request, member) == another)


@given(st.sampled_from(["EUR", "JPY", "BHD"]), st.integers(0, 10**13 - 1), st.data())
def test_amounts_are_whole_minor_units(currency: str, whole: int, draw: st.DataObject) -> None:
    """Exactly, however few decimals are written."""
    places = draw.draw(st.integers(0, decimals_of(currency)))
    part = draw.draw(st.integers(0, 10**places - 1))
    text = f"{whole}.{part:0{places}d}" if places else str(whole)
    scale = 10 ** decimals_of(currency)
    assert minor_units(text, currency) == whole * scale + part * scale // 10**places
