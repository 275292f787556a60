"""What can break, and what the world knows of it. How it shows is the device's affair.

To add a part: one entry here under the name that ``gateway/diagnosis`` gives it, how it fails (``failures.py`` of its kind
in ``firmware_sim/kinds``; payments: ``firmware_sim/wallet``), and a fault process in a story.
"""

from __future__ import annotations

from scenarios.parts.car_parts import CAR_PARTS
from scenarios.parts.part import Kind, Occasion, Part

__all__ = ["PARTS", "Kind", "Occasion", "Part"]

TECHNICIAN_COMES = (
    "compressor",
    "compressor_starter",
    "control_board",
    "defrost_heater",
    "defrost_sensor",
    "door_seal",
    "evaporator_fan",
    "refrigerant_leak",
    "temperature_sensor",
)
"""Parts of a fridge that a technician mends. When its owner notices, the body shows: it gets warm, thaws, or freezes."""
NOTICED_AFTER_H = {"condenser_fan": 12.0, "door_switch": 6.0, "ice_maker": 12.0}
"""Likewise a technician's; a fan that is silent, a lamp that stays dark, no ice: after how many hours it is noticed [fit]."""
OWNER_SEES_TO = ("door_ajar", "power_cut", "low_voltage", "condenser_dirty", "thermostat_setting", "warm_load")
"""What befalls a fridge and needs nobody to come. Failures of both kinds: ``firmware_sim.kinds.fridge.failures``."""
PAYMENT_FAILS = (
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
PAYMENT_PASSES = ("technical", "duplicate_payment")
"""What passes at the next try, or has settled already."""

PARTS: dict[str, Part] = {
    **CAR_PARTS,
    "stock": Part("fridge", phones=False),
    **{part: Part("fridge") for part in TECHNICIAN_COMES},
    **{part: Part("fridge", unnoticed_s=hours * 3600) for part, hours in NOTICED_AFTER_H.items()},
    **{part: Part("fridge", needs_help=False, phones=False) for part in OWNER_SEES_TO},
    **{part: Part("phone") for part in PAYMENT_FAILS},
    **{part: Part("phone", needs_help=False, phones=False) for part in PAYMENT_PASSES},
}
