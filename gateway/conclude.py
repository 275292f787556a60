"""From an event to what dispatch is told: a finding, a recovery, a truck's report, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from gateway.contract.messages import (
    ApplianceFaultEvent,
    ApplianceStatusEvent,
    ApplianceStockEvent,
    DeviceEvent,
    PaymentAttemptEvent,
    PhoneStatusEvent,
    StockItem,
    TruckStatusEvent,
    VehicleFaultEvent,
    VehicleStatusEvent,
)
from gateway.contract.values import ApplianceAttributes, Position, VehicleSignals
from gateway.diagnosis.bayes import Diagnosis, diagnose
from gateway.diagnosis.catalogue import catalogue
from gateway.finding import (
    Conclusion,
    Domain,
    Drive,
    Finding,
    Help,
    OrderLine,
    Place,
    Provenance,
    Recovery,
    Remedy,
    Severity,
    TruckReport,
)
from gateway.outage import Outages
from gateway.places import gazetteer
from gateway.registry import DeviceRecord, Registry
from gateway.twin import Episode, Twin

ATTEMPTS = 2
"""So many rejected attempts at one payment are a finding; the first failure alone is everyday life."""
PHONE_AGE_S = 900.0
"""An older position of the owner's phone says nothing about where the car is."""
_FAULT, _DOOR = "fault", "door"


