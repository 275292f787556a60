"""From an event to what dispatch is told: a finding, a recovery, a truck's report, or nothing. Pure.

``vehicle``, ``appliance`` and ``payment`` gather the evidence of their kind of device; ``report`` makes a finding of a diagnosis.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from gateway.conclude.appliance import Appliances
from gateway.conclude.payment import Payments
from gateway.conclude.readings import place_of, provenance_of, published, take_place
from gateway.conclude.report import Diagnosed, Explained
from gateway.conclude.vehicle import Vehicles
from gateway.contract.messages import (
    ApplianceFault,
    ApplianceFaultEvent,
    ApplianceStatus,
    ApplianceStatusEvent,
    ApplianceStockEvent,
    DeviceEvent,
    PaymentAttemptEvent,
    PhoneStatusEvent,
    TruckStatusEvent,
    VehicleFault,
    VehicleFaultEvent,
    VehicleStatus,
    VehicleStatusEvent,
)
from gateway.diagnosis.catalogue import Meaning, makes
from gateway.finding import Conclusion, TruckReport
from gateway.plausible import Clash, clashes
from gateway.registry import DeviceKind, DeviceRecord
from gateway.twin import Twin

__all__ = ["Conclude", "Explained", "contradictions"]


class Conclude:
    """Keeps the twins up to date and says what follows. One kind of event, one method."""

    def __init__(
        self,
        twins: Mapping[str, Twin],
        own_codes: Mapping[str, dict[str, Meaning]] | None = None,
        explained: Explained | None = None,
    ) -> None:
        """``own_codes``: what each vendor means by codes of its own; those shipped where it is left out.

        ``explained`` is shown each diagnosis that is made.
        """
        shown = explained or _nobody
        vehicles = Vehicles(twins, makes() if own_codes is None else own_codes, shown)
        appliances = Appliances(shown)
        payments = Payments(shown)
        self._explain: dict[DeviceKind, Callable[[DeviceRecord, Twin], Diagnosed]] = {
            DeviceKind.CAR: vehicles.explain,
            DeviceKind.FRIDGE: appliances.explain,
        }
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

    def explain(self, record: DeviceRecord, twin: Twin) -> Diagnosed | None:
        """Diagnose a device as it stands, and change nothing; ``None``: a kind that is not diagnosed between events."""
        explain = self._explain.get(record.kind)
        return explain(record, twin) if explain else None

    def from_event(self, event: DeviceEvent, record: DeviceRecord, twin: Twin, now: float) -> tuple[Conclusion, ...]:
        """Change the twin and return what dispatch has to know. ``now``: POSIX seconds by our clock."""
        return tuple(self._by_type[type(event)](event, record, twin, now))


def contradictions(event: DeviceEvent) -> tuple[Clash, ...]:
    """Return the readings of an event that cannot both be true."""
    told = event.data
    if isinstance(told, VehicleStatus):
        return clashes(published(told.signals))
    if isinstance(told, VehicleFault):
        return clashes(published(told.freeze_frame))
    if isinstance(told, ApplianceStatus | ApplianceFault):
        return clashes(published(told.attributes))
    return ()


def _nobody(_device: str, _subject: str, _found: Diagnosed) -> None:
    """Let a diagnosis pass."""


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
