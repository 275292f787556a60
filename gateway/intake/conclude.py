"""From an event to what dispatch is told: a finding, a recovery, a truck's report, or nothing. Pure.

Each kind of device gathers the evidence of its own events (``gateway.kinds``), ``gateway.payments`` that of everybody's payments
and ``gateway.apps`` that of what people do in apps; ``gateway.conclude.report`` makes a finding of a diagnosis.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from gateway.apps.conclude import concluder as apps
from gateway.conclude.concluder import Concluder, Handler, OwnCodes, Surroundings
from gateway.conclude.readings import sound
from gateway.conclude.report import Diagnosed, Explained
from gateway.contract.envelope import DeviceEvent
from gateway.contract.values import Readings
from gateway.devices.plausible import Clash, Contradictions, contradictions
from gateway.devices.registry import DeviceRecord
from gateway.devices.twin import Twin
from gateway.devices.twins import Twins
from gateway.finding import Conclusion, Finding
from gateway.kinds.kind import Kind
from gateway.kinds.registry import KindError, kinds, own_codes
from gateway.payments.conclude import concluder as payments

__all__ = ["Conclude", "Explained"]


class Concluded(NamedTuple):
    """What one event came to."""

    conclusions: tuple[Conclusion, ...]
    contradictions: tuple[Clash, ...]
    """Its readings that cannot both be true; none of them was used."""
    readings: Readings
    """The others."""


class _Taken(NamedTuple):
    """How events of one type are taken."""

    handler: Handler
    readings: Callable[[DeviceEvent], Readings] | None = None
    contradictions: Contradictions | None = None
    kind: str = ""
    """That its findings name."""
    used: Callable[[Readings], bool | None] | None = None


class Conclude:
    """Keeps the twins up to date and says what follows."""

    def __init__(
        self,
        twins: Twins,
        records: Callable[[str], DeviceRecord | None],
        codes: OwnCodes | None = None,
        explained: Explained | None = None,
    ) -> None:
        """``codes``: what each vendor means by codes of its own; those shipped where it is left out.

        ``records`` returns what a device is registered as now.
        ``explained`` is shown each diagnosis that is made.
        """
        around = Surroundings(twins, records, explained or _nobody, own_codes if codes is None else lambda: codes)
        self._of_kind = {kind.name: kind.concluder(around) for kind in kinds()}
        self._by_type = {
            name: _Taken(handler)
            for shared in (apps(around), payments(around))
            for name, handler in shared.by_type.items()
        }
        for kind in kinds():
            self._by_type.update(_taken(kind, self._of_kind[kind.name]))

    def explain(self, record: DeviceRecord, twin: Twin) -> Diagnosed | None:
        """Diagnose a device as it stands, and change nothing; ``None``: a kind that is not diagnosed between events."""
        explain = self._of_kind[record.kind].explain
        return explain(record, twin) if explain else None

    def repaired(self, record: DeviceRecord, twin: Twin, at: float) -> bool:
        """Note that a device was put right at ``at``, POSIX seconds by our clock; ``False``: its kind is not repaired."""
        repaired = self._of_kind[record.kind].repaired
        if repaired is not None:
            repaired(twin, at)
        return repaired is not None

    def from_event(self, event: DeviceEvent, record: DeviceRecord, twin: Twin, now: float) -> Concluded:
        """Change the twin and return what dispatch has to know. ``now``: POSIX seconds by our clock."""
        taken = self._by_type[event.type]
        told = taken.readings(event) if taken.readings else {}
        contradictory = taken.contradictions.within(told) if taken.contradictions else ()
        if contradictory:
            told = sound(told, contradictory)
        used = taken.used(told) if taken.used else None
        if used is not None:
            twin.tells_use(event.time.timestamp(), used=used)
        conclusions = taken.handler(event, record, twin, told, now)
        return Concluded(tuple(_named(conclusions, taken.kind) if taken.kind else conclusions), contradictory, told)


def _taken(kind: Kind, concluder: Concluder) -> Iterator[tuple[str, _Taken]]:
    """Yield how the events of a kind are taken. Raises ``KindError``: nobody takes one."""
    clashing = contradictions(kind.contradictions)
    for one in kind.messages.events:
        if one.name not in concluder.by_type:
            raise KindError(f"{kind.name}/conclude.py: {one.name}: nothing takes this type of messages.py")
        named = kind.name if kind.named_in_findings else ""
        handler, readings = concluder.by_type[one.name], kind.readings.get(one.name)
        yield one.name, _Taken(handler, readings, clashing, named, kind.used)


def _named(conclusions: Iterable[Conclusion], kind: str) -> Iterator[Conclusion]:
    for one in conclusions:
        yield replace(one, kind=kind) if isinstance(one, Finding) else one


def _nobody(_device: str, _subject: str, _found: Diagnosed) -> None:
    """Let a diagnosis pass."""
