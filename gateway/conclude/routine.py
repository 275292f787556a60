"""What a kind says of the statuses from which nothing follows while nothing is unusual, so that each is read in one pass. Pure.

``gateway.intake.routine`` takes them. Whatever is not plainly one goes the ordinary way and comes to the same.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from gateway.contract.envelope import DeviceEvent
from gateway.contract.routine_decoder import Bound, Decode, Limits, limits_of, routine_decoder
from gateway.contract.values import Measured, Readings
from gateway.devices.plausible import Contradictions
from gateway.devices.twin import Twin
from gateway.diagnosis.conditions import Condition
from gateway.diagnosis.quiet import Extreme, Quiet, Span, Spread, quiet_of

NAME_SETS = 1_000
"""So many different sets of names are known by heart. Devices of one make tell the same."""
_ALL = (-math.inf, math.inf)


@dataclass(frozen=True, slots=True)
class Plan:
    """How the readings of one set of names are looked at."""

    numbers: Mapping[str, tuple[Span, ...]]
    """Name → where a number is right and says nothing: above the first of two, up to the second."""
    words: Mapping[str, frozenset[bool | str]]
    """Name → which words do."""
    extremes: tuple[Extreme, ...]
    spreads: tuple[Spread, ...]
    watched: tuple[str, ...]
    """Those that are kept over time."""
    contradictions: Contradictions | None

    @property
    def alone(self) -> bool:
        """Each of them is right, or not, by itself."""
        return not self.spreads and self.contradictions is None

    def chosen(self, told: Readings) -> tuple[Bound, ...] | None:
        """Return, of each reading, within which bounds it now lies; ``None``: one says something."""
        bounds: list[Bound] = []
        for name, value in told.items():
            words = self.words.get(name)
            if words is not None:
                if value not in words:
                    return None
                bounds.append(Bound(name, value.__class__, words=words))
                continue
            span = next((span for span in self.numbers[name] if span[0] < value <= span[1]), None)  # type: ignore[operator]
            if span is None:
                return None
            bounds.append(Bound(name, value.__class__, *span))
        return tuple(bounds)


class RoutineStatus:
    """The status of one kind: how it is read, and between which readings nothing follows from it."""

    def __init__(
        self,
        model: type[DeviceEvent],
        measured: str,
        readings: type[Measured],
        *,
        conditions: Callable[[], Iterable[Condition]],
        watched: Callable[[], Collection[str]],
        derived: Collection[str] = (),
        telling: Collection[str] = (),
        calm: Callable[[Twin], bool] = lambda _twin: True,
        speed: str | None = None,
    ) -> None:
        """``measured``: under which name its data holds ``readings``.

        ``conditions`` are looked at in each status; ``watched``: the readings that are kept over time; ``derived``: what the
        conditions may ask for beside the readings. A status with one of the ``telling`` names is none of routine, nor is one of a
        device that is not ``calm``. ``speed``: by which reading the twin knows that its device moves.
        """
        self.type = str(model.model_fields["type"].default)
        self.speed = speed
        self.calm = calm
        self._model, self._measured, self._readings = model, measured, readings
        self._conditions, self._watched = conditions, watched
        self._derived, self._telling = derived, frozenset(telling)
        self.plan = lru_cache(NAME_SETS)(self._plan)
        self.decoder = lru_cache(NAME_SETS)(self._decoder)

    @cached_property
    def limits(self) -> dict[str, Limits]:
        """What its readings may be, by name, where that is plain."""
        return limits_of(self._readings)

    def _decoder(self, bounds: tuple[Bound, ...]) -> Decode:
        """Return what reads its statuses whose readings lie within ``bounds``, and raises for all others."""
        return routine_decoder(self._model, self._measured, bounds)

    def _plan(self, names: tuple[str, ...], contradictions: Contradictions | None) -> Plan | None:
        """Return how readings of these names are looked at; ``None``: one of them is never of routine."""
        limits = {name: self.limits[name] for name in names if name in self.limits}
        if len(limits) < len(names) or not self._telling.isdisjoint(names):
            return None
        quiet = quiet_of(self._conditions(), names, self._derived)
        if quiet is None:
            return None
        return Plan(
            {name: _spans(name, one, quiet) for name, one in limits.items() if not one.words},
            {name: one.words - quiet.words.get(name, frozenset()) for name, one in limits.items() if one.words},
            quiet.extremes,
            quiet.spreads,
            tuple(name for name in names if name in self._watched()),
            contradictions.among(names) if contradictions else None,
        )


def _spans(name: str, limits: Limits, quiet: Quiet) -> tuple[Span, ...]:
    """Return where a number is quiet as far as it may be there, and its extreme would be quiet, too: widest first."""
    spans: Sequence[Span] = quiet.numbers.get(name, (_ALL,))
    for one in quiet.extremes:
        if one.name == name:
            spans = [both for span in spans for other in one.quiet if (both := _shared(span, other))]
    allowed = math.nextafter(limits.least, -math.inf), limits.most
    shared = [both for span in spans if (both := _shared(span, allowed))]
    return tuple(sorted(shared, key=lambda span: span[0] - span[1]))


def _shared(one: Span, other: Span) -> Span | None:
    low, high = max(one[0], other[0]), min(one[1], other[1])
    return (low, high) if low < high else None
