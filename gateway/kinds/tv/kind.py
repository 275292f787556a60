"""What a television set is to the rest of the house. It shows its owner what it is told."""

from __future__ import annotations

from operator import attrgetter

from gateway.conclude.alarmed import routine
from gateway.devices.liveness import Cadence
from gateway.devices.plausible import Clash
from gateway.finding import Domain
from gateway.kinds.kind import Dot, Kind
from gateway.kinds.tv.conclude import MANNER, concluder
from gateway.kinds.tv.features import KNOWLEDGE, is_used
from gateway.kinds.tv.messages import MESSAGES, TvAttributes, TvStatusEvent

KIND = Kind(
    name="tv",
    messages=MESSAGES,
    cadence=Cadence(4 * 3_600.0),
    concluder=concluder,
    readings={
        "callahead.tv.status.v1": attrgetter("data.attributes.readings"),
        "callahead.tv.fault.v1": attrgetter("data.attributes.readings"),
    },
    used=is_used,
    routine=routine(MANNER, TvStatusEvent, TvAttributes),
    domain=Domain.APPLIANCE,
    knowledge=KNOWLEDGE,
    shows_notices=True,
    dot=Dot("#0891b2"),
    contradictions=(
        Clash(
            "OnOff.OnOff",
            "MediaPlayback.CurrentState",
            lambda on, playback: on is False and playback == "Playing",
            "it is off, and plays",
        ),
    ),
)
