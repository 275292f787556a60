"""What a fridge is to the rest of the house. It is judged by its course: no report of it is overtaken by a newer one."""

from __future__ import annotations

from operator import attrgetter

from gateway.conclude.routine import RoutineStatus
from gateway.devices.liveness import Cadence
from gateway.devices.plausible import Clash
from gateway.finding import Domain
from gateway.kinds.fridge.conclude import concluder, fares_well, watched
from gateway.kinds.fridge.features import KNOWLEDGE
from gateway.kinds.fridge.messages import MESSAGES, ApplianceAttributes, ApplianceStatusEvent
from gateway.kinds.kind import Dot, Kind

_SURELY_MAINS_V = 150

KIND = Kind(
    name="fridge",
    messages=MESSAGES,
    cadence=Cadence(3_600.0),
    concluder=concluder,
    readings={
        "callahead.appliance.status.v1": attrgetter("data.attributes.readings"),
        "callahead.appliance.fault.v1": attrgetter("data.attributes.readings"),
    },
    routine=RoutineStatus(
        ApplianceStatusEvent, "attributes", ApplianceAttributes, watched=watched, remember=fares_well
    ),
    domain=Domain.APPLIANCE,
    knowledge=KNOWLEDGE,
    named_in_findings=False,
    dot=Dot("#0e7490"),
    contradictions=(
        Clash(
            "Callahead.MainsPresent",
            "Callahead.MainsVoltage",
            lambda there, volt: not there and volt > _SURELY_MAINS_V,
            "there is no mains, and more than 150 V of it",
        ),
    ),
)
