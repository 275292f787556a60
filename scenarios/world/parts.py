"""What can break, and how each part shows: trouble codes, readings, alarms, as the device itself tells them.

To add a part: one entry here under the name that ``gateway/diagnosis`` gives it, and a fault process in a story.
Voltages: a 12 V lead-acid battery rests at about 12.6 V, is charged at 13.8 to 14.7 V by a running engine, and one that
falls below 9.6 V while cranking has failed (SAE J537's test voltage). Codes: SAE J2012.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

Kind = Literal["car", "fridge", "phone"]
"""What kind of device a part belongs to."""


class Occasion(StrEnum):
    """When it shows."""

    STARTING = "starting"
    """As the driver turns the key."""
    DRIVING = "driving"
    ANY_TIME = "any_time"


@dataclass(frozen=True, slots=True)
class Part:
    """One part and its symptoms. Ranges are drawn from evenly."""

    kind: Kind
    occasion: Occasion = Occasion.ANY_TIME
    needs_help: bool = True
    """Must somebody come, deliver or call?"""
    codes: tuple[tuple[str, ...], ...] = ()
    """Sets of trouble codes; one set is drawn."""
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """Sensor → lowest and highest reading."""
    states: Mapping[str, str | bool] = field(default_factory=dict)
    """Sensor → reading."""
    limps: bool = False
    """A car that still drives: it goes on until its driver is told to stop, or for a while."""
    phones: bool = True
    """Would the customer phone about it at all?"""
    unnoticed_s: float = 0.0
    """For how long nobody can notice it."""


_AT_START: dict[str, str | bool] = {"system_state": "START", "engine_running": False}
_STALLED: dict[str, str | bool] = {"engine_running": False, "system_state": "ON", "is_broken_down": True}
_CHARGED = (13.8, 14.5)
_RESTED = (12.2, 12.7)

TECHNICIAN_COMES = {
    "compressor": 4.0,
    "compressor_starter": 4.0,
    "control_board": 6.0,
    "condenser_fan": 12.0,
    "defrost_heater": 12.0,
    "defrost_sensor": 12.0,
    "door_seal": 24.0,
    "door_switch": 6.0,
    "evaporator_fan": 6.0,
    "ice_maker": 12.0,
    "refrigerant_leak": 12.0,
    "temperature_sensor": 8.0,
}
"""Parts of a fridge that a technician mends, and for how many hours nobody can notice that they broke [fit]."""
OWNER_SEES_TO = ("door_ajar", "power_cut", "low_voltage", "condenser_dirty", "thermostat_setting", "warm_load")
"""What befalls a fridge and needs nobody to come. Failures of both kinds: ``firmware_sim.cooling.failures``."""
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
"""Why a payment fails until its customer is told. How each shows: ``firmware_sim.banking``."""
PAYMENT_PASSES = ("technical", "duplicate_payment")
"""What passes at the next try, or has settled already."""

PARTS: dict[str, Part] = {
    "battery_12v": Part(
        "car",
        Occasion.STARTING,
        codes=(("P0562",), ("P0562", "U3003"), ("P0560", "P0562")),
        ranges={"battery_voltage": (8.0, 9.5)},
        states=_AT_START,
    ),
    "starter": Part(
        "car",
        Occasion.STARTING,
        codes=(("P0615",), ("P0616",), ("P0615", "P0617")),
        ranges={"battery_voltage": _RESTED},
        states=_AT_START,
    ),
    "alternator": Part(
        "car",
        Occasion.DRIVING,
        codes=(("P0562", "P0620"), ("P0622",), ("P0562", "P0622"), ("P0562", "P0620", "P2503")),
        ranges={"battery_voltage": (11.5, 12.4)},
        limps=True,
    ),
    "wiring": Part(
        "car",
        Occasion.DRIVING,
        codes=(("P0561", "U0100"), ("P0561", "P0685"), ("P0561", "U0121")),
        ranges={"battery_voltage": _CHARGED},
    ),
    "tyre": Part(
        "car",
        Occasion.DRIVING,
        codes=(("C0750",), ("C0077",)),
        ranges={"tyre_front_right": (30, 140), "battery_voltage": _CHARGED},
    ),
    "ignition_coil": Part(
        "car",
        Occasion.DRIVING,
        codes=(("P0300", "P0301", "P0351"), ("P0302", "P0352")),
        ranges={"battery_voltage": _CHARGED},
        limps=True,
    ),
    "fuel_pump": Part(
        "car",
        Occasion.DRIVING,
        codes=(("P0087", "P0230"), ("P0087", "P0231")),
        ranges={"battery_voltage": _RESTED},
        states=_STALLED,
    ),
    "cooling": Part(
        "car",
        Occasion.DRIVING,
        codes=(("P0217",), ("P0217", "P0480")),
        ranges={"coolant_temperature": (116, 127), "battery_voltage": _CHARGED},
        limps=True,
    ),
    "oil_pressure": Part(
        "car",
        Occasion.DRIVING,
        codes=(("P0524",), ("P0522", "P0524")),
        ranges={"battery_voltage": _CHARGED},
        states={"oil_pressure_status": "ALERT"},
        limps=True,
    ),
    "stock": Part("fridge", phones=False),
    **{part: Part("fridge", unnoticed_s=hours * 3600) for part, hours in TECHNICIAN_COMES.items()},
    **{part: Part("fridge", needs_help=False, phones=False) for part in OWNER_SEES_TO},
    **{part: Part("phone") for part in PAYMENT_FAILS},
    **{part: Part("phone", needs_help=False, phones=False) for part in PAYMENT_PASSES},
}
