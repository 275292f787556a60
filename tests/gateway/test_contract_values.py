"""The field's own names: VSS, J2012, Matter, GTIN, ISO 20022, ISO 4217, IBAN."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gateway.contract.event_types import event_types
from gateway.contract.messages import parse_event
from gateway.contract.refusals import Refused, Rule
from gateway.kinds.car.messages import VehicleFaultEvent, VehicleStatusEvent
from gateway.payments.messages import PaymentAttemptEvent


def sent(kind: str, **changes: Any) -> Any:
    """Return what becomes of an example whose data is changed."""
    example = event_types().examples[f"callahead.{kind}.v1"]
    return parse_event(json.dumps({**example, "data": {**example["data"], **changes}}).encode())


def refused(kind: str, **changes: Any) -> Refused:
    """Return why it is not taken."""
    with pytest.raises(Refused) as told:
        sent(kind, **changes)
    assert told.value.rule is Rule.INVALID_VALUE
    return told.value


@pytest.mark.parametrize(
    ("signal", "value"),
    [
        ("Vehicle.Diagnostics.DTCList", ["p0301", "U3003"]),
        ("Vehicle.OBD.FreezeDTC", "C0A1F"),
        ("Vehicle.VehicleIdentification.VIN", "WVWZZZ1JZXW000001"),
        ("Vehicle.Powertrain.TractionBattery.StateOfHealth", 0),
        ("Vehicle.Powertrain.TractionBattery.Temperature.CellTemperature", [21.5, 22]),
        ("Vehicle.Powertrain.CombustionEngine.EngineOil.Level", "CRITICALLY_LOW"),
        ("Vehicle.Chassis.Axle.Row2.Wheel.Left.Brake.PadWear", 100),
        ("Vehicle.Chassis.Axle.Row1.Wheel.Left.Tire.Pressure", 240.0),
        ("Vehicle.TraveledDistance", 4_294_967_295),
        ("Vehicle.OBD.ControlModuleVoltage", None),
    ],
)
def test_signals_are_taken_by_their_vss_paths(signal: str, value: object) -> None:
    """Within VSS's types and ranges; a whole number may be written with a decimal point."""
    assert sent("vehicle.status", signals={signal: value})


@pytest.mark.parametrize(
    ("signal", "value", "says"),
    [
        ("Vehicle.Powertrain.TractionBattery.StateOfHealth", 100.5, "less than or equal to 100"),
        ("Vehicle.Chassis.Axle.Row2.Wheel.Left.Brake.PadWear", 3.5, "whole number from 0 to 100"),
        ("Vehicle.TraveledDistance", 4_294_967_296, "whole number"),
        ("Vehicle.Powertrain.CombustionEngine.EngineOil.Level", "low", "'LOW'"),
        ("Vehicle.Diagnostics.DTCList", ["P4301"], "match pattern|J2012"),
        ("Vehicle.VehicleIdentification.VIN", "IOQ", "ISO 3779"),
        ("Vehicle.Speed", "50", "valid number"),
        ("Vehicle.IsMoving", 1, "valid boolean"),
        ("Vehicle.Sped", 50, "Did you mean 'Vehicle.Speed'"),
        ("battery_voltage", 12, "no such name"),
    ],
)
def test_what_vss_does_not_allow_is_told(signal: str, value: object, says: str) -> None:
    """The pointer names the signal, and the detail what is expected; our attribute names are not the wire's."""
    told = refused("vehicle.status", signals={signal: value})
    assert str(told.pointer).startswith(f"/data/signals/{signal}")
    assert any(part in told.detail for part in says.split("|")), told.detail


@pytest.mark.parametrize("code", ["P0562", "p0a1f", "C0077", "b1aFF", "U3003"])
def test_trouble_codes_are_hexadecimal_in_any_case(code: str) -> None:
    """All four systems of SAE J2012, read as upper case."""
    event = sent("vehicle.fault", codes=[{"code": code}])
    assert isinstance(event, VehicleFaultEvent)
    assert event.data.codes[0].code == code.upper()


