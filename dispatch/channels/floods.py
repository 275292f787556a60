"""How much one address may write: more is put off, and the other side keeps it. Nobody's words are thrown away."""

from __future__ import annotations

from collections import deque

from dispatch.channels.door import NotNow
from dispatch.core.conversation.channels import Channel

FEW, FEW_S = 20, 600.0
"""So many messages in so long: ten a minute is no person."""
MANY, MANY_S = {Channel.EMAIL: 40}, 86_400.0
"""So many a day: mails that machines write to each other without saying so end with it."""
USUALLY = 200
TOLD_S = 600.0
"""So long health tells of it."""
_REMEMBERED = 20_000


class Floods:
    """Counts what is heard from each address."""

    def __init__(self) -> None:
        self._of: dict[tuple[Channel, str], deque[float]] = {}
        self._put_off: deque[tuple[float, Channel]] = deque(maxlen=_REMEMBERED)

    def check(self, channel: Channel, address: str, now: float) -> None:
        """Count one message more. ``now``: POSIX seconds. Raises ``NotNow`` where it is too many."""
        heard = self._of.pop((channel, address), deque[float]())
        self._of[channel, address] = heard  # who wrote last stands last
        while heard and now - heard[0] > MANY_S:
            heard.popleft()
        lately = sum(now - at < FEW_S for at in heard)
        if lately >= FEW or len(heard) >= MANY.get(channel, USUALLY):
            self._put_off.append((now, channel))
            raise NotNow(f"one address writes more than a person does by {channel}", FEW_S)
        heard.append(now)
        while len(self._of) > _REMEMBERED:
            del self._of[next(iter(self._of))]

    def told(self, now: float) -> list[str]:
        """Return what health tells of it."""
        while self._put_off and now - self._put_off[0][0] > TOLD_S:
            self._put_off.popleft()
        counts = {channel: sum(one is channel for _, one in self._put_off) for _, channel in self._put_off}
        return [f"{count} messages by {channel} were put off: an address floods" for channel, count in counts.items()]
