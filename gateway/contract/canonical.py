"""One form of JSON for the same content, whoever writes it, so that it can be signed: RFC 8785 of an object of texts. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping


def canonical(texts: Mapping[str, str]) -> bytes:
    """Return an object of texts with its members by name, nothing between them, and no escape that JSON does not ask for.

    RFC 8785 orders names by UTF-16; those of the contract are ASCII. Raises ``UnicodeEncodeError``: half a surrogate pair.
    """
    return json.dumps(texts, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
