"""What the bank says, read: ``pain.002`` (how our orders stand) and ``camt.054`` (what was booked), of any version.

Nothing of what stands in them is trusted: no DTD and no entity is read, names and numbers are bounded, and what is missing is told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from gateway.errors import SenderError

LONGEST = 4 * 1024 * 1024
"""Bytes of a report: some thousands of orders."""
DEEPEST = 32
"""Elements in each other; ISO 20022's have 14."""
_SPACE = "urn:iso:std:iso:20022:tech:xsd:"
_AMOUNT, _CURRENCY = re.compile(r"[0-9]{1,15}(\.[0-9]{1,5})?"), re.compile(r"[A-Z]{3}")
_NONE = {"", "NOTPROVIDED", "NONREF"}
Direction = Literal["in", "out"]


class BadReport(SenderError, ValueError):  # noqa: N818 - says what it is
    """What the bank says cannot be read; the message says why."""


@dataclass(frozen=True, slots=True)
class OrderStatus:
    """How one order stands, or all of a file."""

    message: str
    """Identification of the file."""
    end_to_end: str
    """Empty: all orders of the file of which nothing else is said."""
    status: str
    """ISO 20022 external payment status code."""
    reason: str
    """ISO 20022 external status reason code; empty: none is given."""
    reference: str
    """The bank's own; empty: none is given."""


@dataclass(frozen=True, slots=True)
class Booked:
    """What was booked on our account."""

    end_to_end: str
    """Empty: it answers no order of ours."""
    direction: Direction
    amount: str
    """Decimal."""
    currency: str
    reference: str
    """The bank's own, of this one booking."""
    reason: str
    """Why it was given back; empty: it was not."""


@dataclass(frozen=True, slots=True)
class BankReport:
    """One of the bank's messages."""

    name: str
    """Its own identification."""
    statuses: tuple[OrderStatus, ...] = ()
    booked: tuple[Booked, ...] = ()


def read_report(body: bytes) -> BankReport:
    """Read a report. Raises ``BadReport``."""
    root = _root(body)
    kind = root.tag.removeprefix(f"{{{_SPACE}").partition("}")[0]
    if kind.startswith("pain.002.001."):
        return _status_report(_must(root, "CstmrPmtStsRpt"))
    if kind.startswith("camt.054.001."):
        return _notification(_must(root, "BkToCstmrDbtCdtNtfctn"))
    raise BadReport("is neither pain.002.001 nor camt.054.001")


def _root(body: bytes) -> Element:
    if len(body) > LONGEST:
        raise BadReport(f"has more than {LONGEST} bytes")
    try:
        root: Element = fromstring(body, forbid_dtd=True)
    except DefusedXmlException as error:
        raise BadReport(f"has what no report needs: {type(error).__name__}") from None
    except (ParseError, LookupError, ValueError) as error:  # an encoding that nobody knows is a LookupError
        raise BadReport(f"is no XML: {str(error)[:200]}") from None
    level, deep = [root], 0
    while level:
        deep += 1
        if deep > DEEPEST:
            raise BadReport(f"has more than {DEEPEST} elements in each other")
        level = [below for one in level for below in one]
    return root


# --- pain.002 --------------------------------------------------------------------------------------------------------


def _status_report(report: Element) -> BankReport:
    group = _must(report, "OrgnlGrpInfAndSts")
    message = _text(group, "OrgnlMsgId")
    if not message:
        raise BadReport("OrgnlMsgId is missing: of which file is it?")
    return BankReport(_text(_must(report, "GrpHdr"), "MsgId"), tuple(_statuses(report, group, message)))


def _statuses(report: Element, group: Element, message: str) -> Iterator[OrderStatus]:
    """Yield what is said of single orders, then of all the others: our files are one payment information each."""
    for payment in _all(report, "OrgnlPmtInfAndSts"):
        for order in _all(payment, "TxInfAndSts"):
            yield OrderStatus(
                message, _text(order, "OrgnlEndToEndId"), _text(order, "TxSts"), _reason(order),
                _reference(_text(order, "AcctSvcrRef")),
            )  # fmt: skip
        yield from _of_all(message, payment, "PmtInfSts")
    yield from _of_all(message, group, "GrpSts")


