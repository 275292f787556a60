"""What a kind says of the statuses from which nothing follows while nothing is unusual, so that each is read in one pass. Pure.

``gateway.intake.routine`` takes them. Whatever is not plainly one goes the ordinary way and comes to the same.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache, partial

from gateway.contract.envelope import DeviceEvent
from gateway.contract.routine_decoder import Bound, Decode, Limits, limits_of, routine_decoder
from gateway.contract.values import Measured, Readings, published
from gateway.devices.plausible import Contradictions
from gateway.devices.twin import Twin
from gateway.diagnosis.conditions import WINDOW_S, Condition, Test
from gateway.diagnosis.knowledge import Knowledge
from gateway.diagnosis.quiet import Extreme, Quiet, Span, Spread, quiet_of
from gateway.diagnosis.ranking import model

NAME_SETS = 1_000
"""So many different sets of names are known by heart. Devices of one make tell the same."""
_ALL = (-math.inf, math.inf)


Derive = Callable[[Twin, Readings, float], Readings]
"""Works out what single readings do not say, of what a device tells at an hour (POSIX seconds by its clock)."""
Remember = Callable[[Twin, Readings, float, int], bool]
"""Puts what a device tells, at an hour and in a boot, into what its kind remembers; ``False``: something may follow from it, and
nothing was changed."""


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """How the readings of one set of names are looked at."""

    names: frozenset[str]
    of: Mapping[str, type]
    """Name → what a reading of it is, in the order they are told."""
    numbers: Mapping[str, tuple[Span, ...]]
    """Name → where a number is right and says nothing: above the first of two, up to the second."""
    words: Mapping[str, frozenset[bool | str]]
    """Name → which words do."""
    extremes: tuple[Extreme, ...]
    spreads: tuple[Spread, ...]
    asked: tuple[Test, ...]
    """Conditions that are asked of what is worked out."""
    watched: tuple[str, ...]
    """Those that are kept over time."""
    contradictions: Contradictions | None

    def chosen(self, told: Readings) -> tuple[int, ...] | None:
        """Return, of each reading, within the how manieth of its bounds it now lies; ``None``: one says something."""
        bounds: list[int] = []
        numbers, words_of = self.numbers, self.words
        for name, value in told.items():
            words = words_of.get(name)
            if words is not None:
                if value not in words:
                    return None
                bounds.append(0)
                continue
            for number, (low, high) in enumerate(numbers[name]):
                if low < value <= high:  # type: ignore[operator]
                    bounds.append(number)
                    break
            else:
                return None
        return tuple(bounds)

    def bounds(self, chosen: tuple[int, ...]) -> tuple[Bound, ...]:
        """Return what was chosen."""
        return tuple(
            Bound(name, of, words=self.words[name])
            if name in self.words
            else Bound(name, of, *self.numbers[name][number])
            for (name, of), number in zip(self.of.items(), chosen, strict=True)
        )

    def quiet_from(self, twin: Twin) -> float:
        """Return behind which hour no extreme of what is kept over time says anything, by the device's clock."""
        kept = [
            when + WINDOW_S
            for one in self.extremes
            for when, value in twin.samples.get(one.name, ())
            if not any(low < value <= high for low, high in one.quiet)
        ]
        return max(kept, default=0.0)


@dataclass(frozen=True, eq=False)
class Shape:
    """What statuses have in common that tell the same, each reading within the same bounds."""

    plan: Plan
    made: Callable[[], Decode]
    """Makes what reads those."""
    switches: tuple[tuple[str, bool], ...]
    """Attributes of the readings that the decoder does not hold against anything, and what they have to be."""
    is_read: bool
    """Its readings count, even where it tells none; ``False``: it tells where a device is, and nothing else."""
    contradict: Callable[[object], bool] | None
    """Tells whether what the decoder read contradicts itself; ``None``: it cannot."""
    is_alone: bool
    """None of its readings says anything together with others, and the kind remembers none."""
    is_plain: bool
    """What the decoder reads says nothing, whatever it is."""
    alarms: bool
    """It says that none stands."""

    @cached_property
    def decode(self) -> Decode:
        """What reads those, and raises for all others. Made when the next one comes: many a shape is never told again."""
        return self.made()


def alarming(knowledge: Knowledge) -> Iterator[Condition]:
    """Yield the conditions of a catalogue that are looked at in each status."""
    return (one for one in model(knowledge).known.conditions.values() if one.alarms)


def derived_of(knowledge: Knowledge, readings: type[Measured]) -> frozenset[str]:
    """Return what a catalogue's conditions may ask for beside the readings."""
    return frozenset(knowledge.signals) - {*published(readings).values()}


