"""The process of another policy, as a part of the service: started once, listened to, and never missed where it ends."""

from __future__ import annotations

import asyncio
import logging
import sys
from asyncio.subprocess import PIPE, Process
from dataclasses import replace

import msgspec

from dispatch.engine import child_process
from dispatch.policy_model.house_policy import HousePolicy
from dispatch.service.service import Service
from dispatch.service.settings import Settings
from dispatch.shadow.setup import ShadowSetup
from dispatch.views.shadow.report import ShadowReport

log = logging.getLogger("callahead")

SAID_WITHIN_S = 120.0
"""Who says nothing for so long stands still, and is ended; a shadow that lives says every two seconds how it stands."""
LONGEST = 16 * 1024 * 1024
"""Bytes of a report."""
_report = msgspec.json.Decoder(ShadowReport).decode


class ShadowPart:
    """``run`` it as a task; ``stop`` ends it. Where the shadow ends by itself that is told; it is not started again."""

    def __init__(self, service: Service, settings: Settings, shadow: HousePolicy) -> None:
        self._written = shadow.written()
        self._setup = msgspec.json.encode(_setup(settings, self._written)) + b"\n"
        self._stopping = asyncio.Event()
        self._said: bytes | None = None
        self._ended: str | None = None
        service.shadow = self.report

    def report(self) -> ShadowReport:
        """Return how the shadow stands, as it said last."""
        if self._said is None:
            return ShadowReport("stopped" if self._ended else "starting", self._ended, self._written)
        said = _report(self._said)
        return said if self._ended is None else replace(said, state="stopped", why=self._ended)

    async def run(self) -> None:
        """Listen until ``stop``, or until it ends."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "dispatch.shadow", stdin=PIPE, stdout=PIPE, limit=LONGEST
        )
        assert process.stdin is not None  # noqa: S101 - it is a pipe
        process.stdin.write(self._setup)
        listening = asyncio.create_task(self._listen(process))
        stopping = asyncio.create_task(self._stopping.wait())
        await asyncio.wait({listening, stopping}, return_when=asyncio.FIRST_COMPLETED)
        for task in (listening, stopping):
            task.cancel()
        if not self._stopping.is_set():
            self._note_end(listening.result())
        await child_process.end(process)

    def stop(self) -> None:
        """Have it end."""
        self._stopping.set()

    async def _listen(self, process: Process) -> str:
        """Keep what is said last; return why nothing more is said."""
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        try:
            while line := await asyncio.wait_for(process.stdout.readline(), SAID_WITHIN_S):
                self._said = line
        except TimeoutError:
            return f"its process said nothing for {SAID_WITHIN_S:.0f} s, and was ended"
        except ValueError:
            return f"its report is larger than {LONGEST} bytes"
        return f"its process ended with {await process.wait()}"

    def _note_end(self, why: str) -> None:
        said = self.report()
        if said.state != "stopped":  # it did not say so itself
            self._ended = why
        log.error("the shadow stopped, and the service decides as ever: %s", self.report().why)


def _setup(settings: Settings, written: dict[str, object]) -> ShadowSetup:
    watching = settings.watching
    return ShadowSetup(
        store=settings.store.address().url.render_as_string(hide_password=False),
        live=settings.policy.house.written(),
        shadow=written,
        log_format=str(watching.log_format),
        log_level=str(watching.log_level),
    )
