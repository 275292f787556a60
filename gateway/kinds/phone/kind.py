"""What a phone is to the rest of the house: it breaks as others do, and pays before all others."""

from __future__ import annotations

from operator import attrgetter

from gateway.conclude.alarmed import routine
from gateway.devices.liveness import Cadence
from gateway.finding import Domain
from gateway.kinds.kind import Dot, Kind
from gateway.kinds.phone.conclude import MANNER, concluder
from gateway.kinds.phone.features import KNOWLEDGE
from gateway.kinds.phone.messages import MESSAGES, PhoneAttributes, PhoneStatusEvent

KIND = Kind(
    name="phone",
    messages=MESSAGES,
    cadence=Cadence(14_400.0),
    concluder=concluder,
    readings={
        "callahead.phone.status.v1": attrgetter("data.attributes.readings"),
        "callahead.phone.fault.v1": attrgetter("data.attributes.readings"),
    },
    overtaken=frozenset({"callahead.phone.status.v1"}),
    routine=routine(MANNER, PhoneStatusEvent, PhoneAttributes, may_only_place=True),
    domain=Domain.APPLIANCE,
    knowledge=KNOWLEDGE,
    pays_first=True,
    shows_notices=True,
    dot=Dot("#cbd5e1", 1.5),
    strangers_send=frozenset(
        {
            "callahead.payment.attempt.v1",
            "callahead.payment.request.v1",
            "callahead.payment.capture.v1",
        }
    ),
)
