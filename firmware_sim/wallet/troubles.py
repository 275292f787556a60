"""Why an institution refuses, in its own view, and the codes it may say so with: ISO 20022, for cards ISO 8583 too.

Several codes fit most troubles, and rule books of schemes and of card processors disagree: a closed account is AC04 to
one and AC05, AC07 or AC06 to another; a card that is not honoured becomes AG01 in some mappings (``NOT_HONOURED``); SEPA's
data protection lets a bank answer MS03 instead of AM04 (EPC173-14, guidance on reason codes). A card's bank answers in
ISO 8583 and its processor translates. Weights are our judgement of practice [fit].
"""

from __future__ import annotations

from enum import Enum, auto


class Trouble(Enum):
    """What stands in a payment's way."""

    BAD_CHECK_DIGITS = auto()
    NO_SUCH_PAYEE = auto()
    PAYEE_CLOSED = auto()
    PAYEE_BLOCKED = auto()
    NO_SUCH_BANK = auto()
    PAYER_CLOSED = auto()
    PAYER_BLOCKED = auto()
    NO_FUNDS = auto()
    OVER_LIMIT = auto()
    CARD_TOO_OLD = auto()
    CARD_UNKNOWN = auto()
    CARD_STOPPED = auto()
    NEVER_ALLOWED_DEBITS = auto()
    ALLOWS_DEBITS_NO_MORE = auto()
    WRONG_KIND_OF_ACCOUNT = auto()
    SEEN_BEFORE = auto()
    TOO_LATE = auto()
    MONEY_NOT_TAKEN = auto()
    NOT_SIGNED = auto()
    LOOKS_STOLEN = auto()
    LAW = auto()
    OTHER_NAME = auto()
    PAYER_SAYS_NO = auto()
    PAYER_DIED = auto()
    UNREADABLE = auto()
    HICCUP = auto()
    PAYEE_BANK_DOWN = auto()
    PAYER_BANK_DOWN = auto()
    PROCESSOR_DOWN = auto()


CODES: dict[Trouble, dict[str, float]] = {
    Trouble.BAD_CHECK_DIGITS: {"AC01": 6, "AC03": 2, "FF01": 1, "RC01": 0.6, "AC02": 0.3},
    Trouble.NO_SUCH_PAYEE: {"AC01": 5, "AC03": 3, "BE06": 0.4, "AC04": 0.3},
    Trouble.PAYEE_CLOSED: {"AC04": 4, "AC07": 3, "AC01": 0.7, "AC06": 0.6, "AC03": 0.5},
    Trouble.PAYEE_BLOCKED: {"AC06": 4, "AC14": 0.6, "AG01": 0.8, "AC04": 0.6},
    Trouble.NO_SUCH_BANK: {"RC01": 5, "RC04": 1.5, "AGNT": 0.8, "CNOR": 1, "AC01": 0.8},
    Trouble.PAYER_CLOSED: {"AC04": 4, "AC05": 3, "AC06": 0.8, "AC02": 0.6, "AC01": 0.4},
    Trouble.PAYER_BLOCKED: {"AC06": 6, "AG01": 0.5, "AM07": 0.4, "AC04": 0.6},
    Trouble.NO_FUNDS: {"AM04": 9, "AM14": 0.4, "AM02": 0.3},
    Trouble.OVER_LIMIT: {"AM14": 3.5, "AM02": 3, "AM21": 1, "AM04": 0.8, "AM13": 0.4},
    Trouble.CARD_TOO_OLD: {"AC16": 2, "AG01": 0.4, "DT01": 0.9, "AC06": 0.5, "AC04": 0.3, "NARR": 0.7},
    Trouble.CARD_UNKNOWN: {"AC16": 5, "AC01": 1.5, "AC02": 0.5, "AG01": 0.2},
    Trouble.CARD_STOPPED: {"AC16": 2, "AG01": 0.5, "AC06": 1.5},
    Trouble.NEVER_ALLOWED_DEBITS: {"MD01": 6, "MD02": 1.5, "AG01": 0.2},
    Trouble.ALLOWS_DEBITS_NO_MORE: {"MD01": 5, "MS02": 1, "DS02": 0.4, "MD02": 0.6, "SL12": 0.4},
    Trouble.WRONG_KIND_OF_ACCOUNT: {"AG01": 5, "AG03": 2, "AC13": 0.6, "AC12": 0.4},
    Trouble.SEEN_BEFORE: {"AM05": 6, "DUPL": 1.5, "FF01": 0.3},
    Trouble.TOO_LATE: {"TM01": 5, "DT01": 1.2, "DT06": 0.4, "ED05": 0.4},
    Trouble.MONEY_NOT_TAKEN: {"AM03": 3, "AM11": 1.2, "AC09": 0.8, "AC11": 0.6, "AM02": 0.5, "AM12": 0.5, "FF01": 0.4},
    Trouble.NOT_SIGNED: {"DS24": 2, "NOAS": 2, "AG08": 1, "DS0H": 0.6, "MS02": 1, "DS02": 0.8},
    Trouble.LOOKS_STOLEN: {"FR01": 2, "FRAD": 2, "AC06": 0.7, "RR04": 0.5, "AG01": 0.3},
    Trouble.LAW: {"RR04": 4, "RR01": 0.7, "RR02": 1, "RR03": 1, "AG01": 0.2},
    Trouble.OTHER_NAME: {"BE01": 3, "AC01": 0.8, "RR03": 0.5, "BE06": 0.6, "NARR": 0.5},
    Trouble.PAYER_SAYS_NO: {"MS02": 5, "CUST": 1.5, "DS02": 1.2, "SL12": 0.3},
    Trouble.PAYER_DIED: {"MD07": 5, "AC06": 1, "AC04": 0.7},
    Trouble.UNREADABLE: {"FF01": 4, "FF02": 0.8, "FF05": 0.6, "FF08": 0.4, "RR10": 0.4, "DT01": 0.4},
    Trouble.HICCUP: {"AB05": 1, "AB06": 1, "AB09": 1, "AB10": 1, "FF10": 1, "ED05": 0.8, "TECH": 0.4, "AB11": 0.5},
    Trouble.PAYEE_BANK_DOWN: {"AB08": 3, "AB05": 2, "AB09": 2, "AB07": 0.6, "AG11": 0.3},
    Trouble.PAYER_BANK_DOWN: {"AB11": 2.5, "AB07": 1.5, "AB10": 1, "FF10": 1, "AB06": 0.4},
    Trouble.PROCESSOR_DOWN: {
        "AB06": 2,
        "AB10": 1.5,
        "AB07": 1.5,
        "AB09": 1,
        "FF10": 0.7,
        "AB02": 0.4,
        "TECH": 0.4,
        "": 0.6,
    },
}
"""What an institution that means to be exact says, by weight; the empty code: no reason at all."""

