"""What breaks in a washing machine, and how it develops: at once, little by little, or now and then.

A mode says which numbers of ``Condition`` move, and to where. Slow wear is pressed into hours: a bearing that takes months shows
the same, only later. Ranges are physical judgement [fit].
"""

from __future__ import annotations

from firmware_sim.wear.failure import Mode, WaysToFail

_DARK = (0.0, 0.0)
_ON = (1.0, 1.0)

MODES: dict[str, tuple[Mode, ...]] = {
    "inlet_valve": (
        Mode("sudden", {"valve_open_coil": _ON}, 3),
        Mode("sudden", {"valve_flow": (0.05, 0.2)}, 2),
        Mode("sudden", {"valve_leaks": (0.3, 0.8)}, 1),
    ),
    "inlet_hose": (
        Mode("sudden", {"hose_l_min": (1.0, 6.0)}, 2),
        Mode("gradual", {"hose_l_min": (0.3, 1.5)}, 1, pace_h=(0.5, 2)),
    ),
    "tap_closed": (Mode("sudden", {"supply": _DARK}),),
    "drain_pump": (
        Mode("sudden", {"pump_open": _ON}, 2),
        Mode("sudden", {"pump_jammed": _ON}, 3),
        Mode("intermittent", {"pump_jammed": _ON}, 1, pace_h=(0.3, 1)),
    ),
    "drain_filter": (
        Mode("sudden", {"filter": (0.02, 0.12)}, 2),
        Mode("gradual", {"filter": (0.02, 0.12)}, 1, pace_h=(1, 4)),
    ),
    "door_interlock": (
        Mode("sudden", {"lock_fails": _ON}, 3),
        Mode("intermittent", {"lock_fails": (0.9, 1.0)}, 1, pace_h=(2, 6)),
    ),
    "wash_heater": (
        Mode("sudden", {"heater": _DARK}, 3),
        Mode("sudden", {"heater": (0.2, 0.45)}, 1),
    ),
    "heater_relay": (Mode("sudden", {"heater_stuck": _ON}),),
    "wash_probe": (
        Mode("sudden", {"probe_lost": _ON}, 3),
        Mode("sudden", {"probe_stuck": _ON}, 1),
        Mode("sudden", {"probe_offset_k": (45, 80)}, 1),
    ),
    "level_sensor": (
        Mode("sudden", {"level_stuck": _ON}, 2),
        Mode("sudden", {"level_gain": (0.1, 0.35)}, 2),
    ),
    "wash_motor": (
        Mode("gradual", {"torque": (0.1, 0.35)}, 3, pace_h=(0.5, 3)),
        Mode("intermittent", {"torque": (0.0, 0.3)}, 1, pace_h=(0.4, 1.5)),
        Mode("sudden", {"motor_short": (0.6, 1.0)}, 1),
    ),
    "drum_belt": (
        Mode("sudden", {"belt": _DARK}, 3),
        Mode("gradual", {"belt": (0.1, 0.35)}, 1, pace_h=(0.5, 3)),
    ),
    "drum_bearing": (Mode("gradual", {"friction": (0.4, 0.9), "play_mm": (3, 8)}, 1, pace_h=(1, 6)),),
    "tub_dampers": (
        Mode("sudden", {"damping": (0.15, 0.3)}, 2),
        Mode("gradual", {"damping": (0.15, 0.3)}, 1, pace_h=(1, 6)),
    ),
    "door_gasket": (
        Mode("sudden", {"gasket_l_min": (0.2, 0.8)}, 2),
        Mode("gradual", {"gasket_l_min": (0.1, 0.5)}, 1, pace_h=(0.5, 2)),
    ),
    "unbalanced_load": (Mode("sudden", {"imbalance_kg": (0.9, 1.6)}, lasts_h=(1.5, 3)),),
    "control_module": (
        Mode("sudden", {"relays_dead": _ON}, 2),
        Mode("sudden", {"resets_h": (3, 12)}, 1.5),
        Mode("sudden", {"readings_lost": (0.25, 0.6), "board_fault": _ON}, 1.5),
    ),
}
"""Part → the ways in which it fails."""

DISTURBANCES: dict[str, Mode] = {
    "low_pressure": Mode("sudden", {"supply": (0.55, 0.75)}, 2, lasts_h=(2, 8)),
    "heavy_blanket": Mode("sudden", {"imbalance_kg": (0.2, 0.45)}, 2, lasts_h=(1, 3)),
    "fluff": Mode("sudden", {"filter": (0.6, 0.85)}, 2, lasts_h=(4, 20)),
    "spurious": Mode("sudden", {"spurious_h": (1, 3)}, 1, lasts_h=(0.3, 1)),
}
"""What happens to a sound machine, and is no failure."""

NEEDS: dict[str, frozenset[str]] = {
    "wash_motor": frozenset({"brushes"}),
    "drum_belt": frozenset({"belt"}),
    "inlet_hose": frozenset({"leak_switch"}),
    "door_gasket": frozenset({"leak_switch"}),
}
"""What a build must have for the part to be there, or for its failure to be told at all."""

WAYS_TO_FAIL = WaysToFail(MODES, DISTURBANCES)
