"""Washing machines: alarms, what a programme measured against what is usual, and water where it should not be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cached_property

from gateway.conclude.concluder import Concluder, Handler, Surroundings
from gateway.conclude.readings import home_of, take_readings
from gateway.conclude.report import Diagnosed, Explained, diagnosed, finding, over, remember, worse
from gateway.contract.values import Readings
from gateway.devices.episodes import Episode
from gateway.devices.registry import DeviceRecord
from gateway.devices.twin import ToldSign, Twin
from gateway.diagnosis.conditions import Seen
from gateway.diagnosis.ranking import Evidence, Model, model
from gateway.finding import Conclusion, Domain, Finding, Grade, Severity
from gateway.kinds.washer.features import KNOWLEDGE, derived
from gateway.kinds.washer.memory import STATE, WasherMemory
from gateway.kinds.washer.messages import WasherFaultEvent, WasherStatusEvent

FAULT = "fault"
LEAK = "alarm:WaterLeak"
LEAKS = ("inlet_hose", "door_gasket")
"""Parts whose failing lets water run out: whoever owns the machine has to shut the tap."""
LEAK_SWITCH = "BooleanState.StateValue"
FLOODS = "There is water under the machine: it may run over the floor."
SURE_UNTOLD = 0.75
"""P(part) from which on somebody hears of a machine that does not complain itself."""
ALARM_LASTS_S = 48 * 3600.0
"""It tells an alarm once in a programme; it counts until a programme goes well, or for so long."""
GRACE_S = 3600.0
"""After a repair: what the machine tells before it has run once may be left over."""


def concluder(around: Surroundings) -> Concluder:
    """Return what concludes from what washing machines send."""
    washers = Washers(around.explained)
    handlers: dict[str, Handler] = {
        "callahead.washer.status.v1": washers.status,
        "callahead.washer.fault.v1": washers.fault,
    }
    return Concluder(handlers, washers.explain, washers.repaired)


class Washers:
    """Concludes from what washing machines send."""

    def __init__(self, explained: Explained) -> None:
        self._explained_to = explained

    @cached_property
    def _model(self) -> Model:
        return model(KNOWLEDGE)

    def status(
        self, event: WasherStatusEvent, record: DeviceRecord, twin: Twin, told: Readings, now: float
    ) -> Iterable[Conclusion]:
        """Take a status: readings may alarm without the controller complaining; a programme that went well ends an episode."""
        del now
        at = event.time.timestamp()
        if at < twin.read_at or twin.before_repair(at):
            return
        memory = twin.memory(WasherMemory)
        readings, began = self._take(twin, told, at, event.numbers[0])
        seen = self._seen(twin, readings, at)
        if self._model.alarms(seen):
            memory.alarmed_at = at
            yield from self._assess(event, record, twin, seen, fresh=False)
        elif began is not None and memory.alarmed_at < began:
            yield from self._went_well(event, twin, told, seen)
        elif twin.told:
            yield from self._assess(event, record, twin, seen, fresh=False)

    def fault(
        self, event: WasherFaultEvent, record: DeviceRecord, twin: Twin, told: Readings, now: float
    ) -> Iterable[Conclusion]:
        """Take what the controller complains about."""
        del now
        at = event.time.timestamp()
        if twin.before_repair(at):
            return
        readings, _ = self._take(twin, told, at, event.numbers[0])
        for alarm in event.data.alarms:
            name = f"alarm:{alarm}"
            first = twin.told[name].first_at if name in twin.told else at
            twin.told[name] = ToldSign(confirmed=True, first_at=first, last_at=at)
            twin.memory(WasherMemory).complain(alarm, told, at)
        yield from self._assess(event, record, twin, self._seen(twin, readings, at), fresh=True)

    @staticmethod
    def repaired(twin: Twin, at: float) -> None:
        """Note that somebody is through with a machine: what was usual for it may have been the worn part's."""
        twin.repaired(FAULT, at, GRACE_S, ())
        memory = twin.memory(WasherMemory)
        memory.forget()
        memory.usual, memory.programmes = {}, 0

    def explain(self, record: DeviceRecord, twin: Twin) -> Diagnosed:
        """Diagnose a machine as it stands, and change nothing."""
        del record
        seen = self._seen(twin, dict(twin.readings), twin.read_at)
        return diagnosed(self._model, _evidence(twin, seen))

    @staticmethod
    def _take(twin: Twin, told: Readings, at: float, boot: int) -> tuple[Readings, float | None]:
        """Put a report into the twin. Return what is known now, and when the programme began that ended with it."""
        for name in [name for name, one in twin.told.items() if at - one.last_at > ALARM_LASTS_S]:
            del twin.told[name]
        newest = at >= twin.read_at
        readings = take_readings(twin, told, at, ())
        return readings, twin.memory(WasherMemory).hear(told, at, boot) if newest else None

    @staticmethod
    def _seen(twin: Twin, readings: Readings, at: float) -> Seen:
        memory = twin.recalled(WasherMemory) or WasherMemory()
        told: Readings = {f"alarm.{name.partition(':')[2]}": True for name in twin.told}
        return Seen({**readings, **derived(memory, readings, at), **told}, {}, at)

    def _went_well(self, event: WasherStatusEvent, twin: Twin, told: Readings, seen: Seen) -> Iterator[Conclusion]:
        """A whole programme went well: what was told before is over, and what it measured is usual."""
        memory = twin.memory(WasherMemory)
        if twin.told or FAULT in twin.episodes.open:
            seen = seen._replace(readings={**seen.readings, "washer.went_well": True})
            self._explained_to(twin.device, FAULT, diagnosed(self._model, _evidence(twin, seen)))
        else:
            memory.learn(told)
        twin.told.clear()
        memory.forget()
        yield from over(event, twin, FAULT, seen.at)

    def _assess(
        self, event: WasherFaultEvent | WasherStatusEvent, record: DeviceRecord, twin: Twin, seen: Seen, *, fresh: bool
    ) -> Iterator[Finding]:
        """Diagnose, and tell dispatch what is news."""
        before = twin.episodes.open.get(FAULT)
        found = diagnosed(self._model, _evidence(twin, seen))
        wet = _is_wet(found)
        found = _about_water(found) if wet else found
        self._explained_to(twin.device, FAULT, found)
        if before is None and _is_quiet(found):
            return
        episode = twin.episodes.tell(FAULT, event.key, seen.at, found.judgement(before), fresh=fresh)
        remember(found, twin.episodes.open.get(FAULT))
        if wet:
            episode = _flooded(twin) or episode
        if episode is not None:
            yield _report(event, record, episode, found, wet=wet)


