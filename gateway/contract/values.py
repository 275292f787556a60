"""The values that events of every kind are made of: moments, positions, whole numbers, units, GTIN."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, cast

from pydantic import (
    AfterValidator,
    AwareDatetime,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    StringConstraints,
)
from pydantic_core import CoreSchema, core_schema

from gateway.contract.described import Described


class Strict(Described):
    """A part of an event: unknown names are refused, so that a typing error is told and not lost; so are wrong types."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        populate_by_name=True,
        allow_inf_nan=False,
        strict=True,
    )


@dataclass(frozen=True, slots=True)
class Whole:
    """Marks a whole number from ``least`` to ``most``. ``240.0`` is one too, as JSON has it."""

    least: int
    most: int
    unit: str = ""

    def __get_pydantic_core_schema__(self, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:  # noqa: ANN401 - pydantic's name
        whole = core_schema.int_schema(ge=self.least, le=self.most, strict=True)
        fraction = core_schema.float_schema(ge=self.least, le=self.most, multiple_of=1, strict=True)
        return core_schema.union_schema(
            [whole, core_schema.no_info_after_validator_function(int, fraction)],
            mode="left_to_right",
            custom_error_type="whole_number",
            custom_error_message=f"Input should be a whole number from {self.least} to {self.most}",
        )

    def __get_pydantic_json_schema__(self, _core: CoreSchema, _handler: GetJsonSchemaHandler) -> dict[str, Any]:
        unit = {"x-unit": self.unit} if self.unit else {}
        return {"type": "integer", "minimum": self.least, "maximum": self.most, **unit}


SHORT = 64
"""Items of a list of which each that is wrong is told."""


@dataclass(frozen=True, slots=True)
class Listed:
    """Marks a list of ``least`` to ``most`` items. A long one is read up to the first wrong item, which is the one that is told.

    What is wrong with each of ten thousand members of them would cost a thousand times the message.
    """

    most: int
    least: int = 0

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:  # noqa: ANN401 - pydantic's name
        bounds = {
            "max_length": self.most,
            "fail_fast": self.most > SHORT,
            **({"min_length": self.least} if self.least else {}),
        }
        return cast("CoreSchema", {**handler(source), "strict": False, **bounds})


@dataclass(frozen=True, slots=True)
class PlainWhere:
    """Marks a text that needs no look of its model at what came with it, where it fits ``pattern``: that would change nothing."""

    pattern: str


@dataclass(frozen=True, slots=True)
class NullMeans:
    """Marks an attribute whose ``null`` is read as its default: in CloudEvents' JSON format, null is not set."""

    default: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:  # noqa: ANN401 - pydantic's name
        null = core_schema.no_info_after_validator_function(lambda _: self.default, core_schema.none_schema())
        return core_schema.union_schema([handler(source), null], mode="left_to_right")


FIRST_YEAR, LAST_YEAR = 1970, 2199
_YEARS = r"^(19[7-9]|2[01][0-9])[0-9]-"


class Written:
    """Marks a moment that has to be written as a date in JSON: a count of seconds is not taken for one."""

    def __get_pydantic_core_schema__(self, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:  # noqa: ANN401 - pydantic's name
        moment = core_schema.datetime_schema(tz_constraint="aware", strict=False)
        written = core_schema.chain_schema([core_schema.str_schema(pattern=_YEARS, strict=True), moment])
        return core_schema.json_or_python_schema(written, moment)

    def __get_pydantic_json_schema__(self, _core: CoreSchema, _handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"type": "string", "format": "date-time", "pattern": _YEARS}


Moment = Annotated[AwareDatetime, Written()]
"""RFC 3339 with any offset, from 1970 to 2199."""

TEXT_PATTERN = r"^[^\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]*$"
Text = Annotated[str, StringConstraints(pattern=TEXT_PATTERN)]
"""Text without control characters, and without those that break lines or turn the direction of what follows."""


def unit(name: str) -> Any:  # noqa: ANN401 - what Field returns
    """Return the mark of a value's unit, as it is published."""
    return Field(json_schema_extra={"x-unit": name})


Latitude = Annotated[float, Field(ge=-90, le=90), unit("degrees")]
Longitude = Annotated[float, Field(ge=-180, le=180), unit("degrees")]
Metres = Annotated[float, Field(ge=0, le=100_000), unit("m")]


class Position(Strict):
    """A GNSS fix: WGS 84 degrees, its horizontal accuracy in metres (68%), and when it was taken."""

    latitude: Latitude
    longitude: Longitude
    accuracy_m: Metres
    """Horizontal, 68%."""
    fix_time: Moment


Percent = Annotated[float, Field(ge=0, le=100), unit("percent")]
WholePercent = Annotated[int, Whole(0, 100, "percent")]
Celsius = Annotated[float, Field(ge=-90, le=1_500), unit("celsius")]
Seconds = Annotated[int, Whole(-(2**31), 2**31 - 1, "s")]


Readings = dict[str, float | int | str | bool]
"""Published name → value."""
_SINGLE = (float, int, str)


class Measured(Strict):
    """Single readings and lists, each under its published name."""

    @property
    def readings(self) -> Readings:
        """The single readings that are told, no lists and moments, by their published names."""
        names = published(type(self))
        told = ((names[name], self.__dict__[name]) for name in self.model_fields_set)
        return {name: value for name, value in told if isinstance(value, _SINGLE)}


@cache
def published(model: type[Measured]) -> dict[str, str]:
    """Return of each field the name it is published under."""
    """Return, of each attribute, its published name."""
    return {name: field.alias or name for name, field in model.model_fields.items()}


def check_digit_holds(digits: str) -> bool:
    """Tell whether the last digit of a GTIN is right (GS1 General Specifications, 7.9: weights 3 and 1 from the right)."""
    weighted = sum(map(int, digits[-1::-2])) + 3 * sum(map(int, digits[-2::-2]))
    return weighted % 10 == 0


def _gtin(text: str) -> str:
    if not check_digit_holds(text):
        message = "is not a GTIN: its check digit is wrong"
        raise ValueError(message)
    return text


Gtin = Annotated[str, StringConstraints(pattern=r"^([0-9]{8}|[0-9]{12}|[0-9]{13}|[0-9]{14})$"), AfterValidator(_gtin)]
"""GS1 trade item number of 8, 12, 13 or 14 digits with its check digit."""
