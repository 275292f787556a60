"""What can break: parts, how they show, what to do. Read from a kind's TOML files, and checked before anything starts.

``knowledge/*.toml`` are one catalogue; ``codes/*.toml`` tell the system of a code that no part names; ``vendors/*.toml`` tell
what a make means by codes of its own.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from gateway.contract.documents import from_toml, read_text
from gateway.diagnosis import conditions as told
from gateway.diagnosis.codes import pattern
from gateway.diagnosis.knowledge import Knowledge
from gateway.errors import AuthorError
from gateway.finding import Drive, Help, Remedy, Severity

LANGUAGES = ("en", "uk", "ru", "lv", "fa", "zh")
"""Every part has a name in each."""
Probability = Annotated[float, Field(gt=0, lt=1)]
Powertrain = Literal["combustion", "petrol", "diesel", "hybrid", "electric"]
"""``combustion`` is either petrol or diesel."""
UNKNOWN, NOTHING = "unknown", "nothing"
"""The answers that are no part."""
RESPONSE = "response"
"""What the answer of a card's bank is told as: ``response:51``."""


class CatalogueError(AuthorError):
    """The author's fault: file, entry and rule."""


class KnowledgeEntry(BaseModel):
    """An entry of a knowledge file: unknown words are mistakes."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class Group(KnowledgeEntry):
    """One way a part shows itself: any of several codes, conditions, symptoms or alarms. Several of them count once."""

    any: Annotated[tuple[str, ...], Field(min_length=1)]
    p: Probability
    """P(at least one shows | the part broke)."""
    consequence: bool = False
    """What other units report because this part broke: no fault of their own."""


class Way(KnowledgeEntry):
    """One of several ways in which a part fails, with signs of its own: a lost sensor shows nothing of one that lies."""

    share: Probability
    """Of the part's failures; the shares of a part's ways sum to 1."""
    shows: tuple[Group, ...]


class Wear(KnowledgeEntry):
    """How the hazard grows: Weibull's shape and scale, in years or in kilometres or both."""

    shape: Annotated[float, Field(gt=0, le=10)]
    scale_years: Annotated[float, Field(gt=0)] | None = None
    scale_km: Annotated[float, Field(gt=0)] | None = None


class Part(KnowledgeEntry):
    """A part that can fail."""

    names: dict[str, str]
    system: str
    prior: Probability
    """Share of faults."""
    severity: Severity
    drive: Drive
    help: Help
    skill: str
    on_scene_min: Annotated[float, Field(ge=0)]
    workshop_min: Annotated[float, Field(ge=0)]
    advice: str
    """What the customer should do and what happens next, in English."""
    fits: tuple[Powertrain, ...] = ("combustion", "hybrid", "electric")
    tow_type: Literal["any", "flatbed", "none"] = "none"
    part_number: str = ""
    """A stand-in: the workshop's catalogue decides."""
    wear: Wear | None = None
    shows: tuple[Group, ...] = ()
    """In whatever way it fails."""
    ways: dict[str, Way] = {}
    """Left out: there is one."""
    reasons: dict[str, Probability] = {}
    """Payments: ISO 20022 reason → P(a refusal for this cause has it). A refusal has one, so that they add up to 1 at most."""
    responses: dict[str, Probability] = {}
    """The same of the answers of a card's bank (ISO 8583 field 39)."""
    hopeless: bool = False
    """Payments: the same attempt can never succeed, however often it is made."""

    @model_validator(mode="after")
    def _ways_are_all(self) -> Self:
        if self.ways and abs(sum(way.share for way in self.ways.values()) - 1) > 0.01:  # noqa: PLR2004 - rounding
            raise ValueError("the shares of ways do not sum to 1")
        return self

    @field_validator("names")
    @classmethod
    def _in_every_language(cls, names: dict[str, str]) -> dict[str, str]:
        missing = [language for language in LANGUAGES if not names.get(language, "").strip()]
        if missing:
            raise ValueError(f"a name is missing in {', '.join(missing)}")
        return names

    @model_validator(mode="after")
    def _has_one_reason_at_a_time(self) -> Self:
        for shares in (self.reasons, self.responses):
            if sum(shares.values()) > 1:
                raise ValueError("a refusal has one reason and one response: their probabilities add up to more than 1")
        return self

    @property
    def always(self) -> tuple[Group, ...]:
        """How it shows in whatever way it fails, each reason and response a group of its own."""
        told = {**self.reasons, **{f"{RESPONSE}:{code}": p for code, p in self.responses.items()}}
        return (*self.shows, *(Group(any=(code,), p=p) for code, p in told.items()))

    @property
    def groups(self) -> tuple[Group, ...]:
        """Every group, of any way."""
        return (*self.always, *(group for way in self.ways.values() for group in way.shows))

    @property
    def name(self) -> str:
        """The name in English."""
        return self.names["en"]

    @property
    def remedy(self) -> Remedy:
        """What it takes to put it right."""
        return Remedy(self.help, self.skill, self.on_scene_min * 60, self.workshop_min * 60, self.tow_type)


