"""What an owner is shown whom nobody rings: in their language, and no promise that nobody has made."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

import pytest

from dispatch.core.actions import Action, SendNotice
from dispatch.core.events import FaultFound
from dispatch.words import say
from gateway.diagnosis.catalogue import catalogue
from gateway.finding import Domain, Drive, Help, OrderLine, Remedy, Severity
from gateway.kinds.registry import knowledges

if TYPE_CHECKING:
    from conftest import Room

A = TypeVar("A", bound=Action)
NOTICE = Remedy(Help.NOTICE, "none", 0, 0, "none")


def shown(actions: list[Action]) -> str:
    """The one message."""
    (text,) = [action.text for action in actions if isinstance(action, SendNotice)]
    return text


def test_an_open_door_is_told_in_the_owners_language(room: Room) -> None:
    """Issue 12: in English to Latvians."""
    fridge = {"domain": Domain.APPLIANCE, "drive": Drive.NOT_A_CAR, "severity": Severity.LOW, "remedy": NOTICE}
    said = shown(room.found(**fridge, part="door_ajar", name="door left open"))
    assert said == "Jūsu ledusskapja durvis ir vaļā. Lūdzu, aizveriet tās."


def test_who_is_not_to_be_rung_is_promised_no_truck_that_nobody_promised(room: Room) -> None:
    """The catalogue's advice says 'the truck is on its way'; it is being found."""
    room.truck("t-1")
    advice = catalogue(knowledges()["car"]).parts["hv_contactor"].advice
    said = shown(room.found(may_call=False, part="hv_contactor", advice=advice))
    assert said == " ".join(
        (
            say("fault_car", "lv", part=catalogue(knowledges()["car"]).parts["hv_contactor"].names["lv"]),
            say("stop", "lv"),
            say("help_finding", "lv"),
        )
    )


def test_goods_are_named_and_nothing_is_ordered_without_consent(room: Room) -> None:
    """What runs out, and that an order is placed only where it is."""
    milk = {
        "domain": Domain.APPLIANCE,
        "drive": Drive.NOT_A_CAR,
        "part": "stock",
        "remedy": Remedy(Help.SUPPLIES, "goods", 0, 0),
        "lines": (OrderLine("4006381333931", "Milk 1 l", 2),),
    }
    assert shown(room.found(**milk)) == f"Drīz beigsies: Milk 1 l. {say('goods_finding', 'lv')}"
    other = {"key": "x", "episode": "x"}
    assert shown(room.found(**milk, **other, may_order=False)) == "Drīz beigsies: Milk 1 l."


@pytest.mark.parametrize("kind", ["car", "fridge", "payment"])
def test_every_part_has_a_message_in_every_language(kind: str, room: Room) -> None:
    """None falls back on the catalogue's English."""
    from dispatch.words.parts import message  # noqa: PLC0415

    room.found()
    event = room.told[-1][0]
    assert isinstance(event, FaultFound)
    domain = {"car": Domain.VEHICLE, "fridge": Domain.APPLIANCE, "payment": Domain.PAYMENT}[kind]
    for name, part in catalogue(knowledges()[kind]).parts.items():
        one = replace(event.finding, domain=domain, part=name, name=part.name, drive=part.drive, remedy=part.remedy)
        texts = {language: message(one, language, None) for language in ("en", "lv", "ru", "uk", "fa", "zh")}
        assert len(set(texts.values())) == len(texts), name
