"""What breaks in a phone, and how it develops. Ranges are physical judgement [fit]."""

from __future__ import annotations

from firmware_sim.wear.failure import Mode, WaysToFail

_ON = (1.0, 1.0)

MODES: dict[str, tuple[Mode, ...]] = {
    "phone_battery": (
        Mode("gradual", {"faded": (32, 50), "shutdowns_h": (0.05, 0.25)}, 2, pace_h=(2, 12)),
        Mode("sudden", {"shutdowns_h": (0.3, 0.8), "faded": (12, 35)}, 1),
    ),
    "phone_hot_battery": (Mode("gradual", {"heats_k": (32, 45), "faded": (5, 20)}, 1, pace_h=(0.5, 4)),),
    "charging_port": (
        Mode("sudden", {"port_dead": _ON}, 2),
        Mode("sudden", {"plug_losses_h": (4, 15)}, 1),
    ),
    "damp_port": (Mode("sudden", {"moist": _ON, "port_dead": _ON}, lasts_h=(8, 40)),),
    "phone_storage_full": (Mode("gradual", {"hoarded_mb": (80_000, 90_000)}, 1, pace_h=(1, 8)),),
    "phone_storage_chip": (Mode("sudden", {"block_errors_h": (1, 6)}),),
    "phone_radio": (
        Mode("sudden", {"aerial_loss_db": (24, 36), "modem_resets_h": (0.2, 0.8)}, 2),
        Mode("sudden", {"modem_resets_h": (0.8, 3)}, 1),
    ),
    "touch_screen": (
        Mode("sudden", {"dead_touch": (4, 40)}, 2),
        Mode("sudden", {"ghosts_h": (60, 400)}, 1),
    ),
    "secure_element": (
        Mode("sudden", {"chip_dead": _ON, "chip_errors": _ON}, 2),
        Mode("sudden", {"chip_errors": (0.8, 1.0)}, 1),
    ),
}
"""Part → the ways in which it fails."""

DISTURBANCES: dict[str, Mode] = {
    "poor_coverage": Mode("sudden", {"cell_loss_db": (18, 32)}, 2, lasts_h=(2, 10)),
    "hot_car": Mode("sudden", {"heats_k": (8, 16)}, 1, lasts_h=(0.5, 3)),
    "loose_plug": Mode("sudden", {"plug_losses_h": (0.2, 0.6)}, 1, lasts_h=(2, 8)),
    "wet_hands": Mode("sudden", {"ghosts_h": (3, 12)}, 1, lasts_h=(0.5, 2)),
    "spurious": Mode("sudden", {"spurious_h": (0.1, 0.4)}, 1, lasts_h=(1, 4)),
}
"""What happens to a sound one, and is no failure."""

WAYS_TO_FAIL = WaysToFail(MODES, DISTURBANCES)