RESPONSES: dict[Trouble, dict[str, float]] = {
    Trouble.PAYER_CLOSED: {"46": 2, "14": 1, "62": 0.8, "78": 1, "57": 0.4},
    Trouble.PAYER_BLOCKED: {"62": 4, "78": 2, "57": 1},
    Trouble.NO_FUNDS: {"51": 9, "61": 0.3},
    Trouble.OVER_LIMIT: {"61": 5, "65": 2, "51": 0.8, "13": 0.2},
    Trouble.CARD_TOO_OLD: {"54": 8, "14": 0.4},
    Trouble.CARD_UNKNOWN: {"14": 7, "15": 1.2, "12": 0.4},
    Trouble.CARD_STOPPED: {"41": 2, "43": 2, "62": 1.5, "04": 0.7, "07": 0.4, "78": 0.5},
    Trouble.WRONG_KIND_OF_ACCOUNT: {"57": 6, "58": 1, "12": 0.4},
    Trouble.SEEN_BEFORE: {"94": 6, "12": 0.4},
    Trouble.MONEY_NOT_TAKEN: {"13": 4, "12": 2, "57": 1},
    Trouble.NOT_SIGNED: {"1A": 4, "65": 3, "55": 0.8, "75": 0.4},
    Trouble.LOOKS_STOLEN: {"59": 5, "63": 1, "62": 0.5, "43": 0.4},
    Trouble.LAW: {"93": 3, "57": 1.5, "62": 1.2, "64": 1},
    Trouble.PAYER_SAYS_NO: {"R1": 3, "R0": 2, "17": 2, "57": 0.5},
    Trouble.PAYER_DIED: {"46": 1, "62": 1, "57": 0.7, "14": 0.5, "78": 0.5},
    Trouble.UNREADABLE: {"30": 7, "12": 2},
    Trouble.HICCUP: {"96": 3, "68": 2, "91": 1, "06": 1, "19": 0.5},
    Trouble.PAYER_BANK_DOWN: {"91": 8, "96": 0.7, "68": 0.7, "92": 0.4},
    Trouble.PROCESSOR_DOWN: {"96": 3, "91": 1.5, "68": 1.2, "92": 0.6, "06": 0.4},
}
"""What a card's bank, or the way to it, answers in ISO 8583 field 39, as the card networks use it."""
BLUNT = frozenset(RESPONSES) - {
    Trouble.SEEN_BEFORE,
    Trouble.UNREADABLE,
    Trouble.HICCUP,
    Trouble.PAYER_BANK_DOWN,
    Trouble.PROCESSOR_DOWN,
}
"""What a card's bank may answer with a bare 05, "do not honour": everything that it decides itself."""
NOT_HONOURED = {"MS03": 5, "NARR": 1, "AG01": 0.7}
"""What processors make of a 05 in ISO 20022."""

HUSHED = frozenset(
    {
        Trouble.PAYER_CLOSED,
        Trouble.PAYER_BLOCKED,
        Trouble.NO_FUNDS,
        Trouble.OVER_LIMIT,
        Trouble.LOOKS_STOLEN,
        Trouble.LAW,
        Trouble.PAYER_DIED,
        Trouble.CARD_STOPPED,
        Trouble.CARD_TOO_OLD,
        Trouble.PAYEE_BLOCKED,
        Trouble.PAYEE_CLOSED,
    }
)
"""What a discreet bank does not tell a stranger."""
MAY_WAIT = {
    Trouble.TOO_LATE: 0.25,
    Trouble.LOOKS_STOLEN: 0.15,
    Trouble.LAW: 0.2,
    Trouble.HICCUP: 0.1,
    Trouble.PAYEE_BANK_DOWN: 0.25,
    Trouble.PAYER_BANK_DOWN: 0.12,
    Trouble.PROCESSOR_DOWN: 0.12,
    Trouble.SEEN_BEFORE: 0.05,
    Trouble.NOT_SIGNED: 0.1,
}
"""How many institutions keep such a payment pending instead of refusing it [fit]."""
CARELESS: dict[str, float] = {
    "MS03": 3,
    "NARR": 1.5,
    "FF01": 1.5,
    "AC01": 1.2,
    "AG01": 1.2,
    "MS02": 0.6,
    "ED05": 0.4,
    "": 0.5,
}
"""What a careless institution says of anything."""
