"""Homes: alarms and readings; what cannot wait: water where none should be, and a house that cools down in a frost."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.conclude.alarmed import AlarmedDevices, Manner, Urgency
from gateway.conclude.concluder import Concluder, Surroundings
from gateway.contract.values import Readings
from gateway.finding import Severity
from gateway.kinds.home.features import KNOWLEDGE, derived

FROST_C, COLD_C = 0.0, 8.0
"""Outdoors and in the room: pipes in outer walls freeze soon, hundredths of a degree apart from what a thermostat says."""
FLOODS = Urgency(
    "water",
    Severity.CRITICAL,
    "There is water where none should be: it may run over the floor.",
    parts=frozenset({"burst_pipe"}),
)
FREEZES = Urgency(
    "frost",
    Severity.CRITICAL,
    "It freezes outdoors and the house has cooled down: pipes may burst.",
    advice=(
        "Your heating has stopped and it freezes outdoors: pipes may burst. Please close the main water valve, "
        "open a tap to let the pressure out, and keep inner doors open until help has come."
    ),
)


def concluder(around: Surroundings) -> Concluder:
    """Return what concludes from what homes send."""
    return AlarmedDevices(MANNER, around.explained).concluder()


def urgency(told: Mapping[str, bool], readings: Readings) -> Urgency | None:
    """Return why it cannot wait; ``None``: it can. Water first: it does harm already."""
    if "alarm:WaterLeak" in told or readings.get("BooleanState.StateValue") is True:
        return FLOODS
    freezes = "alarm:FrostDanger" in told or _is_freezing(readings)
    return FREEZES if freezes else None


def _is_freezing(readings: Readings) -> bool:
    room, outdoors = readings.get("Thermostat.LocalTemperature"), readings.get("Thermostat.OutdoorTemperature")
    if not isinstance(room, (int, float)) or not isinstance(outdoors, (int, float)):
        return False
    return room < COLD_C * 100 and outdoors < FROST_C * 100


MANNER = Manner(
    knowledge=KNOWLEDGE,
    status="callahead.home.status.v1",
    fault="callahead.home.fault.v1",
    derived=derived,
    urgency=urgency,
)
