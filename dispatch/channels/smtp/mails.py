"""Mails as customers and their machines write them. Nothing is parsed before it is known to be small.

Parsed by the rules before RFC 6532 (``compat32``): those after it take seconds of the processor for a few hostile kilobytes.
"""

from __future__ import annotations

import codecs
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message

from dispatch.channels.door import ReceiptStatus
from dispatch.channels.smtp.html_text import text_of_html
from dispatch.channels.smtp.quoted import without_history
from dispatch.channels.smtp.vouched import is_vouched_for, sender_of
from gateway.errors import SenderError

LONGEST = 262_144
"""Bytes of a mail, pictures and all."""
LONGEST_HEADER = 8_192
MOST_HEADER_BYTES = 65_536
MOST_PARTS = 400
LONGEST_HTML = 100_000
"""Characters of which text is made."""
_LONGEST_ENCLOSED = 100
_HEADER_END = re.compile(rb"\r?\n\r?\n")
_NEW_HEADER = re.compile(rb"\r?\n(?![ \t])")
_BOUNDARY = re.compile(rb"^--", re.MULTILINE)
_MESSAGE_ID = re.compile(r"<([^<>\s]{1,300})>")
_BY_MACHINES = {"bulk", "junk", "list", "auto_reply"}
_OF_MACHINES = ("list-id", "list-unsubscribe", "x-autoreply", "x-autorespond", "x-auto-response-suppress")
"""Headers that no person's mail has."""
_NO_TEXTS = {"idna", "punycode", "unicode-escape", "raw-unicode-escape", "utf-7"}
"""What Python calls a coding and no mail program does: some take the square of a mail's length, some read what is no character."""


class BadMail(SenderError):  # noqa: N818 - says what it is
    """A mail that is not read; the message says why."""


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail as it was read."""

    ref: str
    """Of its Message-ID, or of all of it where it has none."""
    from_address: str
    """In small letters; empty: it says none that can be read, or several."""
    subject: str
    text: str
    """What was written now, without what it answers."""
    enclosed: str
    """What sort of things are in it that are not read, as ``image/jpeg``; empty: nothing is."""
    answers: tuple[str, ...]
    """Message-IDs that it says it answers, the nearest first."""
    message_id: str
    is_automatic: bool
    """A machine wrote it (RFC 3834): nobody must answer it."""
    became: ReceiptStatus | None
    """Of a report of a delivery (RFC 3464) or of reading (RFC 8098): what became of what it is about; ``None``: nothing final."""
    why: str
    """Why it is lost."""
    passed: bool
    """The operator's mail server says that it is from whom it says (RFC 8601)."""


def read_mail(octets: bytes, authserv_id: str | None = None) -> Mail:
    """Read a mail. ``authserv_id``: whose ``Authentication-Results`` are believed. Raises ``BadMail``."""
    _must_be_small(octets)
    try:
        return _read(message_from_bytes(octets), octets, authserv_id)
    except (
        RecursionError,
        LookupError,
        ValueError,
        HeaderParseError,
        AssertionError,
        AttributeError,
        TypeError,
    ) as error:
        raise BadMail(f"it cannot be read: {type(error).__name__}") from None


def _must_be_small(octets: bytes) -> None:
    if len(octets) > LONGEST:
        raise BadMail(f"it has {len(octets)} bytes; at most {LONGEST} are taken")
    end = _HEADER_END.search(octets)
    headers = octets[: end.start() if end else len(octets)]
    if len(headers) > MOST_HEADER_BYTES or any(len(one) > LONGEST_HEADER for one in _NEW_HEADER.split(headers)):
        raise BadMail(f"a header is longer than {LONGEST_HEADER} bytes, or all are longer than {MOST_HEADER_BYTES}")
    if sum(1 for _ in _BOUNDARY.finditer(octets)) > MOST_PARTS:
        raise BadMail(f"it has more than {MOST_PARTS} parts")


def _read(mail: Message, octets: bytes, authserv_id: str | None) -> Mail:
    message_id = _ids(mail, "message-id")[:1]
    report = _report(mail)
    sender = sender_of(_raw(mail, "from"))
    named = message_id[0] if message_id else hashlib.sha256(octets).hexdigest()
    told = report.about if report is not None else (*_ids(mail, "in-reply-to"), *reversed(_ids(mail, "references")))
    return Mail(
        ref=hashlib.sha256(named.encode("utf-8", "replace")).hexdigest()[:24],
        from_address=sender,
        subject=_decoded(str(mail.get("subject", "")))[:200],
        text="" if report is not None else without_history(_text(mail)),
        enclosed=_enclosed(mail),
        answers=tuple(dict.fromkeys(told)),
        message_id=named if message_id else "",
        is_automatic=report is not None or _is_automatic(mail),
        became=None if report is None else report.became,
        why="" if report is None else report.why,
        passed=is_vouched_for(sender, _raw(mail, "authentication-results"), authserv_id),
    )


