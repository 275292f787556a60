"""What a washing machine is to the rest of the house. What it tells at the end of a programme is not told again."""

from __future__ import annotations

from functools import partial
from operator import attrgetter

from gateway.conclude.routine import RoutineStatus, alarming, derived_of
from gateway.devices.liveness import Cadence
from gateway.devices.plausible import Clash
from gateway.finding import Domain
from gateway.kinds.kind import Dot, Kind
from gateway.kinds.washer.conclude import concluder, goes_on
from gateway.kinds.washer.features import KNOWLEDGE, derived
from gateway.kinds.washer.memory import WasherMemory
from gateway.kinds.washer.messages import MESSAGES, WasherAttributes, WasherStatusEvent

KIND = Kind(
    name="washer",
    messages=MESSAGES,
    cadence=Cadence(4 * 3_600.0),
    concluder=concluder,
    readings={
        "callahead.washer.status.v1": attrgetter("data.attributes.readings"),
        "callahead.washer.fault.v1": attrgetter("data.attributes.readings"),
    },
    routine=RoutineStatus(
        WasherStatusEvent,
        "attributes",
        WasherAttributes,
        conditions=partial(alarming, KNOWLEDGE),
        derived=derived_of(KNOWLEDGE, WasherAttributes),
        derive=lambda twin, told, at: derived(twin.recalled(WasherMemory) or WasherMemory(), told, at),
        remember=goes_on,
    ),
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
