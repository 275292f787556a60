"""Delivery receipts: what a centre says became of a message, in optional parameters or in the text of appendix B."""

from __future__ import annotations

import re

import smpp34

from dispatch.channels.door import Receipt, ReceiptStatus
from dispatch.channels.smpp import pdu
from dispatch.core.conversation.channels import Channel

_TYPE, _RECEIPT = 0x3C, 0x04
"""Of ``esm_class``: what kind of message it is."""
_ID = re.compile(rb"\bid:([^\s\x00]+)", re.IGNORECASE)
_STAT = re.compile(rb"\bstat:([A-Z]+)", re.IGNORECASE)
_ERR = re.compile(rb"\berr:([0-9A-Za-z]+)", re.IGNORECASE)
_BY_STATE: dict[int, ReceiptStatus] = {2: "delivered", 3: "failed", 4: "failed", 5: "failed", 8: "refused"}
_WHY = {3: "it expired at the SMS centre", 4: "the SMS centre deleted it", 5: "it cannot be delivered", 8: "rejected"}
_BY_WORD = {b"DELIVRD": 2, b"EXPIRED": 3, b"DELETED": 4, b"UNDELIV": 5, b"REJECTD": 8}


def is_receipt(message: smpp34.DeliverSm) -> bool:
    """Tell whether it is one, and nothing that a customer wrote."""
    return message.esm_class & _TYPE == _RECEIPT


def receipt_in(message: smpp34.DeliverSm) -> Receipt | None:
    """Read a receipt; ``None``: it says nothing that is final. Raises ``BadPdu`` where it names no message."""
    text = bytes(message.short_message)
    named = pdu.tlv(message, pdu.RECEIPTED_MESSAGE_ID) or _first(_ID, text)
    if not named:
        raise pdu.BadPdu("a receipt that names no message")
    state = pdu.tlv(message, pdu.MESSAGE_STATE)
    word = (_first(_STAT, text) or b"").upper()
    code = state[0] if state else _BY_WORD.get(word, 0)
    if code not in _BY_STATE:
        return None
    error = _first(_ERR, text)
    why = _WHY.get(code, "") + (f" (error {error.decode('ascii')})" if code in _WHY and error else "")
    return Receipt(Channel.SMS, named.rstrip(b"\0").decode("latin-1"), _BY_STATE[code], why)


def _first(pattern: re.Pattern[bytes], text: bytes) -> bytes | None:
    found = pattern.search(text)
    return found[1] if found else None
