"""A twin as a store keeps it: JSON. Pure.

msgspec writes and reads what every batch of events does thousands of times. What it does not take, because an older version
wrote it otherwise, is read by pydantic, which knows how (``gateway.devices.twin``).
"""

from __future__ import annotations

from dataclasses import fields
from functools import cache

import msgspec
from pydantic import TypeAdapter

from gateway.devices.twin import OF_OLDER, Twin

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Twin).decode
_FIELDS = frozenset(one.name for one in fields(Twin))
_OF_NOW = ('"episodes":{"open":', '"memories":{')
"""In what is written since episodes are remembered after their end, and since kinds have memories of their own: of what was
before, msgspec would miss them silently."""


@cache
def _of_old() -> TypeAdapter[Twin]:
    return TypeAdapter(Twin)


def write_twin(twin: Twin) -> str:
    """Return a twin as text."""
    return _encode(twin).decode()


def read_twin(text: str) -> Twin:
    """Return the twin of a text of this version or an older one. Raises ``ValueError``: it is neither."""
    if all(mark in text for mark in _OF_NOW):
        try:
            return _decode(text)
        except msgspec.MsgspecError:
            pass  # pydantic takes more, and says more of what it does not take
    twin = _of_old().validate_json(text)
    older = {name: kept for name, kept in msgspec.json.decode(text).items() if kept and name not in _FIELDS}
    if older:
        twin.memories[OF_OLDER] = older
    return twin