@pytest.mark.parametrize("code", ["P4562", "X0562", "P056", "P05622", "P05G2", ""])
def test_other_codes_are_not_trouble_codes(code: str) -> None:
    """The detail says how they are written."""
    assert "J2012" in refused("vehicle.fault", codes=[{"code": code}]).detail


def test_a_position_may_come_by_vss() -> None:
    """Vehicle.CurrentLocation says where the car is, if ``position`` does not."""
    at = {"Latitude": 56.9, "Longitude": 24.1, "HorizontalAccuracy": 4, "Timestamp": "2026-01-12T06:00:00Z"}
    signals = {f"Vehicle.CurrentLocation.{name}": value for name, value in at.items()}
    event = sent("vehicle.status", position=None, signals=signals)
    assert isinstance(event, VehicleStatusEvent)
    assert event.data.fix is not None
    assert (event.data.fix.latitude, event.data.fix.accuracy_m) == (56.9, 4)
    assert sent("vehicle.status", position=None).data.fix is None


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("TemperatureMeasurement.MeasuredValue", -27_316),
        ("TemperatureControl.TemperatureSetpoint", 4.5),
        ("TemperatureControl.SelectedTemperatureLevel", 32),
        ("RefrigeratorAlarm.State", -1),
        ("Callahead.CompressorDuty", 101),
    ],
)
def test_matter_attributes_have_matters_ranges(attribute: str, value: float) -> None:
    """Hundredths of a degree are whole numbers."""
    assert refused("appliance.status", attributes={attribute: value}).pointer == f"/data/attributes/{attribute}"


@pytest.mark.parametrize(
    ("changes", "pointer", "says"),
    [
        ({"currency": "EUX"}, "/data/currency", "ISO 4217"),
        ({"currency": "XAU"}, "/data/currency", "ISO 4217"),
        ({"currency": "eur"}, "/data/currency", "ISO 4217"),
        ({"amount": 129.9}, "/data/amount", "decimal string"),
        ({"amount": "0129.90"}, "/data/amount", "decimal string"),
        ({"amount": "129.901"}, "/data", "EUR has 2 decimal places"),
        ({"amount": "129.9", "currency": "JPY"}, "/data", "JPY has 0 decimal places"),
        ({"reason": "am04"}, "/data/reason", "ISO 20022"),
        ({"creditor_account": "LV80 BANK 0000 4351 9500 1"}, "/data/creditor_account", "IBAN"),
        ({"processor_response": "5"}, "/data/processor_response", "[0-9A-Z]{2}"),
        ({"three_d_secure": "y"}, "/data/three_d_secure", "'N'"),
        ({"payee_verification": "MATCH"}, "/data/payee_verification", "'NMTC'"),
        ({"rejected_by": "bank"}, "/data/rejected_by", "pattern"),
    ],
)
def test_payments_keep_to_iso(changes: dict[str, Any], pointer: str, says: str) -> None:
    """Currencies in use, amounts as decimal strings with the currency's decimals, codes in capitals."""
    told = refused("payment.attempt", **changes)
    assert told.pointer == pointer
    assert says in told.detail


def test_an_unknown_reason_and_a_wrong_iban_are_taken() -> None:
    """The reasons' list is external and grows; a wrong account number may be the very fault."""
    event = sent("payment.attempt", reason="ZZ99", creditor_account="LV81BANK0000435195001")
    assert isinstance(event, PaymentAttemptEvent)
    assert event.data.reason_meaning is None
    assert event.data.creditor_account_holds is False
    good = sent("payment.attempt")
    assert isinstance(good, PaymentAttemptEvent)
    assert good.data.reason_meaning == "not enough on the account"
    assert good.data.creditor_account_holds is True


def test_a_name_fits_in_any_store() -> None:
    """Control characters are refused before a database refuses them."""
    item = event_types().examples["callahead.appliance.stock.v1"]["data"]["items"][0]
    assert refused("appliance.stock", items=[{**item, "name": "milk\x00"}]).pointer == "/data/items/0/name"
