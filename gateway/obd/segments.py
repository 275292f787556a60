"""ISO-TP (ISO 15765-2): the CAN frames of several control units, interleaved as they come, put together. By can-isotp."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

import isotp

NEVER_MS = 2**31
"""The frames are all here: none of them is late."""
_EVERYBODY = 0x7DF
_LONGEST = 8
"""Bytes of a classic CAN frame."""


def joined(frames: Iterable[tuple[str, bytes]]) -> tuple[list[tuple[str, bytes]], bool]:
    """Return each whole message with its control unit, and whether every frame found its place.

    ``frames`` are ``(control unit, frame)``; the frame begins with ISO-TP's own bytes.
    """
    listeners: dict[str, _Listener] = {}
    found: list[tuple[str, bytes]] = []
    for unit, frame in frames:
        listener = listeners.setdefault(unit, _Listener())
        found += [(unit, message) for message in listener.take(frame[:_LONGEST])]
    return found, not any(listener.broken for listener in listeners.values())


class _Listener:
    """Hears one control unit, and answers nothing: the ELM327 does that."""

    def __init__(self) -> None:
        self._came: deque[isotp.CanMessage] = deque()
        self._troubled = False
        address = isotp.Address(isotp.AddressingMode.Normal_11bits, txid=_EVERYBODY, rxid=0)
        self._stack = isotp.TransportLayerLogic(
            lambda _timeout: self._came.popleft() if self._came else None,
            lambda _message: None,
            address,
            self._trouble,
            {"listen_mode": True, "rx_consecutive_frame_timeout": NEVER_MS, "blocksize": 0},
        )

    @property
    def broken(self) -> bool:
        """Whether a frame was out of place, or a message is not at its end."""
        return self._troubled or bool(self._stack.is_rx_active())

    def take(self, frame: bytes) -> Iterable[bytes]:
        """Return the messages that a frame completes."""
        self._came.append(isotp.CanMessage(arbitration_id=0, data=frame))
        self._stack.process(do_tx=False)
        while (message := self._stack.recv()) is not None:
            yield bytes(message)

    def _trouble(self, _error: Exception) -> None:
        self._troubled = True
