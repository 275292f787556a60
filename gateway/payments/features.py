"""What is known of a payment beside what its refusal says, and where the catalogue of causes lies. Pure."""

from __future__ import annotations

from pathlib import Path

from gateway.contract.payments import RESPONSES
from gateway.diagnosis.catalogue import RESPONSE
from gateway.diagnosis.knowledge import Knowledge

DERIVED = frozenset(f"payment.{name}" for name in (
    "iban_holds", "expired", "failures", "others_at_processor", "others_at_bank", "others_at_payee_bank", "other_banks",
    "share_at_processor", "instrument", "method", "rejected_by", "authentication", "verification", "amount", "foreign", "hour",
    "settled", "settled_before",
))  # fmt: skip
"""Readings that are worked out of an attempt, of earlier ones, and of other customers'."""
KNOWLEDGE = Knowledge(
    "payment", Path(__file__).with_name("knowledge"), signals=DERIVED, told={RESPONSE: frozenset(RESPONSES)}
)
