"""A twin as a store keeps it: it comes back as it was, also where an older version wrote it."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter

from gateway.devices.episodes import Episode
from gateway.devices.order import Arrivals
from gateway.devices.twin import ToldSign, Twin
from gateway.devices.twin_text import read_twin, write_twin
from gateway.finding import Drive, Grade, Place
from gateway.kinds.fridge.memory import Course, FridgeMemory, Row
from gateway.payments.memory import PaymentMemory


def a_twin() -> Twin:
    """Return a twin of which everything is known."""
    twin = Twin("volta/car-1", place=Place(56.9, 24.1, 6.0, 1.5, "gnss"), moving=True, read_at=2.0)
    twin.order.boots[7] = Arrivals(9, 1, 2, [(3, 4, 5.0)], 6)
    twin.readings = {"speed": 47.5, "distance": 84_211_300, "state": "ON", "runs": True}
    twin.samples = {"speed": [(1.0, 2.0), (3.0, 4.0)]}
    twin.told = {"P0301": ToldSign(confirmed=True, first_at=1.0, last_at=2.0)}
    open_ = Episode("volta/car-1/7-1", "coil", Grade.ASK, Drive.STOP_NOW, claims={"P0301"}, held={"rough"})
    twin.episodes.open, twin.episodes.over = {"fault": open_}, {"door": Episode("volta/car-1/7-0", "door")}
    paid = twin.memory(PaymentMemory)
    paid.failures, paid.settled, paid.told = (
        {"p-1": 2},
        ["p-0"],
        {"p-1:AM04": ToldSign(confirmed=True, first_at=1.0, last_at=2.0)},
    )
    fared = twin.memory(FridgeMemory)
    fared.warm_since = 3.0
    fared.course = Course(rows=[Row(1.0, 4.2, door=0.0)], usual={"duty": 25.0}, counts={"duty": 3}, starts=[(1.0, 2.0)])
    return twin


def recalled(twin: Twin) -> Twin:
    """Return a twin whose kinds have asked for what they remember: until then it is as JSON has it."""
    twin.recalled(PaymentMemory)
    twin.recalled(FridgeMemory)
    return twin


def test_a_twin_comes_back_as_it_was() -> None:
    """Whether everything is known of it or nothing, whichever library wrote it and reads it."""
    plain = TypeAdapter(Twin)
    for twin in (a_twin(), Twin("volta/car-2")):
        assert recalled(read_twin(write_twin(twin))) == twin
        assert recalled(read_twin(plain.dump_json(twin).decode())) == twin
        assert recalled(plain.validate_json(write_twin(twin))) == twin
        assert write_twin(read_twin(write_twin(twin))) == write_twin(twin)


def test_what_an_older_version_wrote_is_read() -> None:
    """Before episodes were remembered after their end, the open ones alone stood there; what it did not know is missing."""
    old = '{"device":"volta/car-1","episodes":{"fault":{"key":"volta/car-1/7-1","part":"coil"}},"moving":true}'
    twin = read_twin(old)
    assert twin.episodes.open == {"fault": Episode("volta/car-1/7-1", "coil")}
    assert (twin.moving, twin.samples) == (True, {})


def test_what_an_older_version_kept_in_the_twin_itself_is_what_its_kind_remembers() -> None:
    """Before kinds had memories of their own; what nobody has asked for yet is stored on."""
    old = (
        '{"device":"pingo/phone-1","told":{"P0301":{"confirmed":true,"first_at":1.0,"last_at":2.0},'
        '"p-1:AM04":{"confirmed":true,"first_at":1.0,"last_at":2.0}},"episodes":{"open":{},"over":{}},'
        '"failures":{"p-1":2},"settled":["p-0"],"warm_since":3.0,'
        '"course":{"rows":[[1.0,4.2,null,0.0,null,null,null,null,null,null,null,null,null,null]],"usual":{"duty":25.0}}}'
    )
    twin = read_twin(write_twin(read_twin(old)))
    reason = ToldSign(confirmed=True, first_at=1.0, last_at=2.0)
    assert twin.memory(PaymentMemory) == PaymentMemory({"p-1": 2}, ["p-0"], {"p-1:AM04": reason})
    assert twin.told == {"P0301": reason}
    assert twin.memory(FridgeMemory) == FridgeMemory(3.0, Course([Row(1.0, 4.2, door=0.0)], {"duty": 25.0}))
    assert recalled(read_twin(write_twin(twin))).memory(FridgeMemory) == twin.memory(FridgeMemory)
    blank = read_twin('{"device":"v/d","failures":{},"settled":[],"warm_since":null,"course":null}')
    assert blank == Twin("v/d")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"episodes":{"open":{}}}', '{"device":1,"episodes":{"open":{}}}'])
def test_what_is_no_twin_is_refused(text: str) -> None:
    """Nothing is made up for what cannot be read."""
    with pytest.raises(ValueError, match="valid"):
        read_twin(text)
