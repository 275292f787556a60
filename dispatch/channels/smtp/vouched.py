"""Who a mail is from, and whether the operator's own mail server vouches for that: RFC 8601, read as it is written. Pure.

Whoever writes a mail chooses nearly all that stands in these headers: names that look like addresses once they are decoded, several
senders, senders' addresses with ``dmarc=pass`` in them. So the address is read before anything is decoded, a mail has one sender
or none that counts, comments and quoted words are nobody's word, and what is vouched for has to be the domain of that very address.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from email.utils import getaddresses

_ADDRESS = re.compile(r"[^@\s\x00-\x1f\ud800-\udfff]{1,64}@[^@\s\x00-\x1f\ud800-\udfff]{1,255}")
_WORDS = re.compile(r'"(?:[^"\\]|\\.)*"?|[();=]|[^\s"();=]+', re.DOTALL)
"""Quoted words, what parts the others, and words; a quote that does not end takes the rest."""
_FROM = "header.from"


def sender_of(headers: Sequence[str]) -> str:
    """Return the one address of all ``From`` headers, in small letters; empty where there is none, or several."""
    if len(headers) != 1:
        return ""
    found = getaddresses(list(headers))
    address = found[0][1] if len(found) == 1 else ""
    return address.lower() if _ADDRESS.fullmatch(address) else ""


def is_vouched_for(address: str, results: Sequence[str], authserv_id: str | None) -> bool:
    """Tell whether ``authserv_id`` says that DMARC passed for the domain of an address. The topmost result is its, no other."""
    if authserv_id is None or not address or not results:
        return False
    server, *told = _clauses(results[0])
    if server[:1] != [authserv_id.lower()]:
        return False
    dmarc = [clause for clause in told if clause[:2] == ["dmarc", "="] or clause[:2] == ["dmarc/1", "="]]
    return len(dmarc) == 1 and dmarc[0][2:3] == ["pass"] and _domain(dmarc[0]) == address.rpartition("@")[2]


def _domain(clause: Sequence[str]) -> str:
    """Return for which domain a method's result is; empty: it says none, or several."""
    named = [clause[at + 2] for at in range(len(clause) - 2) if clause[at] == _FROM and clause[at + 1] == "="]
    return named[0] if len(named) == 1 else ""


def _clauses(header: str) -> list[list[str]]:
    """Return the words of each clause of a header, in small letters, without comments; a quoted one keeps its quotes."""
    clauses: list[list[str]] = [[]]
    depth = 0
    for word in _WORDS.findall(header.lower()):
        if word in "()":
            depth = max(0, depth + (1 if word == "(" else -1))
        elif depth == 0 and word == ";":
            clauses.append([])
        elif depth == 0:
            clauses[-1].append(word)
    return clauses
