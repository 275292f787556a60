"""What can break: parts, priors, how they show, what to do. Read from TOML and checked before anything starts."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from gateway.finding import Drive, Help, Remedy, Severity

Probability = Annotated[float, Field(gt=0, lt=1)]
Reading = float | int | str | bool
Readings = dict[str, Reading]
"""Published name → value."""


class CatalogueError(Exception):
    """The author's fault: a catalogue names something that is not there or a probability that is none."""


class Check(BaseModel):
    """One test of a condition on one signal, or on any of several."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    signal: str | None = None
    any: tuple[str, ...] = ()
    above: float | None = None
    below: float | None = None
    equals: bool | str | None = Field(None, alias="is")
    among: tuple[str, ...] = Field((), alias="in")

    @property
    def signals(self) -> tuple[str, ...]:
        """The signals it looks at."""
        return (self.signal,) if self.signal else self.any

    def holds(self, readings: Readings) -> bool | None:
        """Tell whether it holds; ``None`` where none of its signals is known."""
        known = [readings[name] for name in self.signals if name in readings]
        return any(self._holds_for(value) for value in known) if known else None

    def _holds_for(self, value: Reading) -> bool:
        if self.equals is not None:
            return value == self.equals
        if self.among:
            return value in self.among
        if isinstance(value, str):
            return False
        return (self.above is None or value > self.above) and (self.below is None or value < self.below)


class Part(BaseModel):
    """A part that can fail."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    prior: Probability
    shows: dict[str, Probability]
    severity: Severity
    drive: Drive
    help: Help
    skill: str
    on_scene_min: Annotated[float, Field(ge=0)]
    workshop_min: Annotated[float, Field(ge=0)]
    advice: str

    @property
    def remedy(self) -> Remedy:
        """What it takes to put it right."""
        return Remedy(self.help, self.skill, self.on_scene_min * 60, self.workshop_min * 60)


class Catalogue(BaseModel):
    """Everything known of one domain."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    leak: Probability
    conditions: dict[str, tuple[Check, ...]]
    says: dict[str, str]
    parts: dict[str, Part]

    @model_validator(mode="after")
    def _nothing_dangles(self) -> Catalogue:
        if "unknown" not in self.parts:
            raise ValueError("parts.unknown is missing: there must be an answer when no part explains the evidence")
        for name in self.conditions:
            if name not in self.says:
                raise ValueError(f"says.{name} is missing: a condition is told to people in words")
        return self

    def conditions_of(self, readings: Readings) -> tuple[set[str], set[str]]:
        """Return the names of the conditions that hold and of those that do not; what cannot be known is in neither."""
        held, failed = set[str](), set[str]()
        for name, checks in self.conditions.items():
            answers = [check.holds(readings) for check in checks]
            if all(answers):
                held.add(name)
            elif False in answers:
                failed.add(name)
        return held, failed


@cache
def catalogue(domain: str) -> Catalogue:
    """Load the catalogue of ``car``, ``fridge`` or ``payment``. Raises ``CatalogueError`` naming file, entry and rule."""
    return read_catalogue(Path(__file__).with_name(f"{domain}.toml"))


def read_catalogue(path: Path) -> Catalogue:
    """Read a catalogue file. Raises ``CatalogueError`` naming file, entry and rule."""
    try:
        return Catalogue.model_validate(tomllib.loads(path.read_text("utf-8")))
    except tomllib.TOMLDecodeError as error:
        raise CatalogueError(f"{path.name}: not TOML: {error}") from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        entry = ".".join(map(str, first["loc"])) or "file"
        raise CatalogueError(f"{path.name}: {entry}: {first['msg']}") from None
