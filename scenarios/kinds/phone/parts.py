"""What goes wrong with payments, as the world knows it. How it shows is the wallet's affair: ``firmware_sim/wallet``."""

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
    "bank_outage",
    "processor_outage",
)
"""Why a payment fails until its customer is told. How each shows: ``firmware_sim.wallet``."""
PASSES = ("technical", "duplicate_payment")
"""What passes at the next try, or has settled already."""

PAYMENT_PARTS: Mapping[str, Part] = {
    **{part: Part("phone", of="payment") for part in FAILS},
    **{part: Part("phone", of="payment", needs_help=False, phones=False) for part in PASSES},
}
"""Part → what the world knows of it."""
