"""Which part breaks how often in an episode: half as patrols find it, half every part alike, so that each is tested."""

from __future__ import annotations

from collections.abc import Mapping

from scenarios.kinds.car.parts import CAR_PARTS

ADAC_2024: Mapping[float, Mapping[str, float]] = {
    44.9: {"battery_12v": 0.82, "battery_terminal": 0.07, "parasitic_drain": 0.06, "fuse_relay": 0.05},
    10.6: {
        "alternator": 0.33, "voltage_regulator": 0.06, "drive_belt": 0.12, "starter": 0.25, "starter_relay": 0.06,
        "ignition_switch": 0.04, "wiring": 0.1, "dcdc_converter": 0.04,
    },
    8.8: {"tyre": 0.68, "tyre_slow_leak": 0.27, "tpms_sensor": 0.05},
    6.9: {"key_fob": 0.5, "door_lock": 0.3, "immobiliser": 0.2},
}  # fmt: skip
"""Percent of ADAC's 3,633,154 jobs of 2024 → the parts behind it and their shares [fit]."""
ENGINE, OTHER = 22.1, 6.7
"""Percent of the same jobs, spread evenly over the parts of the engine, and over the rest."""
_ENGINE_PARTS = frozenset(
    word
    for line in (
        "ignition_coil spark_plug crankshaft_sensor camshaft_sensor knock_sensor fuel_pump high_pressure_pump fuel_filter",
        "injector empty_tank fuel_rail_sensor evap_purge_valve mass_air_flow_sensor vacuum_leak throttle_body",
        "accelerator_pedal turbocharger intake_pressure_sensor thermostat thermostat_stuck_closed water_pump radiator_fan",
        "coolant_leak head_gasket coolant_sensor oil_pump oil_level_low oil_pressure_sensor oxygen_sensor",
        "catalytic_converter egr_valve particulate_filter nox_system exhaust_leak timing_chain compression_loss",
        "engine_control_unit",
    )
    for word in line.split()
)


def _shares() -> dict[str, float]:
    patrols = {part: percent * share for percent, parts in ADAC_2024.items() for part, share in parts.items()}
    rest = [part for part in CAR_PARTS if part not in patrols and part not in _ENGINE_PARTS]
    patrols |= {part: ENGINE / len(_ENGINE_PARTS) for part in CAR_PARTS if part in _ENGINE_PARTS}
    patrols |= {part: OTHER / len(rest) for part in rest}
    whole = sum(patrols.values())
    return {part: 0.5 * patrols[part] / whole + 0.5 / len(CAR_PARTS) for part in CAR_PARTS}


SHARES: Mapping[str, float] = _shares()
"""Part → its share of the episodes in which something is broken."""
