"""Orders as ISO 20022: ``pain.001.001.09`` (we pay) and ``pain.008.001.08`` (we collect), built by sepaxml, checked by its schema.

sepaxml draws a file's names by chance and takes the hour from the clock; ours are derived, so that the same orders are the same
file to the byte.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any
from xml.etree import ElementTree as ET

import xmlschema
from sepaxml import SepaDD, SepaTransfer

from dispatch.channels.bank.names import latin
from dispatch.channels.bank.orders import BadFile, Order
from dispatch.channels.bank.settings import BankSettings

TRANSFERS, COLLECTIONS = "pain.001.001.09", "pain.008.001.08"
"""As the EPC's guidelines have them since November 2023."""
NAME, WORDS = 70, 140
"""Characters."""


@dataclass(frozen=True, slots=True)
class House:
    """Whose account it is."""

    name: str
    iban: str
    bic: str | None = None
    creditor_id: str | None = None

    @classmethod
    def of(cls, settings: BankSettings) -> House:
        """Return the house that the operator's file names."""
        return cls(settings.name, settings.iban, settings.bic, settings.creditor_id)


def written(message: str, orders: Sequence[Order], house: House, at: float) -> bytes:
    """Return the file of orders of one batch. ``message``: its identification; ``at``: POSIX seconds. Raises ``BadFile``."""
    collects = orders[0].by is not None
    schema = COLLECTIONS if collects else TRANSFERS
    made = _collections(orders, house) if collects else _transfers(orders, house)
    content = _named(made.export(validate=False), schema, message, at, instant=orders[0].scheme == "INST")
    check(content, schema)
    return content


def check(content: bytes, schema: str) -> None:
    """Check a file by its schema. Raises ``BadFile``."""
    mistake = next(_schema(schema).iter_errors(content.decode()), None)
    if mistake is not None:
        raise BadFile(f"{schema}: {mistake.path}: {mistake.reason}")


@cache
def _schema(name: str) -> xmlschema.XMLSchema:
    return xmlschema.XMLSchema(str(files("sepaxml") / "schemas" / f"{name}.xsd"))


def _config(house: House) -> dict[str, Any]:
    config: dict[str, Any] = {"name": latin(house.name, NAME), "IBAN": house.iban, "batch": True, "currency": "EUR"}
    return config | ({"BIC": house.bic} if house.bic else {})


def _transfers(orders: Sequence[Order], house: House) -> SepaTransfer:
    made = SepaTransfer(_config(house), schema=TRANSFERS, clean=False)
    for one in orders:
        made.add_payment(_common(one) | {"execution_date": one.day})
    return made


def _collections(orders: Sequence[Order], house: House) -> SepaDD:
    config = _config(house) | {"creditor_id": house.creditor_id, "instrument": "CORE"}
    made = SepaDD(config, schema=COLLECTIONS, clean=False)
    for one in orders:
        assert one.by is not None  # noqa: S101 - they are of one batch
        how = {"type": one.by.sequence, "mandate_id": one.by.mandate, "mandate_date": one.by.signed}
        made.add_payment(_common(one) | how | {"collection_date": one.day})
    return made


def _common(one: Order) -> dict[str, Any]:
    return {
        "name": latin(one.name, NAME),
        "IBAN": one.iban,
        "amount": one.amount,
        "description": latin(one.words, WORDS),
        "endtoend_id": one.end_to_end,
    }


def _named(made: bytes, schema: str, message: str, at: float, *, instant: bool) -> bytes:
    """Give a file its own names and hour, and have it paid at once where that is wanted."""
    space = f"urn:iso:std:iso:20022:tech:xsd:{schema}"
    root = ET.fromstring(made)  # noqa: S314 - sepaxml's own
    said = {
        "MsgId": message,
        "PmtInfId": message,
        "CreDtTm": datetime.fromtimestamp(int(at), UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    for name, text in said.items():
        for element in root.iter(f"{{{space}}}{name}"):
            element.text = text
    for element in [one for one in root.iter(f"{{{space}}}FinInstnId") if len(one) == 0]:
        ET.SubElement(ET.SubElement(element, f"{{{space}}}Othr"), f"{{{space}}}Id").text = "NOTPROVIDED"
    for element in root.iter(f"{{{space}}}PmtTpInf") if instant else ():
        ET.SubElement(ET.SubElement(element, f"{{{space}}}LclInstrm"), f"{{{space}}}Cd").text = "INST"
    ET.register_namespace("", space)  # of the whole process, as sepaxml does it: nobody else here writes XML
    return bytes(ET.tostring(root, "utf-8", xml_declaration=True))
