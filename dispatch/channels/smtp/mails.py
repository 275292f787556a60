"""Mails as customers and their machines write them. Nothing is parsed before it is known to be small.

Parsed by the rules before RFC 6532 (``compat32``): those after it take seconds of the processor for a few hostile kilobytes.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import parseaddr

from dispatch.channels.smtp.html_text import text_of_html
from dispatch.channels.smtp.quoted import without_history
from gateway.errors import SenderError

LONGEST = 262_144
"""Bytes of a mail, pictures and all."""
LONGEST_HEADER = 8_192
MOST_HEADER_BYTES = 65_536
MOST_PARTS = 400
LONGEST_HTML = 100_000
"""Characters of which text is made."""
_HEADER_END = re.compile(rb"\r?\n\r?\n")
_NEW_HEADER = re.compile(rb"\r?\n(?![ \t])")
_BOUNDARY = re.compile(rb"^--", re.MULTILINE)
_MESSAGE_ID = re.compile(r"<([^<>\s]{1,300})>")
_BY_MACHINES = {"bulk", "junk", "list", "auto_reply"}
_ADDRESS = re.compile(r"[^@\s\x00-\x1f]{1,64}@[^@\s\x00-\x1f]{1,255}")


class BadMail(SenderError):  # noqa: N818 - says what it is
    """A mail that is not read; the message says why."""


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail as it was read."""

    ref: str
    """Of its Message-ID, or of all of it where it has none."""
    from_address: str
    """In small letters; empty: it says none that can be read."""
    subject: str
    text: str
    """What was written now, without what it answers."""
    answers: tuple[str, ...]
    """Message-IDs that it says it answers, the nearest first."""
    message_id: str
    is_automatic: bool
    """A machine wrote it (RFC 3834): nobody must answer it."""
    failed: bool | None
    """Of a delivery report (RFC 3464): is what it is about lost? ``None``: it is none, or says nothing final."""
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
    named = message_id[0] if message_id else hashlib.sha256(octets).hexdigest()
    told = report.about if report is not None else (*_ids(mail, "in-reply-to"), *reversed(_ids(mail, "references")))
    return Mail(
        ref=hashlib.sha256(named.encode("utf-8", "replace")).hexdigest()[:24],
        from_address=address_in(str(mail.get("from", ""))),
        subject=_decoded(str(mail.get("subject", "")))[:200],
        text="" if report is not None else without_history(_text(mail)),
        answers=tuple(dict.fromkeys(told)),
        message_id=named if message_id else "",
        is_automatic=report is not None or _is_automatic(mail),
        failed=None if report is None else report.failed,
        why="" if report is None else report.why,
        passed=_passed(mail, authserv_id),
    )


def address_in(header: str) -> str:
    """Return the address in a header as the register has it; empty where there is none."""
    _, found = parseaddr(_decoded(header))
    return found.lower() if _ADDRESS.fullmatch(found) else ""


def _decoded(header: str) -> str:
    return " ".join(str(make_header(decode_header(header))).split())


def _ids(mail: Message, name: str) -> tuple[str, ...]:
    return tuple(_MESSAGE_ID.findall(str(mail.get(name, "")))[-20:])


def _is_automatic(mail: Message) -> bool:
    """Tell whether a machine wrote it: RFC 3834, and what machines said before there was one."""
    submitted = str(mail.get("auto-submitted", "no")).partition(";")[0].strip().lower()
    precedence = str(mail.get("precedence", "")).strip().lower()
    return submitted != "no" or precedence in _BY_MACHINES or "list-id" in mail or "x-autoreply" in mail


def _passed(mail: Message, authserv_id: str | None) -> bool:
    """Tell whether the operator's own server vouches for the sender; the topmost result is its, others may be forged."""
    results = str(mail.get("authentication-results", "")).lower().split(";")
    named = results[0].split()[:1]
    return authserv_id is not None and named == [authserv_id.lower()] and any("dmarc=pass" in one for one in results)


# --- what is written in it -------------------------------------------------------------------------------------------


def _text(mail: Message) -> str:
    """Return the first plain text; where there is none, that of the first page of HTML."""
    pages: list[str] = []
    for part in _texts(mail):
        if part.get_content_subtype() == "plain":
            return _body(part)
        pages.append(_body(part))
    return text_of_html(pages[0][:LONGEST_HTML]) if pages else ""


def _texts(mail: Message) -> Iterator[Message]:
    for part in mail.walk():
        if part.get_content_maintype() == "text" and part.get_content_disposition() != "attachment":
            yield part


def _body(part: Message) -> str:
    octets = part.get_payload(decode=True)
    if not isinstance(octets, bytes):
        return ""
    charset = part.get_content_charset() or "utf-8"
    try:
        return octets.decode(charset, "replace")
    except (LookupError, UnicodeError):
        return octets.decode("utf-8", "replace")


# --- delivery reports ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Report:
    about: tuple[str, ...]
    failed: bool | None
    why: str


def _report(mail: Message) -> _Report | None:
    """Read a delivery report; ``None``: it is none."""
    if mail.get_content_type() != "multipart/report" and "x-failed-recipients" not in mail:
        return None
    about: list[str] = []
    actions: list[str] = []
    why = ""
    for part in mail.walk():
        if "action" in part:
            actions.append(str(part["action"]).strip().lower())
            why = _why(part) or why
        if part is not mail and (found := _ids(part, "message-id")):
            about.extend(found)
        elif part.get_content_type() == "text/rfc822-headers":
            about.extend(_ids(message_from_bytes(_body(part).encode("utf-8", "replace")), "message-id"))
    failed = True if "failed" in actions else False if {"delivered", "relayed", "expanded"} & {*actions} else None
    return _Report(tuple(about), failed if actions else True, why or "the mail server could not deliver it")


def _why(part: Message) -> str:
    said = str(part.get("diagnostic-code", "")).partition(";")[2] or str(part.get("status", ""))
    return " ".join(said.split())[:200]
