"""The two sides of a comparison: the story as it is asked for, and what it is held against."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dispatch.policy_model.strict_model import suggestion
from scenarios.service.process import CannotPlay
from scenarios.story.loader import FILES, StoryError, find, is_policy, open_story
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
    """Read both. ``settings`` hold on both sides; ``policy``, a name or a file, is the first side's.

    ``against``: a policy's name or file, settings as ``path=value,path=value``, or another story. Raises ``StoryError``,
    ``CannotPlay``, ``BadPolicyFile``.
    """
    mine = [*policy_setting(policy), *settings]
    first = open_story(story, mine)
    if _is_policy(against):
        theirs = open_story(story, [*policy_setting(against), *settings])
        return Side(_name(first, policy), first), Side(_name(theirs, against), theirs)
    if "=" in against:
        changed = _NEXT.split(against)
        return Side(_name(first, policy), first), Side(", ".join(changed), open_story(story, [*mine, *changed]))
    try:
        find(against)
    except StoryError as error:
        message = (
            f"--against: neither a policy ({', '.join(POLICIES)}, or its file) nor settings (path=value), and {error}"
        )
        raise StoryError(message) from None
    other = open_story(against, settings)
    return Side(first.name, first), Side(other.name, other)


def policy_setting(policy: str | None) -> list[str]:
    """Return a policy, by its name or its file, as a setting of a story; none for none. Raises ``CannotPlay``."""
    if policy is None:
        return []
    if Path(policy).suffix in FILES:
        return [f"policy={policy}"]
    if policy not in POLICIES:
        message = f"--policy {policy}: {suggestion(policy, list(POLICIES))} (a policy's file ends in .yaml)"
        raise CannotPlay(message)
    return [f"policy.name={policy}"]


def _is_policy(against: str) -> bool:
    path = Path(against)
    if path.is_file():
        return path.suffix in FILES and is_policy(path)
    return against in POLICIES


def _name(story: Story, policy: str | None) -> str:
    return policy or story.policy.name
