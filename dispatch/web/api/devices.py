"""Paths that tell how devices do: there, gone or silent, what is missing of their events, how their clocks go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from fastapi import APIRouter
from pydantic import BaseModel, Field

from dispatch.access.permissions import Permission
from dispatch.service.service import Service
from dispatch.web.dependencies import Limit, ServiceDep
from dispatch.web.kind_name import KindName
from dispatch.web.may import Own, may
from dispatch.web.problems import ApiProblem, answers
from gateway.conclude.report import Diagnosed
from gateway.contract.bounds import Id
from gateway.devices.liveness import Cadence, Liveness
from gateway.devices.registry import DeviceRecord
from gateway.devices.twin import Twin
from gateway.diagnosis.explain import deciding_measurement, ranked, reasons_against, reasons_for
from gateway.finding import Drive, Grade, Place, Provenance, Severity
from gateway.kinds.registry import kinds

router = APIRouter(tags=["devices"], responses=answers(404, 422))


class PlaceSeen(BaseModel):
    """Where a device was when it last knew."""

    latitude: float = Field(description="WGS 84 degrees.")
    longitude: float
    accuracy_m: float
    source: str
    age_s: float = Field(description="Since the fix was taken.")


class EventsSeen(BaseModel):
    """What the numbers of a device's events say."""

    taken: int
    missing: int = Field(description="Not here yet; they may still come.")
    lost: int = Field(description="Missing for more than two minutes; one that comes after all is taken back.")
    repeats: int = Field(description="Came again and changed nothing.")
    reordered: int = Field(description="Came behind a later one, within two minutes.")
    late: int = Field(description="Came when they counted as lost.")
    reused_ids: int = Field(description="Refused: another event under an id that was taken. Since the service started.")


class ClockSeen(BaseModel):
    """How the device's clock goes."""

    skew_s: float | None = Field(description="Seconds ahead of ours (negative: behind), the way's delay included.")
    is_off: bool = Field(description="Surely wrong by more than a minute.")


class DeviceSummary(BaseModel):
    """How a device does, in a line."""

    device: str
    kind: KindName
    state: Liveness = Field(description="``silent``: it should have reported and has not.")
    state_age_s: float | None = Field(description="For how long; for a silent one, since it was heard last.")
    heard_age_s: float | None
    lost: int
    clock_is_off: bool


class DeviceSeen(DeviceSummary):
    """Everything known of a device now. Every value has an age."""

    provenance: Provenance
    silent_after_s: float = Field(
        description="Silent when nothing is heard for so long: its habit, else the contract's."
    )
    boot: int | None
    last_seq: int | None
    restarts: int = Field(description="Since it was first heard.")
    boots_went_back: int = Field(description="Events of an earlier boot, yet younger: it does not count its restarts.")
    events: EventsSeen
    clock: ClockSeen
    place: PlaceSeen | None
    readings: dict[str, float | int | str | bool]
    readings_age_s: float | None


class PartSeen(BaseModel):
    """A part that may have failed, or ``nothing``."""

    part: str
    name: str
    probability: float
    severity: Severity
    safe_to_drive: Drive


class DiagnosisSeen(BaseModel):
    """What we think of a device now."""

    parts: list[PartSeen] = Field(description="Likeliest first.")
    decision: Grade
    part: str = Field(description="What would be told.")
    safe_to_drive: Drive = Field(description="Told with it: on the safe side where parts differ.")
    why: list[str]
    against: list[str]
    measure: str = Field(description="What one more measurement would decide; empty: nothing would.")


class VendorsDevices(BaseModel):
    """A vendor's devices."""

    counts: dict[Liveness, int] = Field(description="State → how many, of all of them.")
    devices: list[DeviceSummary] = Field(description="By name.")


@router.get(
    "/devices/{vendor}/{device}", dependencies=[may(Permission.READ_DEVICES, Own.DEVICE)], summary="How a device does"
)
async def device_seen(vendor: Id, device: Id, service: ServiceDep) -> DeviceSeen:
    """State, place, order of its events, clock and last readings, each with its age in seconds."""
    name = f"{vendor}/{device}"
    record = service.room.intake.registry.get(name)
    if record is None:
        raise ApiProblem(
            404, "unknown-device", "There is no such device", f"{name} is not registered: POST /api/v1/devices"
        )
    await service.see_home(name)
    return _seen(record, _twin(service, name), service.now())


