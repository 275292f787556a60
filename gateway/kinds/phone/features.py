"""Where the catalogue of a phone's own parts lies, and what its reports say beside single readings. Pure."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

from gateway.contract.values import Readings, published
from gateway.diagnosis.knowledge import Knowledge
from gateway.kinds.phone.messages import PhoneAlarm, PhoneAttributes

WEAK_CHARGE = "phone.charges_though_plugged"
KNOWLEDGE = Knowledge(
    "phone",
    Path(__file__).with_name("knowledge"),
    signals=frozenset({
        *published(PhoneAttributes).values(), WEAK_CHARGE, "phone.is_well", *(f"alarm.{one}" for one in get_args(PhoneAlarm)),
    }),
    told={"alarm": frozenset(get_args(PhoneAlarm))},
)  # fmt: skip
FULL = 180
"""Half percents from which on it charges slowly because it is nearly full."""
FLOWS_MA = 100.0


def derived(readings: Readings) -> Readings:
    """Return the derived readings: whether a plugged phone that is not full takes any charge."""
    plugged, level = readings.get("Callahead.ChargerConnected"), readings.get("PowerSource.BatPercentRemaining")
    flows = readings.get("Callahead.ChargeCurrent")
    if plugged is not True or not isinstance(level, int) or not isinstance(flows, (int, float)) or level >= FULL:
        return {}
    return {WEAK_CHARGE: flows > FLOWS_MA}
