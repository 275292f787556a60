"""What can break: parts, how they show, what to do. Read from the TOML files in ``knowledge`` and checked before anything starts.

``knowledge/{car,fridge,payment}/*.toml`` are one catalogue each; ``j2012.toml`` tells the system of a code that no part
names; ``vendors/*.toml`` tell what a make means by codes of its own.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from gateway.contract.messages import ApplianceAlarm, Symptom
from gateway.contract.values import ApplianceAttributes, VehicleSignals
from gateway.diagnosis import conditions as told
from gateway.diagnosis.codes import pattern
from gateway.finding import Drive, Help, Remedy, Severity

KNOWLEDGE = Path(__file__).with_name("knowledge")
LANGUAGES = ("en", "uk", "ru", "lv", "fa", "zh")
"""Every part has a name in each."""
Probability = Annotated[float, Field(gt=0, lt=1)]
Powertrain = Literal["combustion", "petrol", "diesel", "hybrid", "electric"]
"""``combustion`` is either petrol or diesel."""
UNKNOWN, NOTHING = "unknown", "nothing"
"""The answers that are no part."""
DERIVED = {
    "codes.modules_silent", "codes.cylinders", "codes.undervoltage", "codes.unrelated",
    "codes.count", "car.age_years", "car.mileage_km", "car.electric",
    "fridge.warm_minutes", "fridge.above_setpoint",
    "payment.iban_holds", "payment.expired", "payment.failures", "payment.others_at_processor",
    "payment.others_at_bank", "payment.instrument",
    *(f"alarm.{alarm}" for alarm in ApplianceAlarm.__args__),  # type: ignore[attr-defined] # a Literal has them
}  # fmt: skip
"""Readings that the intake works out itself."""
SIGNALS = DERIVED | {
    field.alias or name for model in (VehicleSignals, ApplianceAttributes) for name, field in model.model_fields.items()
}
"""Everything a condition may look at."""


class CatalogueError(Exception):
    """The author's fault: file, entry and rule."""


class Strict(BaseModel):
    """An entry of a knowledge file: unknown words are mistakes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Group(Strict):
    """One way a part shows itself: any of several codes, conditions, symptoms or alarms. Several of them count once."""

    any: Annotated[tuple[str, ...], Field(min_length=1)]
    p: Probability
    """P(at least one shows | the part broke)."""
    consequence: bool = False
    """What other units report because this part broke: no fault of their own."""


class Wear(Strict):
    """How the hazard grows: Weibull's shape and scale, in years or in kilometres or both."""

    shape: Annotated[float, Field(gt=0, le=10)]
    scale_years: Annotated[float, Field(gt=0)] | None = None
    scale_km: Annotated[float, Field(gt=0)] | None = None


class Part(Strict):
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

    @field_validator("names")
    @classmethod
    def _in_every_language(cls, names: dict[str, str]) -> dict[str, str]:
        missing = [language for language in LANGUAGES if not names.get(language, "").strip()]
        if missing:
            raise ValueError(f"a name is missing in {', '.join(missing)}")
        return names

    @property
    def name(self) -> str:
        """The name in English."""
        return self.names["en"]

    @property
    def remedy(self) -> Remedy:
        """What it takes to put it right."""
        return Remedy(self.help, self.skill, self.on_scene_min * 60, self.workshop_min * 60, self.tow_type)


class FoodSafety(Strict):
    """For how long food may stand too warm."""

    limit_c: float
    warn_after_min: Annotated[float, Field(gt=0)]
    unsafe_after_min: Annotated[float, Field(gt=0)]
    says: str


class Catalogue(Strict):
    """Everything known of one domain."""

    leak: Probability
    """P(a code is stored | a part it has nothing to do with broke)."""
    pending_leak: Probability
    """The same of a pending code."""
    strays: dict[str, Probability] = {}
    """Codes that cars carry about more often than others, from old or passing faults → how often."""
    conditions: dict[str, told.Condition]
    symptoms: dict[str, told.Symptom] = {}
    food_safety: FoodSafety | None = None
    parts: dict[str, Part]

    @model_validator(mode="after")
    def _has_the_answers_that_are_no_part(self) -> Self:
        for name in (UNKNOWN, NOTHING):
            if name not in self.parts:
                raise ValueError(f"parts.{name} is missing: there must be an answer when no part explains the evidence")
        return self


class System(Strict):
    """A range of trouble codes of SAE J2012 and what it is about."""

    codes: str
    name: str
    letter: Literal["powertrain", "chassis", "body", "network"]
    parts_of: tuple[str, ...] = ()
    """Systems of the catalogue that an unlisted code of the range speaks for."""
    generic: bool = True
    """``False``: the maker says what its codes mean."""


class Meaning(Strict):
    """What a make means by a code of its own."""

    means: str
    like: tuple[str, ...] = ()
    """Generic codes that say the same."""
    parts: dict[str, Probability] = {}


