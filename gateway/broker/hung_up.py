"""On whom a server of ours hung up for what it sent, what is told of it, and who would only send the same again.

NATS hangs up without a word. It tells us of it, and the broken rule stands in its log: that is quoted, and decides nothing.
"""

from __future__ import annotations

import json
import re
from collections import deque
from dataclasses import dataclass
from pathlib import Path

from gateway.access.nats_config import MAX_PAYLOAD
from gateway.access.rights import ANYBODY
from gateway.contract.client_ids import owner_of
from gateway.contract.refusals import Refused, Rule
from gateway.intake.intake import Refusal

NOT_MQTT = "Protocol Violation"
_SEND_OTHERWISE = "Whoever sends the same again is cut off again, and nothing behind it on that connection is heard."
_NO_MQTT = (
    "what it sent is no MQTT 3.1.1, or its topic has a space or another character that this broker does not take (white space, "
    f"DEL, + and #; in a client id also . * >): have it choose another name. {_SEND_OTHERWISE}"
)
WHY_HUNG_UP = {
    NOT_MQTT: (Rule.HUNG_UP, _NO_MQTT),
    "Parse Error": (Rule.HUNG_UP, f"what it sent is no MQTT 3.1.1. {_SEND_OTHERWISE}"),
    "Maximum Message Payload Exceeded": (
        Rule.TOO_LARGE,
        f"a message of it has more than {MAX_PAYLOAD} bytes with its topic. {_SEND_OTHERWISE}",
    ),
    "Slow Consumer (Pending Bytes)": (None, "it subscribed to more than it reads"),
    "Slow Consumer (Write Deadline)": (None, "it subscribed to more than it reads"),
}
"""A server's own words for why it hung up on somebody; the rule that a message of it broke, if it was that, and our words."""
OFTEN, WITHIN_S = 3, 60.0
"""Who was hung up on so often within so many seconds sends the same again and again."""
KEPT_OUT_S = 60.0
"""So long it is not let in then: it reads that it is refused, and what it would send again and again is not asked for in vain."""
_KNOWN = 10_000
"""Of so many sessions it is known how often they were hung up on."""
_LOG_END = 64 * 1024
"""Bytes of a log that are searched for why."""


@dataclass(frozen=True, slots=True)
class HungUp:
    """One connection that is over. Who it is it cannot say: strangers name themselves as they like."""

    server: str
    connection: int
    reason: str
    """In the server's words; in ``WHY_HUNG_UP`` where it hung up for what the client did."""
    client_id: str
    """As the client named itself, let in or not."""

    def refusal(self, username: str, quoted: str | None) -> Refusal | None:
        """Return what ``username``'s vendor is told; ``None``: no message was at fault. ``quoted``: of the server's log."""
        rule, why = WHY_HUNG_UP[self.reason]
        if rule is None:
            return None
        said = f" The broker wrote: {quoted}." if quoted else ""
        refused = Refused(rule, f"the embedded broker hung up on {username}: {why}{said}")
        return Refusal(self._not_heard(username), "", rule, refused.problem(b""), b"")

    def _not_heard(self, username: str) -> str | None:
        """Return whose messages are not heard: a device, ``acme/`` for a vendor's own line, ``None`` where that is not known."""
        named = owner_of(self.client_id)
        if username == ANYBODY:
            return named if named and "/" in named else None
        if "/" in username:
            return username
        return named if named and named.startswith(f"{username}/") else f"{username}/"


def read_hung_up(told: bytes) -> HungUp:
    """Read what a server tells of a connection that is over, for whatever reason."""
    advisory = json.loads(told)
    client = advisory["client"]
    return HungUp(advisory["server"]["id"], client["id"], advisory["reason"], client.get("client_id", ""))


def quoted_from(log: Path, connection: int) -> str | None:
    """Return what a server logged of a connection of its as an error, the latest; ``None``: nothing.

    It may quote the client: show it, and decide nothing by it.
    """
    line = re.compile(rb'^[^"]* \[ERR\] [^"]* - mid:%d - "(?:[^"\\]|\\.)*" - (.+)$' % connection, re.MULTILINE)
    try:
        with log.open("rb") as opened:
            opened.seek(max(0, log.stat().st_size - _LOG_END))
            found = line.findall(opened.read())
    except FileNotFoundError:
        return None
    return found[-1].decode("utf-8", "replace") if found else None


class Repeaters:
    """Remembers who was hung up on of late. Times are of one clock, seconds."""

    def __init__(self) -> None:
        self._when: dict[tuple[str, str], deque[float]] = {}

    def note(self, session: tuple[str, str], now: float) -> None:
        """Note that a session was hung up on for what it sent."""
        times = self._when.pop(session, deque(maxlen=OFTEN))
        times.append(now)
        if len(self._when) >= _KNOWN:
            del self._when[next(iter(self._when))]
        self._when[session] = times

    def is_out(self, session: tuple[str, str], now: float) -> bool:
        """Tell whether a session is to wait."""
        times = self._when.get(session, deque[float]())
        return len(times) == OFTEN and times[-1] - times[0] <= WITHIN_S and now < times[-1] + KEPT_OUT_S