def _raw(mail: Message, name: str) -> list[str]:
    """Return headers as they stand there, nothing decoded but UTF-8 (RFC 6532)."""
    found = [str(value) for key, value in mail.raw_items() if key.lower() == name]
    return [one.encode("utf-8", "surrogateescape").decode("utf-8", "replace") for one in found]


def _decoded(header: str) -> str:
    return " ".join(str(make_header(decode_header(header))).split())


def _ids(mail: Message, name: str) -> tuple[str, ...]:
    return tuple(_MESSAGE_ID.findall(str(mail.get(name, "")))[-20:])


def _is_automatic(mail: Message) -> bool:
    """Tell whether a machine wrote it: RFC 3834, and what machines said before there was one."""
    submitted = str(mail.get("auto-submitted", "no")).partition(";")[0].strip().lower()
    precedence = str(mail.get("precedence", "")).strip().lower()
    return submitted != "no" or precedence in _BY_MACHINES or any(name in mail for name in _OF_MACHINES)


# --- what is written in it -------------------------------------------------------------------------------------------


def _text(mail: Message) -> str:
    """Return the first plain text; where there is none, that of the first page of HTML."""
    pages: list[str] = []
    for part in _texts(mail):
        if part.get_content_subtype() == "plain":
            return _body(part)
        pages.append(_body(part))
    return text_of_html(pages[0][:LONGEST_HTML]) if pages else ""


def _enclosed(mail: Message) -> str:
    sorts = [
        part.get_content_type() for part in mail.walk() if part.get_content_maintype() not in {"text", "multipart"}
    ]
    return ", ".join(dict.fromkeys(sorts))[:_LONGEST_ENCLOSED]


def _texts(mail: Message) -> Iterator[Message]:
    for part in mail.walk():
        if part.get_content_maintype() == "text" and part.get_content_disposition() != "attachment":
            yield part


def _body(part: Message) -> str:
    octets = part.get_payload(decode=True)
    if not isinstance(octets, bytes):
        return ""
    return _text_of(octets, part.get_content_charset() or "utf-8")


def _text_of(octets: bytes, charset: str) -> str:
    """Read a text as it says that it is written; what is no such text is UTF-8, as programs write that say it wrong."""
    try:
        charset = codecs.lookup(charset).name.replace("_", "-")
    except (LookupError, ValueError):
        charset = "utf-8"
    for tried in (charset, "utf-8") if charset not in _NO_TEXTS else ("utf-8",):
        try:
            return octets.decode(tried)
        except (LookupError, UnicodeError):
            continue
    return octets.decode("utf-8" if charset in _NO_TEXTS or charset == "ascii" else charset, "replace")


# --- reports ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Report:
    about: tuple[str, ...]
    became: ReceiptStatus | None
    why: str


def _report(mail: Message) -> _Report | None:
    """Read a report of a delivery or of reading; ``None``: it is none. A complaint is one, too, and says nothing of either."""
    if mail.get_content_type() != "multipart/report" and "x-failed-recipients" not in mail:
        return None
    about = tuple(_about(mail))
    match str(mail.get_param("report-type", "delivery-status")).lower():
        case "delivery-status":
            return _of_delivery(mail, about)
        case "disposition-notification":
            shown = any("displayed" in str(part.get("disposition", "")).lower() for part in mail.walk())
            return _Report(about, "read" if shown else None, "")
        case _:
            return _Report(about, None, "")


def _of_delivery(mail: Message, about: tuple[str, ...]) -> _Report:
    """Return what a delivery report says. One that names no action is of a time before there were any, and tells of a failure."""
    told = [part for part in mail.walk() if "action" in part]
    actions = {str(part["action"]).strip().lower() for part in told}
    why = next((found for part in reversed(told) if (found := _why(part))), "")
    if "failed" in actions or not actions:
        return _Report(about, "failed", why or "the mail server could not deliver it")
    return _Report(about, "delivered" if actions & {"delivered", "relayed", "expanded"} else None, why)


def _about(mail: Message) -> Iterator[str]:
    """Yield the names of the mails that it is about."""
    for part in mail.walk():
        if part is not mail:
            yield from _ids(part, "message-id")
            yield from _ids(part, "original-message-id")
        if part.get_content_type() == "text/rfc822-headers":
            yield from _ids(message_from_bytes(_body(part).encode("utf-8", "replace")), "message-id")


def _why(part: Message) -> str:
    said = str(part.get("diagnostic-code", "")).partition(";")[2] or str(part.get("status", ""))
    return " ".join(said.split())[:200]
