"""Does to a stage what a round's plan says, and sees that it heals: what was killed comes back, what is full is freed."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from scenarios.chaos.agenda import Agenda
from scenarios.chaos.kinds import FaultKind
from scenarios.chaos.plan import FURTHEST_S, Injection
from scenarios.chaos.stage import ChaosStage

FIRST_PROCESS = 0.4
"""From here on, the database's first process is killed, else one that serves us."""
AT_THE_SAME_INSTANT = 0.5
"""From here on, a second service is started in the instant in which the first is killed."""


def inject(stage: ChaosStage, agenda: Agenda, injection: Injection) -> None:
    """Do it now, and put on the agenda what undoes it."""
    stage.chronicle.note("injected", kind=injection.kind, lasts_s=injection.lasts_s, amount=injection.amount)
    _DEEDS[injection.kind](stage, agenda, injection)


def _kill_service(stage: ChaosStage, _agenda: Agenda, _injection: Injection) -> None:
    stage.service.kill()


def _kill_gateway(stage: ChaosStage, _agenda: Agenda, injection: Injection) -> None:
    gateways = _children_of(stage, b"dispatch.gateways")
    for pid in gateways[: 1 + int(injection.amount * len(gateways))]:
        with suppress(OSError):
            os.kill(pid, signal.SIGKILL)


def _kill_router(stage: ChaosStage, _agenda: Agenda, _injection: Injection) -> None:
    for pid in _children_of(stage, b"dispatch.router"):
        with suppress(OSError):
            os.kill(pid, signal.SIGKILL)


def _children_of(stage: ChaosStage, module: bytes) -> list[int]:
    return [pid for pid in _children(stage.service.pid) if module in _command_of(pid)]


def _kill_broker(stage: ChaosStage, agenda: Agenda, injection: Injection) -> None:
    if stage.broker is None:
        _kill_children(stage.service.pid)
        return
    stage.broker.kill()
    agenda.soon(injection.lasts_s / 2, stage.broker.start)


def _kill_children(pid: int | None) -> None:
    """Kill what the service started, its broker among it; the service starts it again."""
    for child in _children(pid):
        with suppress(OSError):
            os.kill(child, signal.SIGKILL)


def _children(pid: int | None) -> list[int]:
    found: list[int] = []
    for listed in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            found += map(int, listed.read_text().split())
    return found


def _command_of(pid: int) -> bytes:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


def _kill_database(stage: ChaosStage, agenda: Agenda, injection: Injection) -> None:
    if stage.database:
        stage.database.kill(first=injection.amount > FIRST_PROCESS)
        agenda.soon(injection.lasts_s / 2, stage.database.start)


def _cut_service(stage: ChaosStage, _agenda: Agenda, _injection: Injection) -> None:
    if stage.link:
        stage.link.cut()


def _cut_devices(stage: ChaosStage, _agenda: Agenda, _injection: Injection) -> None:
    stage.devices.cut()


def _fill_disk(stage: ChaosStage, agenda: Agenda, injection: Injection) -> None:
    stage.disk.fill()
    if stage.database:
        stage.database.disk.fill()
    agenda.soon(injection.lasts_s, partial(_free_disk, stage))


def _free_disk(stage: ChaosStage) -> None:
    stage.disk.free()
    if stage.database:
        stage.database.disk.free()
        stage.database.start()
    stage.chronicle.note("there is room on the disk again")


def _repeat(stage: ChaosStage, agenda: Agenda, injection: Injection) -> None:
    if stage.link:
        stage.link.repeat(on=True)
        agenda.soon(2 * injection.lasts_s, partial(stage.link.repeat, on=False))


def _step_clock(stage: ChaosStage, agenda: Agenda, injection: Injection) -> None:
    if stage.clock:
        offset_s = (2 * injection.amount - 1) * FURTHEST_S
        stage.clock.step(offset_s)
        agenda.soon(injection.lasts_s, partial(stage.clock.step, -offset_s / 2))


def _start_second(stage: ChaosStage, _agenda: Agenda, injection: Injection) -> None:
    number = len(stage.chronicle.lines)
    ready = stage.folder / f"second-{number}.json"
    if injection.amount > AT_THE_SAME_INSTANT:
        stage.service.kill()
    stage.rivals.append((stage.service.rival(ready), ready, stage.service.refusals))


def _send_bank_away(stage: ChaosStage, agenda: Agenda, injection: Injection) -> None:
    stage.bank.story.away(is_away=True)
    agenda.soon(2 * injection.lasts_s, partial(stage.bank.story.away, is_away=False))


_DEEDS: dict[FaultKind, Callable[[ChaosStage, Agenda, Injection], None]] = {
    FaultKind.KILL_SERVICE: _kill_service,
    FaultKind.KILL_GATEWAY: _kill_gateway,
    FaultKind.KILL_ROUTER: _kill_router,
    FaultKind.KILL_BROKER: _kill_broker,
    FaultKind.KILL_DATABASE: _kill_database,
    FaultKind.CUT_SERVICE: _cut_service,
    FaultKind.CUT_DEVICES: _cut_devices,
    FaultKind.DISK_FULL: _fill_disk,
    FaultKind.REPEAT: _repeat,
    FaultKind.CLOCK: _step_clock,
    FaultKind.SECOND: _start_second,
    FaultKind.BANK_AWAY: _send_bank_away,
}
