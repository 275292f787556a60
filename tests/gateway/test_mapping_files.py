"""What a mapping file may say, and how its author is told what is wrong with it: file, key, and what was meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.contract.event_types import event_types
from gateway.mapping.contract_paths import targets
from gateway.mapping.read import SHIPPED, MappingError, parse_mapping, read_mapping, shipped
from gateway.mapping.translate import Translators
from gateway.mapping.units import UNITS, convert

GOOD = """
vendor = "acme"
device = "{box}"
topics = ["acme/{box}/report"]
time = { from = "/t", unit = "ms" }
[id]
boot = { constant = 0 }
seq = { from = "/n" }
[fields]
"Vehicle.Speed" = { from = "/v", unit = "mph" }
[[event]]
type = "callahead.vehicle.status.v1"
"""


EVENT, FAULT = 'type = "callahead.vehicle.status.v1"', 'type = "callahead.vehicle.fault.v1"'


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_mapping_is_read(name: str) -> None:
    """All three hold together with the contract as it stands."""
    assert read_mapping(shipped(name)).file == f"{name}.toml"


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ('vendor = "acme"', "vendor = acme", "not TOML"),
        ('vendor = "acme"', 'vender = "acme"', r"vender: there is no such key; did you mean 'vendor'\?"),
        ('unit = "mph"', 'unit = "mhp"', r"Vehicle\.Speed.*unit 'mhp' is not known; did you mean 'mph'\?"),
        ('unit = "mph"', 'unit = "psi"', r"Vehicle\.Speed: unit 'psi' cannot be converted into km/h"),
        ('unit = "mph"', 'unti = "mph"', r"Vehicle\.Speed.*unti: there is no such key; did you mean 'unit'\?"),
        ('"Vehicle.Speed"', '"Vehicle.Sped"', r"has a place for 'Vehicle.Sped'; did you mean 'Vehicle.Speed'\?"),
        ("vehicle.status", "vehicle.statsu", r"not a type .*did you mean 'callahead.vehicle.status.v1'\?"),
        ('from = "/v"', 'from = "v"', r"Vehicle\.Speed: 'v': write a JSON pointer \('/v'\)"),
        ('from = "/v"', 'from = "{bax}"', r"no topic has the placeholder \{bax\}; did you mean 'box'\?"),
        ('device = "{box}"', 'device = "{bxo}"', r"device: no topic has the placeholder \{bxo\}"),
        ('from = "/v"', 'from = "/v", constant = 1', "exactly one origin"),
        ("acme/{box}/report", "acme/x{box}/report", "a level is plain text or one {placeholder}"),
        ("acme/{box}/report", "acme/+/report", "a level is plain text or one {placeholder}"),
        ("acme/{box}/report", "callahead/v1/acme/{box}/event", "is one of our own topics"),
        ("acme/{box}/report", "{box}/{box}", "has a placeholder twice"),
        ('unit = "ms"', 'unit = "V"', "time: unit 'V' is not one of time"),
        ("boot = { constant = 0 }", "boot = { received = true }", "does not count restarts"),
        ("[fields]", 'convention = "mqtt"\n[fields]', "convention"),
        (EVENT, f'{FAULT}\nneeds = ["/cods"]', "needs: '/cods' has no rule"),
        (EVENT, 'type = "ignore"\nfields = { x = { constant = 1 } }', "an event that is ignored has none"),
        (EVENT, f'{EVENT}\nwhen = {{ at = "/v" }}', "a condition is"),
        (EVENT, f'{EVENT}\ntopic = "acme/{{box}}/reprot"', "did you mean 'acme/{box}/report'"),
        (EVENT, f'{FAULT}\nfields."/codes" = {{ from = "/c" }}', "'each' must say how code, status"),
        (EVENT, f'{FAULT}\nfields."/codes" = {{ from = "/c", each.cod.from = "" }}', "did you mean 'code'"),
        (EVENT, f'{EVENT}\nfields."/x" = {{ from = "/c", each.y.from = "" }}', "has no '/x'"),
        ('vendor = "acme"', 'vendor = "acme"\ndiscovery = ["{component}/{object}"]', "convention = 'homeassistant'"),
    ],
)
def test_a_mistake_is_told_with_file_and_key(before: str, after: str, told: str) -> None:
    """The author learns where it is and what was probably meant."""
    assert parse_mapping(GOOD, "acme.toml").vendor == "acme"
    with pytest.raises(MappingError, match=told) as error:
        parse_mapping(GOOD.replace(before, after, 1), "acme.toml")
    assert str(error.value).startswith("acme.toml: ")


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    """With its path."""
    with pytest.raises(MappingError, match=r"nowhere\.toml: cannot be read"):
        read_mapping(tmp_path / "nowhere.toml")


def test_every_type_of_the_contract_can_be_mapped_to() -> None:
    """A type that the contract gains needs no change here."""
    assert all(targets(each) for each in event_types().names)


def test_units_are_known_where_the_contract_has_some() -> None:
    """What VSS and Matter measure in is what values are converted into."""
    fault, appliance = targets("callahead.vehicle.fault.v1"), targets("callahead.appliance.fault.v1")
    assert fault["Vehicle.Speed"].unit == "km/h"
    assert fault["Vehicle.TraveledDistance"].unit == "m"
    assert fault["/position/fix_time"].instant
    assert appliance["TemperatureMeasurement.MeasuredValue"].whole
    assert appliance["TemperatureMeasurement.MeasuredValue"].unit == "0.01 celsius"


@pytest.mark.parametrize(
    ("value", "unit", "into", "expected"),
    [
        (212, "degF", "degC", 100),
        (-40, "°F", "°C", -40),
        (39.2, "degF", "0.01 degC", 400),
        (273.15, "K", "degC", 0),
        (60, "mph", "km/h", 96.56064),
        (10, "m/s", "km/h", 36),
        (32, "psi", "kPa", 220.632233),
        (2.2, "bar", "kPa", 220),
        (12_410, "mV", "V", 12.41),
        (1, "mi", "m", 1609.344),
        (0.5, "ratio", "%", 50),
    ],
)
def test_units_convert(value: float, unit: str, into: str, expected: float) -> None:
    """By the SI's own factors."""
    assert convert(value, unit, into) == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize("unit", UNITS)
def test_there_and_back_is_the_same(unit: str) -> None:
    """In every pair of units of one quantity."""
    for into in (name for name, other in UNITS.items() if other.quantity == UNITS[unit].quantity):
        assert convert(convert(7.0, unit, into), into, unit) == pytest.approx(7.0, rel=1e-4)


def test_mappings_side_by_side() -> None:
    """Each topic has one translator; announcements are subscribed to before what they announce; ours have none."""
    all_three = Translators(read_mapping(shipped(name)) for name in SHIPPED)
    assert {"roadlog/+/report", "spBv1.0/+/DDATA/+/+", "homeassistant/+/+/+/config"} <= set(all_three.filters)
    filters = list(all_three.filters)
    assert filters.index("homeassistant/+/+/+/config") < filters.index("fridge/+/state")
    found = all_three.of("roadlog/RL-1/report")
    assert found
    assert found.device_of("roadlog/RL-1/report") == "roadlog/RL-1"
    assert all_three.of("callahead/v1/acme/car-1/event") is None
