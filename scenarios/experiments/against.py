"""The two sides of a comparison: the story as it is asked for, and what it is held against."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dispatch.policy_model.strict_model import suggestion
from scenarios.service.process import CannotPlay
from scenarios.story.loader import StoryError, find, open_story
from scenarios.story.schema import Story

POLICIES = ("proactive", "reactive")
_NEXT = re.compile(r",(?=[a-z_][\w.]*=)")
"""Between two settings; a comma within a value is followed by no ``path=``."""


@dataclass(frozen=True, slots=True)
class Side:
    """One side."""

    name: str
    story: Story


def two_sides(story: str, against: str, settings: Sequence[str], policy: str | None) -> tuple[Side, Side]:
    """Read both. ``settings`` hold on both sides; ``policy`` is the first side's. Raises ``StoryError``, ``CannotPlay``.

    ``against``: a policy's name, settings as ``path=value,path=value``, or another story.
    """
    if policy is not None and policy not in POLICIES:
        message = f"--policy {policy}: {suggestion(policy, list(POLICIES))}"
        raise CannotPlay(message)
    mine = [*settings, *([f"policy.name={policy}"] if policy else [])]
    first = open_story(story, mine)
    if against in POLICIES and not Path(against).exists():
        return Side(_name(first, policy), first), Side(
            against, open_story(story, [*settings, f"policy.name={against}"])
        )
    if "=" in against:
        changed = _NEXT.split(against)
        return Side(_name(first, policy), first), Side(", ".join(changed), open_story(story, [*mine, *changed]))
    try:
        find(against)
    except StoryError as error:
        message = f"--against: neither a policy ({', '.join(POLICIES)}) nor settings (path=value), and {error}"
        raise StoryError(message) from None
    other = open_story(against, settings)
    return Side(first.name, first), Side(other.name, other)


def _name(story: Story, policy: str | None) -> str:
    return policy or story.policy.name
