"""What the course of a fridge says that no single report does: the derived readings ``fridge.*`` of its catalogue. Pure.

Temperatures and differences in °C and K, durations in hours unless their name says otherwise, currents and lifts as
shares of what is usual for this fridge. What cannot be known is left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import get_args

from gateway.contract.values import Readings, published
from gateway.diagnosis.knowledge import Knowledge
from gateway.kinds.fridge.memory import LATELY_S, Course, Row, extremes
from gateway.kinds.fridge.messages import ApplianceAlarm, ApplianceAttributes

HOUR = 3600.0
DAY_S = 12 * HOUR
"""What happened; what is, is told by ``LATELY_S``."""
CYCLE_S = 2 * HOUR
"""The compressor has run and paused by then."""
LONGEST_H = 1.25
"""One report speaks for the time since the one before it, but for no more than this."""
LEARNED = 6
"""What was seen less often is not yet usual."""
WARM_K, COLD_K = 2.5, -2.5
"""Beyond the setting, where it is warm and cold: cycles and open doors stay within."""
STILL_COLD_K = 1.5
STANDS_PERCENT, BUSY_PERCENT, FULL_PERCENT = 10.0, 85.0, 95.0
FAN_RUNS_PERCENT = 60.0
NO_A = 0.05
NOMINAL_V = (120.0, 230.0)
DERIVED = {
    *(f"fridge.{name}" for name in (
        "warm_minutes", "above_setpoint",
        "peak_above", "fallen", "hours_to_peak", "least_above", "warm_hours", "cold_hours", "rising", "leap", "setpoint_raised",
        "duty_over_usual", "full_hours", "idle_warm_hours", "busy_cold_hours",
        "amperes_zero_hours", "amperes_of_usual", "amperes_peak",
        "coil_over_usual", "coil_coldest", "coil_warmest", "chill", "chill_of_usual", "fan_idle_share", "heater_of_usual",
        "lift", "lift_of_usual", "condenser_hottest", "room_over_usual",
        "door_alarms", "door_hours", "door_cold_hours", "door_changes", "door_minutes", "door_shut_hours",
        "restarts", "silent_hours", "dark_hours", "volts_least",
        "temperature_missing", "readings_missing", "same_readings", "jitter", "quiet_hours",
    )),
    *(f"alarm.{alarm}" for alarm in get_args(ApplianceAlarm)),
}  # fmt: skip
"""Readings that are worked out here, and alarms that were told."""
KNOWLEDGE = Knowledge(
    "fridge",
    Path(__file__).with_name("knowledge"),
    signals=frozenset({*published(ApplianceAttributes).values(), *DERIVED}),
    told={"alarm": frozenset(get_args(ApplianceAlarm))},
)


def fared(course: Course, at: float) -> Readings:
    """Return the derived readings as of ``at``."""
    day, lately = course.since(at - DAY_S), course.since(at - LATELY_S)
    found: Readings = {}
    if not day:
        return found
    for told in (
        _sums(day),
        _temperature(course, day, lately),
        _compressor(course, lately),
        _amperes(course, day, lately),
        _cold_side(course, day, lately),
        _warm_side(course, lately),
        _door(course, day, at),
        _mains(course, day, at),
        _sensor(course, lately),
    ):
        found.update({f"fridge.{name}": value for name, value in told.items() if value is not None})
    if course.odd_at:
        found["fridge.quiet_hours"] = (at - course.odd_at) / HOUR
    return found


Told = dict[str, float | None]


def _sums(day: list[Row]) -> Told:
    """Return for how many hours things held, each row speaking for the time since the one before.

    In one pass: it is the dear part.
    """
    warm = cold = full = idle = busy = lost = open_h = open_cold = shut = 0.0
    before, was_open = day[0].at - HOUR / 2, False
    for row in day:
        hours, before = min(LONGEST_H, (row.at - before) / HOUR), row.at
        above, duty = row.above, row.duty
        if above is not None and above > WARM_K:
            warm += hours
            idle += hours if duty is not None and duty < STANDS_PERCENT else 0.0
        elif above is not None and above < COLD_K:
            cold += hours
            busy += hours if duty is not None and duty > BUSY_PERCENT else 0.0
        full += hours if duty is not None and duty > FULL_PERCENT else 0.0
        lost += hours if row.amperes is not None and row.amperes < NO_A else 0.0
        shut += hours if row.door_s == 0 else 0.0
        if row.door and was_open:  # it may just have been opened
            open_h += hours
            open_cold += hours if above is not None and above < STILL_COLD_K else 0.0
        was_open = bool(row.door)
    sums = {"warm_hours": warm, "cold_hours": cold} if _any(day, "temperature") else {}
    if _any(day, "duty"):
        sums.update(full_hours=full, idle_warm_hours=idle, busy_cold_hours=busy)
    if _any(day, "amperes"):
        sums["amperes_zero_hours"] = lost
    if _any(day, "door"):
        sums.update(door_hours=open_h, door_cold_hours=open_cold)
    if _any(day, "door_s"):
        sums["door_shut_hours"] = shut
    return dict(sums)


def _temperature(course: Course, day: list[Row], lately: list[Row]) -> Told:
    told = [(row.at, above) for row in day if (above := row.above) is not None]
    if not told:
        return {}
    peak = max(above for _, above in told)
    since = lately[0].at if lately else told[-1][0]
    wanted, usual = day[-1].setpoint, _usual(course, "setpoint")
    return {
        "setpoint_raised": wanted - usual if wanted is not None and usual is not None else None,
        "peak_above": peak,
        "fallen": peak - told[-1][1],
        "hours_to_peak": _hours_to_peak(told, peak),
        "least_above": _least(told, since),
        "rising": _rise(lately),
        "leap": _leap(day),
    }


def _least(told: list[tuple[float, float]], since: float) -> float | None:
    """Return how cold it got, over the setting; ``None`` before a cycle of the compressor has passed."""
    return min((above for at, above in told if at >= since), default=None) if told[-1][0] - since >= CYCLE_S else None


def _hours_to_peak(told: list[tuple[float, float]], peak: float) -> float | None:
    """Return how long it took from warm to warmest: warm food is warmest at once, a leak or a gap takes its time."""
    if peak <= WARM_K:
        return None
    began = told[0][0]
    for at, above in told:
        if above == peak:
            return (at - began) / HOUR
        if above <= WARM_K:
            began = at
    return None


def _any(rows: Iterable[Row], name: str) -> bool:
    column = Row._fields.index(name)
    return any(row[column] is not None for row in rows)


def _rise(rows: list[Row]) -> float | None:
    """Return by how much it got warmer in the last two hours or so, K/h."""
    told = [(row.at, row.temperature) for row in rows if row.temperature is not None]
    told = [one for one in told if one[0] >= told[-1][0] - 2.1 * HOUR]
    if len(told) < 2 or told[-1][0] - told[0][0] < HOUR / 4:  # noqa: PLR2004 - two make a slope
        return None
    return (told[-1][1] - told[0][1]) / (told[-1][0] - told[0][0]) * HOUR


def _leap(rows: list[Row]) -> float:
    told = [(row.at, row.temperature) for row in rows if row.temperature is not None]
    return max((abs(b[1] - a[1]) for a, b in pairwise(told) if b[0] - a[0] < 1.1 * HOUR), default=0.0)


def _compressor(course: Course, lately: list[Row]) -> Told:
    duties = [row.duty for row in lately if row.duty is not None]
    usual = _usual(course, "duty")
    return {"duty_over_usual": sum(duties) / len(duties) - usual if duties and usual is not None else None}


def _amperes(course: Course, day: list[Row], lately: list[Row]) -> Told:
    drawn = [row.amperes for row in day if row.amperes is not None]
    now = [row.amperes for row in lately if row.amperes]
    usual = _usual(course, "amperes")
    if not drawn:
        return {}
    return {
        "amperes_of_usual": median(now) / usual if now and usual else None,
        "amperes_peak": max(drawn) / usual if usual else None,
    }


def _cold_side(course: Course, day: list[Row], lately: list[Row]) -> Told:
    heats = [row.heater for row in lately if row.heater is not None]
    reached = extremes(lately)
    cold, chill = reached["coldest"], reached["chill"]
    coldest, usual, heater = _usual(course, "coldest"), _usual(course, "chill"), _usual(course, "heater")
    return {
        "coil_over_usual": cold - coldest if cold is not None and coldest is not None else None,
        "coil_coldest": cold,
        "coil_warmest": max((row.evaporator for row in day if row.evaporator is not None), default=None),
        "chill": chill,
        "fan_idle_share": _fan_idle(lately),
        "chill_of_usual": chill / usual if chill is not None and usual and usual > 0 else None,
        "heater_of_usual": heats[-1] / heater if heats and heater else None,
    }


def _fan_idle(lately: list[Row]) -> float | None:
    """Return in what share of the reports the fan stood while the compressor ran; it pauses in a defrost and at an open door."""
    fans = [row.fan for row in lately if row.fan is not None and not row.door and (row.duty or 0.0) > FAN_RUNS_PERCENT]
    return fans.count(0) / len(fans) if len(fans) > 2 else None  # noqa: PLR2004 - fewer may fall into one defrost


def _warm_side(course: Course, lately: list[Row]) -> Told:
    lift, usual = extremes(lately)["lift"], _usual(course, "lift")
    hot = [row.condenser for row in lately if row.condenser is not None]
    rooms, room = [row.room for row in lately if row.room is not None], _usual(course, "room")
    return {
        "lift": lift,
        "lift_of_usual": lift / usual if lift is not None and usual and usual > 1 else None,
        "condenser_hottest": max(hot) if hot else None,
        "room_over_usual": max(rooms) - room if rooms and room is not None else None,
    }


def _door(course: Course, day: list[Row], at: float) -> Told:
    told = [row.door for row in day if row.door is not None]
    sums = [row.door_s for row in day if row.door_s is not None]
    found: Told = {"door_alarms": float(sum(at - one <= DAY_S for one in course.door_alarms))}
    if told:
        found["door_changes"] = float(sum(a != b for a, b in pairwise(told)))
    if sums:
        found["door_minutes"] = max(sums) / 60
    return found


def _mains(course: Course, day: list[Row], at: float) -> Told:
    starts = [silent for when, silent in course.starts if at - when <= DAY_S]
    found: Told = {
        "restarts": float(len(starts)),
        "silent_hours": max(0.0, max(starts, default=0.0) - _rhythm(day)) / HOUR,
    }
    if any(row.mains is not None or row.volts is not None for row in day):
        found["dark_hours"] = sum(b.at - a.at for a, b in pairwise(day) if _is_dark(a) and _is_dark(b)) / HOUR
    volts = [row.volts for row in day if row.volts is not None]
    usual = _usual(course, "volts")
    if volts:
        nominal = NOMINAL_V[(usual or max(volts)) > 160]  # noqa: PLR2004 - between the two
        lit = [one / nominal for one in volts if one > 0.3 * nominal]
        found["volts_least"] = min(lit) if lit else None
    return found


def _rhythm(rows: list[Row]) -> float:
    """Return the usual time between two reports, s: a silence that is no longer says nothing."""
    return median([b.at - a.at for a, b in pairwise(rows)]) if len(rows) > 1 else HOUR


def _is_dark(row: Row) -> bool:
    return row.mains == 0 or (row.volts is not None and row.volts < 35)  # noqa: PLR2004 - V


def _sensor(course: Course, lately: list[Row]) -> Told:
    told = [row.temperature for row in lately if row.temperature is not None]
    found: Told = {"readings_missing": _missing(course, lately)}
    if course.counts.get("told temperature", 0) >= LEARNED:
        found["temperature_missing"] = 1 - len(told) / len(lately) if lately else 0.0
    if len(told) > 2:  # noqa: PLR2004 - two may be alike by chance
        same = next((index for index, one in enumerate(reversed(told)) if one != told[-1]), len(told))
        found["same_readings"] = float(same)
    jitters, usual = list(course.jitters())[:8], _usual(course, "jitter")
    if len(jitters) > 3 and usual is not None:  # noqa: PLR2004 - fewer are luck
        found["jitter"] = median(jitters) - usual
    return found


def _missing(course: Course, lately: list[Row]) -> float | None:
    """Return the share of the other readings that it usually tells and lately did not."""
    usual = course.counts.get("told setpoint", 0) or max(course.counts.values(), default=0)
    names = [name for name in Row._fields[2:] if course.counts.get(f"told {name}", 0) >= max(LEARNED, 0.7 * usual)]
    if not names or not lately:
        return None
    return sum(getattr(row, name) is None for row in lately for name in names) / (len(names) * len(lately))


def _usual(course: Course, name: str) -> float | None:
    return course.usual.get(name) if course.counts.get(name, 0) >= LEARNED else None
