"""Phones: where their owners are, and what is wrong with the phone itself. What they pay is concluded by ``gateway.payments``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from gateway.conclude.alarmed import AlarmedDevices, Manner, Urgency
from gateway.conclude.concluder import Concluder, Surroundings
from gateway.conclude.readings import take_place
from gateway.contract.values import Readings
from gateway.devices.registry import DeviceRecord
from gateway.devices.twin import Twin
from gateway.finding import Conclusion, Severity
from gateway.kinds.phone.features import KNOWLEDGE, derived
from gateway.kinds.phone.messages import PhoneFaultEvent, PhoneStatusEvent

STATUS, FAULT = "callahead.phone.status.v1", "callahead.phone.fault.v1"
BURNS = Urgency(
    "heat",
    Severity.HIGH,
    "The battery gets hot: it may catch fire.",
    parts=frozenset({"phone_hot_battery"}),
)
HOT = 5_500.0
"""Hundredths of °C at which a lithium-ion cell is to be left alone."""


def concluder(around: Surroundings) -> Concluder:
    """Return what concludes from what phones send."""
    phones = AlarmedDevices(MANNER, around.explained)

    def status(
        event: PhoneStatusEvent, record: DeviceRecord, twin: Twin, told: Readings, now: float
    ) -> Iterable[Conclusion]:
        take_place(twin, event.data.position)
        if told or event.data.alarms is not None:  # many a phone tells where it is and nothing else
            yield from phones.status(event, record, twin, told, now)

    def fault(
        event: PhoneFaultEvent, record: DeviceRecord, twin: Twin, told: Readings, now: float
    ) -> Iterator[Conclusion]:
        take_place(twin, event.data.position)
        yield from phones.fault(event, record, twin, told, now)

    return Concluder({STATUS: status, FAULT: fault}, phones.explain, phones.repaired)


def urgency(told: Mapping[str, bool], readings: Readings) -> Urgency | None:
    """Return why it cannot wait; ``None``: it can."""
    warm = readings.get("Callahead.BatteryTemperature")
    is_hot = "alarm:BatteryOverTemp" in told or (isinstance(warm, (int, float)) and warm > HOT)
    return BURNS if is_hot else None


MANNER = Manner(
    knowledge=KNOWLEDGE,
    status=STATUS,
    fault=FAULT,
    derived=derived,
    urgency=urgency,
    place=lambda _record, twin, _at: twin.place,
)
