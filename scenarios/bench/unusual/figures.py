"""How much was found of what went wrong, and how much was asked about nothing."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class UnusualFigures:
    """What was found of what went wrong, and what of the questions was about nothing."""

    befallen: int
    found: int
    asked: int
    """Questions, each about one thing."""
    right: int
    messages: int
    payments: int
    missed: dict[str, int] = field(default_factory=dict)
    wrong: dict[str, int] = field(default_factory=dict)

    @property
    def recall(self) -> float:
        """Of what went wrong, the share that was asked about."""
        return self.found / self.befallen if self.befallen else 1.0

    @property
    def precision(self) -> float:
        """Of the questions, the share that was about something that went wrong."""
        return self.right / self.asked if self.asked else 1.0

    def __add__(self, other: UnusualFigures) -> UnusualFigures:
        """Put two together."""
        return UnusualFigures(
            self.befallen + other.befallen, self.found + other.found, self.asked + other.asked,
            self.right + other.right, self.messages + other.messages, self.payments + other.payments,
            summed(self.missed, other.missed), summed(self.wrong, other.wrong),
        )  # fmt: skip


def summed(one: dict[str, int], other: dict[str, int]) -> dict[str, int]:
    """Put two counts by name together."""
    return {name: one.get(name, 0) + other.get(name, 0) for name in sorted({*one, *other})}
