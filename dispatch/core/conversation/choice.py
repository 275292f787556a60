"""On which channel a customer is written to next: as they prefer, and by what was read in time so far. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from dispatch.core.conversation.channels import Channel, Preference, Task
from dispatch.core.conversation.talk import Reading, Talk


def in_order(reading: Reading, talk: Talk, reach: Sequence[Channel], *, urgent: bool) -> list[Channel]:
    """Return the channels to be tried, the best first: those that are preferred, then as messages are read; none they avoid.

    ``reach``: those on which they can be written to, as the house would try them where it knows nothing.
    """
    allowed = [one for one in reach if one not in talk.preference.avoid]
    return sorted(allowed, key=lambda one: (_rank(talk.preference, one), -reading.chance(talk, one, urgent=urgent)))


def _rank(preference: Preference, channel: Channel) -> int:
    follows = preference.technology.get(Task.FOLLOW)
    wanted = (follows, *preference.channels) if follows is not None else preference.channels
    return wanted.index(channel) if channel in wanted else len(wanted)
