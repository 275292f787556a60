"""In the world: drivers hear at once and act a little later, crews go where they were sent, and the figure is taken there."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from statistics import median

import numpy as np
import pytest
import simpy

from dispatch.actions import MoveTow, SendTow
from dispatch.events import PlaceChanged, TruckReported
from dispatch.ledger import read
from firmware_sim.car import Car
from firmware_sim.fix import Fix
from firmware_sim.truck import Truck
from gateway.contract.commands import JobOffer, JobOfferCommand, JobScene, JobSceneCommand
from gateway.finding import Place
from scenarios.facts import CaseFacts
from scenarios.location_error import Teller, by_source, location_errors
from scenarios.runner import Result, run_story
from scenarios.schema import Story
from scenarios.scorecard import Setting, paired, scorecard
from scenarios.storybook import open_story
from scenarios.streams import Streams
from scenarios.truth import Fault
from scenarios.world.cars import Hearing
from scenarios.world.fixes import METRES_PER_DEGREE
from scenarios.world.patient import REACTS_S
from scenarios.world.town import Point, metres, moved
from scenarios.world.trucks import RINGS_S, STRAY_M, Crew, crew_of, work
from scenarios.world.world import Breakdown, World

ON_THE_ROAD = (
    "duration=150 min",
    "cars.count=600",
    "faults=[{parts: {alternator: 40%, oil_pump: 30%, ignition_coil: 30%}, count: 40, when: {until: 2 h}}]",
)
SETTING = Setting(None, None, 0.0, 0.0)


@cache
def story() -> Story:
    """Return a morning on which cars break down while they are driven."""
    return open_story("winter_morning", list(ON_THE_ROAD))


@cache
def played() -> Result:
    """Play it once."""
    return run_story(story(), 3)
