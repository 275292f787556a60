"""From an event to what dispatch is told: a finding, a recovery, a truck's report, or nothing. Pure.

``vehicle``, ``appliance`` and ``payment`` gather the evidence of their kind of device; ``report`` makes a finding of a diagnosis.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from gateway.conclude.appliance import Appliances
from gateway.conclude.payment import Payments
from gateway.conclude.readings import place_of, provenance_of, take_place
from gateway.conclude.vehicle import Vehicles
from gateway.contract.messages import (
    ApplianceFaultEvent,
    ApplianceStatusEvent,
    ApplianceStockEvent,
    DeviceEvent,
    PaymentAttemptEvent,
    PhoneStatusEvent,
    TruckStatusEvent,
    VehicleFaultEvent,
    VehicleStatusEvent,
)
from gateway.diagnosis.catalogue import Meaning, makes
from gateway.finding import Conclusion, TruckReport
from gateway.registry import DeviceRecord
from gateway.twin import Twin

__all__ = ["Conclude"]


class Conclude:
    """Keeps the twins up to date and says what follows. One kind of event, one method."""

    def __init__(self, twins: dict[str, Twin], own_codes: Mapping[str, dict[str, Meaning]] | None = None) -> None:
        """``own_codes``: what each vendor means by codes of its own; those shipped where it is left out."""
        vehicles = Vehicles(twins, makes() if own_codes is None else own_codes)
        appliances = Appliances()
        payments = Payments()
        self._by_type: dict[type, Callable[..., Iterable[Conclusion]]] = {
            VehicleStatusEvent: vehicles.status,
            VehicleFaultEvent: vehicles.fault,
            ApplianceStatusEvent: appliances.status,
            ApplianceFaultEvent: appliances.fault,
            ApplianceStockEvent: appliances.stock,
            PaymentAttemptEvent: payments.attempt,
            PhoneStatusEvent: _phone_status,
            TruckStatusEvent: _truck_status,
        }

    def from_event(self, event: DeviceEvent, record: DeviceRecord, twin: Twin, now: float) -> tuple[Conclusion, ...]:
        """Change the twin and return what dispatch has to know. ``now``: POSIX seconds by our clock."""
        return tuple(self._by_type[type(event)](event, record, twin, now))


def _phone_status(event: PhoneStatusEvent, record: DeviceRecord, twin: Twin, now: float) -> Iterable[Conclusion]:
    del record, now
    take_place(twin, event.data.position)
    return ()


def _truck_status(event: TruckStatusEvent, record: DeviceRecord, twin: Twin, now: float) -> Iterable[Conclusion]:
    del now
    told = event.data
    take_place(twin, told.position)
    yield TruckReport(
        event.key,
        record.device,
        place_of(told.position, "gnss"),
        told.duty == "on",
        record.skills,
        provenance_of(event, record),
        told.job.id if told.job else None,
        told.job.state if told.job else None,
    )
