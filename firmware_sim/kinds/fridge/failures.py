"""What breaks in a fridge, and how it develops: at once, little by little, or now and then.

A mode says which numbers of ``Condition`` move, and to where; ranges are drawn from evenly. Slow wear is pressed into
hours or days: a leak that takes weeks shows the same, only later. Ranges are physical judgement [fit].
"""

from __future__ import annotations

from firmware_sim.wear.failure import Mode, WaysToFail

_DARK = (0.0, 0.0)
_ON = (1.0, 1.0)
_ICED = (0.45, 1.0)
_MAIN_WINDING = (2.6, 4.4)
"""A relay that does not feed the start winding leaves about half of the locked rotor's current (e-refrigeration.com:
"approximately half of the LRA": no locked motor). Otherwise it looks like a seized compressor, as service manuals warn."""

MODES: dict[str, tuple[Mode, ...]] = {
    "door_ajar": (
        Mode("sudden", {"door_gap": (0.3, 1.0)}, 2, lasts_h=(0.7, 8)),
        Mode("sudden", {"door_gap": (0.06, 0.22)}, 1, lasts_h=(3, 14)),
    ),
    "door_seal": (
        Mode("sudden", {"gasket": (1.2, 4.0)}, 1),
        Mode("gradual", {"gasket": (1.5, 4.5)}, 1, pace_h=(6, 24)),
    ),
    "door_switch": (
        Mode("sudden", {"door_says": _ON}, 3),
        Mode("sudden", {"door_says": (-1.0, -1.0)}, 0.5),
        Mode("sudden", {"door_flickers": (0.15, 0.5)}, 1),
        Mode("intermittent", {"door_says": _ON}, 1, pace_h=(2, 7)),
    ),
    "power_cut": (
        Mode("sudden", {"mains": _DARK}, 3, lasts_h=(0.4, 12)),
        Mode("intermittent", {"mains": _DARK}, 1, pace_h=(1.5, 5), lasts_h=(6, 14)),
    ),
    "low_voltage": (
        Mode("sudden", {"mains": (0.6, 0.81)}, 2, lasts_h=(2, 14)),
        Mode("intermittent", {"mains": (0.6, 0.8)}, 1, pace_h=(2, 6), lasts_h=(8, 24)),
        Mode("gradual", {"mains": (0.6, 0.78)}, 1, pace_h=(2, 6), lasts_h=(6, 20)),
    ),
    "compressor": (
        Mode("sudden", {"start_fails": _ON}, 2),
        Mode("gradual", {"pumping": (0.1, 0.45), "friction": (0.0, 0.3)}, 3, pace_h=(4, 30)),
        Mode("sudden", {"pumping": (0.0, 0.3)}, 1.5),
        Mode("sudden", {"winding_open": _ON}, 1),
        Mode("gradual", {"friction": (0.4, 0.9), "start_fails": (0.2, 0.7)}, 1, pace_h=(6, 20)),
    ),
    "compressor_starter": (
        Mode("sudden", {"start_fails": (0.9, 1.0), "locked_rotor": _MAIN_WINDING}, 2),
        Mode("gradual", {"start_fails": (0.75, 1.0), "locked_rotor": _MAIN_WINDING}, 2, pace_h=(4, 20)),
        Mode("intermittent", {"start_fails": (0.9, 1.0), "locked_rotor": _MAIN_WINDING}, 1, pace_h=(3, 9)),
        Mode("sudden", {"trips_after_s": (100, 500)}, 1.5),
    ),
    "refrigerant_leak": (
        Mode("gradual", {"charge": (0.05, 0.38)}, 3, pace_h=(8, 36)),
        Mode("gradual", {"charge": (0.0, 0.2)}, 2, pace_h=(0.5, 4)),
    ),
    "defrost_heater": (
        Mode("sudden", {"heater": _DARK, "frost_kg": _ICED}, 3),
        Mode("sudden", {"heater": (0.2, 0.5), "frost_kg": _ICED}, 1),
        Mode("intermittent", {"heater": _DARK, "frost_kg": _ICED}, 0.5, pace_h=(10, 30)),
    ),
    "defrost_sensor": (
        Mode("sudden", {"defrost_ends_early": _ON, "frost_kg": _ICED}, 2),
        Mode("sudden", {"defrost_ends_late": _ON}, 2),
        Mode("sudden", {"defrost_never": _ON, "frost_kg": _ICED}, 1),
    ),
    "evaporator_fan": (
        Mode("sudden", {"fan": _DARK}, 3),
        Mode("gradual", {"fan": (0.05, 0.4)}, 1.5, pace_h=(4, 24)),
        Mode("intermittent", {"fan": (0.0, 0.2)}, 1.5, pace_h=(2, 8)),
    ),
    "condenser_fan": (
        Mode("sudden", {"condenser_fan": _DARK}, 3),
        Mode("gradual", {"condenser_fan": (0.0, 0.3)}, 1, pace_h=(4, 24)),
        Mode("intermittent", {"condenser_fan": _DARK}, 1, pace_h=(3, 9)),
    ),
    "condenser_dirty": (
        Mode("gradual", {"condenser_air": (0.12, 0.4)}, 2, pace_h=(8, 36)),
        Mode("sudden", {"condenser_air": (0.1, 0.35)}, 1),
    ),
    "temperature_sensor": (
        Mode("sudden", {"sensor_lost": _ON}, 3),
        Mode("intermittent", {"sensor_lost": _ON}, 1, pace_h=(1.5, 6)),
        Mode("gradual", {"sensor_offset_k": (4, 12)}, 1, pace_h=(1, 12)),
        Mode("sudden", {"sensor_offset_k": (-30, -7)}, 1),
        Mode("sudden", {"sensor_offset_k": (9, 40)}, 1),
        Mode("sudden", {"sensor_noise_k": (1.5, 6)}, 1),
        Mode("sudden", {"sensor_stuck": _ON}, 0.7),
    ),
    "thermostat_setting": (Mode("sudden", {"setpoint_k": (4, 10)}),),
    "warm_load": (
        Mode("sudden", {"warm_kg": (6, 20)}, 2, lasts_h=(5, 12)),
        Mode("sudden", {"warm_kg": (4, 14), "door_rate": (6, 15)}, 1, lasts_h=(3, 8)),
    ),
    "ice_maker": (
        Mode("sudden", {"ice_stuck": _ON}, 3),
        Mode("sudden", {"ice_stuck": _ON, "ice_heat_w": (25, 90)}, 1.5),
        Mode("sudden", {"ice_stuck": _ON, "water_g_h": (20, 90)}, 1),
        Mode("intermittent", {"ice_stuck": _ON}, 1, pace_h=(4, 12)),
    ),
    "control_board": (
        Mode("sudden", {"relay_dead": _ON}, 1.5),
        Mode("sudden", {"relay_welded": _ON}, 1.5),
        Mode("sudden", {"resets_h": (0.7, 5)}, 1.5),
        Mode("sudden", {"readings_lost": (0.2, 0.7), "board_fault": _ON}, 1),
        Mode("intermittent", {"board_fault": _ON}, 1, pace_h=(2, 8)),
    ),
}
"""Part → the ways in which it fails."""

