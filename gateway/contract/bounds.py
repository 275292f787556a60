"""Bounds of what people, partners and machines tell us by HTTP and webhooks: one type for each sort of value. Pure.

Whatever comes in is one of these, so that no id ends a store, no hour ends a page, and no list ends the machine's memory.
"""

from __future__ import annotations

from typing import Annotated, TypeVar

from pydantic import AfterValidator, FailFast, Field

_UNSEEN = r"\x7f-\x9f\u2028-\u202e\u2066-\u2069"
"""DEL and C1, separators of lines and paragraphs, and what turns the direction of the text around it."""
PRINTABLE = rf"^[^\x00-\x1f{_UNSEEN}]*$"
"""No control character: PostgreSQL stores no NUL, logs and headers bear no line break."""
IN_A_PATH = rf"^[^/\x00-\x1f{_UNSEEN}]+$"
"""What stands in a URL as one part."""
LAST_MOMENT = 4_102_444_800.0
"""2100-01-01: what lies behind it was told in milliseconds, or by a clock that is broken. POSIX seconds."""
LARGEST_WHOLE = 2**53 - 1
"""The largest whole number that every reader of JSON keeps (RFC 8259), and well within a store's 64 bits."""
MOST_ENTRIES = 5_000
"""Records registered with one request."""
MOST_MEMBERS = 64
"""Keys of one object: no more than any of ours has."""
Item = TypeVar("Item")


def _says_something(text: str) -> str:
    if not text.strip():
        message = "nothing but spaces"
        raise ValueError(message)
    return text


Id = Annotated[str, Field(min_length=1, max_length=200, pattern=PRINTABLE)]
PathId = Annotated[str, Field(min_length=1, max_length=200, pattern=IN_A_PATH)]
BuiltId = Annotated[str, Field(min_length=1, max_length=600, pattern=PRINTABLE)]
"""An id that we built of others': of a mandate, of a question about money."""
Line = Annotated[str, Field(max_length=200, pattern=PRINTABLE)]
"""A name, or a few words in one line."""
Words = Annotated[str, Field(max_length=500, pattern=rf"^[^\x00-\x08\x0b-\x1f{_UNSEEN}]*$")]
"""What somebody said; it may have several lines."""
_LETTER = rf"^[^\x00-\x08\x0b-\x1f{_UNSEEN}]*$"
Letter = Annotated[str, Field(min_length=1, max_length=2_000, pattern=_LETTER), AfterValidator(_says_something)]
"""What somebody writes to somebody; it may have several lines."""
Language = Annotated[str, Field(max_length=35, pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$")]
"""BCP 47; RFC 5646 reckons with 35 characters."""
Attempt = Annotated[int, Field(ge=1, le=10_000)]
Moment = Annotated[float, Field(ge=0, le=LAST_MOMENT, description="POSIX seconds.")]
Latitude = Annotated[float, Field(ge=-90, le=90)]
Longitude = Annotated[float, Field(ge=-180, le=180)]
AccuracyM = Annotated[float, Field(gt=0, le=100_000)]
"""Metres."""
Many = Annotated[list[Item], Field(max_length=MOST_ENTRIES), FailFast()]
"""A list of records. Its first mistake is told, and not one for each of thousands."""
Few = Annotated[tuple[Item, ...], Field(max_length=32), FailFast()]
