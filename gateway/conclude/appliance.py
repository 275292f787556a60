"""Fridges: alarms, temperatures over time, the food-safety clock, stock."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gateway.conclude.readings import Readings, home_of, provenance_of, published, sound, take_readings
from gateway.conclude.report import Diagnosed, Explained, diagnosed, finding, lapsed, over, recovered, remember, worse
from gateway.contract.messages import (
    ApplianceFaultEvent,
    ApplianceStatusEvent,
    ApplianceStockEvent,
    StockItem,
)
from gateway.contract.values import ApplianceAttributes
from gateway.diagnosis.bayes import Evidence, model
from gateway.diagnosis.conditions import Seen
from gateway.episodes import Episode, Judgement
from gateway.finding import (
    Conclusion,
    Domain,
    Drive,
    Finding,
    Grade,
    Help,
    OrderLine,
    Remedy,
    Severity,
)
from gateway.places import gazetteer
from gateway.registry import DeviceRecord
from gateway.twin import Told, Twin

FAULT, DOOR = "fault", "door"
HOLD_S = 2 * 3600.0
"""For how long a fridge must be well to have recovered: it warms, cools and defrosts in turns of an hour or two."""
ALARM_LASTS_S = 12 * 3600.0
"""A controller raises its alarm once; it counts until the fridge is well, or for so long."""
COOL_MARGIN = 200
"""Hundredths of a degree above the setpoint within which it is cool."""
USUAL_SETPOINT = 400
RUNS_ON_PERCENT = 95
"""A compressor that runs more than this does not keep up."""
TEMPERATURE, SETPOINT = "TemperatureMeasurement.MeasuredValue", "TemperatureControl.TemperatureSetpoint"


class Appliances:
    """Concludes from what fridges send."""

    def __init__(self, explained: Explained) -> None:
        self._explained_to = explained
        self._model = model("fridge")
        conditions = self._model.known.conditions
        self._watched = {check.trend for condition in conditions.values() for check in condition.all if check.trend}
        self._alarming = tuple(
            name
            for name, condition in conditions.items()
            if condition.false_alarm <= 0.02  # noqa: PLR2004 - as for cars
        )
        self._safety = self._model.known.food_safety
        self._looked: dict[str, tuple[object, ...]] = {}

    def status(self, event: ApplianceStatusEvent, record: DeviceRecord, twin: Twin, now: float) -> Iterable[Conclusion]:
        """Take a status: readings may alarm without the controller complaining, and end an episode."""
        del now
        attributes, at = event.data.attributes, event.time.timestamp()
        newest = at >= twin.read_at
        seen = self._see(twin, attributes, at)
        alarms = tuple(name for name in self._alarming if self._model.tests[name](seen))
        if not newest:
            return
        if attributes.door_open is False:
            yield from over(event, twin, DOOR, at)
        if _is_well(attributes) and not alarms:
            yield from recovered(event, twin, FAULT, at, HOLD_S)
            if FAULT not in twin.episodes.open:
                twin.told.clear()
        elif alarms or twin.episodes.open.get(FAULT):
            yield from self._assess(event, record, twin, seen, fresh=False, alarms=alarms)

    def fault(self, event: ApplianceFaultEvent, record: DeviceRecord, twin: Twin, now: float) -> Iterable[Conclusion]:
        """Take what the controller complains about."""
        del now
        at = event.time.timestamp()
        yield from lapsed(event, twin, FAULT, at, HOLD_S)
        for alarm in event.data.alarms:
            name = f"alarm:{alarm}"
            twin.told[name] = Told(
                confirmed=True, first_at=twin.told[name].first_at if name in twin.told else at, last_at=at
            )
        yield from self._assess(event, record, twin, self._see(twin, event.data.attributes, at), fresh=True)

    def explain(self, record: DeviceRecord, twin: Twin) -> Diagnosed:
        """Diagnose a fridge as it stands, and change nothing."""
        del record
        told = {name: one.confirmed for name, one in twin.told.items()}
        seen = Seen(self._derived(twin, dict(twin.readings), twin.read_at), twin.samples, twin.read_at)
        return diagnosed(self._model, Evidence(told, seen, held=_held(twin)))

    def _see(self, twin: Twin, attributes: ApplianceAttributes, at: float) -> Seen:
        readings = take_readings(twin, sound(published(attributes)), at, self._watched)
        self._count_warm(twin, readings, at)
        for name in [name for name, one in twin.told.items() if at - one.last_at > ALARM_LASTS_S]:
            del twin.told[name]
        return Seen(self._derived(twin, readings, at), twin.samples, at)

    @staticmethod
    def _derived(twin: Twin, readings: Readings, at: float) -> Readings:
        if twin.warm_since is not None:
            readings["fridge.warm_minutes"] = (at - twin.warm_since) / 60
        elif TEMPERATURE in readings:
            readings["fridge.warm_minutes"] = 0.0
        warm, wanted = readings.get(TEMPERATURE), readings.get(SETPOINT)
        if isinstance(warm, int) and isinstance(wanted, int):
            readings["fridge.above_setpoint"] = (warm - wanted) / 100
        readings.update({f"alarm.{name.partition(':')[2]}": True for name in twin.told})
        return readings

    def _count_warm(self, twin: Twin, readings: Readings, at: float) -> None:
        """Run the food-safety clock: since when it has been too warm, in one piece."""
        warm = readings.get(TEMPERATURE)
        if not isinstance(warm, int) or self._safety is None or at < twin.read_at:
            return
        if warm <= self._safety.limit_c * 100:
            twin.warm_since = None
        elif twin.warm_since is None:
            twin.warm_since = at

    def _assess(
        self,
        event: ApplianceFaultEvent | ApplianceStatusEvent,
        record: DeviceRecord,
        twin: Twin,
        seen: Seen,
        *,
        fresh: bool,
        alarms: tuple[str, ...] = (),
    ) -> Iterator[Conclusion]:
        told = {name: one.confirmed for name, one in twin.told.items()}
        unsafe = self._unsafe(seen)
        looked = (tuple(told), alarms, unsafe)
        if not fresh and self._looked.get(twin.device) == looked:
            return
        self._looked[twin.device] = looked
        found = diagnosed(self._model, Evidence(told, seen, held=_held(twin)))
        subject = DOOR if found.model.known.parts[found.decision.part].help is Help.NOTICE else FAULT
        self._explained_to(twin.device, subject, found)
        episode = self._tell(event.key, twin, subject, seen.at, found, fresh=fresh, unsafe=unsafe)
        remember(found, twin.episodes.open.get(subject))
        if episode is not None:
            yield self._report(event, record, episode, found, unsafe=unsafe)

    @staticmethod
    def _tell(
        key: str, twin: Twin, subject: str, at: float, found: Diagnosed, *, fresh: bool, unsafe: bool
    ) -> Episode | None:
        """Return the episode that dispatch is told of; food that has become unsafe is news by itself."""
        before = twin.episodes.open.get(subject)
        episode = twin.episodes.tell(subject, key, at, found.judgement(before), fresh=fresh)
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
    def stock(event: ApplianceStockEvent, record: DeviceRecord, twin: Twin, now: float) -> Iterable[Conclusion]:
        """Take what is left of each article: an order where it is little, an end of that where it was filled up."""
        del now
        at = event.time.timestamp()
        for item in event.data.items:
            subject, key = f"stock/{item.gtin}", f"{event.key}/{item.gtin}"
            if item.quantity > item.reorder_at:
                yield from over(event, twin, subject, at)
                continue
            twin.episodes.over.pop(subject, None)  # what was filled up and runs low again is a new need, no relapse
            low = Judgement(item.gtin, 1.0, Grade.ACT, Drive.NOT_A_CAR, 1.0)
            episode = twin.episodes.tell(subject, key, at, low, fresh=False)
            if episode is not None:
                yield _low_stock(event, item, record, episode)


def _held(twin: Twin) -> frozenset[str]:
    """Return what held in the episodes under way: a door that stood open explains a warmth that outlasts it."""
    return frozenset(name for subject in (FAULT, DOOR) for name in _episode_held(twin, subject))


def _episode_held(twin: Twin, subject: str) -> set[str]:
    episode = twin.episodes.open.get(subject)
    return episode.held if episode else set()


def _is_well(attributes: ApplianceAttributes) -> bool:
    warm = attributes.temperature
    wanted = USUAL_SETPOINT if attributes.setpoint is None else attributes.setpoint
    cool = warm is not None and warm <= wanted + COOL_MARGIN
    return cool and attributes.mains_present is not False and (attributes.compressor_duty or 0) < RUNS_ON_PERCENT


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
