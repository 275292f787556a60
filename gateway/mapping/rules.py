"""What a mapping file may say: one table of the file, one class."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from gateway.contract.envelope import Provenance
from gateway.contract.nearest import nearest
from gateway.mapping.contract_paths import targets
from gateway.mapping.filters import TopicFilter
from gateway.mapping.units import INSTANTS, ISO, UNITS

Plain = bool | int | float | str
CHECKSUM: Final = "checksum"
IGNORE: Final = "ignore"
_ALIKE = 0.6
"""How alike, of 1, a name must be to be suggested."""


def _several(given: object) -> object:
    """Take one table where a list of tables is meant."""
    return [given] if isinstance(given, dict) else given


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a suggestion to end a message with; empty where nothing is alike."""
    best = nearest(word, known, _ALIKE)
    return f"; did you mean {best!r}?" if best else ""


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, defer_build=True)


class ValueTest(_Table):
    """A test of one value: of the message (``/pointer``), of the topic (``{placeholder}``), or a metric by its name."""

    present: str | None = None
    """There, and not null or empty."""
    absent: str | None = None
    """Not there, or null or empty."""
    empty: str | None = None
    """There, and an empty list or text."""
    at: str | None = None
    """Which value the tests below are about."""
    equals: Plain | None = Field(None, alias="is")
    among: tuple[Plain, ...] = Field((), alias="in")
    above: float | None = None
    below: float | None = None

    @model_validator(mode="after")
    def _one_test(self) -> ValueTest:
        tests = [self.equals is not None, bool(self.among), self.above is not None, self.below is not None]
        if len(self.sources) != 1 or (self.at is not None) != any(tests):
            raise ValueError(
                "a condition is 'present', 'absent' or 'empty', or 'at' with 'is', 'in', 'above' or 'below'"
            )
        return self

    @property
    def sources(self) -> list[str]:
        """What it looks at."""
        return [source for source in (self.present, self.absent, self.empty, self.at) if source is not None]


Conditions = Annotated[tuple[ValueTest, ...], BeforeValidator(_several)]


class FieldRule(_Table):
    """How one value is made."""

    source: str | None = Field(None, alias="from")
    constant: Plain | None = None
    received: bool = False
    """The hour we heard the message, for vendors who send no time."""
    unit: str | None = None
    """The vendor's. The contract's is known."""
    unit_from: str | None = None
    """Where the message says its unit."""
    values: dict[str, Plain] = {}
    """The vendor's value → the contract's. A value that is not listed is refused."""
    empty: tuple[Plain, ...] = ()
    """Values by which the vendor says that he knows nothing."""
    split: Annotated[str, Field(min_length=1)] | None = None
    """Of a list written as one text: what stands between its elements."""
    part: Annotated[int, Field(ge=0, le=99)] | None = None
    """Of a text that ``split`` divides: which part is meant, the first being 0."""
    each: dict[str, FieldRule] = {}
    """Of a list of tables: how the fields of one element are made; pointers begin at the vendor's element."""
    required: bool = False
    when: Conditions = ()

    @model_validator(mode="after")
    def _one_origin(self) -> FieldRule:
        if (self.source is not None) + (self.constant is not None) + self.received != 1:
            raise ValueError("a value has exactly one origin: 'from', 'constant' or 'received = true'")
        if self.part is not None and self.split is None:
            raise ValueError("'part' needs 'split': what stands between the parts")
        if self.unit is not None and self.unit not in {*UNITS, *INSTANTS, ISO}:
            known = [*UNITS, *INSTANTS, ISO]
            raise ValueError(
                f"unit {self.unit!r} is not known{did_you_mean(self.unit, known)} Known: {', '.join(known)}"
            )
        return self

    @property
    def invented(self) -> bool:
        """Whether its value says nothing of the message."""
        return self.source is None

    @property
    def sources(self) -> list[str]:
        """What it looks at, apart from what ``each`` does."""
        of_conditions = [source for condition in self.when for source in condition.sources]
        return [*of_conditions, *(source for source in (self.source, self.unit_from) if source is not None)]


FieldRules = Annotated[tuple[FieldRule, ...], Field(min_length=1), BeforeValidator(_several)]
"""Several rules for one place: the first that has a value counts; for a list, all are put together."""
Fields = dict[str, FieldRules]


class EventIdRule(_Table):
    """How an event's id ``{boot}-{seq}`` is made, so that the same message always has the same.

    A ``seq`` with a unit is a time: two digits (five, for whole seconds) of ``counter`` are put behind it, to tell
    apart two messages of one moment.
    """

    boot: FieldRules
    seq: FieldRules
    counter: FieldRules | Literal["checksum"] = CHECKSUM
    repeat_within_s: Annotated[float, Field(ge=0, le=3600)] = 60.0
    """Where ``seq`` is the hour of arrival: the same bytes again on the same topic within so many seconds are the same message."""


class RememberRule(_Table):
    """A value of one message that belongs into the events of others: kept for its device, by a name of its own."""

    topic: str
    """On which of the topics it comes."""
    source: str = Field(alias="from")
    for_s: Annotated[float, Field(gt=0, le=30 * 86_400)] = 900.0
    """For so long it says how things are."""
    when: Conditions = ()


class _Choice(_Table):
    """Which messages a rule is for."""

    topic: str | None = None
    when: Conditions = ()


class EventRule(_Choice):
    """One contract event, for messages that pass ``topic`` and ``when`` and have what it needs; the first that fits."""

    type: str
    """A type of the contract, or ``ignore``: such messages are known, and mean nothing to us."""
    needs: tuple[str, ...] = ()
    """Fields that must get a value; without any, one of the message's own values is enough."""
    fields: Fields = {}


class StateRule(_Choice):
    """What tells that a device is online or not."""

    online: bool


class VendorMapping(_Table):
    """One mapping file."""

    file: str = ""
    """Its name, for messages; filled in when it is read."""
    convention: Literal["json", "sparkplug-json", "homeassistant"] = "json"
    vendor: str
    device: str
    """Made of the topic's placeholders, so that the broker's permissions for the topic hold for the device too; or a JSON
    pointer into the message: then only its vendor may send there."""
    provenance: Provenance = "real"
    topics: Annotated[tuple[TopicFilter, ...], Field(min_length=1)]
    text_topics: tuple[TopicFilter, ...] = ()
    """Topics whose payload is plain text, which is at the pointer ''."""
    discovery: tuple[TopicFilter, ...] = ()
    """Home Assistant's config topics, with the placeholders {component} and {object}."""
    time: FieldRules
    id: EventIdRule
    remember: dict[str, RememberRule] = {}
    """Where a vendor sends each value in a message of its own: what rules of other messages find under a name, and under
    the name with an @ before it when it came."""
    fields: Fields = {}
    """For every event type that has a place for them."""
    event: Annotated[tuple[EventRule, ...], Field(min_length=1)]
    state: tuple[StateRule, ...] = ()

    @property
    def filters(self) -> tuple[TopicFilter, ...]:
        """Everything it hears; announcements first."""
        return (*self.discovery, *self.topics, *self.text_topics)

    def rules_of(self, event: EventRule) -> Fields:
        """Return the event's own rules, and those for all events that it has a place for."""
        known = targets(event.type)
        return {**{name: rules for name, rules in self.fields.items() if name in known}, **event.fields}
