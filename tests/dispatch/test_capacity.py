"""What crosses a threshold of trucks, and what does not: nobody is told that none wait."""

from __future__ import annotations

import pytest

from dispatch.core.policy import Policy
from dispatch.views.capacity import SkillCapacity, alerts_of_skills


@pytest.mark.parametrize(
    ("free", "busy", "waiting", "longest_s", "said"),
    [
        (0, 3, 0, 0.0, []),
        (0, 3, 1, 60.0, ["no truck for flat battery is free, and 1 waits for one"]),
        (0, 0, 2, 60.0, ["no truck for flat battery is free, and 2 wait for one"]),
        (2, 1, 4, 1_000.0, ["somebody has waited for 17 min for a truck for flat battery"]),
    ],
)
def test_thresholds_of_trucks(free: int, busy: int, waiting: int, longest_s: float, said: list[str]) -> None:
    """Few are free only for those who wait."""
    found = alerts_of_skills([SkillCapacity("flat_battery", free, busy, waiting, longest_s)], Policy())
    assert [one.said for one in found] == said


def test_a_house_says_how_few_are_few() -> None:
    """The policy's ``alert_free``."""
    found = alerts_of_skills([SkillCapacity("tow", 1, 4, 3, 60.0)], Policy(alert_free=2))
    assert [one.said for one in found] == ["only 1 of 5 trucks for tow is free, and 3 wait for one"]
