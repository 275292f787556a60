"""Steps the world along with the wall's clock, tells what happens, and slows the clock where the machine does not keep up."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import simpy

from scenarios.runner.clock.pace import Pace
from scenarios.runner.follow import Follower, Latency
from scenarios.runner.lag import Lag
from scenarios.runner.narrator import Narrator
from scenarios.runner.network import NetworkDoors
from scenarios.runner.stage import LiveStage
from scenarios.terminal import show

LEAP_S = 10.0
"""Story seconds the world steps at most before it looks who has called: what comes meanwhile is not kept waiting."""
REST_S = 0.05
"""Seconds of the wall it rests at most."""
LOOK_S = 0.25
"""Between two looks at whether the service lives, and two moves of the bar."""

Say = Callable[[str], None]


@dataclass(slots=True)
class Player:
    """Plays what stands on a stage, once."""

    stage: LiveStage
    doors: NetworkDoors
    follower: Follower
    latency: Latency
    lag: Lag

    def play(self, *, console: str, quiet: bool) -> float:
        """Play from beginning to end; return how much longer that took than at full speed."""
        stage = self.stage
        story, clock, end = stage.story, stage.clock, stage.story.end_s
        narrator = Narrator(stage.faults, story.start.tzinfo)
        clock.begin()
        began = looked = time.monotonic()
        pace = Pace(began)
        with show.telling(story.name, quiet=quiet) as (say, progress):
            say(f"{story.about}. Watch it at {console} while it plays.")
            while (now := clock.now()) < end:
                _step(stage.env, min(now, float(stage.env.now) + LEAP_S))
                self.doors.take_in(self._rest(end))
                self._tell(narrator, say)
                self._keep(pace, say)
                if time.monotonic() > looked + LOOK_S:
                    looked = time.monotonic()
                    progress((now - story.start_s) / story.duration)
                    stage.service.check()
            _step(stage.env, end)
            self._tell(narrator, say)
        return round((time.monotonic() - began) / (story.duration / clock.speed), 3)

    def _rest(self, end: float) -> float:
        """Seconds of the wall until the world has something to do."""
        env = self.stage.env
        return min(REST_S, self.stage.clock.real_seconds_until(min(float(env.peek()), end)))

    def _keep(self, pace: Pace, say: Say) -> None:
        """Keep time and machine together: the time runs on behind the world, and slower where everything comes late."""
        stage, clock, played = self.stage, self.stage.clock, float(self.stage.env.now)
        behind = max(self.lag.seconds(), (clock.now() - played) / clock.speed)
        if pace.look(behind, (played - stage.story.start_s) / clock.speed, time.monotonic()):
            say(f"the machine is {behind:.1f} s behind: the story goes on at {clock.speed * pace.factor:.0f} to 1")
        if not pace.stands:
            clock.go_on(played, pace.factor)

    def _tell(self, narrator: Narrator, say: Say) -> None:
        for seen_at, row in self.follower.news():
            self.doors.decided(row)
            self.latency.feed(seen_at, row)
            took = self.latency.took(seen_at, row)
            if took is not None:
                self.lag.note(took)
            for line in narrator.feed(row):
                say(line)


def _step(env: simpy.Environment, until: float) -> None:
    """Bring the world to ``until``. simpy's own ``run`` leaves its stop event behind, and the world would never rest."""
    moment = env.timeout(max(0.0, until - env.now))
    while not moment.processed:
        env.step()