def goes_on(twin: Twin, told: Readings, at: float, boot: int) -> bool:
    """Take a report of a machine of which nothing is told; ``False``: it ends a programme or a boot, and nothing was changed."""
    known = twin.recalled(WasherMemory)
    if known is not None and (known.boot not in {None, boot} or (known.running_since and told.get(STATE) == "Stopped")):
        return False
    twin.memory(WasherMemory).hear(told, at, boot)
    return True


def _evidence(twin: Twin, seen: Seen) -> Evidence:
    """Return what is known of a machine: alarms that count, readings, and what was seen earlier in the episode."""
    left, episode = twin.left_over(seen.at), twin.episodes.open.get(FAULT)
    told = {name: one.confirmed for name, one in twin.told.items() if name not in left}
    held, failed = (episode.held, episode.failed) if episode else (set[str](), set[str]())
    return Evidence(told, seen, held=frozenset(held), failed=frozenset(failed), device=twin.device)


def _is_wet(found: Diagnosed) -> bool:
    """Tell whether there is water under the machine: by its alarm, or by what its float says."""
    evidence = found.ranking.evidence
    return LEAK in evidence.told or evidence.seen.readings.get(LEAK_SWITCH) is True


def _about_water(found: Diagnosed) -> Diagnosed:
    """Tell of a leak, whatever else may be wrong, and at once: each minute is water in the floor."""
    decision, ranking = found.decision, found.ranking
    part = max(LEAKS, key=ranking.probability)
    grade = Grade.ASK if decision.grade is Grade.WATCH else decision.grade
    told = replace(decision, part=part, grade=grade, probability=ranking.probability(part))
    return found if decision.part in LEAKS and grade is decision.grade else replace(found, decision=told)


def _is_quiet(found: Diagnosed) -> bool:
    """Tell whether nobody is to hear of it yet: the machine does not complain, it is dry, and the readings alone are not sure."""
    return not found.ranking.evidence.told and not _is_wet(found) and found.decision.probability < SURE_UNTOLD


def _flooded(twin: Twin) -> Episode | None:
    """Return the episode where dispatch has not heard yet that water runs out; from now on it has."""
    episode = twin.episodes.open.get(FAULT)
    if episode is None or "water" in episode.claims:
        return None
    episode.claims.add("water")
    return episode


def _report(
    event: WasherFaultEvent | WasherStatusEvent, record: DeviceRecord, episode: Episode, found: Diagnosed, *, wet: bool
) -> Finding:
    home, shows = home_of(record, event.time.timestamp()), record.paired_phone or record.device
    told = finding(event, record, episode, Domain.APPLIANCE, found, home, shows)
    return worse(told, Severity.CRITICAL, FLOODS) if wet else told