class Conclude:
    """Keeps the twins up to date and says what follows. One kind of event, one method."""

    def __init__(self, registry: Registry, twins: dict[str, Twin]) -> None:
        self._registry = registry
        self._twins = twins
        self._outages = Outages()
        self._by_type: dict[type, Callable[..., Iterable[Conclusion]]] = {
            VehicleStatusEvent: self._vehicle_status,
            VehicleFaultEvent: self._vehicle_fault,
            ApplianceStatusEvent: self._appliance_status,
            ApplianceFaultEvent: self._appliance_fault,
            ApplianceStockEvent: self._stock,
            PaymentAttemptEvent: self._payment,
            PhoneStatusEvent: self._phone_status,
            TruckStatusEvent: self._truck_status,
        }

    def from_event(self, event: DeviceEvent, record: DeviceRecord, twin: Twin, now: float) -> tuple[Conclusion, ...]:
        """Change the twin and return what dispatch has to know. ``now``: POSIX seconds by our clock."""
        return tuple(self._by_type[type(event)](event, record, twin, now))

    # --- cars --------------------------------------------------------------------------------------------------------

    def _vehicle_status(
        self, event: VehicleStatusEvent, record: DeviceRecord, twin: Twin, now: float
    ) -> Iterable[Conclusion]:
        del record, now
        signals = event.data.signals
        if _take_readings(twin, signals, event.time.timestamp()):
            _take_place(twin, event.data.fix)
            twin.moving = bool(signals.speed)
        if signals.dtc_count == 0 and event.time.timestamp() >= twin.read_at:
            yield from _recover(event, twin, _FAULT)

    def _vehicle_fault(
        self, event: VehicleFaultEvent, record: DeviceRecord, twin: Twin, now: float
    ) -> Iterable[Conclusion]:
        frame = event.data.freeze_frame
        _take_readings(twin, frame, event.time.timestamp())
        _take_place(twin, event.data.fix)
        confirmed = tuple(dtc.code for dtc in event.data.codes if dtc.status != "pending")
        known = catalogue("car")
        held, failed = known.conditions_of(_published(frame))
        if not confirmed and not held:
            return
        before = twin.episodes.get(_FAULT)
        codes = sorted({*confirmed, *(before.codes if before else ())})
        found = diagnose(known, codes, held, failed)
        if not _is_news(twin, _FAULT, event.key, found.part, tuple(codes)):
            return
        place = self._car_place(event.data.fix, record, twin, now)
        yield self._finding(event, record, twin.episodes[_FAULT], Domain.VEHICLE, found, place, record.paired_phone)

    def _car_place(self, fix: Position | None, record: DeviceRecord, twin: Twin, now: float) -> Place | None:
        """Return where the car is: its own fix; its owner's phone, if that is fresh; where it was last seen."""
        if fix is not None:
            return _place(fix, "gnss")
        phone = self._twins.get(record.paired_phone or "")
        if phone is not None and phone.place is not None and now - phone.place.fix_time <= PHONE_AGE_S:
            seen = phone.place
            return Place(seen.latitude, seen.longitude, seen.accuracy_m, seen.fix_time, "phone")
        return twin.place

    # --- fridges -----------------------------------------------------------------------------------------------------

    def _appliance_status(
        self, event: ApplianceStatusEvent, record: DeviceRecord, twin: Twin, now: float
    ) -> Iterable[Conclusion]:
        del record, now
        attributes = event.data.attributes
        if not _take_readings(twin, attributes, event.time.timestamp()):
            return
        if attributes.door_open is False:
            yield from _recover(event, twin, _DOOR)
        cool = attributes.temperature is not None and attributes.temperature <= (attributes.setpoint or 400) + 200
        if cool and attributes.mains_present is not False and (attributes.compressor_duty or 0) < 95:  # noqa: PLR2004
            yield from _recover(event, twin, _FAULT)

    def _appliance_fault(
        self, event: ApplianceFaultEvent, record: DeviceRecord, twin: Twin, now: float
    ) -> Iterable[Conclusion]:
        del now
        _take_readings(twin, event.data.attributes, event.time.timestamp())
        known = catalogue("fridge")
        held, failed = known.conditions_of(twin.readings)
        found = diagnose(known, event.data.alarms, held, failed)
        subject = _DOOR if found.entry.help is Help.NOTICE else _FAULT
        if _is_news(twin, subject, event.key, found.part, tuple(event.data.alarms)):
            shows = record.paired_phone or record.device
            yield self._finding(
                event, record, twin.episodes[subject], Domain.APPLIANCE, found, _home(record, event), shows
            )

    def _stock(self, event: ApplianceStockEvent, record: DeviceRecord, twin: Twin, now: float) -> Iterable[Conclusion]:
        del now
        for item in event.data.items:
            subject = f"stock/{item.gtin}"
            if item.quantity > item.reorder_at:
                yield from _recover(event, twin, subject)
            elif _is_news(twin, subject, f"{event.key}/{item.gtin}", item.gtin, ()):
                yield _low_stock(event, item, record, twin.episodes[subject])

    # --- payments ----------------------------------------------------------------------------------------------------

    def _payment(
        self, event: PaymentAttemptEvent, record: DeviceRecord, twin: Twin, now: float
    ) -> Iterable[Conclusion]:
        attempt = event.data
        subject = f"payment/{attempt.end_to_end_id}"
        if attempt.status != "RJCT":
            twin.failures.pop(attempt.end_to_end_id, None)
            if attempt.status == "ACSC":
                yield from _recover(event, twin, subject)
            return
        self._outages.failed(attempt.processor, record.device, now)
        failures = twin.failures[attempt.end_to_end_id] = twin.failures.get(attempt.end_to_end_id, 0) + 1
        if failures < ATTEMPTS:
            return
        outage = self._outages.is_out(attempt.processor, now)
        held, failed = ({"others_fail_too"}, set[str]()) if outage else (set[str](), {"others_fail_too"})
        found = diagnose(catalogue("payment"), [attempt.reason or "MS03"], held, failed)
        if _is_news(twin, subject, event.key, found.part, ()):
            yield self._finding(event, record, twin.episodes[subject], Domain.PAYMENT, found, None, record.device)

    # --- phones and trucks -------------------------------------------------------------------------------------------

    def _phone_status(
        self, event: PhoneStatusEvent, record: DeviceRecord, twin: Twin, now: float
    ) -> Iterable[Conclusion]:
        del record, now
        _take_place(twin, event.data.position)
        return ()

    def _truck_status(
        self, event: TruckStatusEvent, record: DeviceRecord, twin: Twin, now: float
    ) -> Iterable[Conclusion]:
        del now
        data = event.data
        _take_place(twin, data.position)
        yield TruckReport(
            event.key,
            record.device,
            _place(data.position, "gnss"),
            data.duty == "on",
            record.skills,
            _provenance(event, record),
            data.job.id if data.job else None,
            data.job.state if data.job else None,
        )

    def _finding(  # noqa: PLR0917 - a finding has many sources
        self,
        event: DeviceEvent,
        record: DeviceRecord,
        episode: Episode,
        domain: Domain,
        found: Diagnosis,
        place: Place | None,
        notify: str | None,
    ) -> Finding:
        part = found.entry
        return Finding(
            key=event.key,
            episode=episode.key,
            device=record.device,
            domain=domain,
            customer=record.customer or "",
            part=found.part,
            name=part.name,
            probability=found.probability,
            alternatives=found.alternatives,
            why=found.why,
            severity=part.severity,
            drive=part.drive,
            remedy=part.remedy,
            advice=part.advice,
            place=place,
            near=gazetteer().near(place.latitude, place.longitude) if place else "",
            observed_at=event.time.timestamp(),
            provenance=_provenance(event, record),
            notify=notify,
        )


