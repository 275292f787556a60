"""Fridges: alarms, temperatures over time, the food-safety clock, stock."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property

from gateway.conclude.concluder import Concluder, Handler, Surroundings
from gateway.conclude.last_looked import LastLooked
from gateway.conclude.readings import home_of, provenance_of, take_readings
from gateway.conclude.report import Diagnosed, Explained, diagnosed, finding, lapsed, over, recovered, worse
from gateway.contract.values import Readings
from gateway.devices.episodes import Episode, Judgement
from gateway.devices.registry import DeviceRecord
from gateway.devices.twin import ToldSign, Twin
from gateway.diagnosis.catalogue import FoodSafety
from gateway.diagnosis.conditions import Seen
from gateway.diagnosis.ranking import Evidence, Model, model
from gateway.finding import (
    Conclusion,
    Domain,
    Drive,
    Finding,
    Grade,
    Help,
    OrderLine,
    Recovery,
    Remedy,
    Severity,
)
from gateway.kinds.fridge.features import KNOWLEDGE, NOMINAL_V, fared
from gateway.kinds.fridge.memory import Course, FridgeMemory, Row, row_of
from gateway.kinds.fridge.messages import ApplianceFaultEvent, ApplianceStatusEvent, ApplianceStockEvent, StockItem
from gateway.places.place_names import gazetteer

FAULT, DOOR = "fault", "door"
DOOR_ALARM = "DoorOpen"
DOOR_PART, SWITCH_PART = "door_ajar", "door_switch"
SURE_UNTOLD = 0.75
"""P(part) from which on somebody hears of a fridge whose controller does not complain."""
HOLD_S = 2 * 3600.0
"""For how long a fridge must be well to have recovered: it warms, cools and defrosts in turns of an hour or two."""
ALARM_LASTS_S = 12 * 3600.0
"""A controller raises its alarm once; it counts until the fridge is well, or for so long."""
SHOWS_IN_S = 2 * 3600.0
"""In so long a time what is wrong with a fridge shows in its temperatures. Until then what is not seen counts less, and nobody
is sent unasked: food in a shut fridge is safe for four hours, and no technician comes within two."""
GRACE_S = 6 * 3600.0
"""After a repair: a warm fridge and what stands in it have to cool down first."""
MAY_REST = frozenset({"alarm:HighTemperature", "alarm:PowerLost", "alarm:CondenserHot"})
"""Alarms of a fridge that was just repaired: it was warm, and switched off, and works at full load."""
STOCK_KEPT = 16
"""Articles running low that are remembered."""
LEAST_PATIENCE = 0.05
LOOKS_EVERY_S = 1_700.0
"""In an episode that goes on; temperatures of hours do not change faster."""
DOOR_PATIENCE = 0.6
"""For more than an hour an open door is an open door; whether its switch lies shows by then in the temperature."""
NOT_REFUTED = frozenset({"alarm:IceMakerFault", "alarm:ControlFault"})
"""A fridge that cools well says nothing against these."""
COOL_K, TOO_COLD_K = 2.0, -3.0
"""Within these of the setting it is as cold as it should be."""
SET_WARM_C, RAISED_K = 7.5, 2.0
RUNS_ON_PERCENT = 95
"""A compressor that runs more than this does not keep up."""
RUNS_MORE = 25.0
"""Percent of the hour, beyond what is usual."""
HOTTER_K = 22.0
"""Of a condenser over the room; sound ones are sized for 12 to 20 K."""
LEAST_V, DARK_V = 0.87, 50.0
COIL_HEATED_C, HEATS_A = 25.0, 0.1
TEMPERATURE, SETPOINT = "TemperatureMeasurement.MeasuredValue", "TemperatureControl.TemperatureSetpoint"


def concluder(around: Surroundings) -> Concluder:
    """Return what concludes from what fridges send."""
    fridges = Appliances(around.explained)
    handlers: dict[str, Handler] = {
        "callahead.appliance.status.v1": fridges.status,
        "callahead.appliance.fault.v1": fridges.fault,
        "callahead.appliance.stock.v1": fridges.stock,
    }
    return Concluder(handlers, fridges.explain, fridges.repaired)


class Appliances:
    """Concludes from what fridges send."""

    def __init__(self, explained: Explained) -> None:
        self._explained_to = explained
        self._looked = LastLooked()

    @cached_property
    def _model(self) -> Model:
        return model(KNOWLEDGE)

    @cached_property
    def _watched(self) -> frozenset[str]:
        return watched()

    @cached_property
    def _safety(self) -> FoodSafety | None:
        return self._model.known.food_safety

    def status(
        self, event: ApplianceStatusEvent, record: DeviceRecord, twin: Twin, told: Readings, now: float
    ) -> Iterable[Conclusion]:
        """Take a status: readings may alarm without the controller complaining, end an episode, or revise what was told.

        A fridge that is well and of which nothing was told is looked at no further.
        """
        del now
        attributes, at = event.data.attributes, event.time.timestamp()
        if at < twin.read_at or twin.before_repair(at):
            return
        course, readings = self._take(twin, told, at, event.numbers[0])
        fine = _is_fine(course.rows[-1], course) and not NOT_REFUTED & twin.told.keys()
        open_now = FAULT in twin.episodes.open
        if not fine:
            course.is_odd(at)
            twin.episodes.interrupt(FAULT)
        if fine and not twin.told and not open_now:
            course.learn(course.rows[-1])
        elif at - course.looked_at >= LOOKS_EVERY_S:
            course.looked_at = at
            yield from self._look(event, record, twin, Seen(self._derived(twin, readings, at), {}, at), fine=fine)
        if not twin.episodes.open and not twin.told:
            return
        if attributes.door_open is False:
            yield from over(event, twin, DOOR, at)
        if fine:
            yield from recovered(event, twin, FAULT, at, HOLD_S)
            if FAULT not in twin.episodes.open and (open_now or at - course.odd_at >= HOLD_S):
                twin.told.clear()

    def fault(
        self, event: ApplianceFaultEvent, record: DeviceRecord, twin: Twin, told: Readings, now: float
    ) -> Iterable[Conclusion]:
        """Take what the controller complains about."""
        del now
        at = event.time.timestamp()
        if twin.before_repair(at):
            return
        yield from lapsed(event, twin, FAULT, at, HOLD_S)
        for alarm in event.data.alarms:
            name = f"alarm:{alarm}"
            twin.told[name] = ToldSign(
                confirmed=True, first_at=twin.told[name].first_at if name in twin.told else at, last_at=at
            )
        course, readings = self._take(twin, told, at, event.numbers[0])
        course.is_odd(at)
        if DOOR_ALARM in event.data.alarms:
            course.complain(at)
        yield from self._assess(event, record, twin, Seen(self._derived(twin, readings, at), {}, at), fresh=True)

    @staticmethod
    def repaired(twin: Twin, at: float) -> None:
        """Note that a technician is through with a fridge; a door or a stock is a matter of its own."""
        twin.repaired(FAULT, at, GRACE_S, ())
        twin.memory(FridgeMemory).forget()

    def explain(self, record: DeviceRecord, twin: Twin) -> Diagnosed:
        """Diagnose a fridge as it stands, and change nothing."""
        del record
        return diagnosed(
            self._model, Evidence(_told(twin, twin.read_at), self._seen(twin, dict(twin.readings), twin.read_at))
        )

    def _take(self, twin: Twin, told: Readings, at: float, boot: int) -> tuple[Course, Readings]:
        """Put a report into the twin: its readings, its place in the course, the food-safety clock."""
        newest = at >= twin.read_at
        readings = take_readings(twin, told, at, self._watched)
        memory = twin.memory(FridgeMemory)
        course = memory.course = memory.course or Course()
        if newest:
            course.note(row_of(told, at), boot)
            self._count_warm(memory, readings, at)
        for name in [name for name, one in twin.told.items() if at - one.last_at > ALARM_LASTS_S]:
            del twin.told[name]
        return course, readings

    @staticmethod
    def _derived(twin: Twin, readings: Readings, at: float) -> Readings:
        memory = twin.recalled(FridgeMemory) or FridgeMemory()
        if memory.course is not None:
            readings.update(fared(memory.course, at))
        if memory.warm_since is not None:
            readings["fridge.warm_minutes"] = (at - memory.warm_since) / 60
        elif TEMPERATURE in readings:
            readings["fridge.warm_minutes"] = 0.0
        warm, wanted = readings.get(TEMPERATURE), readings.get(SETPOINT)
        if isinstance(warm, int) and isinstance(wanted, int):
            readings["fridge.above_setpoint"] = (warm - wanted) / 100
        readings.update({f"alarm.{name.partition(':')[2]}": True for name in twin.told})
        return readings

    def _seen(self, twin: Twin, readings: Readings, at: float) -> Seen:
        return Seen(self._derived(twin, readings, at), twin.samples, at)

    def _count_warm(self, memory: FridgeMemory, readings: Readings, at: float) -> None:
        """Run the food-safety clock: since when it has been too warm, in one piece."""
        warm = readings.get(TEMPERATURE)
        if not isinstance(warm, int) or self._safety is None:
            return
        if warm <= self._safety.limit_c * 100:
            memory.warm_since = None
        elif memory.warm_since is None:
            memory.warm_since = at

    def _look(
        self, event: ApplianceStatusEvent, record: DeviceRecord, twin: Twin, seen: Seen, *, fine: bool
    ) -> Iterator[Conclusion]:
        """Diagnose where there is cause to: readings that alarm, an alarm that was told, an episode that goes on."""
        alarming = not fine and self._model.alarms(seen)
        if alarming or twin.told or FAULT in twin.episodes.open:
            yield from self._assess(event, record, twin, seen, fresh=False, fine=fine)

    def _assess(
        self,
        event: ApplianceFaultEvent | ApplianceStatusEvent,
        record: DeviceRecord,
        twin: Twin,
        seen: Seen,
        *,
        fresh: bool,
        fine: bool = False,
    ) -> Iterator[Conclusion]:
        """Diagnose where the evidence has changed, and tell dispatch what is news."""
        patience = _patience(twin, seen.at)
        evidence = Evidence(_told(twin, seen.at), seen, patience, patience=patience, device=twin.device)
        answers = self._model.answers(evidence)
        unsafe = self._unsafe(seen)
        rests = twin.rests(seen.at) and evidence.told.keys() <= MAY_REST
        looked = (tuple(evidence.told), tuple(answers.values()), unsafe, fine, patience, rests)
        if not self._looked.is_news(twin.device, looked) and not fresh:
            return
        found = _patient(diagnosed(self._model, evidence, answers), shut=_is_shut(twin))
        if patience < DOOR_PATIENCE:
            found = _door_told(found)
        subject = _subject(twin, found, fresh=fresh)
        self._explained_to(twin.device, subject, found)
        unheard = rests and subject == FAULT
        if subject not in twin.episodes.open and (fine or self._is_quiet(found, unsafe=unsafe)):
            unheard = True  # what is over by now is no news, and what only readings hint at is awaited
        episode = None
        if not unheard:
            episode = self._tell(event.key, twin, subject, seen.at, found, fresh=fresh, unsafe=unsafe, fine=fine)
        if episode is None and _complains_of_door(event, twin):
            found = _as_door(found)
            episode = self._tell(event.key, twin, DOOR, seen.at, found, fresh=fresh, unsafe=unsafe, fine=fine)
        if episode is not None:
            yield self._report(event, record, episode, found, unsafe=unsafe)

    @staticmethod
    def _is_quiet(found: Diagnosed, *, unsafe: bool) -> bool:
        """Tell whether nobody is to hear of it yet: the controller does not complain, and the readings alone are not sure.

        Of ten thousand sound fridges some hundred look odd on any day; a call for each would be the end of the service.
        """
        return not found.ranking.evidence.told and not unsafe and found.decision.probability < SURE_UNTOLD

    @staticmethod
    def _tell(
        key: str, twin: Twin, subject: str, at: float, found: Diagnosed, *, fresh: bool, unsafe: bool, fine: bool
    ) -> Episode | None:
        """Return the episode that dispatch is told of; food that has become unsafe is news by itself.

        A fridge that is well again is diagnosed once more, in the light of that; it goes on being well.
        """
        before = twin.episodes.open.get(subject)
        well_since = before.well_since if before else None
        episode = twin.episodes.tell(subject, key, at, found.judgement(before), fresh=fresh)
        if fine and before is not None:
            before.well_since = well_since
        if episode is None and unsafe and before is not None and not before.claims & {"unsafe"}:
            episode = before
        if episode is not None and unsafe:
            episode.claims.add("unsafe")
        return episode

    def _report(
        self,
        event: ApplianceFaultEvent | ApplianceStatusEvent,
        record: DeviceRecord,
        episode: Episode,
        found: Diagnosed,
        *,
        unsafe: bool,
    ) -> Finding:
        shows = record.paired_phone or record.device
        home = home_of(record, event.time.timestamp())
        told = finding(event, record, episode, Domain.APPLIANCE, found, home, shows)
        return worse(told, Severity.HIGH, self._safety.says) if unsafe and self._safety else told

    def _unsafe(self, seen: Seen) -> bool:
        warm = seen.readings.get("fridge.warm_minutes")
        return self._safety is not None and isinstance(warm, float) and warm >= self._safety.unsafe_after_min

    @staticmethod
    def stock(
        event: ApplianceStockEvent, record: DeviceRecord, twin: Twin, told: Readings, now: float
    ) -> Iterable[Conclusion]:
        """Take what is left of each article: an order where it is little, an end of that where it was filled up."""
        del told, now
        at = event.time.timestamp()
        for item in event.data.items:
            subject, key = f"stock/{item.gtin}", f"{event.key}/{item.gtin}"
            if item.quantity > item.reorder_at:
                yield from _stocked(event, twin, subject, at)
                continue
            low = Judgement(item.gtin, 1.0, Grade.ACT, Drive.NOT_A_CAR, 1.0)
            episode = twin.episodes.tell(subject, key, at, low, fresh=False)
            if episode is not None:
                yield _low_stock(event, item, record, episode)
        for subject in twin.episodes.beyond("stock", STOCK_KEPT):
            yield from _stocked(event, twin, subject, at)


def _stocked(event: ApplianceStockEvent, twin: Twin, subject: str, at: float) -> Iterable[Recovery]:
    """End a need. What was filled up and runs low again is a new one, no relapse."""
    yield from over(event, twin, subject, at)
    twin.episodes.over.pop(subject, None)


def _told(twin: Twin, at: float) -> dict[str, bool]:
    """Return the alarms that count at ``at``."""
    left = twin.left_over(at)
    return {name: one.confirmed for name, one in twin.told.items() if name not in left}


def _course(twin: Twin) -> Course | None:
    memory = twin.recalled(FridgeMemory)
    return memory.course if memory else None


def _patience(twin: Twin, at: float) -> float:
    """Return how much of the time has passed in which a fault shows, in quarters."""
    began = [one.first_at for one in twin.told.values()]
    if FAULT in twin.episodes.open:
        began.append(twin.episodes.open[FAULT].opened_at)
    course = _course(twin)
    if course is not None and course.odd_since:
        began.append(course.odd_since)
    waited = (at - min(began, default=at)) / SHOWS_IN_S
    return LEAST_PATIENCE + (1 - LEAST_PATIENCE) * min(4, int(waited * 4)) / 4


def _is_shut(twin: Twin) -> bool:
    """Tell whether the door reads shut: a switch that does can hardly be the one that does not."""
    course = _course(twin)
    row = course.rows[-1] if course and course.rows else None
    return row is not None and row.door == 0


def _patient(found: Diagnosed, *, shut: bool) -> Diagnosed:
    """Ask before somebody is sent, while it may still be something that passes, or for a door's switch that works just now."""
    decision = found.decision
    passes = found.ranking.evidence.patience < 1 or (shut and decision.part == SWITCH_PART)
    hasty = passes and decision.grade is Grade.ACT
    if not hasty or found.model.known.parts[decision.part].help is not Help.TECHNICIAN:
        return found
    return replace(found, decision=replace(decision, grade=Grade.ASK))


