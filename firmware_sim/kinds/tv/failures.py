"""What breaks in a television set and around it, and how it develops. Ranges are physical judgement [fit]."""

from __future__ import annotations

from firmware_sim.wear.failure import Mode, WaysToFail

_ON = (1.0, 1.0)

MODES: dict[str, tuple[Mode, ...]] = {
    "led_backlight": (
        Mode("sudden", {"string_open": _ON}, 3),
        Mode("gradual", {"backlight": (0.2, 0.55)}, 1, pace_h=(2, 12)),
    ),
    "tv_power_supply": (
        Mode("gradual", {"esr": (0.6, 1.0)}, 2, pace_h=(2, 12)),
        Mode("sudden", {"sag_v": (1.3, 2.5), "esr": (0.1, 0.4)}, 1),
    ),
    "tv_main_board": (
        Mode("sudden", {"board_resets_h": (0.8, 3)}, 2),
        Mode("sudden", {"bad_blocks": _ON}, 1),
    ),
    "panel_cable": (Mode("intermittent", {"panel_errors_h": (40, 300)}, 1, pace_h=(2, 6)),),
    "blocked_vents": (Mode("gradual", {"airflow": (0.2, 0.38)}, 1, pace_h=(1, 6)),),
    "tv_wifi_module": (
        Mode("sudden", {"radio_loss_db": (24, 38), "radio_resets_h": (0.3, 1)}, 2),
        Mode("sudden", {"radio_resets_h": (1, 4), "radio_loss_db": (4, 12)}, 1),
    ),
    "weak_wifi": (Mode("sudden", {"way_loss_db": (24, 36)}),),
    "tv_tuner": (Mode("sudden", {"tuner_noise_db": (16, 26)}),),
    "aerial_cable": (Mode("sudden", {"aerial_loss_db": (30, 50)}),),
    "tv_storage_full": (Mode("gradual", {"hoarded_mb": (6000, 9000)}, 1, pace_h=(1, 8)),),
    "app_crash_loop": (Mode("sudden", {"app_crashes_h": (4, 12)}),),
}
"""Part → the ways in which it fails."""

DISTURBANCES: dict[str, Mode] = {
    "visitor_on_the_wifi": Mode("sudden", {"way_loss_db": (6, 12)}, 2, lasts_h=(1, 6)),
    "rain": Mode("sudden", {"aerial_loss_db": (3, 8)}, 2, lasts_h=(1, 6)),
    "hot_day": Mode("sudden", {"airflow": (0.7, 0.85)}, 1, lasts_h=(3, 9)),
    "bad_app": Mode("sudden", {"app_crashes_h": (0.5, 1.5)}, 1, lasts_h=(1, 5)),
    "spurious": Mode("sudden", {"spurious_h": (0.2, 0.6)}, 1, lasts_h=(1, 4)),
}
"""What happens to a sound one, and is no failure."""

WAYS_TO_FAIL = WaysToFail(MODES, DISTURBANCES)
