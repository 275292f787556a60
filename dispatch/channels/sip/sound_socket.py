"""Sound between the service and the process that speaks SIP: datagrams on a socket of their own; no command waits behind it.

One datagram holds what several legs say in 20 ms. What does not fit is dropped and counted: sound that is late is of no use, and
nobody ever waits for it.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping

import msgspec

from dispatch.channels.telephony import HearSound

LONGEST = 128 * 1024
"""Bytes of one datagram."""
MOST_AT_ONCE = 32
"""Datagrams that are taken before others have their turn."""

_read = msgspec.msgpack.Decoder(dict[str, bytes]).decode
_write = msgspec.msgpack.Encoder().encode


class SoundSocket:
    """One end. ``listen`` has it heard, in the event loop's thread."""

    def __init__(self, end: socket.socket) -> None:
        end.setblocking(False)  # noqa: FBT003 - as the socket has it
        self._end = end
        self.dropped = 0

    @classmethod
    def pair(cls) -> tuple[SoundSocket, socket.socket]:
        """Return our end, and the one that is handed to the other process."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        return cls(ours), theirs

    def listen(self, hear: HearSound) -> None:
        """Have ``hear`` told of whatever comes."""
        asyncio.get_running_loop().add_reader(self._end.fileno(), self._heard, hear)

    def send(self, said: Mapping[str, bytes]) -> None:
        """Send what legs say, or drop it."""
        if not said:
            return
        try:
            self._end.send(_write(said))
        except OSError:  # it is full, or nobody is there any more, which is told elsewhere
            self.dropped += 1

    def close(self) -> None:
        """Hear and say nothing more."""
        if self._end.fileno() >= 0:
            asyncio.get_running_loop().remove_reader(self._end.fileno())
            self._end.close()

    def _heard(self, hear: HearSound) -> None:
        for _ in range(MOST_AT_ONCE):
            try:
                datagram = self._end.recv(LONGEST)
            except OSError:
                return
            for leg, pcm in _read(datagram).items():
                hear(leg, pcm)
