"""People and channels: who has which, who reads what when, who answers, and what they turn to when they have had enough.

A default marked [fit] is fitted or inferred: no published value was found.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from dispatch.core.conversation.channels import Channel
from dispatch.policy_model.strict_model import StrictModel
from dispatch.policy_model.units import Duration, Share, share
from scenarios.story.distributions import Spans, lognormal
from scenarios.story.place import listed

Turn = Literal["phone", "chat", "sms", "email", "social", "ivr", "video", "branch"]
"""What a customer turns to of their own accord."""
TURNS = ("phone", "chat", "sms", "email", "social", "ivr", "video", "branch")


def _turns(found: object) -> object:
    if not isinstance(found, dict) or not found or set(found) - set(TURNS):
        message = f"write channels and how often each is turned to, as {{phone: 70%, chat: 30%}}; there are {', '.join(TURNS)}"
        raise ValueError(message)
    return {str(word): share(weight) for word, weight in found.items()}


class Habit(StrictModel):
    """How messages of one channel are taken."""

    has: Share
    """Of all customers: how many can be written to on it."""
    reads: Share
    """Of those: how many look at what comes there unasked."""
    after: Spans
    """From when it is there until it is read, of one who is neither quick nor slow."""
    tells: Share
    """How often the house learns that it was read: by a receipt, or since its link was opened."""
    answers: Share
    """Of who reads what can be answered by a tap or a number: how many do."""


class SurveyHabit(StrictModel):
    """How people answer who are asked how a talk was."""

    answers: Share = 0.10
    """Of who would give three or four: how many say so; 10% of all [fit]."""
    unhappy: Annotated[float, Field(ge=0, le=10)] = 1.8
    """How much more often who would give one says so; of who would give two half of that [fit]."""
    happy: Annotated[float, Field(ge=0, le=10)] = 1.2
    """How much more often who would give five says so [fit]."""
    after: Spans = lognormal(1_800, 1.65)
    """From when it is there; 80% within two hours (Fizzback)."""


def _habit(after: Spans, **shares: float) -> Habit:
    return Habit(after=after, **shares)


class Habits(StrictModel):
    """What customers do on channels."""

    app: Habit = _habit(lognormal(40, 1.0), has=0.66, reads=0.9, tells=1.0, answers=0.3)
    """As ``notices`` has it, who may show them and who reads them; of the answers: [fit]."""
    push: Habit = _habit(lognormal(300, 1.5), has=0.66, reads=0.5, tells=1.0, answers=0.046)
    """Opt-in 81% (Android) and 51% (iOS), reaction 4.6% and 3.4% (surveys of 2024); the rest [fit]."""
    sms: Habit = _habit(lognormal(90, 1.0), has=0.95, reads=0.9, tells=0.35, answers=0.25)
    """[fit]: no receipt tells of reading, but the link that is opened does."""
    email: Habit = _habit(lognormal(3_600, 1.5), has=0.9, reads=0.6, tells=0.3, answers=0.05)
    """[fit]."""
    social: Habit = _habit(lognormal(600, 1.3), has=0.5, reads=0.7, tells=0.9, answers=0.2)
    """[fit]."""
    pace: Annotated[float, Field(ge=0, le=3)] = 0.6
    """How much people differ: sigma of the logarithm of how quick somebody is on one channel, and is on it always [fit]."""
    content: Share = 0.7
    """Of those who are asked whether they need a call, and answer: how many do not; the others want it now [fit]."""
    turns_to: Annotated[
        dict[str, float],
        BeforeValidator(_turns),
        WithJsonSchema({"type": "object", "minProperties": 1, "propertyNames": {"enum": list(TURNS)}}),
    ] = Field(
        {
            "phone": 0.7,
            "ivr": 0.05,
            "chat": 0.12,
            "sms": 0.03,
            "email": 0.04,
            "social": 0.04,
            "video": 0.01,
            "branch": 0.01,
        }
    )
    """What they turn to when they have had enough [fit]."""
    patience: Spans = lognormal(240, 0.7)
    """For how long who wrote waits for an answer before they try something else [fit]."""
    surveys: SurveyHabit = SurveyHabit()
    """Where the policy has surveys."""
    menu: Duration = 20.0
    """How long the machine on the telephone speaks to who rings it, before they wait for an agent [fit]."""
    knows_number: Share = 1.0
    """How many have the house's number among their contacts; ``customers.answer`` is of those."""
    takes_unknown: Share = 0.34
    """Of the others: how many take a call from a number they do not know: 0.24 to 0.70 of one in their contacts (Hiya). One that a
    notice they read announced, everybody takes."""
    journey: Annotated[tuple[Turn, ...], BeforeValidator(listed)] = ()
    """What the customer of the story's first fault turns to, one after the other, whatever they hear; they take no call of ours and
    never look at the app."""
    journey_every: Duration = 4 * 60.0
    """From one to the next."""

    @model_validator(mode="before")
    @classmethod
    def _usual_beside(cls, found: Any) -> Any:  # noqa: ANN401 - any YAML
        """Let a habit name only what is other than usual."""
        if not isinstance(found, dict):
            return found
        return {name: _beside(name, said) for name, said in found.items()}

    def of(self, channel: Channel) -> Habit:
        """Return that of one channel on which we write unasked."""
        habit: Habit = getattr(self, channel.value)
        return habit


def _beside(name: str, said: object) -> object:
    usual = Habits.model_fields[name].default if name in Habits.model_fields else None
    if not isinstance(usual, Habit) or not isinstance(said, dict):
        return said
    return {one: getattr(usual, one) for one in Habit.model_fields} | said
