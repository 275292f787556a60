"""From an event to what dispatch is told: a finding, a recovery, a truck's report, or nothing. Pure.

``vehicle``, ``appliance`` and ``payment`` gather the evidence of their kind of device; ``report`` makes a finding of a diagnosis.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter
from typing import NamedTuple

from gateway.conclude.readings import place_of, provenance_of, sound, take_place
from gateway.conclude.report import Diagnosed, Explained
from gateway.contract.envelope import DeviceEvent
from gateway.contract.values import Readings
from gateway.devices.plausible import Clash, clashes
from gateway.devices.registry import DeviceKind, DeviceRecord
from gateway.devices.twin import Twin
from gateway.devices.twins import Twins
from gateway.diagnosis.catalogue import Meaning, makes
from gateway.finding import Conclusion, TruckReport
from gateway.kinds.car.conclude import Vehicles
from gateway.kinds.fridge.conclude import Appliances
from gateway.kinds.phone.messages import PhoneStatusEvent
from gateway.kinds.truck.messages import TruckStatusEvent
from gateway.payments.conclude import Payments

__all__ = ["Conclude", "Explained"]

_READINGS: dict[str, Callable[[DeviceEvent], Readings]] = {
    "callahead.vehicle.status.v1": attrgetter("data.signals.readings"),
    "callahead.vehicle.fault.v1": attrgetter("data.freeze_frame.readings"),
    "callahead.appliance.status.v1": attrgetter("data.attributes.readings"),
    "callahead.appliance.fault.v1": attrgetter("data.attributes.readings"),
}
"""Event type → where its readings are; the others have none."""


class Concluded(NamedTuple):
    """What one event came to."""

    conclusions: tuple[Conclusion, ...]
    contradictions: tuple[Clash, ...]
    """Its readings that cannot both be true; none of them was used."""


class Conclude:
    """Keeps the twins up to date and says what follows. One kind of event, one method."""

    def __init__(
        self,
        twins: Twins,
        records: Callable[[str], DeviceRecord | None],
        own_codes: Mapping[str, dict[str, Meaning]] | None = None,
        explained: Explained | None = None,
    ) -> None:
        """``own_codes``: what each vendor means by codes of its own; those shipped where it is left out.

        ``records`` returns what a device is registered as now.
        ``explained`` is shown each diagnosis that is made.
        """
        shown = explained or _nobody
        vehicles = Vehicles(twins, makes() if own_codes is None else own_codes, shown)
        appliances = Appliances(shown)
        payments = Payments(twins, records, shown)
        self._explain: dict[DeviceKind, Callable[[DeviceRecord, Twin], Diagnosed]] = {
            DeviceKind.CAR: vehicles.explain,
            DeviceKind.FRIDGE: appliances.explain,
        }
        self._repaired: dict[DeviceKind, Callable[[Twin, float], None]] = {
            DeviceKind.CAR: vehicles.repaired,
            DeviceKind.FRIDGE: appliances.repaired,
        }
        self._by_type: dict[str, Callable[..., Iterable[Conclusion]]] = {
            "callahead.vehicle.status.v1": vehicles.status,
            "callahead.vehicle.fault.v1": vehicles.fault,
            "callahead.appliance.status.v1": appliances.status,
            "callahead.appliance.fault.v1": appliances.fault,
            "callahead.appliance.stock.v1": appliances.stock,
            "callahead.payment.attempt.v1": payments.attempt,
            "callahead.phone.status.v1": _phone_status,
            "callahead.truck.status.v1": _truck_status,
        }

    def explain(self, record: DeviceRecord, twin: Twin) -> Diagnosed | None:
        """Diagnose a device as it stands, and change nothing; ``None``: a kind that is not diagnosed between events."""
        explain = self._explain.get(record.kind)
        return explain(record, twin) if explain else None

    def repaired(self, record: DeviceRecord, twin: Twin, at: float) -> bool:
        """Note that a device was put right at ``at``, POSIX seconds by our clock; ``False``: its kind is not repaired."""
        repaired = self._repaired.get(record.kind)
        if repaired is not None:
            repaired(twin, at)
        return repaired is not None

    def from_event(self, event: DeviceEvent, record: DeviceRecord, twin: Twin, now: float) -> Concluded:
        """Change the twin and return what dispatch has to know. ``now``: POSIX seconds by our clock."""
        readings_of = _READINGS.get(event.type)
        told = readings_of(event) if readings_of else {}
        contradictory = clashes(told)
        if contradictory:
            told = sound(told, contradictory)
        return Concluded(tuple(self._by_type[event.type](event, record, twin, told, now)), contradictory)


def _nobody(_device: str, _subject: str, _found: Diagnosed) -> None:
    """Let a diagnosis pass."""


def _phone_status(
    event: PhoneStatusEvent, record: DeviceRecord, twin: Twin, told: Readings, now: float
) -> Iterable[Conclusion]:
    del record, told, now
    take_place(twin, event.data.position)
    return ()


def _truck_status(
    event: TruckStatusEvent, record: DeviceRecord, twin: Twin, told: Readings, now: float
) -> Iterable[Conclusion]:
    del told, now
    status = event.data
    take_place(twin, status.position)
    yield TruckReport(
        event.key,
        record.device,
        place_of(status.position, "gnss"),
        status.duty == "on",
        record.skills,
        provenance_of(event, record),
        status.job.id if status.job else None,
        status.job.state if status.job else None,
    )