class FoodSafety(KnowledgeEntry):
    """For how long food may stand too warm."""

    limit_c: float
    warn_after_min: Annotated[float, Field(gt=0)]
    unsafe_after_min: Annotated[float, Field(gt=0)]
    says: str


class System(KnowledgeEntry):
    """A range of trouble codes of SAE J2012 and what it is about."""

    codes: str
    name: str
    letter: Literal["powertrain", "chassis", "body", "network"]
    parts_of: tuple[str, ...] = ()
    """Systems of the catalogue that an unlisted code of the range speaks for."""
    generic: bool = True
    """``False``: the maker says what its codes mean."""


class Catalogue(KnowledgeEntry):
    """Everything known of one domain."""

    leak: Probability
    """P(a code is stored | a part it has nothing to do with broke)."""
    pending_leak: Probability
    """The same of a pending code."""
    never_silent: tuple[str, ...] = ()
    """Systems of which a confirmed code is never only watched: the customer is asked at least."""
    leaks: dict[str, Probability] = {}
    """Codes and reasons that are told more often than others though their part is sound → how often."""
    temper: Annotated[float, Field(gt=0, le=1)] = 0.8
    """What all but the strongest sign is multiplied by, for evidence is not quite independent; 1 where it is."""
    acts_above: Probability = 0.8
    """P(somebody must come) from which on somebody is sent unasked; more where nobody is stranded and asking costs little."""
    conditions: dict[str, told.Condition]
    symptoms: dict[str, told.Symptom] = {}
    food_safety: FoodSafety | None = None
    parts: dict[str, Part]
    systems: tuple[System, ...] = ()
    """Of trouble codes."""

    @model_validator(mode="after")
    def _has_the_answers_that_are_no_part(self) -> Self:
        for name in (UNKNOWN, NOTHING):
            if name not in self.parts:
                raise ValueError(f"parts.{name} is missing: there must be an answer when no part explains the evidence")
        return self


class Meaning(KnowledgeEntry):
    """What a make means by a code of its own."""

    means: str
    like: tuple[str, ...] = ()
    """Generic codes that say the same."""
    parts: dict[str, Probability] = {}


class Make(KnowledgeEntry):
    """One make's codes."""

    make: str
    vendors: tuple[str, ...]
    """As in the topic."""
    source: str
    codes: dict[str, Meaning]


@cache
def catalogue(knowledge: Knowledge) -> Catalogue:
    """Load a catalogue, once. Raises ``CatalogueError`` naming file, entry and rule."""
    return read_catalogue(knowledge)


def read_catalogue(knowledge: Knowledge) -> Catalogue:
    """Read all files of a folder as one catalogue. Raises ``CatalogueError`` naming file, entry and rule."""
    merged: dict[str, Any] = {"conditions": {}, "symptoms": {}, "parts": {}}
    models: dict[str, type[BaseModel]] = {"conditions": told.Condition, "symptoms": told.Symptom, "parts": Part}
    where: dict[str, str] = {}
    folder = knowledge.folder
    files = sorted(folder.glob("*.toml"))
    if not files:
        raise CatalogueError(f"{folder.name}: no knowledge files (*.toml) are in this folder")
    for path in files:
        for table, content in _toml(path).items():
            if table not in models:
                merged[table] = content
                continue
            for name, entry in content.items():
                if name in merged[table]:
                    raise CatalogueError(f"{path.name}: {table}.{name}: stands in {where[f'{table}.{name}']} already")
                merged[table][name] = _entry(models[table], entry, path.name, f"{table}.{name}")
                where[f"{table}.{name}"] = path.name
    found = _entry(Catalogue, {**merged, "systems": tuple(_systems(folder))}, folder.name, "")
    for file, entry, rule in _mistakes(found, knowledge, where):
        raise CatalogueError(f"{file}: {entry}: {rule}")
    return found


