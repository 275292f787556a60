"""Devices that tell which alarms stand and what they measure: how every such kind concludes. Pure.

A fault event tells alarms that were raised, a status those that stand. A device is well once none stands and no reading alarms.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

from gateway.conclude.concluder import Concluder
from gateway.conclude.readings import home_of, take_readings
from gateway.conclude.report import Diagnosed, Explained, diagnosed, finding, recovered, remember, worse
from gateway.conclude.routine import RoutineStatus, alarming, derived_of
from gateway.contract.envelope import DeviceEvent
from gateway.contract.values import Measured, Readings
from gateway.devices.episodes import Episode
from gateway.devices.registry import DeviceRecord
from gateway.devices.twin import ToldSign, Twin
from gateway.diagnosis.conditions import Seen
from gateway.diagnosis.knowledge import Knowledge
from gateway.diagnosis.ranking import Evidence, Model, model
from gateway.finding import Conclusion, Domain, Finding, Grade, Place, Recovery, Severity

FAULT = "fault"
WELL = "is_well"
"""``{catalogue}.is_well``: a derived reading, told where a device that has complained is well."""
SURE_UNTOLD = 0.75
"""P(part) from which on somebody hears of a device that does not complain itself."""
ALARM_LASTS_S = 24 * 3600.0
"""An alarm that no status speaks of any more counts until the device is well, or for so long."""


@dataclass(frozen=True, slots=True)
class Urgency:
    """Why dispatch has to hear of a fault at once, however sure anybody is of the part."""

    claim: str
    """Under which an episode remembers that it has."""
    severity: Severity
    why: str
    advice: str = ""
    """Instead of the part's; empty: that stands."""
    parts: frozenset[str] = frozenset()
    """It is about one of these, whatever else may be wrong; empty: about whatever it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How one kind differs from the others."""

    knowledge: Knowledge
    status: str
    """Its event type that tells how it does."""
    fault: str
    """Its event type that tells what it complains about."""
    domain: Domain = Domain.APPLIANCE
    derived: Callable[[Readings], Readings] = lambda _readings: {}
    """Works out what single readings do not say."""
    urgency: Callable[[Mapping[str, bool], Readings], Urgency | None] = lambda _told, _readings: None
    """Tells why it is urgent, by the alarms that count and the readings."""
    place: Callable[[DeviceRecord, Twin, float], Place | None] = lambda record, _twin, at: home_of(record, at)
    hold_s: float = 2 * 3600.0
    """For how long it must be well to have recovered."""
    grace_s: float = 3600.0
    """After a repair: what it tells may be left over."""


def routine(
    manner: Manner, model_: type[DeviceEvent], readings: type[Measured], *, may_only_place: bool = False
) -> RoutineStatus:
    """Return how the statuses of such a kind are taken in one pass. ``model_``: of the status, with ``readings`` as attributes."""
    return RoutineStatus(
        model_,
        "attributes",
        readings,
        conditions=partial(alarming, manner.knowledge),
        derived=derived_of(manner.knowledge, readings),
        derive=lambda _twin, told, _at: manner.derived(told),
        may_only_place=may_only_place,
    )


