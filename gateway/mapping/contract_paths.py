"""Where a value may go: the fields of each event type, read from the contract's own JSON Schema."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from gateway.contract.event_types import event_types

Schema = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Target:
    """One place in an event's data. ``pointer`` is RFC 6901, from ``data``."""

    parts: tuple[str, ...]
    unit: str | None = None
    """As it is published (``x-unit``); what a vendor's own value is converted into."""
    kind: str = ""
    """What JSON Schema calls it: ``number``, ``integer``, ``boolean``, ``string``."""
    whole: bool = False
    """A whole number; a converted value is rounded."""
    instant: bool = False
    """A time."""
    items: dict[str, Target] | None = None
    """Of a list: the fields of one element; empty where the elements are plain values."""

    @property
    def pointer(self) -> str:
        """Return where it stands, from the event's data."""
        return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in self.parts)


@cache
def targets(event_type: str) -> dict[str, Target]:
    """Return the places of an event type by the names a mapping file uses.

    A name with dots (a VSS path, a Matter attribute) stands for itself, wherever the type keeps it; anything else is
    named by its pointer, as ``/position/latitude``.
    """
    whole = event_types().named(event_type).model.model_json_schema(by_alias=True)
    found = _walk(_followed(whole["properties"]["data"], whole), whole, ())
    return {target.parts[-1] if "." in target.parts[-1] else target.pointer: target for target in found}


def _walk(schema: Schema, whole: Schema, parts: tuple[str, ...]) -> Iterator[Target]:
    for name, listed in schema["properties"].items():
        part = _followed(listed, whole)
        if "properties" in part:
            yield from _walk(part, whole, (*parts, name))
        else:
            yield _target(part, whole, (*parts, name))


def _target(schema: Schema, whole: Schema, parts: tuple[str, ...]) -> Target:
    return Target(
        parts,
        schema.get("x-unit"),
        str(schema.get("type", "")),
        whole=schema.get("type") == "integer",
        instant=schema.get("format") == "date-time",
        items=_items(schema, whole) if schema.get("type") == "array" else None,
    )


def _items(schema: Schema, whole: Schema) -> dict[str, Target]:
    element = _followed(schema["items"], whole)
    return {target.parts[-1]: target for target in _walk(element, whole, ())} if "properties" in element else {}


def _followed(schema: Schema, whole: Schema) -> Schema:
    """Return what is meant: behind a reference, or the one alternative that is not null."""
    if "$ref" in schema:
        return _followed(whole["$defs"][schema["$ref"].rpartition("/")[2]], whole)
    if "type" in schema:  # what ``anyOf`` asks beside it is which members must be there
        return schema
    given = [choice for choice in schema.get("anyOf", []) if choice.get("type") != "null"]
    return {**schema, **_followed(given[0], whole)} if given else schema
