"""What breaks in a phone, and why payments fail, as the world knows it. How it shows is known to ``firmware_sim``."""

from __future__ import annotations

from collections.abc import Mapping

from scenarios.story.part import Part

FAILS = (
    "account_number",
    "payee_account",
    "bank_code",
    "account_closed",
    "account_blocked",
    "insufficient_funds",
    "limit_exceeded",
    "card_expired",
    "card_number",
    "mandate",
    "not_permitted",
    "cut_off",
    "currency",
    "authentication",
    "fraud_suspected",
    "regulatory",
    "name_mismatch",
    "refused_by_payer",
    "payer_deceased",
    "format_error",
)
"""Why a payment fails until its customer is told. How each shows: ``firmware_sim.wallet``."""
OUTAGES = ("bank_outage", "processor_outage")
"""Why everybody's fails there, until it works again."""
PASSES = ("technical", "duplicate_payment")
"""What passes at the next try, or has settled already."""

PAYMENT_PARTS: Mapping[str, Part] = {
    **{part: Part("phone", of="payment") for part in FAILS},
    **{part: Part("phone", passes=True, of="payment") for part in OUTAGES},
    **{part: Part("phone", of="payment", needs_help=False, phones=False) for part in PASSES},
}
"""Part → what the world knows of it."""

BY_VOICE = (
    "charging_port",
    "phone_battery",
    "phone_hot_battery",
    "phone_radio",
    "phone_storage_chip",
    "secure_element",
    "touch_screen",
)
"""What an owner takes to a shop, or does without, once somebody has spoken with them. Nobody comes to a phone."""
OWNER_SEES_TO = ("damp_port", "phone_storage_full")
"""What needs nobody: a message says what to do."""
PHONE_PARTS: Mapping[str, Part] = {
    **{part: Part("phone", comes=False) for part in BY_VOICE},
    **{part: Part("phone", needs_help=False, phones=False) for part in OWNER_SEES_TO},
}
"""Part of the phone itself → what the world knows of it."""
