"""The way of a lone truck from car to car, against the mean distance of two random points.

A truck that is alone goes from each car to the next, and both stand anywhere in town; with a second truck the nearer
one would go. The distance is the desk's own: what it promised as ETA, in metres.
"""

from __future__ import annotations

import numpy as np

from dispatch.core.actions import ReassignTow, SendTow
from dispatch.core.policy import Policy
from dispatch.ledger.rows import read
from scenarios.kinds.car.section import Cars
from scenarios.runner.virtual import run_story
from scenarios.story.loader import StoryError
from scenarios.story.schema import Story
from scenarios.validation import formulas
from scenarios.validation.answer import Answer, Known, RunFigure

NAME = "distance, sides"

DAY_S = 86400.0


def known(story: Story) -> dict[str, Known]:
    """Return the mean distance of two random points of the town, in sides of the square around it."""
    if sum(kind.count for kind in story.trucks) != 1 or story.workshops.count:
        message = "trucks: the distance is known for one truck that is alone, and no workshop that it would go to"
        raise StoryError(message)
    if story.section(Cars).trips != 1 or story.duration - story.settle > DAY_S:
        message = "cars.trips: the distance is known for cars that break down at home: on one trip, within a day"
        raise StoryError(message)
    square = story.place.shape == "square"
    return {NAME: Known(formulas.SQUARE, "Ghosh") if square else Known(formulas.DISC / 2, "Crofton")}


def seen(story: Story, seed: int) -> dict[str, RunFigure]:
    """Play the story and measure the same."""
    jobs = [(row.at, read(row)) for row in run_story(story, seed).rows if row.type in {"SendTow", "ReassignTow"}]
    policy = Policy()
    ways = [
        (job.eta - at) * policy.speed_mps / policy.circuity / (2 * story.place.radius)
        for at, job in jobs
        if isinstance(job, SendTow | ReassignTow)
    ]
    if not ways:
        message = "faults: no truck was sent anywhere"
        raise StoryError(message)
    return {NAME: RunFigure(float(np.mean(ways)), len(ways))}


DISTANCE = Answer(known, seen)
