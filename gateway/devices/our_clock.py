"""What hour an event is of by our clock, where its device's is hours off. Pure.

Devices write local time where UTC is meant, or begin in 1970 after a power cut. Their events count all the same, as of the
hour that our clock says, and what is told of a clock that is off is told of the device's own time.
"""

from __future__ import annotations

from gateway.devices.clock_skew import DeviceClock

AHEAD_S = 600.0
"""How far a device's clock may run before ours: beyond, the event is of the hour it arrived."""
BEHIND_S = 1_800.0
"""A clock that is steadily so far behind is in another zone; what is late by less is just late."""
NEVER_SET_S = 5 * 365 * 86_400.0
"""Nothing is stored for so long before it is sent: the clock was never set."""


def correction_s(made_at: float, now: float, clock: DeviceClock) -> float:
    """Return what has to be added to an event's own time, seconds; 0: it may stand. Both times in POSIX seconds."""
    if made_at > now + AHEAD_S or made_at < now - NEVER_SET_S:
        return now - made_at
    if now - made_at < BEHIND_S or not clock.is_off:
        return 0.0
    skew = clock.skew_s or 0.0
    return min(-skew, now - made_at) if skew < -BEHIND_S else 0.0


def left_in_events_s(clock: DeviceClock) -> float:
    """Return by how much the hours of a device's events, as they are taken, still differ from ours, seconds."""
    skew = clock.skew_s or 0.0
    return skew if clock.is_off and -BEHIND_S <= skew <= AHEAD_S else 0.0