DISTURBANCES: dict[str, Mode] = {
    "party": Mode("sudden", {"door_rate": (5, 12)}, 2, lasts_h=(2, 6)),
    "hot_room": Mode("gradual", {"room_k": (5, 12)}, 2, pace_h=(2, 6), lasts_h=(6, 30)),
    "power_dip": Mode("sudden", {"mains": _DARK}, 1.5, lasts_h=(0.04, 0.12)),
    "groceries": Mode("sudden", {"door_gap": (0.5, 1.0), "warm_kg": (1, 4)}, 2, lasts_h=(0.05, 0.15)),
    "spurious": Mode("sudden", {"spurious_h": (8, 20)}, 1.5, lasts_h=(0.08, 0.15)),
    "sag": Mode("intermittent", {"mains": (0.86, 0.93)}, 1, pace_h=(2, 5), lasts_h=(4, 12)),
}
"""What happens to a sound fridge, and is no failure."""

NEEDS: dict[str, frozenset[str]] = {
    "evaporator_fan": frozenset({"fan"}),
    "condenser_fan": frozenset({"condenser_fan"}),
    "defrost_heater": frozenset({"no_frost"}),
    "defrost_sensor": frozenset({"no_frost"}),
    "ice_maker": frozenset({"ice_maker"}),
    "compressor_starter": frozenset({"induction"}),  # an inverter starts its motor by itself, without a relay
}
"""What a build must have for the part to be there."""

WAYS_TO_FAIL = WaysToFail(MODES, DISTURBANCES)
