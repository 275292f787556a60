"""A twin as a store keeps it: JSON. Pure.

msgspec writes and reads what every batch of events does thousands of times. What it does not take, because an older version
wrote it otherwise, is read by pydantic, which knows how (``gateway.devices.twin``).
"""

from __future__ import annotations

import msgspec
from pydantic import TypeAdapter

from gateway.devices.twin import Twin

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Twin).decode
_OF_OLD = TypeAdapter(Twin)
_OF_NOW = '"episodes":{"open":'
"""In what is written since episodes are remembered after their end; of what was before, msgspec would miss them silently."""


def write_twin(twin: Twin) -> str:
    """Return a twin as text."""
    return _encode(twin).decode()


def read_twin(text: str) -> Twin:
    """Return the twin of a text of this version or an older one. Raises ``ValueError``: it is neither."""
    if _OF_NOW in text:
        try:
            return _decode(text)
        except msgspec.ValidationError:
            pass  # pydantic takes more, and says more of what it does not take
    return _OF_OLD.validate_json(text)