def _door_told(found: Diagnosed) -> Diagnosed:
    """Tell of a door while nothing but the door is told: it costs nothing and is right, even if groceries are being put in."""
    only_door = set(found.ranking.evidence.told) == {f"alarm:{DOOR_ALARM}"}
    return _as_door(found) if only_door and found.decision.grade is not Grade.ACT else found


def _as_door(found: Diagnosed) -> Diagnosed:
    """Tell of a door, whatever else may be wrong."""
    share = found.ranking.probability(DOOR_PART)
    return replace(found, decision=replace(found.decision, grade=Grade.ACT, part=DOOR_PART, probability=share))


def _complains_of_door(event: ApplianceFaultEvent | ApplianceStatusEvent, twin: Twin) -> bool:
    """Tell whether the controller says, with this event, that the door is open: its owner hears it, whatever else is odd.

    Not where the door reads shut, or where it, or its switch, is what they were told of.
    """
    fault = twin.episodes.open.get(FAULT)
    known = fault is not None and fault.part in {DOOR_PART, SWITCH_PART}
    complains = event.type == "callahead.appliance.fault.v1" and DOOR_ALARM in event.data.alarms
    return complains and not known and not _is_shut(twin)


def _subject(twin: Twin, found: Diagnosed, *, fresh: bool) -> str:
    """A door is an episode of its own, over when it is shut; what a fault turns out to be stays with the fault."""
    shut = _is_shut(twin) and not fresh
    if found.decision.part != DOOR_PART or shut or FAULT in twin.episodes.open:
        return FAULT
    return DOOR


