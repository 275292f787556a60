"""Episodes of washing machines: some programmes before something fails, and until a service should know of it."""

from __future__ import annotations

import numpy as np

from firmware_sim.kinds.washer.build import draw_build
from firmware_sim.kinds.washer.device import Washer, WasherSensors
from firmware_sim.kinds.washer.failures import NEEDS, WAYS_TO_FAIL
from firmware_sim.kinds.washer.household import draw_load
from firmware_sim.kinds.washer.machine import Machine, installed
from firmware_sim.kinds.washer.reporter import Reporter
from firmware_sim.wear.failure import HOUR, Failure
from firmware_sim.wear.luck import Luck
from gateway.devices.registry import DeviceRecord
from scenarios.episodes.episode import EPOCH, SPAN_S, Episode, Episodes, EpisodeTruth
from scenarios.episodes.mix import Mix
from scenarios.episodes.recorder import Recorder
from scenarios.kinds.washer.parts import WASHER_PARTS
from scenarios.story.streams import Streams
from scenarios.world.town import Point, Town

RIGA = Town(Point(56.9496, 24.1052), 15_000.0)
STATUS_EVERY_S = 4 * HOUR
SOUND = (1, 4)
"""Programmes before the one in which it fails, or before which it did."""
FAILING = 3
"""Programmes that are tried then."""
AFTER_S = HOUR
"""Until a service should know, once it complained."""
SHARES = {
    "control_module": 14,
    "tub_dampers": 8,
    "drum_bearing": 8,
    "drain_filter": 9,
    "door_interlock": 7,
    "door_gasket": 6,
    "wash_motor": 9,
    "drain_pump": 8,
    "unbalanced_load": 7,
    "inlet_valve": 6,
    "wash_heater": 6,
    "tap_closed": 5,
    "drum_belt": 4,
    "inlet_hose": 3,
    "level_sensor": 3,
    "wash_probe": 3,
    "heater_relay": 2,
}
"""How often each is the cause, roughly. In life: of 11,000 diagnoses of a repair centre those of washing machines were of
electronics, shock absorbers and bearings, doors, carbon brushes and pumps most often, in this order (Tecchio, Ardente and
Mathieux 2019, J. Clean. Prod. 215); by how much, and what owners see to themselves, is ours [fit]."""
MIX = Mix(SHARES)


def washer_episode(number: int, dice: np.random.Generator, part: str | None = None) -> Episode:
    """Draw an episode: one machine, sound in 15 of 100 unless ``part`` says what fails."""
    part = part or MIX.draw(dice)
    start = EPOCH + SPAN_S * float(dice.random())
    machine = _machine(part, start, dice)
    starts = _programmes(start, dice)
    failure = None if part == "nothing" else _failure(part, starts, dice)
    if failure:
        machine.failures.append(failure)
    if dice.random() < (0.6 if failure is None else 0.2):
        machine.failures.append(WAYS_TO_FAIL.disturb(starts[0] + HOUR * float(dice.uniform(0, 6)), dice))
    recorder, device = _device(number, start, dice)
    _live(Reporter(machine, device, STATUS_EVERY_S, start), recorder, starts, failure, dice)
    home = RIGA.somewhere(dice)
    record = DeviceRecord(
        device.name,
        "washer",
        f"c{number:06d}",
        "simulated",
        home_latitude=home.latitude,
        home_longitude=home.longitude,
    )
    needs_help = failure is not None and WASHER_PARTS[part].needs_help
    truth = EpisodeTruth(part, needs_help, failure.onset if failure else start, home.latitude, home.longitude)
    return Episode("washer", truth, tuple(recorder.messages), (record,))


def _machine(part: str, start: float, dice: np.random.Generator) -> Machine:
    return installed(draw_build(dice, NEEDS.get(part, frozenset())), draw_load(dice), start, Luck(dice))


def _programmes(start: float, dice: np.random.Generator) -> list[float]:
    """Return when programmes begin, POSIX seconds: some that go well, then those in which it shows."""
    count = int(dice.integers(*SOUND)) + FAILING
    gaps = HOUR * dice.uniform(2.5, 5, count)
    return [start + 600 + float(at) for at in np.cumsum(gaps) - gaps[0]]


def _failure(part: str, starts: list[float], dice: np.random.Generator) -> Failure:
    """Let it begin in a programme, or before one."""
    at = starts[-FAILING]
    within = dice.random() < 0.5 and part not in {"tap_closed", "unbalanced_load"}
    return WAYS_TO_FAIL.fail(part, at - 1 if not within else at + 60 * float(dice.uniform(-5, 15)), dice)


def _device(number: int, start: float, dice: np.random.Generator) -> tuple[Recorder, Washer]:
    recorder = Recorder(start)
    device = Washer(f"laveta/washer-{number:06d}", boot=int(dice.integers(1, 40)), sensors=WasherSensors())
    recorder.attach(device)
    device.go_online(start)
    return recorder, device


def _live(
    reporter: Reporter, recorder: Recorder, starts: list[float], failure: Failure | None, dice: np.random.Generator
) -> None:
    """Live until an hour or so after it complained, or until the last programme should have shown it."""
    machine, coming = reporter.machine, list(starts)
    ends = starts[-1] + 3 * HOUR
    while machine.now < ends:
        if coming and machine.now >= coming[0]:
            del coming[0]
            if not machine.controller.busy:
                machine.wash(draw_load(dice))
        recorder.now = machine.now + machine.span_s
        if reporter.live() and failure and machine.now >= failure.onset:
            ends = min(ends, machine.now + AFTER_S * float(dice.uniform(1, 6)))


def _drawn(number: int, streams: Streams) -> Episode:
    return washer_episode(number, streams.keyed("episodes", "washer", number))


EPISODES = Episodes(0.2, _drawn)
