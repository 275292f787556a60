"""Puts a customer's long SMS together from its parts.

A part is acknowledged with the whole. Where the others do not come in good time, what is there is taken as it is: a centre that
sends no second part before the first is acknowledged has the customer's text in pieces, and nothing of it is lost.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from dispatch.channels.smpp.texts import Belongs

TOGETHER_S = 5.0
_MISSING = " […] "

Take = Callable[[str], Awaitable[None]]
"""Takes a whole text; returns once it is stored."""


class _InParts:
    def __init__(self) -> None:
        self.parts: dict[int, str] = {}
        self.whole = asyncio.Event()
        self.taken: asyncio.Task[None] | None = None


class LongTexts:
    """Those of which parts are here."""

    def __init__(self, together_s: float = TOGETHER_S) -> None:
        self._together_s = together_s
        self._texts: dict[tuple[str, int, int], _InParts] = {}

    async def take(self, sender: str, belongs: Belongs, part: str, take: Take) -> None:
        """Take a part; return once the text is stored that it is of. Raises what ``take`` does."""
        name = (sender, belongs.to, belongs.of)
        text = self._texts.get(name)
        if text is None:
            text = self._texts[name] = _InParts()
            text.taken = asyncio.create_task(self._together(name, text, take))
        text.parts[belongs.number] = part
        if len(text.parts) == belongs.of:
            text.whole.set()
        assert text.taken is not None  # noqa: S101 - it is made with the text
        await asyncio.shield(text.taken)

    async def _together(self, name: tuple[str, int, int], text: _InParts, take: Take) -> None:
        try:
            async with asyncio.timeout(self._together_s):
                await text.whole.wait()
        except TimeoutError:
            pass
        finally:
            del self._texts[name]  # what comes from here on is of another text
        await take(_joined(text.parts, name[2]))


def _joined(parts: dict[int, str], of: int) -> str:
    """Return the parts in their order, with a mark where one is missing."""
    found = "".join(parts.get(number, _MISSING) for number in range(1, of + 1))
    while _MISSING * 2 in found:
        found = found.replace(_MISSING * 2, _MISSING)
    return found
