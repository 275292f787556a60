"""On which channel a customer is written to next: as they prefer, and by how soon what was written was read so far. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from dispatch.core.conversation.channels import Channel, Preference, Task
from dispatch.core.conversation.talk import Reading, Talk


def in_order(reading: Reading, talk: Talk, reach: Sequence[Channel], *, urgent: bool) -> list[Channel]:
    """Return the channels to be tried, the best first: those that are preferred, then as messages are read; none they avoid.

    ``reach``: those on which they can be written to, as the house would try them where it knows nothing.
    """
    place = {channel: number for number, channel in enumerate(reach)}
    allowed = [one for one in reach if one not in talk.preference.avoid]

    def key(one: Channel) -> tuple[int, float]:
        return _rank(talk.preference, one), -reading.chance(talk, one, urgent=urgent, place=place[one])

    return sorted(allowed, key=key)


def _rank(preference: Preference, channel: Channel) -> int:
    follows = preference.technology.get(Task.FOLLOW)
    wanted = (follows, *preference.channels) if follows is not None else preference.channels
    return wanted.index(channel) if channel in wanted else len(wanted)