def fares_well(twin: Twin, told: Readings, at: float, boot: int) -> bool:
    """Take a report of a fridge that is well, of which nothing was told; ``False``: it is not, and nothing was changed.

    What every report of such a fridge comes to: its row, what is usual for it, and that its food is cold.
    """
    row, safety, known = row_of(told, at), model(KNOWLEDGE).known.food_safety, _course(twin)
    if safety is None or not _is_cold(told, safety.limit_c):
        return False
    course = known or Course()
    if course.boot not in {None, boot} or not _is_fine(course.joined(row), course):
        return False
    memory = twin.memory(FridgeMemory)
    memory.course, memory.warm_since = course, None
    course.note(row, boot)
    course.learn(course.rows[-1])
    return True


def watched() -> frozenset[str]:
    """Return the readings that are kept over time."""
    conditions = model(KNOWLEDGE).known.conditions.values()
    return frozenset(check.trend for condition in conditions for check in condition.all if check.trend)


def _is_cold(told: Readings, limit_c: float) -> bool:
    warm = told.get(TEMPERATURE)
    return isinstance(warm, int) and warm <= limit_c * 100


def _is_fine(row: Row, course: Course) -> bool:
    """Tell whether a report is that of a fridge that is well. Cheap: it is asked of every report."""
    above, usual = row.above, course.usual
    if above is None or not TOO_COLD_K < above < COOL_K or row.door or row.mains == 0:
        return False
    if row.setpoint is not None and row.setpoint > min(SET_WARM_C, usual.get("setpoint", SET_WARM_C) + RAISED_K):
        return False
    if course.starts and course.starts[-1][0] == row.at:
        return False
    if row.duty is not None and row.duty > min(RUNS_ON_PERCENT, usual.get("duty", 100.0) + RUNS_MORE):
        return False
    return _is_power_fine(row, usual) and _is_circuit_fine(row)


