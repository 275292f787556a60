"""Which types of events there are. Each kind of device brings its own, in ``messages.py`` of its folder; a test may add one.

What reads and publishes events asks here, and is built once: again only when a type is added.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property, reduce
from operator import or_
from typing import Annotated, Any

from pydantic import BaseModel, Field, TypeAdapter

from gateway.contract.envelope import EVENT_BYTES, DeviceEvent
from gateway.contract.fast_decoder import QuickReader
from gateway.contract.kind_folders import message_folders, module_in
from gateway.errors import AuthorError

Json = dict[str, Any]


class MessagesError(AuthorError):
    """A kind's messages contradict another's; the message names file and rule."""


@dataclass(frozen=True, slots=True)
class Example:
    """One event as an example."""

    type: str
    """``callahead.….v1``."""
    device: str
    """``vendor/device``."""
    id: str
    time: str
    data: Json

    @property
    def event(self) -> Json:
        """As it goes over the wire."""
        return {
            "specversion": "1.0",
            "type": self.type,
            "source": f"/{self.device}",
            "id": self.id,
            "time": self.time,
            "datacontenttype": "application/json",
            "data": self.data,
        }


@dataclass(frozen=True, slots=True)
class EventType:
    """One type of event."""

    model: type[DeviceEvent]
    device: str
    """Of the example: ``vendor/device``."""
    id: str
    time: str
    data: Json
    plain: bool = False
    """Nearly all traffic is made of it, and no card number fits into what ``fast_decoder`` reads of it."""
    max_bytes: int = EVENT_BYTES
    """Of an event, its attributes included."""
    of_customer: bool = False
    """Only a device that is a customer's sends it."""
    whole: bool = False
    """It is taken as it was said or not at all: nothing that cannot be read is left out of it."""
    reasons: Mapping[str, str] = field(default_factory=dict)
    """Of a payment: member → ISO 20022 status reason where it is wrong or missing; under no name, of anything else."""

    @property
    def name(self) -> str:
        """``callahead.….v1``."""
        return str(self.model.model_fields["type"].default)

    @property
    def is_urgent(self) -> bool:
        """It goes on ``…/urgent``, and before statuses wherever something waits."""
        return not self.plain

    @property
    def example(self) -> Json:
        """As it goes over the wire."""
        return Example(self.name, self.device, self.id, self.time, self.data).event


@dataclass(frozen=True, slots=True)
class Messages:
    """What a folder brings."""

    events: tuple[EventType, ...]
    parts: tuple[type[BaseModel], ...] = ()
    """Parts of events that have a section of their own in what is published."""
    also: tuple[Example, ...] = ()
    """Examples of types that every kind may send, as this one does."""
    expected: Mapping[str, str] = field(default_factory=dict)
    """Member → what is expected there, in words, where the model's own words are a pattern."""


class EventTypes:
    """All types of events, by name, in a fixed order."""

    def __init__(self, brought: Iterable[tuple[str, Messages]] = ()) -> None:
        """``brought``: of each file its messages. Raises ``MessagesError``: two bring one type."""
        self._brought: dict[str, Messages] = {}
        self._types: dict[str, EventType] = {}
        for file, messages in brought:
            self.add(file, messages)

    def add(self, file: str, messages: Messages) -> None:
        """Add what a file brings. Raises ``MessagesError``: a type stands in another file already."""
        for one in messages.events:
            if one.name in self._types:
                raise MessagesError(f"{file}: {one.name}: stands in {self._file_of(one.name)} already")
        self._brought[file] = messages
        self._rebuild()

    def remove(self, file: str) -> None:
        """Take away what a file brought."""
        del self._brought[file]
        self._rebuild()

    def __iter__(self) -> Iterator[EventType]:
        return iter(self._types.values())

    def __contains__(self, name: object) -> bool:
        return name in self._types

    def named(self, name: str) -> EventType:
        """Return the type of a name. Raises ``KeyError``."""
        return self._types[name]

    def max_bytes(self, name: str) -> int:
        """Return of how many bytes an event of a type may be; of one that is not known, as of any other."""
        return self._types[name].max_bytes if name in self._types else EVENT_BYTES

    def reason(self, name: str, member: str) -> str | None:
        """Return the ISO 20022 status reason of what is wrong with a member of a type; ``None``: it is no payment's."""
        reasons = self._types[name].reasons if name in self._types else {}
        return reasons.get(member, reasons.get(""))

    @property
    def names(self) -> tuple[str, ...]:
        """``callahead.….v1`` of each type."""
        return tuple(self._types)

    @property
    def classes(self) -> tuple[type[DeviceEvent], ...]:
        """The model of each type."""
        return tuple(one.model for one in self)

    @property
    def examples(self) -> dict[str, Json]:
        """Type → an example."""
        return {one.name: one.example for one in self}

    @property
    def shown(self) -> dict[str, tuple[Json, ...]]:
        """Type → every example of it: its own, then one of each kind that brings one."""
        also = [one for messages in self._brought.values() for one in messages.also]
        return {one.name: (one.example, *(other.event for other in also if other.type == one.name)) for one in self}

    @property
    def parts(self) -> tuple[type[BaseModel], ...]:
        """Parts of events that have a section of their own in what is published."""
        return tuple(part for messages in self._brought.values() for part in messages.parts)

    @property
    def expected(self) -> Mapping[str, str]:
        """Member → what is expected there, in words."""
        return {name: says for messages in self._brought.values() for name, says in messages.expected.items()}

    @cached_property
    def adapter(self) -> TypeAdapter[DeviceEvent]:
        """What reads an event of any type and says what is wrong with it."""
        return TypeAdapter(Annotated[reduce(or_, self.classes), Field(discriminator="type")])  # type: ignore[arg-type]

    @cached_property
    def quick(self) -> QuickReader[DeviceEvent]:
        """What reads those faster about which nothing is special."""
        return QuickReader(self.classes)

    def _file_of(self, name: str) -> str:
        return next(file for file, messages in self._brought.items() if name in {one.name for one in messages.events})

    def _rebuild(self) -> None:
        self._types = {one.name: one for messages in self._brought.values() for one in messages.events}
        for built in ("adapter", "quick"):
            self.__dict__.pop(built, None)


@cache
def event_types() -> EventTypes:
    """Return the types that the kinds' folders bring. Raises ``MessagesError``."""
    return EventTypes((f"{path.name}/messages.py", module_in(path, "messages").MESSAGES) for path in message_folders())