def _low_stock(event: ApplianceStockEvent, item: StockItem, record: DeviceRecord, episode: Episode) -> Finding:
    place = _home(record, event)
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
        remedy=Remedy(Help.SUPPLIES, "goods", 0, 0),
        advice=f"{item.name} is running out; we order {item.reorder_quantity:g} for you.",
        place=place,
        near=gazetteer().near(place.latitude, place.longitude) if place else "",
        observed_at=event.time.timestamp(),
        provenance=_provenance(event, record),
        notify=record.paired_phone or record.device,
        lines=(OrderLine(item.gtin, item.name, item.reorder_quantity),),
    )


def _is_news(twin: Twin, subject: str, key: str, part: str, codes: tuple[str, ...]) -> bool:
    """Open an episode, or revise it where the part changed. ``False``: dispatch knows already."""
    episode = twin.episodes.get(subject)
    if episode is None:
        twin.episodes[subject] = Episode(key, part, codes)
        return True
    revised = episode.part != part
    episode.part, episode.codes = part, codes
    return revised


def _recover(event: DeviceEvent, twin: Twin, subject: str) -> Iterable[Recovery]:
    episode = twin.episodes.pop(subject, None)
    if episode is not None:
        yield Recovery(f"{event.key}/{subject}", episode.key, twin.device, event.time.timestamp())


def _take_readings(twin: Twin, model: VehicleSignals | ApplianceAttributes, read_at: float) -> bool:
    """Put single readings, no lists, into the twin unless newer ones are there; ``False``: they are old."""
    if read_at < twin.read_at:
        return False
    twin.read_at = read_at
    names = _NAMES[type(model)]
    readings = twin.readings
    for field in model.model_fields_set:
        value = getattr(model, field)
        if isinstance(value, float | int | str):
            readings[names[field]] = value
    return True


_NAMES: dict[type, dict[str, str]] = {
    model: {name: field.alias or name for name, field in model.model_fields.items()}
    for model in (VehicleSignals, ApplianceAttributes)
}
"""Of each model: attribute → published name."""


def _published(model: VehicleSignals) -> dict[str, float | int | str | bool]:
    return model.model_dump(by_alias=True, exclude_none=True)


def _take_place(twin: Twin, position: Position | None) -> None:
    if position is None:
        return
    fix_time = position.fix_time.timestamp()
    if twin.place is None or fix_time >= twin.place.fix_time:
        twin.place = Place(position.latitude, position.longitude, position.accuracy_m, fix_time, "gnss")


def _place(position: Position, source: str) -> Place:
    fix_time = position.fix_time.timestamp()
    return Place(position.latitude, position.longitude, position.accuracy_m, fix_time, source)


_HOME_ACCURACY_M = 30.0
"""A geocoded address."""


def _home(record: DeviceRecord, event: DeviceEvent) -> Place | None:
    if record.home_latitude is None or record.home_longitude is None:
        return None
    now = event.time.timestamp()
    return Place(record.home_latitude, record.home_longitude, _HOME_ACCURACY_M, now, "home")


def _provenance(event: DeviceEvent, record: DeviceRecord) -> Provenance:
    """Simulated if anybody says so."""
    return "simulated" if "simulated" in {event.provenance, record.provenance} else "real"