def _is_power_fine(row: Row, usual: Mapping[str, float]) -> bool:
    if row.volts is None:
        return True
    nominal = NOMINAL_V[usual.get("volts", row.volts) > sum(NOMINAL_V) / 2]
    return row.volts > max(DARK_V, LEAST_V * nominal)


def _is_circuit_fine(row: Row) -> bool:
    lift = row.lift
    if row.evaporator is not None and row.evaporator > COIL_HEATED_C:
        return False
    if row.heater is not None and row.heater < HEATS_A:
        return False
    return lift is None or lift < HOTTER_K


def _low_stock(event: ApplianceStockEvent, item: StockItem, record: DeviceRecord, episode: Episode) -> Finding:
    place = home_of(record, event.time.timestamp())
    return Finding(
        key=f"{event.key}/{item.gtin}",
        episode=episode.key,
        device=record.device,
        domain=Domain.APPLIANCE,
        customer=record.customer or "",
        part="stock",
        name=f"{item.name} running out",
        probability=1.0,
        alternatives=(),
        why=(f"{item.quantity:g} left, to be ordered at {item.reorder_at:g}",),
        severity=Severity.LOW,
        drive=Drive.NOT_A_CAR,
        remedy=Remedy(Help.SUPPLIES, "goods", 0, 0, "none"),
        advice=f"{item.name} is running out; we order {item.reorder_quantity:g} for you.",
        place=place,
        near=gazetteer().near(place.latitude, place.longitude) if place else "",
        observed_at=event.time.timestamp(),
        provenance=provenance_of(event, record),
        notify=record.paired_phone or record.device,
        lines=(OrderLine(item.gtin, item.name, item.reorder_quantity),),
    )
