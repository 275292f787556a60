"""What a home is to the rest of the house: its controller has a display, which shows its owner what it is told."""

from __future__ import annotations

from operator import attrgetter

from gateway.conclude.alarmed import routine
from gateway.devices.liveness import Cadence
from gateway.finding import Domain
from gateway.kinds.home.conclude import MANNER, concluder
from gateway.kinds.home.features import KNOWLEDGE
from gateway.kinds.home.messages import MESSAGES, HomeAttributes, HomeStatusEvent
from gateway.kinds.kind import Dot, Kind

KIND = Kind(
    name="home",
    messages=MESSAGES,
    cadence=Cadence(3_600.0),
    concluder=concluder,
    readings={
        "callahead.home.status.v1": attrgetter("data.attributes.readings"),
        "callahead.home.fault.v1": attrgetter("data.attributes.readings"),
    },
    routine=routine(MANNER, HomeStatusEvent, HomeAttributes),
    domain=Domain.APPLIANCE,
    knowledge=KNOWLEDGE,
    shows_notices=True,
    dot=Dot("#b45309"),
)
