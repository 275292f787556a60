"""Episodes of a unit: hours in which it does well, something that fails, and until a service should know of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from firmware_sim.device.device import Device
from firmware_sim.wear.failure import HOUR
from firmware_sim.wear.unit import Making, Reporter, Unit
from gateway.devices.registry import DeviceRecord
from scenarios.episodes.episode import EPOCH, SPAN_S, Episode, EpisodeTruth
from scenarios.episodes.mix import Mix
from scenarios.episodes.recorder import Recorder
from scenarios.story.part import Part
from scenarios.story.streams import Streams

RIGA, WITHIN = (56.9496, 24.1052), 0.1
"""WGS 84 degrees: where the homes are."""
STEP_S = 600.0
SOUND_H = (6.0, 24.0)
FAILING_H = 48.0
"""So long a failure has to show itself."""
AFTER_H = (1.0, 8.0)
"""Until a service should know, once it complained."""
DISTURBED_SOUND, DISTURBED_FAILING = 0.6, 0.2
"""Share of the episodes in which something happens that is no failure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitEpisodes:
    """How the episodes of one kind are drawn."""

    kind: str
    stem: str
    """What the names of its devices begin with."""
    making: Making
    device: Callable[[str], Any]
    """Builds one by its name."""
    parts: Mapping[str, Part]
    """What can break, of its own."""
    shares: Mapping[str, float]
    """How often each is the cause, roughly."""
    status_every_s: float

    def draw(self, number: int, dice: np.random.Generator, part: str | None = None) -> Episode:
        """Draw an episode: sound in 15 of 100 unless ``part`` says what fails."""
        part = part or Mix(self.shares).draw(dice)
        start = EPOCH + SPAN_S * float(dice.random())
        unit = self.making.draw(dice, "" if part == "nothing" else part, start)
        onset = start + HOUR * float(dice.uniform(*SOUND_H))
        self._spoil(unit, part, onset, dice)
        recorder, device = self._device(number, start, dice)
        reporter = Reporter(unit, device, self.status_every_s, start + self.status_every_s * float(dice.random()))
        _live(reporter, recorder, onset, AFTER_H[0] + (AFTER_H[1] - AFTER_H[0]) * float(dice.random()))
        latitude, longitude = (centre + WITHIN * float(dice.uniform(-1, 1)) for centre in RIGA)
        record = DeviceRecord(
            device.name,
            self.kind,
            f"c{number:06d}",
            "simulated",
            home_latitude=latitude,
            home_longitude=longitude,
        )
        needs_help = part != "nothing" and self.parts[part].needs_help
        truth = EpisodeTruth(part, needs_help, onset, latitude, longitude)
        return Episode(self.kind, truth, tuple(recorder.messages), (record,))

    def numbered(self, number: int, streams: Streams) -> Episode:
        """Draw one by its number."""
        return self.draw(number, streams.keyed("episodes", self.kind, number))

    def _spoil(self, unit: Unit[Any], part: str, onset: float, dice: np.random.Generator) -> None:
        if part != "nothing":
            unit.failures.append(self.making.ways.fail(part, onset, dice))
        luck, at = dice.random(2).tolist()
        if luck < (DISTURBED_SOUND if part == "nothing" else DISTURBED_FAILING):
            unit.failures.append(self.making.ways.disturb(onset + HOUR * (at * 12 - 4), dice))

    def _device(self, number: int, start: float, dice: np.random.Generator) -> tuple[Recorder, Any]:
        recorder = Recorder(start)
        device: Device = self.device(f"{self.stem}-{number:06d}")
        device.boot = int(dice.integers(1, 40))
        recorder.attach(device)
        device.go_online(start)
        return recorder, device


def _live(reporter: Reporter[Any, Any], recorder: Recorder, onset: float, after_h: float) -> None:
    """Live until some hours after it complained, or until it should have."""
    ends = onset + FAILING_H * HOUR
    while reporter.unit.now < ends:
        recorder.now = reporter.unit.now + STEP_S
        if reporter.live(STEP_S) and reporter.unit.now >= onset:
            ends = min(ends, reporter.unit.now + after_h * HOUR)