@router.get(
    "/devices/{vendor}/{device}/diagnosis",
    dependencies=[may(Permission.READ_DEVICES, Own.DEVICE)],
    summary="What we think of a device now",
)
async def device_diagnosis(vendor: Id, device: Id, service: ServiceDep) -> DiagnosisSeen:
    """Ranked parts, what to do, why, what speaks against it, and what one more measurement would decide.

    Also of what is only watched and of which nobody has been told. Phones and trucks are not diagnosed: 404.
    """
    name = f"{vendor}/{device}"
    await service.see_home(name)
    found = service.room.intake.explain(name)
    if found is None:
        detail = f"{name} is not registered, has sent nothing yet, or is of a kind that is not diagnosed"
        raise ApiProblem(404, "no-diagnosis", "There is nothing to diagnose", detail)
    best = found.ranking.best
    return DiagnosisSeen(
        parts=list(_parts(found)),
        decision=found.decision.grade,
        part=found.decision.part,
        safe_to_drive=found.decision.drive,
        why=list(reasons_for(found.model, found.ranking, best)),
        against=list(reasons_against(found.model, found.ranking, best)),
        measure=deciding_measurement(found.model, found.ranking),
    )


@router.get(
    "/vendors/{vendor}/devices",
    dependencies=[may(Permission.READ_DEVICES, Own.VENDOR)],
    summary="How a vendor's devices do",
)
async def vendors_devices(
    vendor: Id, service: ServiceDep, state: Liveness | None = None, limit: Limit = 1_000
) -> VendorsDevices:
    """A line for each, and how many are in which state; ``state`` shows those of one alone."""
    now = service.now()
    records = sorted(_of(service, vendor), key=lambda record: record.device)
    lines = [_summary(record, _twin(service, record.device), now) for record in records]
    counts = dict.fromkeys(Liveness, 0) | Counter(line.state for line in lines)
    shown = [line for line in lines if state is None or line.state is state]
    return VendorsDevices(counts=counts, devices=shown[:limit])


def _parts(found: Diagnosed) -> Iterator[PartSeen]:
    parts = found.model.known.parts
    for share, part in ranked(found.ranking, watched=found.decision.grade is Grade.WATCH):
        yield PartSeen(
            part=part,
            name=parts[part].name,
            probability=round(share, 4),
            severity=parts[part].severity,
            safe_to_drive=parts[part].drive,
        )


def _of(service: Service, vendor: str) -> list[DeviceRecord]:
    return [record for record in service.room.intake.registry if record.device.startswith(f"{vendor}/")]


def _twin(service: Service, device: str) -> Twin:
    """Return the twin, or a blank one that nobody keeps."""
    return service.twins().get(device) or Twin(device)


def _cadence(record: DeviceRecord) -> Cadence:
    return kinds().named(record.kind).cadence


def _summary(record: DeviceRecord, twin: Twin, now: float) -> DeviceSummary:
    standing = twin.standing(_cadence(record), now)
    return DeviceSummary(
        device=record.device,
        kind=record.kind,
        state=standing.state,
        state_age_s=_age(standing.since, now),
        heard_age_s=_age(twin.pulse.heard_at, now),
        lost=twin.order.lost(now),
        clock_is_off=twin.clock.is_off,
    )


def _seen(record: DeviceRecord, twin: Twin, now: float) -> DeviceSeen:
    order = twin.order
    return DeviceSeen(
        **_summary(record, twin, now).model_dump(),
        provenance=record.provenance,
        silent_after_s=twin.patience_s(_cadence(record)),
        boot=order.boot,
        last_seq=order.seq,
        restarts=order.restarts,
        boots_went_back=order.went_back,
        events=_events(twin, now),
        clock=ClockSeen(skew_s=twin.clock.skew_s, is_off=twin.clock.is_off),
        place=_place(twin.place, now),
        readings=twin.readings,
        readings_age_s=_age(twin.read_at or None, now),
    )


def _events(twin: Twin, now: float) -> EventsSeen:
    order = twin.order
    return EventsSeen(
        taken=order.taken,
        missing=order.missing(now),
        lost=order.lost(now),
        repeats=order.repeats,
        reordered=order.reordered,
        late=order.late,
        reused_ids=order.reused,
    )


def _place(place: Place | None, now: float) -> PlaceSeen | None:
    if place is None:
        return None
    return PlaceSeen(
        latitude=place.latitude,
        longitude=place.longitude,
        accuracy_m=place.accuracy_m,
        source=place.source,
        age_s=now - place.fix_time,
    )


def _age(since: float | None, now: float) -> float | None:
    return None if since is None else now - since
