"""Everything a live run is played on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import simpy

from scenarios.runner.story_clock import StoryClock
from scenarios.runner.story_telephones import StoryTelephones
from scenarios.service.process import ServiceProcess
from scenarios.story.schema import Story
from scenarios.story.streams import Streams
from scenarios.world.actor import Fleet
from scenarios.world.ground_truth import Fault
from scenarios.world.plan import Plan

if TYPE_CHECKING:
    from scenarios.runner.story_bank import StoryBank  # likewise
    from scenarios.runner.story_inboxes import StoryInboxes  # whose libraries are an extra


@dataclass(slots=True)
class LiveStage:
    """The story, its world, its time, and the service in its process."""

    story: Story
    plan: Plan
    faults: list[Fault]
    streams: Streams
    fleet: Fleet
    clock: StoryClock
    service: ServiceProcess
    env: simpy.Environment
    telephones: StoryTelephones | None = None
    """Where people are rung over SIP."""
    inboxes: StoryInboxes | None = None
    """Where people write."""
    bank: StoryBank | None = None
    """By which money moves."""
