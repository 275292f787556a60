"""What breaks in a home's heating, water and meter, and how it develops. Ranges are physical judgement [fit]."""

from __future__ import annotations

from firmware_sim.wear.failure import Mode, WaysToFail

_ON = (1.0, 1.0)

MODES: dict[str, tuple[Mode, ...]] = {
    "heating_pressure": (
        Mode("gradual", {"lost_bar": (1.0, 1.3)}, 2, pace_h=(3, 14)),
        Mode("sudden", {"lost_bar": (1.1, 1.3)}, 1),
    ),
    "circulation_pump": (
        Mode("sudden", {"pump": (0.0, 0.08)}, 2),
        Mode("sudden", {"pump_open": _ON, "pump": (0.0, 0.0)}, 1),
    ),
    "ignition": (
        Mode("sudden", {"sparks_not": _ON}, 2),
        Mode("gradual", {"sparks_not": (0.75, 0.95)}, 1, pace_h=(1, 6)),
    ),
    "flame_sensor": (Mode("gradual", {"ionisation": (0.08, 0.18)}, 1, pace_h=(1, 8)),),
    "flow_sensor": (
        Mode("sudden", {"probe_lost": _ON}, 2),
        Mode("sudden", {"probe_offset_k": (32, 45)}, 1),
    ),
    "heating_control": (
        Mode("sudden", {"resets_h": (0.8, 3)}, 1),
        Mode("sudden", {"board_fault": _ON}, 1),
    ),
    "burst_pipe": (
        Mode("sudden", {"burst_l_h": (200, 1800)}, 2),
        Mode("gradual", {"burst_l_h": (30, 150)}, 1, pace_h=(0.5, 3)),
    ),
    "dripping_tap": (Mode("sudden", {"drips_l_h": (4, 25)}),),
    "shutoff_valve": (Mode("sudden", {"valve_stuck": _ON}),),
    "meter_battery": (Mode("gradual", {"battery": (0.02, 0.08)}, 1, pace_h=(2, 10)),),
    "meter_clock": (Mode("sudden", {"clock_off_s": (4_500, 40_000)}),),
    "tariff_register": (Mode("sudden", {"wrong_register": _ON}),),
    "meter_radio": (Mode("sudden", {"radio_dead": _ON}),),
}
"""Part → the ways in which it fails."""

DISTURBANCES: dict[str, Mode] = {
    "pressure_a_little_low": Mode("sudden", {"lost_bar": (0.2, 0.45)}, 2, lasts_h=(6, 30)),
    "guests": Mode("sudden", {"guests_l_h": (200, 500)}, 2, lasts_h=(0.5, 3)),
    "damp_igniter": Mode("sudden", {"sparks_not": (0.2, 0.4)}, 1, lasts_h=(2, 10)),
    "clock_drifts": Mode("sudden", {"clock_off_s": (60, 600)}, 1, lasts_h=(20, 60)),
    "spurious": Mode("sudden", {"spurious_h": (0.1, 0.4)}, 1, lasts_h=(1, 4)),
}
"""What happens in a sound home, and is no failure."""

NEEDS: dict[str, frozenset[str]] = {
    "burst_pipe": frozenset({"WaterLeak", "leak"}),
    "dripping_tap": frozenset({"least_flow"}),
    "meter_clock": frozenset({"MeterClockInvalid", "meter_clock"}),
}
"""What must be measured for the failure to be told at all."""

WAYS_TO_FAIL = WaysToFail(MODES, DISTURBANCES)
