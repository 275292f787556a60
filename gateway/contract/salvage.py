"""Reads an event of which a part cannot be read: that part is left out and told, and the rest counts. Pure.

A sensor that prints ``nan``, a bus that says "not available" as 65,535, a code of another standard or a member that the
contract does not have is no reason to lose the trouble codes beside it. What makes the event what it is cannot be left out:
its envelope, what its data requires, and what the data as a whole contradicts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from pydantic import ValidationError
from pydantic_core import ErrorDetails, from_json, to_json

from gateway.contract.cards import card_number_at, may_hold_card_number
from gateway.contract.envelope import MAX_PAYLOAD, DeviceEvent
from gateway.contract.event_types import event_types
from gateway.contract.messages import check_extensions
from gateway.contract.refusals import Refused, Rule
from gateway.contract.validation_errors import NO_CARDS, detail_of, place_of, pointer_of

Json = Any
Place = tuple[str | int, ...]
"""Where in an event something stands: names and numbers of elements, from the outside in."""
MOST_PARTS = 64
"""An event with more that cannot be read is refused: its sender speaks of something else."""
ROUNDS = 6
"""What is left out may leave its table without what that requires: it is left out next."""
TOLD = 5
"""Parts whose fault is told in words; the others are counted."""
ENDS_WITH_NUL = (
    "A NUL stands behind the JSON: publish as many bytes as the text has, without the one that ends it in C."
)
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[+-]?\b(?:nan|inf|infinity)\b', re.IGNORECASE | re.DOTALL)
_GONE = object()
"""Stands in a list for what was taken out, so that what comes behind keeps its number."""
_WHOLE = 2
"""Steps to a member of the data: what stands higher up is the data itself, or the envelope."""


class LeftOut(NamedTuple):
    """What was left out of an event."""

    pointer: str
    """JSON pointer (RFC 6901); empty where it is no place in the event."""
    says: str
    """What is wrong with it, and what is expected."""
    rule: Rule = Rule.LEFT_OUT


class Salvaged(NamedTuple):
    """An event, and what it was read without."""

    event: DeviceEvent
    left_out: tuple[LeftOut, ...] = ()


def salvage(payload: bytes) -> Salvaged | None:
    """Return what can be read of an event that is not right as it stands; ``None``: refuse it for what is wrong with it.

    Raises ``Refused`` where a card number stands in it, be it in a part that is left out.
    """
    whole, parts = _as_table(payload)
    for _ in range(ROUNDS if whole else 0):
        left = _left(whole)
        try:
            event = event_types().adapter.validate_json(to_json(left), by_alias=True, by_name=False)
        except ValidationError as error:
            unreadable = _taken_out(error, whole)
            if not unreadable or len(parts) + len(unreadable) > MOST_PARTS:
                return None
            parts += unreadable
        else:
            check_extensions(left, event)
            return Salvaged(event, tuple(parts)) if "specversion" in event.model_fields_set else None
    return None


def left_out(parts: Sequence[LeftOut], event_id: str | None) -> Refused:
    """Return what the sender is told of an event that was taken, but for ``parts`` that were left out or read otherwise."""
    rules = {part.rule for part in parts}
    more = f" And {len(parts) - TOLD} more." if len(parts) > TOLD else ""
    says = " ".join(part.says for part in parts[:TOLD])
    rule = rules.pop() if len(rules) == 1 else Rule.LEFT_OUT
    return Refused(rule, f"{says}{more} The rest of the event was taken.", parts[0].pointer, event_id)


def json_text(payload: bytes) -> bytes:
    """Return JSON where C wrote it: without the NUL that ends a text there, and with its ``nan`` as a text.

    It begins with a control character, so that it is no number and no text of ours, and is found and told where it stands.
    """
    return _TOKEN.sub(_quoted, payload.rstrip(b"\0"))


def _as_table(payload: bytes) -> tuple[dict[str, Json], list[LeftOut]]:
    """Return what the message says, empty where it is no JSON object, and what had to be left out for that."""
    text = json_text(payload)
    try:
        whole = from_json(text) if len(payload) <= MAX_PAYLOAD else None
    except ValueError:
        return {}, []
    if not isinstance(whole, dict):
        return {}, []
    if may_hold_card_number(text) and (pointer := card_number_at(text)):
        raise Refused(Rule.CARD_NUMBER, NO_CARDS, pointer)
    return whole, [LeftOut("", ENDS_WITH_NUL)] if payload.endswith(b"\0") else []


def _quoted(found: re.Match[bytes]) -> bytes:
    token = found[0]
    return token if token.startswith(b'"') else b'"\\u0000' + token + b'"'


def _taken_out(error: ValidationError, whole: dict[str, Json]) -> list[LeftOut]:
    """Take what the complaints are about out of ``whole``; nothing where the event cannot be without one of them."""
    if error.error_count() > MOST_PARTS:
        return []
    found: dict[Place, tuple[LeftOut, int | None]] = {}
    for complaint in error.errors(include_url=False, include_input=False):
        complaint["loc"] = _as_sent(complaint["loc"], whole)
        place = _to_leave_out(complaint)
        if len(place) < _WHOLE or place[0] != "data":
            return []
        part = LeftOut(pointer_of(place_of(complaint)), detail_of(complaint))
        found.setdefault(place, (part, complaint.get("ctx", {}).get("max_length")))
    for place in _inside_first(found):
        _take_out(whole, place, found[place][1])
    return [part for part, _ in found.values()]


def _left(table: Json) -> Json:
    """Return what is left of it."""
    if isinstance(table, dict):
        return {name: _left(value) for name, value in table.items()}
    return [_left(item) for item in table if item is not _GONE] if isinstance(table, list) else table


def _as_sent(place: Place, whole: Json) -> Place:
    """Return a place in what is left as it was in what was sent: by the element's number there."""
    found: list[str | int] = []
    for step in place:
        if isinstance(whole, list) and isinstance(step, int):
            kept = [number for number, item in enumerate(whole) if item is not _GONE]
            found.append(kept[step])
        else:
            found.append(step)
        whole = _member(whole, found[-1])
    return tuple(found)