def _of_all(message: str, element: Element, name: str) -> Iterator[OrderStatus]:
    status = _text(element, name)
    if status and status != "PART":  # single orders say it
        yield OrderStatus(message, "", status, _reason(element), "")


def _reason(element: Element) -> str:
    """Return the first reason that is given, a code or the bank's own word."""
    for told in _all(element, "StsRsnInf"):
        found = _text(told, "Rsn", "Cd") or _text(told, "Rsn", "Prtry")
        if found:
            return found
    return ""


# --- camt.054 --------------------------------------------------------------------------------------------------------


def _notification(found: Element) -> BankReport:
    booked = [one for told in _all(found, "Ntfctn") for entry in _all(told, "Ntry") for one in _entry(entry)]
    return BankReport(_text(_must(found, "GrpHdr"), "MsgId"), booked=tuple(booked))


def _entry(entry: Element) -> Iterator[Booked]:
    """Yield what an entry is made of; what is not booked yet is told again when it is."""
    if (_text(entry, "Sts", "Cd") or _text(entry, "Sts")) not in {"BOOK", ""}:
        return
    parts = [one for details in _all(entry, "NtryDtls") for one in _all(details, "TxDtls")]
    if not parts:
        yield _booked(entry, entry, alone=True)
    for part in parts:
        yield _booked(entry, part, alone=len(parts) == 1)


def _booked(entry: Element, part: Element, *, alone: bool) -> Booked:
    end_to_end = _text(part, "Refs", "EndToEndId")
    end_to_end = "" if end_to_end in _NONE else end_to_end
    amount = _amount(entry, part, alone=alone)
    own = _reference(_text(part, "Refs", "AcctSvcrRef"))
    shared = _reference(_text(entry, "AcctSvcrRef") or _text(entry, "NtryRef"))
    reference = own or (shared if alone or not shared else f"{shared}/{end_to_end}")
    return Booked(
        end_to_end, _direction(entry, part), (amount.text or "").strip(), amount.get("Ccy", ""),
        reference, _text(part, "RtrInf", "Rsn", "Cd") or _text(part, "RtrInf", "Rsn", "Prtry")
        or ("MS03" if _one(part, "RtrInf") is not None else ""),
    )  # fmt: skip


def _amount(entry: Element, part: Element, *, alone: bool) -> Element:
    there = (_one(part, "Amt"), _one(part, "AmtDtls", "TxAmt", "Amt"), _one(entry, "Amt") if alone else None)
    amount = next((one for one in there if one is not None), None)  # an element without others in it is false
    if amount is None:
        raise BadReport("Amt of a transaction is missing, and its entry has several")
    if _AMOUNT.fullmatch((amount.text or "").strip()) is None or _CURRENCY.fullmatch(amount.get("Ccy", "")) is None:
        raise BadReport("Amt is no amount of a currency")
    return amount


def _direction(entry: Element, part: Element) -> Direction:
    told = _text(part, "CdtDbtInd") or _text(entry, "CdtDbtInd")
    if told not in {"CRDT", "DBIT"}:
        raise BadReport("CdtDbtInd is neither CRDT nor DBIT")
    return "in" if told == "CRDT" else "out"


def _reference(text: str) -> str:
    return "" if text in _NONE else text


# --- elements --------------------------------------------------------------------------------------------------------


def _all(element: Element, name: str) -> list[Element]:
    return [one for one in element if one.tag.rpartition("}")[2] == name]


def _one(element: Element, *path: str) -> Element | None:
    found: Element | None = element
    for name in path:
        found = next(iter(_all(found, name)), None) if found is not None else None
    return found


def _must(element: Element, name: str) -> Element:
    found = _one(element, name)
    if found is None:
        raise BadReport(f"{name} is missing")
    return found


def _text(element: Element, *path: str) -> str:
    found = _one(element, *path)
    return "" if found is None else _bounded(found.text or "")


def _bounded(text: str) -> str:
    """Return a name or a number as it stands there. Raises ``BadReport`` where it is none."""
    found = text.strip()
    if len(found) > 140 or not found.isprintable():  # noqa: PLR2004 - ISO 20022's longest text of what is read here
        raise BadReport("a name or a number has more than 140 characters, or some that are not printed")
    return found
