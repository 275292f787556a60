"""What a television set's reports say beside single readings: the derived readings ``tv.*`` of its catalogue. Pure."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

from gateway.contract.values import Readings, published
from gateway.diagnosis.knowledge import Knowledge
from gateway.kinds.tv.messages import TvAlarm, TvAttributes

LIT_MA = 20.0
"""Less is wanted of a backlight that is dark."""
SHARE = "tv.backlight_of_wanted"
KNOWLEDGE = Knowledge(
    "tv",
    Path(__file__).with_name("knowledge"),
    signals=frozenset(
        {*published(TvAttributes).values(), SHARE, "tv.is_well", *(f"alarm.{one}" for one in get_args(TvAlarm))}
    ),
    told={"alarm": frozenset(get_args(TvAlarm))},
)


def derived(readings: Readings) -> Readings:
    """Return the derived readings."""
    flows, wanted = readings.get("Callahead.BacklightCurrent"), readings.get("Callahead.BacklightCurrentWanted")
    if isinstance(flows, (int, float)) and isinstance(wanted, (int, float)) and wanted > LIT_MA:
        return {SHARE: flows / wanted}
    return {}


def is_used(readings: Readings) -> bool | None:
    """Tell whether somebody watches; ``None``: it does not say."""
    told = [readings.get("OnOff.OnOff"), readings.get("MediaPlayback.CurrentState")]
    known = [one for one in told if one is not None]
    return any(one is True or one == "Playing" for one in known) if known else None