def _systems(folder: Path) -> Iterator[System]:
    for path in sorted((folder / "codes").glob("*.toml")):
        for number, entry in enumerate(_toml(path).get("systems", ())):
            yield _entry(System, entry, path.name, f"systems.{number}")


def _mistakes(found: Catalogue, knowledge: Knowledge, where: dict[str, str]) -> Iterator[tuple[str, str, str]]:
    """Yield what refers to something that is not there."""
    yield from _wrong_conditions(found, knowledge, where)
    for name, part in found.parts.items():
        for number, group in enumerate(part.groups):
            rules = filter(None, (_wrong_member(found, knowledge, member) for member in group.any))
            yield from ((where[f"parts.{name}"], f"parts.{name}.shows.{number}", rule) for rule in rules)


def _wrong_conditions(found: Catalogue, knowledge: Knowledge, where: dict[str, str]) -> Iterator[tuple[str, str, str]]:
    for name, condition in found.conditions.items():
        for check in condition.checks:
            for signal in check.names:
                if signal not in knowledge.signals:
                    yield where[f"conditions.{name}"], f"conditions.{name}", f"{signal!r} is no signal of the contract"
    for name in found.symptoms:
        if name not in knowledge.symptoms:
            yield where[f"symptoms.{name}"], f"symptoms.{name}", "is no symptom of the contract"


def _wrong_member(found: Catalogue, knowledge: Knowledge, member: str) -> str | None:
    kind, colon, name = member.partition(":")
    if colon:
        known = {"symptom": found.symptoms, **knowledge.told}
        return None if name in known.get(kind, ()) else f"{member!r} is told by nobody"
    if member in found.conditions:
        return None
    if member.islower():
        return f"condition {member!r} is not in the catalogue"
    try:
        pattern(member)
    except ValueError as error:
        return str(error)
    return None


def makes(knowledge: Knowledge, paths: Iterable[Path] = ()) -> dict[str, dict[str, Meaning]]:
    """Read the makes' own codes, by vendor: those shipped, then ``paths``. Raises ``CatalogueError``."""
    found: dict[str, dict[str, Meaning]] = {}
    for path in [*sorted((knowledge.folder / "vendors").glob("*.toml")), *paths]:
        make = _entry(Make, _toml(path), path.name, "")
        for code, meaning in make.codes.items():
            for part in meaning.parts:
                if part not in catalogue(knowledge).parts:
                    rule = f"is no part of the {knowledge.name}'s catalogue"
                    raise CatalogueError(f"{path.name}: codes.{code}.parts.{part}: {rule}")
        for vendor in make.vendors:
            found[vendor] = {**found.get(vendor, {}), **make.codes}
    return found


def name_in(knowledge: Knowledge, part: str, language: str) -> str | None:
    """Return a part's name in a language (BCP 47), or in English; ``None`` for what is no part."""
    entry = catalogue(knowledge).parts.get(part)
    return entry.names.get(language.partition("-")[0], entry.name) if entry else None


def _toml(path: Path) -> dict[str, Any]:
    try:
        return from_toml(read_text(path))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CatalogueError(f"{path.name}: file: not TOML: {error}") from None
    except OSError as error:
        raise CatalogueError(f"{path}: file: cannot be read: {error.strerror}") from None


Entry = TypeVar("Entry", bound=BaseModel)


def _entry(model: type[Entry], content: object, file: str, entry: str) -> Entry:
    try:
        return model.model_validate(content)
    except ValidationError as error:
        wrong = error.errors(include_url=False)
        first = next(
            (one for one in wrong if one["type"] == "extra_forbidden"), wrong[0]
        )  # a misspelt word, not a missing one
        place = ".".join([*([entry] if entry else []), *map(str, first["loc"])]) or "file"
        raise CatalogueError(f"{file}: {place}: {first['msg'].removeprefix('Value error, ')}") from None
