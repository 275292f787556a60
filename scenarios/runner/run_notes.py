"""What a run was, kept beside its ledger and its truth: the story, its parameters, the scorecard and what was expected."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from dispatch.core.conversation.channels import Channel
from dispatch.core.offers.rules import OfferPolicy
from dispatch.core.plan.model import Level, Weights
from dispatch.core.policy import CallOrder, MessagePolicy, Policy
from dispatch.core.purse.rules import PaymentPolicy
from dispatch.core.quiet_hours import QuietHours
from scenarios.score.scorecard import Figure
from scenarios.story.expectations import Expectation
from scenarios.story.parameters import Parameter, parameters
from scenarios.story.schema import Story

FILE = "run.json"
POLICY_FILE = "policy.yaml"
"""How the house worked in a story that was played live, where that was not as usual."""


VALUES = tuple(one.name for one in fields(Policy) if one.compare)
"""Of a policy: what of it is figures and words, and can be written down."""


class Notes(BaseModel):
    """A run's notes."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    story: str
    about: str
    seed: int
    start: float
    """POSIX seconds."""
    utc_offset_s: float
    """Of the story's place."""
    duration_s: float
    scorecard: dict[str, Figure]
    expect: list[Expectation]
    parameters: list[Parameter]
    policy: dict[str, float | int | str] = {}
    """Values of ``dispatch.core.policy`` that are not as usual."""


def write(folder: Path, story: Story, seed: int, scorecard: dict[str, Figure], expect: list[Expectation]) -> None:
    """Write the notes of a run into its folder."""
    offset = story.start.utcoffset()
    notes = Notes(
        story=story.name,
        about=story.about,
        seed=seed,
        start=story.start_s,
        utc_offset_s=offset.total_seconds() if offset else 0.0,
        duration_s=story.duration,
        scorecard=scorecard,
        expect=expect,
        parameters=parameters(story),
        policy=unusual(story.policy.desk()),
    )
    (folder / FILE).write_text(notes.model_dump_json(indent=1), encoding="utf-8")


def unusual(policy: Policy) -> dict[str, float | int | str]:
    """Return the values of a policy that are not as usual; quiet hours as they are written."""
    values, usual = ({name: getattr(one, name) for name in VALUES} for one in (policy, Policy()))
    differing = {name: value for name, value in values.items() if value != usual[name]}
    return {name: _written(value) for name, value in differing.items()}


def _written(value: Any) -> float | int | str:  # noqa: ANN401 - what any of the members is
    if isinstance(value, Weights | MessagePolicy | PaymentPolicy | OfferPolicy):
        return json.dumps(asdict(value))
    return str(value) if isinstance(value, QuietHours) else value


def usual_but(values: Mapping[str, float | int | str]) -> Policy:
    """Return the policy that differs from the usual by these values. Raises ``BadQuietHours``."""
    return Policy(**{name: _READ.get(name, _as_it_is)(value) for name, value in values.items()})


def _messages(channels: list[str], **figures: Any) -> MessagePolicy:
    return MessagePolicy(tuple(map(Channel, channels)), **figures)


def _as_it_is(value: object) -> object:
    return value


_READ: dict[str, Callable[[Any], Any]] = {
    "quiet": lambda text: QuietHours.parse(str(text)),
    "call_order": CallOrder,
    "plan": Level,
    "messages": lambda text: _messages(**json.loads(text)),
    "payments": lambda text: TypeAdapter(PaymentPolicy).validate_json(text),
    "offers": lambda text: TypeAdapter(OfferPolicy).validate_json(text),
    "plan_weights": lambda text: Weights(**json.loads(text)),
}
"""How a member is read that is no plain figure."""


def read(folder: Path) -> Notes | None:
    """Read them; ``None`` where there are none, as beside a live service's store, or none that can be read."""
    try:
        return Notes.model_validate_json((folder / FILE).read_bytes())
    except (OSError, ValidationError):
        return None