class AlarmedDevices:
    """Concludes from what the devices of one kind send."""

    def __init__(self, manner: Manner, explained: Explained) -> None:
        self._manner, self._explained_to = manner, explained

    @cached_property
    def _model(self) -> Model:
        return model(self._manner.knowledge)

    def concluder(self) -> Concluder:
        """Return it as what a kind brings."""
        handlers = {self._manner.status: self.status, self._manner.fault: self.fault}
        return Concluder(handlers, self.explain, self.repaired)

    def status(
        self,
        event: Any,  # noqa: ANN401 - of its kind
        record: DeviceRecord,
        twin: Twin,
        told: Readings,
        now: float,
    ) -> Iterable[Conclusion]:
        """Take how it does: alarms that stand, and readings that alarm though it does not complain."""
        del now
        at, alarms = event.time.timestamp(), event.data.alarms
        if at < twin.read_at or twin.before_repair(at):
            return
        seen = self._seen(twin, self._take(twin, told, alarms or (), at), at)
        if alarms or self._model.alarms(seen):
            yield from self._assess(event, record, twin, seen, fresh=False)
        elif alarms is not None and (twin.told or FAULT in twin.episodes.open):
            yield from self._is_well(event, twin, seen)

    def fault(
        self,
        event: Any,  # noqa: ANN401 - of its kind
        record: DeviceRecord,
        twin: Twin,
        told: Readings,
        now: float,
    ) -> Iterable[Conclusion]:
        """Take what it complains about."""
        del now
        at = event.time.timestamp()
        if not twin.before_repair(at):
            readings = self._take(twin, told, event.data.alarms, at)
            yield from self._assess(event, record, twin, self._seen(twin, readings, at), fresh=True)

    def repaired(self, twin: Twin, at: float) -> None:
        """Note that somebody is through with it, POSIX seconds by our clock."""
        twin.repaired(FAULT, at, self._manner.grace_s, ())

    def explain(self, record: DeviceRecord, twin: Twin) -> Diagnosed:
        """Diagnose it as it stands, and change nothing."""
        del record
        return diagnosed(self._model, _evidence(twin, self._seen(twin, dict(twin.readings), twin.read_at)))

    @staticmethod
    def _take(twin: Twin, told: Readings, alarms: Iterable[str], at: float) -> Readings:
        """Put a report into the twin and return what is known now."""
        for name in [name for name, one in twin.told.items() if at - one.last_at > ALARM_LASTS_S]:
            del twin.told[name]
        for alarm in alarms:
            name = f"alarm:{alarm}"
            first = twin.told[name].first_at if name in twin.told else at
            twin.told[name] = ToldSign(confirmed=True, first_at=first, last_at=max(at, first))
        return take_readings(twin, told, at, ())

    def _seen(self, twin: Twin, readings: Readings, at: float) -> Seen:
        told: Readings = {f"alarm.{name.partition(':')[2]}": True for name in twin.told}
        return Seen({**readings, **self._manner.derived(readings), **told}, {}, at)

    def _is_well(self, event: DeviceEvent, twin: Twin, seen: Seen) -> Iterator[Recovery]:
        """Nothing is wrong now: diagnose once more in the light of that, and end the episode once it has been so for long."""
        well = seen._replace(readings={**seen.readings, f"{self._manner.knowledge.name}.{WELL}": True})
        self._explained_to(twin.device, FAULT, diagnosed(self._model, _evidence(twin, well)))
        yield from recovered(event, twin, FAULT, seen.at, self._manner.hold_s)
        if FAULT not in twin.episodes.open:
            twin.told.clear()

    def _assess(
        self, event: DeviceEvent, record: DeviceRecord, twin: Twin, seen: Seen, *, fresh: bool
    ) -> Iterator[Finding]:
        """Diagnose, and tell dispatch what is news."""
        before, evidence = twin.episodes.open.get(FAULT), _evidence(twin, seen)
        urgent = self._manner.urgency(evidence.told, dict(seen.readings))
        found = diagnosed(self._model, evidence)
        found = _about(found, urgent) if urgent else found
        self._explained_to(twin.device, FAULT, found)
        if before is None and not urgent and _is_quiet(found):
            return
        episode = twin.episodes.tell(FAULT, event.key, seen.at, found.judgement(before), fresh=fresh)
        remember(found, twin.episodes.open.get(FAULT))
        if urgent:
            episode = _first_heard(twin, urgent) or episode
        if episode is not None:
            yield self._report(event, record, twin, episode, found, urgent)

    def _report(  # noqa: PLR0917 - a finding has many sources
        self,
        event: DeviceEvent,
        record: DeviceRecord,
        twin: Twin,
        episode: Episode,
        found: Diagnosed,
        urgent: Urgency | None,
    ) -> Finding:
        place = self._manner.place(record, twin, event.time.timestamp())
        shows = record.paired_phone or record.device
        told = finding(event, record, episode, self._manner.domain, found, place, shows)
        if urgent is None:
            return told
        return replace(worse(told, urgent.severity, urgent.why), advice=urgent.advice or told.advice)


def _evidence(twin: Twin, seen: Seen) -> Evidence:
    """Return what is known of it: alarms that count, readings, and what was seen earlier in the episode."""
    left, episode = twin.left_over(seen.at), twin.episodes.open.get(FAULT)
    told = {name: one.confirmed for name, one in twin.told.items() if name not in left}
    held, failed = (episode.held, episode.failed) if episode else (set[str](), set[str]())
    return Evidence(told, seen, held=frozenset(held), failed=frozenset(failed), device=twin.device)


def _about(found: Diagnosed, urgent: Urgency) -> Diagnosed:
    """Tell of what is urgent, whatever else may be wrong, and at once."""
    decision, ranking = found.decision, found.ranking
    part = max(sorted(urgent.parts), key=ranking.probability) if urgent.parts else decision.part
    grade = Grade.ASK if decision.grade is Grade.WATCH else decision.grade
    told = replace(decision, part=part, grade=grade, probability=ranking.probability(part))
    return replace(found, decision=told)


def _is_quiet(found: Diagnosed) -> bool:
    """Tell whether nobody is to hear of it yet: it does not complain, and the readings alone are not sure."""
    return not found.ranking.evidence.told and found.decision.probability < SURE_UNTOLD


def _first_heard(twin: Twin, urgent: Urgency) -> Episode | None:
    """Return the episode where dispatch has not heard yet how urgent it is; from now on it has."""
    episode = twin.episodes.open.get(FAULT)
    if episode is None or urgent.claim in episode.claims:
        return None
    episode.claims.add(urgent.claim)
    return episode
