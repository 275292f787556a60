"""What a phone is to the rest of the house. What goes wrong with it is a payment, and a newer place tells all an older one told."""

from __future__ import annotations

from gateway.devices.liveness import Cadence
from gateway.finding import Domain
from gateway.kinds.kind import Dot, Kind
from gateway.kinds.phone.conclude import concluder
from gateway.kinds.phone.messages import MESSAGES
from gateway.payments.features import KNOWLEDGE

KIND = Kind(
    name="phone",
    messages=MESSAGES,
    cadence=Cadence(14_400.0),
    concluder=concluder,
    overtaken=frozenset({"callahead.phone.status.v1"}),
    domain=Domain.PAYMENT,
    knowledge=KNOWLEDGE,
    named_in_findings=False,
    pays_first=True,
    shows_notices=True,
    dot=Dot("#cbd5e1", 1.5),
    strangers_send=frozenset({"callahead.payment.attempt.v1"}),
)