def _member(table: Json, step: str | int) -> Json:
    """Return what stands there; the table itself where the step is none of the message, but the type's own name."""
    if isinstance(table, dict):
        return table.get(step, table if str(step).startswith("callahead.") else None)
    return table[step] if isinstance(table, list) and isinstance(step, int) else None


def _to_leave_out(complaint: ErrorDetails) -> Place:
    """Return where in the event lies what has to go."""
    place = tuple(complaint["loc"])
    place = place[1:] if place and str(place[0]).startswith("callahead.") else place
    return place[:-1] if complaint["type"] == "missing" else place


def _inside_first(places: Iterable[Place]) -> list[Place]:
    """Order places so that taking one out moves none that comes later: later elements of a list before earlier ones."""
    return sorted(places, key=lambda place: [(isinstance(step, int), step) for step in place], reverse=True)


def _take_out(whole: dict[str, Json], place: Place, keeps: int | None) -> None:
    """Take out what stands at ``place``; of a list that is too long, all beyond what it ``keeps``.

    A list of which nothing is left goes as well: nobody said that there is none of what it lists.
    """
    *path, last = place
    tables: list[Json] = [whole, *_along(whole, path)]
    table: Json = tables[-1]
    if isinstance(table, dict):
        if keeps is not None and isinstance(table.get(last), list):
            table[last] = table[last][:keeps]
        else:
            table.pop(
                last, None
            )  # a list that lost all elements is gone, and may be complained about as too short, too
        return
    table[last] = _GONE
    if all(item is _GONE for item in table):
        del tables[-2][path[-1]]


def _along(whole: Json, path: Iterable[str | int]) -> Iterator[Json]:
    for step in path:
        whole = whole[step]
        yield whole
