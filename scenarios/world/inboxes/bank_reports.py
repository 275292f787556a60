"""What the world's bank is brought and says, as ISO 20022: read and written by itself, not by the house's own reader."""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape

from defusedxml.ElementTree import fromstring

from scenarios.world.bank import BankAsk, BankSays

STATUSES, BOOKINGS = "pain.002.001.10", "camt.054.001.08"


@dataclass(frozen=True, slots=True)
class BankMessage:
    """A file of orders."""

    name: str
    asks: tuple[BankAsk, ...]
    ibans: tuple[str, ...]
    """Of the other sides, in their order."""


def read_orders(body: bytes) -> BankMessage:
    """Read ``pain.001`` or ``pain.008``. Raises ``ValueError`` where it is neither."""
    root: Element = fromstring(body, forbid_dtd=True)
    space = root.tag.partition("}")[0] + "}"
    pays = "pain.001" in space
    if not pays and "pain.008" not in space:
        raise ValueError("neither pain.001 nor pain.008")
    orders = list(root.iter(f"{space}{'CdtTrfTxInf' if pays else 'DrctDbtTxInf'}"))
    other = "CdtrAcct" if pays else "DbtrAcct"
    return BankMessage(
        _text(root, space, "MsgId"),
        tuple(_ask(one, space, pays=pays) for one in orders),
        tuple(_text(next(one.iter(f"{space}{other}")), space, "IBAN") for one in orders),
    )


def _ask(order: Element, space: str, *, pays: bool) -> BankAsk:
    amount = next(order.iter(f"{space}InstdAmt"))
    whole, _, cents = (amount.text or "").partition(".")
    return BankAsk(
        _text(order, space, "EndToEndId"), "TRF" if pays else "DD", int(whole) * 100 + int(cents.ljust(2, "0")),
        amount.get("Ccy", ""),
    )  # fmt: skip


def _text(element: Element, space: str, name: str) -> str:
    return next(element.iter(f"{space}{name}")).text or ""


def said(said: BankSays, message: str, number: int) -> bytes:
    """Write what the bank says of one order of a file; ``number``: of all that it has said."""
    if said.arrived:
        return booked(said.ask, number, said.reference, direction="CRDT")
    return statuses(message, f"S{number}", order(said.ask.name, said.status, said.reason, said.reference))


def statuses(message: str, name: str, orders: str = "", group: str = "", reason: str = "") -> bytes:
    """Write a status report about a file; ``group``: how all of it stands."""
    of_all = f"<GrpSts>{group}</GrpSts>{_reason(reason)}" if group else ""
    single = (
        f"<OrgnlPmtInfAndSts><OrgnlPmtInfId>{message}</OrgnlPmtInfId>{orders}</OrgnlPmtInfAndSts>" if orders else ""
    )
    original = f"<OrgnlMsgId>{escape(message)}</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId>"
    group_and_status = f"<OrgnlGrpInfAndSts>{original}{of_all}</OrgnlGrpInfAndSts>"
    return _document(STATUSES, "CstmrPmtStsRpt", name, f"{group_and_status}{single}")


def order(name: str, status: str, reason: str = "", reference: str = "") -> str:
    """Write how one order stands."""
    own = f"<AcctSvcrRef>{escape(reference)}</AcctSvcrRef>" if reference else ""
    return (
        f"<TxInfAndSts><OrgnlEndToEndId>{escape(name)}</OrgnlEndToEndId><TxSts>{status}</TxSts>"
        f"{_reason(reason)}{own}</TxInfAndSts>"
    )


def booked(ask: BankAsk, number: int, reference: str, *, direction: str, returned: str = "") -> bytes:
    """Write that one order was booked, ``CRDT`` or ``DBIT`` for the house; ``returned``: why it was given back."""
    amount = (
        f'<Amt Ccy="{ask.currency}">{ask.amount // 100}.{ask.amount % 100:02d}</Amt><CdtDbtInd>{direction}</CdtDbtInd>'
    )
    why = f"<RtrInf><Rsn><Cd>{returned}</Cd></Rsn></RtrInf>" if returned else ""
    refs = f"<Refs><AcctSvcrRef>{escape(reference)}</AcctSvcrRef><EndToEndId>{escape(ask.name)}</EndToEndId></Refs>"
    entry = f"<Ntry>{amount}<Sts><Cd>BOOK</Cd></Sts><NtryDtls><TxDtls>{refs}{amount}{why}</TxDtls></NtryDtls></Ntry>"
    return _document(BOOKINGS, "BkToCstmrDbtCdtNtfctn", f"N{number}", f"<Ntfctn><Id>N{number}</Id>{entry}</Ntfctn>")


def _reason(reason: str) -> str:
    return f"<StsRsnInf><Rsn><Cd>{escape(reason)}</Cd></Rsn></StsRsnInf>" if reason else ""


def _document(schema: str, root: str, name: str, content: str) -> bytes:
    head = f"<GrpHdr><MsgId>{escape(name)}</MsgId><CreDtTm>2026-11-30T12:00:00Z</CreDtTm></GrpHdr>"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:{schema}">'
        f"<{root}>{head}{content}</{root}></Document>"
    ).encode()