class RoutineStatus:
    """The status of one kind: how it is read, and between which readings nothing follows from it."""

    def __init__(
        self,
        model: type[DeviceEvent],
        measured: str,
        readings: type[Measured],
        *,
        conditions: Callable[[], Iterable[Condition]] = tuple,
        watched: Callable[[], Collection[str]] = frozenset,
        derived: Collection[str] = (),
        derive: Derive | None = None,
        remember: Remember | None = None,
        telling: Collection[str] = (),
        at_most: Mapping[str, float] | None = None,
        calm: Callable[[Twin], bool] = lambda _twin: True,
        speed: str | None = None,
        may_only_place: bool = False,
    ) -> None:
        """``measured``: under which name its data holds ``readings``.

        ``conditions`` are looked at in each status; ``watched``: the readings that are kept over time; ``derived``: what the
        conditions may ask for beside the readings, which ``derive`` works out. ``remember`` is told of each status, where the kind
        remembers something beside. A status with one of the ``telling`` names is none of routine, nor is one with a number
        higher than ``at_most``, nor that of a device that is not ``calm``. ``speed``: by which reading the twin knows that its
        device moves. ``may_only_place``: a status without readings and alarms leaves the readings of before as they are.
        """
        self.type = str(model.model_fields["type"].default)
        self.speed, self.calm, self.derive, self.remember = speed, calm, derive, remember
        self._model, self._measured, self._readings = model, measured, readings
        self._conditions, self._watched = conditions, watched
        self._derived, self._telling, self._at_most = derived, frozenset(telling), at_most or {}
        self._may_only_place = may_only_place
        self._plan_of = lru_cache(NAME_SETS)(self._plan)
        self._shape_of = lru_cache(NAME_SETS)(self._shape)

    @cached_property
    def limits(self) -> dict[str, Limits]:
        """What its readings may be, by name, where that is plain."""
        return limits_of(self._readings)

    def shape(self, told: Readings, contradictions: Contradictions | None, *, alarms: bool) -> Shape | None:
        """Return the shape of a status; ``None``: it is none of routine. ``alarms``: it says that none stands."""
        plan = self._plan_of(tuple(told), contradictions)
        chosen = plan.chosen(told) if plan is not None else None
        return None if plan is None or chosen is None else self._shape_of(plan, chosen, alarms)

    def _shape(self, plan: Plan, chosen: tuple[int, ...], alarms: bool) -> Shape:  # noqa: FBT001 - a part of a key
        bounds = plan.bounds(chosen)
        switches = tuple((f"r{number}", True in one.words) for number, one in enumerate(bounds) if _is_one_way(one))
        attributes = {one.name: f"r{number}" for number, one in enumerate(bounds)}
        contradict = plan.contradictions.told_by(attributes) if plan.contradictions is not None else None
        is_alone = not plan.spreads and not plan.asked and self.remember is None
        return Shape(
            plan,
            partial(routine_decoder, self._model, self._measured, bounds, alarms=alarms),
            switches,
            bool(bounds) or alarms or not self._may_only_place,
            contradict,
            is_alone,
            not switches and contradict is None and is_alone,
            alarms,
        )

    def _plan(self, names: tuple[str, ...], contradictions: Contradictions | None) -> Plan | None:
        """Return how readings of these names are looked at; ``None``: one of them is never of routine."""
        limits = {name: self.limits[name] for name in names if name in self.limits}
        if len(limits) < len(names) or not self._telling.isdisjoint(names):
            return None
        quiet = quiet_of(self._conditions(), frozenset(names), self._derived)
        if quiet is None or (quiet.asked and self.derive is None):
            return None
        limits = {name: _at_most(one, self._at_most.get(name)) for name, one in limits.items()}
        return Plan(
            frozenset(names),
            {name: one.of for name, one in limits.items()},
            {name: _quiet_spans(name, one, quiet) for name, one in limits.items() if not one.words},
            {name: one.words - quiet.words.get(name, frozenset()) for name, one in limits.items() if one.words},
            quiet.extremes,
            quiet.spreads,
            tuple(condition.compiled() for condition in quiet.asked),
            tuple(name for name in names if name in self._watched()),
            contradictions.among(names) if contradictions else None,
        )


def _at_most(limits: Limits, most: float | None) -> Limits:
    return limits if most is None else replace(limits, most=min(most, limits.most))


def _is_one_way(bound: Bound) -> bool:
    return bound.of is bool and len(bound.words) == 1


def _quiet_spans(name: str, limits: Limits, quiet: Quiet) -> tuple[Span, ...]:
    extremes = tuple(one.quiet for one in quiet.extremes if one.name == name)
    return _spans(quiet.numbers.get(name, (_ALL,)), extremes, limits.least, limits.most)


@lru_cache(NAME_SETS)
def _spans(
    spans: Sequence[Span], extremes: tuple[tuple[Span, ...], ...], least: float, most: float
) -> tuple[Span, ...]:
    """Return where a number is quiet as far as it may be there, and its extremes would be quiet, too: widest first."""
    for quiet in extremes:
        spans = [both for span in spans for other in quiet if (both := _shared(span, other))]
    allowed = math.nextafter(least, -math.inf), most
    shared = [both for span in spans if (both := _shared(span, allowed))]
    return tuple(sorted(shared, key=lambda span: span[0] - span[1]))


def _shared(one: Span, other: Span) -> Span | None:
    low, high = max(one[0], other[0]), min(one[1], other[1])
    return (low, high) if low < high else None
