"""What a truck is to the rest of the house: no customer's device. Its status moves a case, so that none is overtaken."""

from __future__ import annotations

from gateway.devices.liveness import Cadence
from gateway.kinds.kind import Dot, Kind
from gateway.kinds.truck.conclude import concluder
from gateway.kinds.truck.messages import MESSAGES

KIND = Kind(
    name="truck",
    messages=MESSAGES,
    cadence=Cadence(900.0),
    concluder=concluder,
    dot=Dot("#1d4ed8", 6.0, above=True),
)
