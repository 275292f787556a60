"""What an ELM327 writes becomes the contract's events: every protocol, several control units, silence told from health."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.kinds.car.messages import VehicleFaultEvent, VehicleStatusEvent
from gateway.obd.answers import Outcome, read_answer
from gateway.obd.segments import joined
from gateway.obd.survey import FIRST, IF_CODES, PENDING, PERMANENT, STATUS, STORED, VIN, VOLTAGE, code_of, survey
from gateway.obd.translate import Car

VIN_TEXT = "1D4GP00R55B123456"
CAN_VIN = ["7E8 10 14 49 02 01 31 44 34", "7E8 21 47 50 30 30 52 35 35", "7E8 22 42 31 32 33 34 35 36"]


@pytest.mark.parametrize(
    ("pair", "code"),
    [("0133", "P0133"), ("D016", "U1016"), ("4012", "C0012"), ("9A0F", "B1A0F"), ("3FFF", "P3FFF"), ("0000", None)],
)
def test_codes_are_read_as_j2012_writes_them(pair: str, code: str | None) -> None:
    """Two bits for the letter, two for the first digit; four zeros are padding."""
    assert code_of(bytes.fromhex(pair)) == code


@pytest.mark.parametrize(
    ("text", "unit", "codes"),
    [
        ("7E8 06 43 02 01 33 D0 16\r\r>", "7E8", ("P0133", "U1016")),
        ("7E80643020133D016\r\r>", "7E8", ("P0133", "U1016")),
        ("03\r7E8 06 43 02 01 33 D0 16\r\n>", "7E8", ("P0133", "U1016")),
        ("SEARCHING...\r18 DA F1 10 04 43 01 01 33\r\r>", "10", ("P0133",)),
        ("48 6B 10 43 01 33 00 00 00 00 3A\r\r>", "10", ("P0133",)),
        ("87 F1 10 43 01 33 D0 16 00 00 24\r\r>", "10", ("P0133", "U1016")),
        ("43 01 33 00 00 00 00\r\r>", "", ("P0133",)),
        ("43 01 01 33\r\r>", "", ("P0133",)),
        ("BUS INIT: ...OK\r43 01 33 00 00 00 00\r\r>", "", ("P0133",)),
        ("7E8 10 08 43 03 01 33 01 34\r7E8 21 01 35 00 00 00 00 00\r>", "7E8", ("P0133", "P0134", "P0135")),
        ("008\r0: 43 03 01 33 01 34\r1: 01 35 00 00 00 00 00\r>", "", ("P0133", "P0134", "P0135")),
        (
            "48 6B 10 43 01 33 01 34 01 35 AA\r48 6B 10 43 01 36 00 00 00 00 BB\r>",
            "10",
            ("P0133", "P0134", "P0135", "P0136"),
        ),
        ("7E8 03 7F 03 78\r7E8 04 43 01 01 33\r>", "7E8", ("P0133",)),
    ],
)
def test_codes_are_found_over_every_protocol(text: str, unit: str, codes: tuple[str, ...]) -> None:
    """CAN with 11 and 29 bits, J1850, ISO 9141, ISO 14230; with headers and without, with echo and without."""
    found = survey({STORED: text}).stored
    assert found
    assert (found.by_unit, found.whole) == ({unit: codes}, True)


def test_several_control_units_are_heard_interleaved() -> None:
    """Frames of two that answer at once, a third in a single frame between them."""
    text = (
        "7E8 10 0A 43 04 01 33 01 34\r7E9 10 08 43 03 07 00 07 01\r7EA 02 43 00\r"
        "7E9 21 07 02 00 00 00 00 00\r7E8 21 01 35 01 36 00 00 00\r>"
    )
    found = survey({STORED: text}).stored
    assert found
    assert found.by_unit == {
        "7E8": ("P0133", "P0134", "P0135", "P0136"),
        "7E9": ("P0700", "P0701", "P0702"),
        "7EA": (),
    }


def test_a_lost_frame_is_no_message_and_no_health() -> None:
    """A consecutive frame is missing: what it carried is not made up, and nothing is concluded from it."""
    answer = read_answer("7E8 10 14 49 02 01 31 44 34\r7E8 22 42 31 32 33 34 35 36\r>", VIN)
    assert (answer.outcome, answer.whole) == (Outcome.GARBLED, False)
    assert survey({STORED: "7E8 10 08 43 03 01 33 01 34\r7E9 02 43 00\r>"}).no_codes is False


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("NO DATA\r\r>", Outcome.NO_ANSWER),
        ("\r>", Outcome.NO_ANSWER),
        ("SEARCHING...\rUNABLE TO CONNECT\r\r>", Outcome.NO_CAR),
        ("BUS INIT: ...ERROR\r\r>", Outcome.NO_CAR),
        ("CAN ERROR\r\r>", Outcome.NO_CAR),
        ("?\r\r>", Outcome.UNKNOWN_COMMAND),
        ("7E8 03 7F 03 11\r\r>", Outcome.REFUSED),
        ("STOPPED\r\r>", Outcome.GARBLED),
        ("7E8 06 43 02 01 <RX ERROR\r\r>", Outcome.GARBLED),
        ("BUFFER FULL\r>", Outcome.GARBLED),
        ("7E8 ZZ\r>", Outcome.GARBLED),
    ],
)
def test_no_codes_and_no_answer_are_told_apart(text: str, outcome: Outcome) -> None:
    """Whatever is not an answer is no list of codes, not even an empty one."""
    assert read_answer(text, STORED).outcome is outcome
    found = survey({STORED: text})
    assert found.stored is None
    assert not found.no_codes
    assert survey({STORED: "7E8 02 43 00\r\r>"}).no_codes


def test_health_needs_every_control_unit_and_the_count() -> None:
    """One that told its state and not its codes, or a count above nought, forbids to say that no code is stored."""
    nothing = "7E8 02 43 00\r>"
    assert survey({STATUS: "7E8 06 41 01 00 07 E1 00\r>", STORED: nothing}).no_codes
    assert not survey({STATUS: "7E8 06 41 01 81 07 E1 00\r>", STORED: nothing}).no_codes
    two = "7E8 06 41 01 00 07 E1 00\r7E9 06 41 01 00 04 00 00\r>"
    assert not survey({STATUS: two, STORED: nothing}).no_codes
    assert survey({STATUS: two, STORED: "7E8 02 43 00\r7E9 02 43 00\r>"}).no_codes


@pytest.mark.parametrize(
    "text",
    [
        "\r".join(CAN_VIN) + "\r>",
        "014\r0: 49 02 01 31 44 34\r1: 47 50 30 30 52 35 35\r2: 42 31 32 33 34 35 36\r>",
        (
            "48 6B 10 49 02 01 00 00 00 31 0F\r48 6B 10 49 02 02 44 34 47 50 A0\r48 6B 10 49 02 03 30 30 52 35 A1\r"
            "48 6B 10 49 02 04 35 42 31 32 A2\r48 6B 10 49 02 05 33 34 35 36 A3\r>"
        ),
        "\r".join([CAN_VIN[0], "7E9 03 7F 09 12", *CAN_VIN[1:]]) + "\r>",
    ],
)
def test_the_vin_is_read_over_every_protocol(text: str) -> None:
    """In three CAN frames, in numbered parts, in five messages, or between others."""
    assert survey({VIN: text}).vin == VIN_TEXT


def test_lamp_count_and_voltage() -> None:
    """Any lamp that is lit counts; codes are summed over control units."""
    found = survey({STATUS: "7E8 06 41 01 82 07 E1 00\r7E9 06 41 01 01 04 00 00\r>", VOLTAGE: "12.6V\r\r>"})
    assert (found.mil, found.count, found.voltage) == (True, 3, 12.6)


def ill_car() -> dict[str, str]:
    """Return what a car with a stored and a pending code tells."""
    return {
        VOLTAGE: "11.4V\r>",
        "0100": "7E8 06 41 00 BE 3F A8 13\r>",
        STATUS: "7E8 06 41 01 81 07 E1 00\r>",
        STORED: "7E8 04 43 01 05 62\r>",
        PENDING: "7E8 06 47 02 05 62 01 33\r>",
        PERMANENT: "NO DATA\r>",
        VIN: "\r".join(CAN_VIN) + "\r>",
        "010C": "7E8 04 41 0C 1A F8\r>",
        "0105": "7E8 03 41 05 7B\r>",
        "020200": "7E8 05 42 02 00 05 62\r>",
        "020C00": "7E8 05 42 0C 00 0B B8\r>",
        "020500": "7E8 04 42 05 00 5A\r>",
        "024200": "7E8 05 42 42 00 2C 24\r>",
    }


def test_a_round_becomes_a_fault_with_its_freeze_frame_and_a_status() -> None:
    """Confirmed before pending, each code once; the frame is the moment of the fault, the status is now."""
    car = Car("volta/car-1", "simulated")
    (fault, told), (status, _) = car.events(survey(ill_car()), 1_767_258_000.0)
    assert isinstance(fault, VehicleFaultEvent)
    assert isinstance(status, VehicleStatusEvent)
    assert [(code.code, code.status) for code in fault.data.codes] == [("P0562", "confirmed"), ("P0133", "pending")]
    frame = fault.data.freeze_frame
    assert (frame.engine_speed, frame.coolant_temperature, frame.battery_voltage) == (750.0, 50.0, 11.3)
    assert frame.obd_freeze_dtc == "P0562"
    signals = status.data.signals
    assert (signals.engine_speed, signals.battery_voltage, signals.vin) == (1726.0, 11.4, VIN_TEXT)
    assert (signals.dtc_count, signals.mil_on) == (1, True)
    assert told == {("P0562", "confirmed"), ("P0133", "pending")}


def test_a_code_is_told_once_it_is_stored_and_again_after_it_was_gone() -> None:
    """Until the service has stored it, it is told in every round; afterwards only what is new."""
    car = Car("volta/car-1", "simulated")
    assert len(car.events(survey(ill_car()), 1.0)) == 2
    (_, told), _ = car.events(survey(ill_car()), 2.0)
    assert told
    car.told = told
    ((status, _),) = car.events(survey(ill_car()), 3.0)
    assert isinstance(status, VehicleStatusEvent)
    healthy = ill_car() | {STATUS: "7E8 06 41 01 00 07 E1 00\r>", STORED: "7E8 02 43 00\r>", PENDING: "7E8 02 47 00\r>"}
    ((well, gone),) = car.events(survey(healthy), 4.0)
    assert isinstance(well, VehicleStatusEvent)
    assert (well.data.signals.dtc_count, gone) == (0, frozenset())
    car.told = gone or frozenset()
    assert len(car.events(survey(ill_car()), 5.0)) == 2


def test_silence_says_nothing_about_codes() -> None:
    """The ignition is off: the voltage is told, and not that all is well."""
    ((status, told),) = Car("volta/car-1", "simulated").events(
        survey({VOLTAGE: "12.4V\r>", "0100": "UNABLE TO CONNECT\r>"}), 1.0
    )
    assert isinstance(status, VehicleStatusEvent)
    assert status.data.signals.dtc_count is None
    assert status.data.signals.battery_voltage == 12.4
    assert told is None


def test_ids_grow_even_where_the_clock_stands_still() -> None:
    """Two events of one millisecond have two ids."""
    car = Car("volta/car-1", "simulated")
    ids = [event.id for _ in range(3) for event, _ in car.events(survey(ill_car()), 1_767_258_000.0)]
    assert len(set(ids)) == len(ids) == 6


def test_a_dongle_that_moved_to_another_car_is_noticed() -> None:
    """The first VIN binds."""
    car = Car("volta/car-1", "simulated")
    assert not car.moved(survey(ill_car()))
    other = ill_car() | {VIN: ill_car()[VIN].replace("36", "37")}
    assert car.moved(survey(other))


@given(st.dictionaries(st.sampled_from([*FIRST, *IF_CODES]), st.text(max_size=200)))
def test_any_text_is_survived(texts: dict[str, str]) -> None:
    """Whatever an adapter writes, nothing raises, and events can be made of it."""
    Car("volta/car-1", "simulated").events(survey(texts), 1_767_258_000.0)


@given(
    st.dictionaries(
        st.sampled_from([*FIRST, *IF_CODES]), st.text("0123456789ABCDEF:\r >SEARCHNODT7E84\n", max_size=300)
    )
)
def test_anything_like_an_answer_is_survived(texts: dict[str, str]) -> None:
    """Hexadecimal noise, too."""
    Car("volta/car-1", "simulated").events(survey(texts), 1_767_258_000.0)


@given(st.lists(st.tuples(st.sampled_from(["7E8", "7E9"]), st.binary(max_size=12)), max_size=20))
def test_any_frames_are_survived(frames: list[tuple[str, bytes]]) -> None:
    """ISO-TP noise makes no exception."""
    joined(frames)


@given(st.lists(st.binary(min_size=1, max_size=200), min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_interleaved_messages_come_out_whole(messages: list[bytes], dice: object) -> None:
    """Up to four control units at once, their frames in any order that keeps each one's own."""
    queues = {f"7E{8 + number}": frames_of(message) for number, message in enumerate(messages)}
    mixed: list[tuple[str, bytes]] = []
    while queues:
        unit = dice.choice(sorted(queues))  # type: ignore[attr-defined]
        mixed.append((unit, queues[unit].pop(0)))
        if not queues[unit]:
            del queues[unit]
    found, in_place = joined(mixed)
    assert in_place
    assert dict(found) == {f"7E{8 + number}": message for number, message in enumerate(messages)}


def frames_of(message: bytes) -> list[bytes]:
    """Return a message's ISO-TP frames, padded."""
    if len(message) < 8:
        return [bytes([len(message)]) + message]
    frames = [bytes([0x10 | len(message) >> 8, len(message) & 0xFF]) + message[:6]]
    for number, at in enumerate(range(6, len(message), 7), 1):
        frames.append((bytes([0x20 | number % 16]) + message[at : at + 7]).ljust(8, b"\0"))
    return frames
