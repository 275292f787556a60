"""The flows of an app, page by page, what is checked on each, and what the app says to what is wrong with an entry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from gateway.apps.messages import Flow, StepError

Flaw = Literal[
    "wrong_digit",
    "other_name",
    "bank_silent",
    "known_payee",
    "not_confirmed",
    "confirmed_no",
    "old_code",
    "mistyped_code",
    "wrong_password",
    "locked",
    "finger",
    "old_link",
    "weak",
    "prepaid",
    "not_activated",
    "no_screen_lock",
    "over_limit",
    "no_right",
    "no_answer",
]
"""What is wrong in truth with what somebody enters, or with what stands behind it."""

PAGES: Mapping[Flow, tuple[str, ...]] = {
    "new_payee": ("account", "name", "confirm", "approve"),
    "log_in": ("credentials", "approve"),
    "password_reset": ("identify", "link", "password"),
    "card_in_wallet": ("card", "terms", "code"),
    "mandate": ("account", "limits", "approve"),
}
SAYS: Mapping[Flaw, tuple[tuple[StepError | None, float], ...]] = {
    "wrong_digit": (("account_number_invalid", 0.93), ("field_invalid", 0.04), (None, 0.03)),
    "other_name": (("name_mismatch", 0.64), ("name_close_match", 0.28), (None, 0.08)),
    "bank_silent": (("payee_bank_unreachable", 0.9), ("network", 0.1)),
    "known_payee": (("payee_exists", 1.0),),
    "not_confirmed": (("approval_timeout", 0.85), ("session_expired", 0.15)),
    "confirmed_no": (("approval_declined", 0.95), ("approval_timeout", 0.05)),
    "old_code": (("code_expired", 0.8), ("code_wrong", 0.2)),
    "mistyped_code": (("code_wrong", 0.97), ("field_invalid", 0.03)),
    "wrong_password": (("password_wrong", 0.85), ("user_unknown", 0.15)),
    "locked": (("access_locked", 0.97), ("password_wrong", 0.03)),
    "finger": (("biometrics_failed", 1.0),),
    "old_link": (("link_expired", 0.95), ("session_expired", 0.05)),
    "weak": (("password_too_weak", 0.96), ("field_invalid", 0.04)),
    "prepaid": (("card_unsupported", 0.97), ("server", 0.03)),
    "not_activated": (("card_inactive", 0.92), ("card_unsupported", 0.08)),
    "no_screen_lock": (("device_unsupported", 1.0),),
    "over_limit": (("limit_exceeded", 0.95), ("approval_declined", 0.05)),
    "no_right": (("not_permitted", 1.0),),
    "no_answer": (("server", 0.55), ("network", 0.45)),
}
"""Flaw → what the app says, and how often; ``None``: it does not notice [fit]."""
