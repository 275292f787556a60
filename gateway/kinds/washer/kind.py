"""What a washing machine is to the rest of the house. What it tells at the end of a programme is not told again."""

from __future__ import annotations

from operator import attrgetter

from gateway.devices.liveness import Cadence
from gateway.devices.plausible import Clash
from gateway.finding import Domain
from gateway.kinds.kind import Dot, Kind
from gateway.kinds.washer.conclude import concluder
from gateway.kinds.washer.features import KNOWLEDGE
from gateway.kinds.washer.messages import MESSAGES

KIND = Kind(
    name="washer",
    messages=MESSAGES,
    cadence=Cadence(4 * 3_600.0),
    concluder=concluder,
    readings={
        "callahead.washer.status.v1": attrgetter("data.attributes.readings"),
        "callahead.washer.fault.v1": attrgetter("data.attributes.readings"),
    },
    domain=Domain.APPLIANCE,
    knowledge=KNOWLEDGE,
    dot=Dot("#7c3aed"),
    contradictions=(
        Clash(
            "OperationalState.OperationalState",
            "Callahead.WashPhase",
            lambda state, phase: state == "Running" and phase == "Idle",
            "it runs, and does nothing",
        ),
    ),
)
