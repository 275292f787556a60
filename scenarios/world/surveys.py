"""People who are asked how a talk was: how content they are, and whether they say so.

The less they waited, were asked twice and had to turn to us again, the more content they are; who was called first is a little
more so. The very unhappy and the very happy answer more often [fit]: whoever reads answers alone is misled.
"""

from __future__ import annotations

from dispatch.core.actions import SendMessage
from scenarios.story.habits import SurveyHabit
from scenarios.world.messages import DELIVERED_S, habits_of, has
from scenarios.world.survey_truth import Contentment
from scenarios.world.world import LastTalk, Life, World

BEST = 4.7
"""Of who waited for nobody and was helped at once [fit]."""
PER_MINUTE, MOST_MINUTES = 0.12, 15.0
"""What a minute in the queue costs [fit]."""
AGAIN, TWICE, FIRST = 0.9, 0.8, 0.2
"""What it costs to have to turn to us again, and to be asked twice; what it is worth to be called first [fit]."""
SPREAD = 0.6
"""How much people differ who met with the same [fit]."""


def asked(world: World, said: SendMessage) -> Life:
    """Somebody is asked; one in ten answers, four in five of them within two hours."""
    if not world.doors.leaves(said):
        return
    yield world.env.timeout(DELIVERED_S)
    if not has(world, said.customer, said.channel):
        yield world.doors.message_is(said.customer, said.key, "failed")
        return
    dice = world.streams.hashed("survey", said.customer, said.number)
    score = score_of(world.person(said.customer).talk, float(dice.standard_normal()))
    habit = habits_of(world).surveys
    answers = float(dice.random()) < chance(habit, score)
    world.plan.contentment.append(Contentment(said.key, said.customer, score, answers))
    if answers:
        yield world.env.timeout(habit.after.one(dice))
        yield world.doors.wrote(f"{said.channel}-{said.key}", said.customer, said.channel, str(score))


def expected(talk: LastTalk) -> tuple[float, float]:
    """Return how content somebody is, on the scale of scores, and how much people differ who met with the same."""
    content = BEST - PER_MINUTE * min(MOST_MINUTES, talk.waited_s / 60) - AGAIN * talk.again - TWICE * talk.asked_twice
    return content + FIRST * talk.called_first, SPREAD


def score_of(talk: LastTalk, luck: float) -> int:
    """Return what somebody would give. ``luck``: standard normal."""
    content, spread = expected(talk)
    return max(1, min(5, round(content + spread * luck)))


def chance(habit: SurveyHabit, score: int) -> float:
    """Return how likely somebody says so who would give that."""
    return min(1.0, habit.answers * {1: habit.unhappy, 2: (1 + habit.unhappy) / 2, 5: habit.happy}.get(score, 1.0))
