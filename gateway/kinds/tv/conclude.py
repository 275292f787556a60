"""Television sets: alarms and readings. Nothing about them is urgent."""

from __future__ import annotations

from gateway.conclude.alarmed import AlarmedDevices, Manner
from gateway.conclude.concluder import Concluder, Surroundings
from gateway.kinds.tv.features import KNOWLEDGE, derived

MANNER = Manner(knowledge=KNOWLEDGE, status="callahead.tv.status.v1", fault="callahead.tv.fault.v1", derived=derived)


def concluder(around: Surroundings) -> Concluder:
    """Return what concludes from what television sets send."""
    return AlarmedDevices(MANNER, around.explained).concluder()
