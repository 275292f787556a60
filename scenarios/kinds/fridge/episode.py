"""Episodes of fridges: half a day before something fails, and until a service should know of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from firmware_sim.kinds.fridge.build import draw_build
from firmware_sim.kinds.fridge.device import Fridge, FridgeSensors
from firmware_sim.kinds.fridge.failures import NEEDS, WAYS_TO_FAIL
from firmware_sim.kinds.fridge.household import draw_household
from firmware_sim.kinds.fridge.machine import Machine, switched_on
from firmware_sim.wear.failure import Failure
from gateway.devices.registry import DeviceRecord
from scenarios.episodes.episode import EPOCH, SPAN_S, Episode, Episodes, EpisodeTruth
from scenarios.episodes.mix import Mix
from scenarios.episodes.recorder import Recorder
from scenarios.kinds.fridge.parts import FRIDGE_PARTS
from scenarios.story.streams import Streams
from scenarios.world.town import Point, Town

HOUR = 3600.0
RIGA = Town(Point(56.9496, 24.1052), 15_000.0)
WARM_UP_S = HOUR
"""Lived through before the first message, so that temperatures and counters have settled."""
SOUND_H = (6.0, 14.0)
"""Told of before the failure, so that what is usual for the fridge is known: a service hears from it for years."""
LONGEST_S = 54 * HOUR
SHOWN_S = 4 * HOUR
"""An alarm sooner after the onset may be of something else: nobody closes the case before."""
SHARES = {
    "door_ajar": 14,
    "ice_maker": 12,
    "door_seal": 8,
    "evaporator_fan": 8,
    "condenser_dirty": 8,
    "compressor_starter": 6,
    "refrigerant_leak": 6,
    "temperature_sensor": 6,
    "warm_load": 6,
    "power_cut": 6,
    "control_board": 6,
    "compressor": 5,
    "defrost_heater": 5,
    "defrost_sensor": 5,
    "thermostat_setting": 4,
    "door_switch": 3,
    "condenser_fan": 3,
    "low_voltage": 1.5,
}
"""How often each is the cause, roughly: ice makers lead repairs where there are any (Consumer Reports); rest [fit]."""
MIX = Mix(SHARES)


@dataclass(slots=True)
class EpisodeFridge:
    """One fridge of an episode, as its device tells of it."""

    machine: Machine
    device: Fridge
    recorder: Recorder
    every_s: float
    """Between two statuses."""
    gap: tuple[float, float]
    """Without coverage, POSIX seconds."""
    next_status: float
    alarmed_at: float | None = None
    restarts: int = 0

    def live(self) -> None:
        """Let one step pass, and tell of it."""
        machine, device = self.machine, self.device
        alarms = machine.step()
        now = self.recorder.now = machine.now
        if machine.restarts > self.restarts:
            self.restarts = machine.restarts
            device.restart(now)
            self.next_status = now  # a device that starts says how it is
        self._cover(now)
        if alarms and machine.talks:
            machine.tell(device.sensors)
            device.fault(alarms, now)
            self.alarmed_at = self.alarmed_at or now
        elif now >= self.next_status and machine.talks:
            machine.tell(device.sensors)
            device.status(now)
        if now >= self.next_status:
            self.next_status = max(self.next_status + self.every_s, now) if machine.talks else now

    def _cover(self, now: float) -> None:
        """Lose or find the network."""
        begins, ends = self.gap
        if not self.machine.talks or begins <= now < ends:
            self.device.go_offline()
        else:
            self.device.go_online(now)


def fridge_episode(number: int, dice: np.random.Generator, part: str | None = None) -> Episode:
    """Draw an episode: one fridge, sound in 15 of 100 unless ``part`` says what fails."""
    part = part or MIX.draw(dice)
    start = EPOCH + SPAN_S * float(dice.random())
    failure = None if part == "nothing" else _failure(part, start, dice)
    watched = _watched(number, part, start, dice)
    if failure:
        watched.machine.failures.append(failure)
    _live(watched, start, failure, dice)
    home = RIGA.somewhere(dice)
    at = failure.onset if failure else start
    record = DeviceRecord(
        watched.device.name,
        "fridge",
        f"c{number:06d}",
        "simulated",
        home_latitude=home.latitude,
        home_longitude=home.longitude,
    )
    needs_help = part != "nothing" and FRIDGE_PARTS[part].needs_help
    truth = EpisodeTruth(part, needs_help, at, home.latitude, home.longitude)
    return Episode("fridge", truth, tuple(watched.recorder.messages), (record,))


def _failure(part: str, start: float, dice: np.random.Generator) -> Failure:
    """Let it begin some hours after the first message; half of what takes long has begun before."""
    failure = WAYS_TO_FAIL.fail(part, start + HOUR * float(dice.uniform(*SOUND_H)), dice)
    if failure.course == "gradual" and failure.pace_s > 6 * HOUR and dice.random() < 0.5:
        failure.onset = start - failure.pace_s * float(dice.uniform(0.2, 0.6))
    return failure


def _watched(number: int, part: str, start: float, dice: np.random.Generator) -> EpisodeFridge:
    build = draw_build(dice, NEEDS.get(part, frozenset()))
    machine = switched_on(build, draw_household(dice), start - WARM_UP_S, dice)
    for _ in range(_disturbances(part, dice)):
        machine.failures.append(WAYS_TO_FAIL.disturb(start + HOUR * float(dice.uniform(0.5, 20)), dice))
    recorder = Recorder(start)
    sensors = FridgeSensors(None, None, None, None, None, None, None)
    device = Fridge(f"frosta/fridge-{number:06d}", boot=int(dice.integers(1, 40)), sensors=sensors)
    recorder.attach(device)
    every = (900.0, 1200.0, 1800.0, 1800.0, 3600.0)[int(dice.integers(5))]
    return EpisodeFridge(machine, device, recorder, every, _gap(start, dice), start + every * float(dice.random()))


def _disturbances(part: str, dice: np.random.Generator) -> int:
    luck = float(dice.random())
    if part == "nothing":
        return 0 if luck < 0.3 else 1 if luck < 0.8 else 2
    return int(luck < 0.3)


def _gap(start: float, dice: np.random.Generator) -> tuple[float, float]:
    """One in eight fridges loses its network for a while."""
    begins = start + HOUR * float(dice.uniform(0.5, 20))
    lasts = HOUR * 0.2 * float(dice.lognormal(0.7, 0.9)) if dice.random() < 0.125 else 0.0
    return begins, begins + lasts


def _live(watched: EpisodeFridge, start: float, failure: Failure | None, dice: np.random.Generator) -> None:
    """Live until two to eight hours after the first alarm since it failed, or until it should have shown."""
    machine = watched.machine
    while machine.now < start:
        machine.step()
    watched.restarts = machine.restarts
    watched.device.go_online(start)
    onset = failure.onset if failure else start
    slow = min(failure.pace_s if failure else 0.0, 24 * HOUR)
    ends = min(start + LONGEST_S, max(onset + slow, start) + HOUR * float(dice.uniform(6, 12)))
    after = HOUR * float(dice.uniform(2, 8))
    while machine.now < ends:
        watched.live()
        if watched.alarmed_at and failure and watched.alarmed_at >= onset:
            ends = min(ends, max(watched.alarmed_at + after, onset + SHOWN_S))
        elif watched.alarmed_at:
            watched.alarmed_at = None


def _drawn(number: int, streams: Streams) -> Episode:
    return fridge_episode(number, streams.keyed("episodes", "fridge", number))


EPISODES = Episodes(0.2, _drawn)
