"""As what the bank knows our instructions, files and mandates: derived, so that what is sent again is the same to it."""

from __future__ import annotations

import re
from base64 import b32encode
from collections.abc import Iterable
from hashlib import sha256
from unicodedata import combining, normalize

LONGEST = 35
"""Characters of an identification (ISO 20022 ``Max35Text``)."""
_PLAIN = re.compile(r"[A-Za-z0-9?:().,'+\-]+([/ ][A-Za-z0-9?:().,'+\-]+)*")
"""What every bank of SEPA takes, where no slash stands first, last or beside another (EPC implementation guidelines)."""
_ELSE = re.compile(r"[^A-Za-z0-9/?:().,'+ \-]")
_LETTERS = str.maketrans(
    {"ß": "ss", "æ": "ae", "Æ": "AE", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "&": "+"}
)


def short_name(of: str) -> str:
    """Return an identification of ours as banks take it: as it is, or by its digest, which no identification looks like."""
    if len(of) <= LONGEST and _PLAIN.fullmatch(of) is not None and not of.startswith(_DIGEST):
        return of
    return f"{_DIGEST}{_digest(of)}"


def message_name(orders: Iterable[str], *, simulated: bool) -> str:
    """Return the identification of the file that these orders are in, by their end-to-end identifications."""
    return f"{'SIM' if simulated else 'CHM'}{_digest('|'.join(sorted(orders)))}"


def latin(text: str, longest: int) -> str:
    """Return a name in the characters that every bank takes: accents go, what is in another script becomes dots."""
    apart = normalize("NFKD", text.translate(_LETTERS))
    plain = _ELSE.sub(".", "".join(one for one in apart if not combining(one)))
    found = re.sub(r"/+", "/", " ".join(plain.split())).strip("/ ")[:longest].strip("/ ")
    return found if re.search(r"[A-Za-z0-9]", found) else "NOTPROVIDED"


_DIGEST = "CHX"


def _digest(of: str) -> str:
    return b32encode(sha256(of.encode()).digest()[:20]).decode()
