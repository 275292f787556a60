"""What a washing machine's reports say beside single readings: the derived readings ``washer.*`` of its catalogue. Pure.

Shares of what is usual for this machine, and of what was called for. What cannot be known is left out.
"""

from __future__ import annotations

from pathlib import Path
from typing import get_args

from gateway.contract.values import Readings, published
from gateway.diagnosis.knowledge import Knowledge
from gateway.kinds.washer.memory import LEARNED, WasherMemory
from gateway.kinds.washer.messages import WasherAlarm, WasherAttributes

LATELY_S = 6 * 3600.0
_SHORT = {
    name: f"washer.{word}_of_usual"
    for name, word in {
        "Callahead.MotorCurrent": "motor",
        "Callahead.DrainPumpCurrent": "pump",
        "Callahead.HeaterCurrent": "heater",
        "Callahead.HeatingRate": "heating",
        "Callahead.Inflow": "inflow",
        "Callahead.Vibration": "vibration",
        "Callahead.DrainSeconds": "drain",
        "Callahead.FillSeconds": "fill",
    }.items()
}
FIRST_IN = {
    "WaterLeak": "washer.leaked_in",
    "TempTooHigh": "washer.too_hot_in",
    "WaterLevelError": "washer.overfull_in",
}
"""Alarm → what is called the phase in which it was first told."""
TEMPERATURE = "TemperatureMeasurement.MeasuredValue"
DERIVED = {
    *_SHORT.values(),
    *FIRST_IN.values(),
    "washer.speed_of_wanted",
    "washer.restarts",
    "washer.readings_missing",
    "washer.temperature_missing",
    "washer.went_well",
    *(f"alarm.{alarm}" for alarm in get_args(WasherAlarm)),
}
"""Readings that are worked out here, and alarms that were told."""
KNOWLEDGE = Knowledge(
    "washer",
    Path(__file__).with_name("knowledge"),
    signals=frozenset({*published(WasherAttributes).values(), *DERIVED}),
    told={"alarm": frozenset(get_args(WasherAlarm))},
)


def derived(memory: WasherMemory, readings: Readings, at: float) -> Readings:
    """Return the derived readings as of ``at``, beside ``readings``."""
    found: Readings = {
        FIRST_IN[alarm]: phase for alarm, phase in memory.first_in.items() if phase and alarm in FIRST_IN
    }
    for name in LEARNED & readings.keys() & memory.usual.keys():
        if memory.usual[name] > 0:
            found[_SHORT[name]] = float(readings[name]) / memory.usual[name]
    reached, wanted = readings.get("Callahead.DrumSpeed"), readings.get("Callahead.DrumSpeedWanted")
    if isinstance(reached, (int, float)) and isinstance(wanted, (int, float)) and wanted > 0:
        found["washer.speed_of_wanted"] = reached / wanted
    found["washer.restarts"] = float(sum(at - one <= LATELY_S for one in memory.restarts))
    if memory.missing:
        found["washer.readings_missing"] = sum(memory.missing) / len(memory.missing)
    if memory.tells.get(TEMPERATURE, 0) > 1:
        found["washer.temperature_missing"] = TEMPERATURE not in readings
    return found