class Make(Strict):
    """One make's codes."""

    make: str
    vendors: tuple[str, ...]
    """As in the topic."""
    source: str
    codes: dict[str, Meaning]


@cache
def catalogue(domain: str) -> Catalogue:
    """Load the catalogue of ``car``, ``fridge`` or ``payment``. Raises ``CatalogueError`` naming file, entry and rule."""
    return read_catalogue(KNOWLEDGE / domain)


def read_catalogue(folder: Path) -> Catalogue:
    """Read all files of a folder as one catalogue. Raises ``CatalogueError`` naming file, entry and rule."""
    merged: dict[str, Any] = {"conditions": {}, "symptoms": {}, "parts": {}}
    models: dict[str, type[BaseModel]] = {"conditions": told.Condition, "symptoms": told.Symptom, "parts": Part}
    where: dict[str, str] = {}
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
    found = _entry(Catalogue, merged, folder.name, "")
    for file, entry, rule in _mistakes(found, where):
        raise CatalogueError(f"{file}: {entry}: {rule}")
    return found


def _mistakes(found: Catalogue, where: dict[str, str]) -> Iterator[tuple[str, str, str]]:
    """Yield what refers to something that is not there."""
    yield from _wrong_conditions(found, where)
    for name, part in found.parts.items():
        for number, group in enumerate(part.shows):
            rules = filter(None, (_wrong_member(found, member) for member in group.any))
            yield from ((where[f"parts.{name}"], f"parts.{name}.shows.{number}", rule) for rule in rules)


def _wrong_conditions(found: Catalogue, where: dict[str, str]) -> Iterator[tuple[str, str, str]]:
    for name, condition in found.conditions.items():
        for check in condition.checks:
            for signal in check.names:
                if signal not in SIGNALS:
                    yield where[f"conditions.{name}"], f"conditions.{name}", f"{signal!r} is no signal of the contract"
    for name in found.symptoms:
        if name not in Symptom.__args__:  # type: ignore[attr-defined] # a Literal has them
            yield where[f"symptoms.{name}"], f"symptoms.{name}", "is no symptom of the contract"


def _wrong_member(found: Catalogue, member: str) -> str | None:
    kind, colon, name = member.partition(":")
    if colon:
        known = {"symptom": found.symptoms, "alarm": ApplianceAlarm.__args__}.get(kind, ())  # type: ignore[attr-defined]
        return None if name in known else f"{member!r} is told by nobody"
    if member in found.conditions:
        return None
    if member.islower():
        return f"condition {member!r} is not in the catalogue"
    try:
        pattern(member)
    except ValueError as error:
        return str(error)
    return None


@cache
def systems() -> tuple[System, ...]:
    """Load the systems of SAE J2012. Raises ``CatalogueError``."""
    path = KNOWLEDGE / "j2012.toml"
    return tuple(
        _entry(System, entry, path.name, f"systems.{number}")
        for number, entry in enumerate(_toml(path).get("systems", ()))
    )


@cache
def system_of(code: str) -> System | None:
    """Return the system that a trouble code belongs to by its number; ``None`` for what is no trouble code."""
    return next((system for system in systems() if pattern(system.codes).matches(code)), None)


def makes(paths: Iterable[Path] = ()) -> dict[str, dict[str, Meaning]]:
    """Read the makes' own codes, by vendor: those shipped, then ``paths``. Raises ``CatalogueError``."""
    found: dict[str, dict[str, Meaning]] = {}
    for path in [*sorted((KNOWLEDGE / "vendors").glob("*.toml")), *paths]:
        make = _entry(Make, _toml(path), path.name, "")
        for code, meaning in make.codes.items():
            for part in meaning.parts:
                if part not in catalogue("car").parts:
                    raise CatalogueError(f"{path.name}: codes.{code}.parts.{part}: is no part of the car's catalogue")
        for vendor in make.vendors:
            found[vendor] = {**found.get(vendor, {}), **make.codes}
    return found


def name_in(domain: str, part: str, language: str) -> str | None:
    """Return a part's name in a language (BCP 47), or in English; ``None`` for what is no part."""
    entry = catalogue(domain).parts.get(part)
    return entry.names.get(language.partition("-")[0], entry.name) if entry else None


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CatalogueError(f"{path.name}: file: not TOML: {error}") from None
    except OSError as error:
        raise CatalogueError(f"{path}: file: cannot be read: {error.strerror}") from None


Entry = TypeVar("Entry", bound=BaseModel)


def _entry(model: type[Entry], content: object, file: str, entry: str) -> Entry:
    try:
        return model.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join([*([entry] if entry else []), *map(str, first["loc"])]) or "file"
        raise CatalogueError(f"{file}: {place}: {first['msg'].removeprefix('Value error, ')}") from None
