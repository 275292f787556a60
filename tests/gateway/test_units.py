"""What television sets, homes and phones come to: look-alikes told apart, what cannot wait, and those that are well again."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from dispatch.words.parts import message, part_in
from dispatch.words.phrases import LANGUAGES, knows, say
from gateway.conclude.report import Diagnosed
from gateway.contract.asyncapi import asyncapi
from gateway.contract.event_types import event_types
from gateway.contract.messages import parse_event
from gateway.contract.page import html
from gateway.devices.registry import DeviceRecord, Registry
from gateway.diagnosis.catalogue import catalogue
from gateway.finding import Conclusion, Domain, Finding, Grade, Help, Recovery, Severity
from gateway.intake.human_report import HumanReport, NoSuchPart, finding_of
from gateway.intake.intake import Intake
from gateway.kinds.home.conclude import FREEZES
from gateway.kinds.registry import kinds, knowledges

BEGINS = datetime(2026, 1, 12, 12, tzinfo=UTC).timestamp()
KINDS = ("tv", "home", "phone")
SOUND: dict[str, dict[str, Any]] = {
    "tv": {
        "OnOff.OnOff": True, "GeneralDiagnostics.BootReason": "PowerOnReboot", "GeneralDiagnostics.UpTime": 90_000,
        "WiFiNetworkDiagnostics.RSSI": -55, "Callahead.GatewayPacketLoss": 0.4, "Callahead.RadioResets": 0,
        "TemperatureMeasurement.MeasuredValue": 5200, "Callahead.BacklightCurrent": 399.0,
        "Callahead.BacklightCurrentWanted": 400.0, "Callahead.BacklightVoltage": 96.0, "Callahead.PanelLinkErrors": 0,
        "Callahead.SupplyVoltage": 12.02, "Callahead.SupplyRipple": 40.0, "Callahead.TunerLevel": 64.0,
        "Callahead.TunerMer": 33.0, "Callahead.StorageFree": 1800, "Callahead.AppCrashes": 0,
    },
    "home": {
        "Thermostat.LocalTemperature": 2080, "Thermostat.OutdoorTemperature": -400,
        "Thermostat.OccupiedHeatingSetpoint": 2100, "Thermostat.PIHeatingDemand": 60,
        "GeneralDiagnostics.BootReason": "PowerOnReboot", "PressureMeasurement.MeasuredValue": 1500,
        "Callahead.FlowTemperature": 5300, "Callahead.ReturnTemperature": 4300, "Callahead.PumpSpeed": 2300.0,
        "Callahead.PumpPower": 22.0, "Callahead.FlameCurrent": 8.0, "Callahead.IgnitionTries": 1, "Callahead.FlameLosses": 0,
        "BooleanState.StateValue": False, "Callahead.LeastWaterFlow": 0.0,
        "ValveConfigurationAndControl.CurrentState": "Open", "ValveConfigurationAndControl.TargetState": "Open",
        "ValveConfigurationAndControl.ValveFault": "None", "PowerSource.BatPercentRemaining": 170,
        "Callahead.MeterClockOffset": 3, "Callahead.MeterTariff": "Day", "Callahead.MeterTariffDue": "Day",
        "Callahead.MeterSilent": 40,
    },
    "phone": {
        "PowerSource.BatPercentRemaining": 120, "Callahead.BatteryHealth": 92.0, "Callahead.BatteryTemperature": 2900,
        "Callahead.SuddenShutdowns": 0, "Callahead.ChargerConnected": False, "Callahead.ChargeCurrent": 0.0,
        "Callahead.ChargerLosses": 0, "Callahead.PortMoisture": False, "Callahead.StorageFree": 20_000,
        "Callahead.StorageErrors": 0, "Callahead.Rsrp": -92, "Callahead.NoService": 1.0, "Callahead.ModemResets": 0,
        "Callahead.DeadTouchArea": 0.0, "Callahead.GhostTouches": 0, "Callahead.SecureElement": "Ready",
        "Callahead.ContactlessFailures": 0,
    },
}  # fmt: skip


@dataclass
class Told:
    """One device that tells how it does, and what was concluded."""

    kind: str
    now: float = BEGINS
    seq: int = 0
    heard: list[Conclusion] = field(default_factory=list)
    diagnosed: list[Diagnosed] = field(default_factory=list)
    intake: Intake = field(init=False)

    def __post_init__(self) -> None:
        """Register it."""
        record = DeviceRecord(self.device, self.kind, "c-1", "simulated", home_latitude=56.9, home_longitude=24.2)
        self.intake = Intake(Registry([record]), explained=lambda _d, _s, found: self.diagnosed.append(found))

    @property
    def device(self) -> str:
        """Its name."""
        return f"acme/{self.kind}-1"

    def sends(self, type_: str, data: dict[str, Any]) -> tuple[Conclusion, ...]:
        """Send an event now."""
        self.seq += 1
        event = {
            "specversion": "1.0", "type": type_, "source": f"/{self.device}", "id": f"1-{self.seq}",
            "time": datetime.fromtimestamp(self.now, UTC).isoformat(), "provenance": "simulated", "data": data,
        }  # fmt: skip
        verdict = self.intake.receive(f"callahead/v1/{self.device}/event", json.dumps(event).encode(), self.now)
        assert verdict.refusal is None, verdict.refusal
        self.heard += verdict.conclusions
        return verdict.conclusions

    def tells(self, *alarms: str, **changed: Any) -> tuple[Conclusion, ...]:
        """Report in ten minutes; ``changed`` names what stands behind the dot, ``None`` leaves it out."""
        self.now += 600
        short = {name.rpartition(".")[2]: name for name in SOUND[self.kind]}
        readings = {**SOUND[self.kind], **{short[name]: value for name, value in changed.items()}}
        told = {name: value for name, value in readings.items() if value is not None}
        what = "fault" if alarms else "status"
        return self.sends(f"callahead.{self.kind}.{what}.v1", {"alarms": alarms, "attributes": told})

    @property
    def best(self) -> str:
        """The likeliest answer of the last diagnosis."""
        return self.diagnosed[-1].ranking.best

    @property
    def findings(self) -> list[Finding]:
        """Everything that dispatch was told."""
        return [one for one in self.heard if isinstance(one, Finding)]


# --- what they conclude ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "alarm", "changed", "part", "help_"),
    [
        ("tv", "VisualDisplayFault", {"BacklightCurrent": 0.0, "BacklightVoltage": 140.0}, "led_backlight", Help.TECHNICIAN),
        ("tv", "VisualDisplayFault", {"PanelLinkErrors": 120}, "panel_cable", Help.TECHNICIAN),
        ("tv", "PowerSource", {"SupplyRipple": 380.0, "BootReason": "BrownOutReset"}, "tv_power_supply", Help.TECHNICIAN),
        ("tv", "NonVolatileMemoryError", {"AppCrashes": 2}, "tv_main_board", Help.TECHNICIAN),
        ("tv", "ResettableOverTemp", {"MeasuredValue": 9200}, "blocked_vents", Help.NOTICE),
        ("tv", "ConnectionFailed", {"RSSI": -90, "GatewayPacketLoss": 85.0}, "weak_wifi", Help.NOTICE),
        ("tv", "Radio", {"RSSI": -62, "GatewayPacketLoss": 13.0, "RadioResets": 9}, "tv_wifi_module", Help.TECHNICIAN),
        ("tv", "NoSignal", {"TunerLevel": 22.0, "TunerMer": 1.0}, "aerial_cable", Help.NOTICE),
        ("tv", "NoSignal", {"TunerLevel": 64.0, "TunerMer": 12.0}, "tv_tuner", Help.TECHNICIAN),
        ("tv", "StorageFull", {"StorageFree": 14, "AppCrashes": 4}, "tv_storage_full", Help.NOTICE),
        ("tv", "SoftwareFault", {"AppCrashes": 7}, "app_crash_loop", Help.TALK),
        ("home", "LowPressure", {"MeasuredValue": 420, "FlameCurrent": 0.0}, "heating_pressure", Help.TECHNICIAN),
        ("home", "PumpFault", {"PumpSpeed": 0.0, "PumpPower": 40.0, "FlowTemperature": 8600}, "circulation_pump", Help.TECHNICIAN),
        ("home", "IgnitionFailed", {"IgnitionTries": 5, "FlameCurrent": 0.0, "FlowTemperature": 4350}, "ignition", Help.TECHNICIAN),
        ("home", "FlameLost", {"FlameCurrent": 1.1, "FlameLosses": 6}, "flame_sensor", Help.TECHNICIAN),
        ("home", "SensorFault", {"FlowTemperature": None}, "flow_sensor", Help.TECHNICIAN),
        ("home", "WaterLeak", {"StateValue": True, "LeastWaterFlow": 700.0}, "burst_pipe", Help.TECHNICIAN),
        ("home", "ValveFault", {"TargetState": "Closed", "ValveFault": "Blocked"}, "shutoff_valve", Help.TECHNICIAN),
        ("home", "MeterBatteryLow", {"BatPercentRemaining": 9}, "meter_battery", Help.TECHNICIAN),
        ("home", "MeterClockInvalid", {"MeterClockOffset": 14_000}, "meter_clock", Help.TALK),
        ("home", "TariffInvalid", {"MeterTariff": "Night"}, "tariff_register", Help.TALK),
        ("home", "MeterSilent", {"MeterSilent": 26_000}, "meter_radio", Help.TECHNICIAN),
        ("phone", "BatteryWorn", {"BatteryHealth": 54.0, "SuddenShutdowns": 3}, "phone_battery", Help.TALK),
        ("phone", "BatteryOverTemp", {"BatteryTemperature": 6400}, "phone_hot_battery", Help.TALK),
        ("phone", "ChargingFault", {"ChargerConnected": True}, "charging_port", Help.TALK),
        ("phone", "MoistureInPort", {"ChargerConnected": True, "PortMoisture": True}, "damp_port", Help.NOTICE),
        ("phone", "StorageFull", {"StorageFree": 60}, "phone_storage_full", Help.NOTICE),
        ("phone", "StorageError", {"StorageErrors": 7}, "phone_storage_chip", Help.TALK),
        ("phone", "RadioFault", {"Rsrp": -124, "NoService": 80.0, "ModemResets": 4}, "phone_radio", Help.TALK),
        ("phone", "TouchFault", {"DeadTouchArea": 22.0}, "touch_screen", Help.TALK),
        ("phone", "SecureElementFault", {"SecureElement": "NoResponse", "ContactlessFailures": 2}, "secure_element", Help.TALK),
    ],
)  # fmt: skip
def test_look_alikes_are_told_apart(kind: str, alarm: str, changed: dict[str, Any], part: str, help_: Help) -> None:
    """By what the same alarm comes with; what is found names customer, device and kind."""
    device = Told(kind)
    device.tells()
    assert device.heard == []
    device.tells(alarm, **changed)
    (found,) = device.findings
    assert (device.best, found.part, found.remedy.help) == (part, part, help_)
    assert (found.kind, found.domain, found.device, found.customer) == (kind, Domain.APPLIANCE, device.device, "c-1")
    assert found.notify == device.device
    assert found.grade is not Grade.WATCH


@pytest.mark.parametrize(
    ("kind", "changed", "part"),
    [
        ("tv", {"BacklightCurrent": 170.0}, "led_backlight"),
        ("home", {"LeastWaterFlow": 12.0}, "dripping_tap"),
        ("phone", {"BatteryHealth": 55.0, "SuddenShutdowns": 4}, "phone_battery"),
    ],
)
def test_what_does_not_complain_is_found_by_its_readings(kind: str, changed: dict[str, Any], part: str) -> None:
    """Once they are sure."""
    device = Told(kind)
    device.tells()
    device.tells(**changed)
    assert [one.part for one in device.findings] == [part]


def test_a_leak_and_a_frost_cannot_wait() -> None:
    """Critical, with the main valve to be closed; each is told once."""
    wet = Told("home")
    wet.tells()
    wet.tells(StateValue=True)
    wet.tells(StateValue=True)
    (flooded,) = wet.findings
    assert (flooded.part, flooded.severity) == ("burst_pipe", Severity.CRITICAL)
    assert "close the main water valve" in flooded.advice
    cold = Told("home")
    cold.tells("IgnitionFailed", IgnitionTries=5, FlameCurrent=0.0, FlowTemperature=4350)
    cold.tells(IgnitionTries=5, FlameCurrent=0.0, FlowTemperature=4350, LocalTemperature=700)
    cold.tells("FrostDanger", IgnitionTries=5, FlameCurrent=0.0, FlowTemperature=4350, LocalTemperature=600)
    before, freezes = cold.findings
    assert (before.severity, freezes.severity) == (Severity.HIGH, Severity.CRITICAL)
    assert (freezes.part, freezes.episode, freezes.advice) == ("ignition", before.episode, FREEZES.advice)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_cannot_wait_is_said_in_every_language(language: str) -> None:
    """In words of its own, whatever the part: pipes before the pump."""
    cold = Told("home")
    cold.tells("PumpFault", PumpSpeed=0.0, PumpPower=40.0, LocalTemperature=600)
    (found,) = cold.findings
    assert say("home_urgent_frost", "en") == FREEZES.advice
    assert say("home_urgent_frost", language) in message(found, language, None)


def test_a_phone_that_gets_hot_is_put_down_at_once() -> None:
    """Whatever else it may be."""
    phone = Told("phone")
    phone.tells(BatteryTemperature=6900)
    (found,) = phone.findings
    assert (found.part, found.severity) == ("phone_hot_battery", Severity.HIGH)


@pytest.mark.parametrize("kind", KINDS)
def test_a_sound_one_is_never_told_of(kind: str) -> None:
    """A day of it; and an odd alarm that its readings do not bear out is no visit."""
    device = Told(kind)
    for _ in range(144):
        device.tells()
    assert device.heard == []


@pytest.mark.parametrize(
    ("kind", "alarm", "changed"),
    [
        ("tv", "VisualDisplayFault", {"BacklightCurrent": 0.0}),
        ("home", "MeterBatteryLow", {"BatPercentRemaining": 8}),
        ("phone", "SecureElementFault", {"SecureElement": "NoResponse"}),
    ],
)
def test_one_that_is_well_again_has_recovered(kind: str, alarm: str, changed: dict[str, Any]) -> None:
    """Not with the first sound report, but once it has been well for hours; what comes then is an episode of its own."""
    device = Told(kind)
    device.tells(alarm, **changed)
    device.tells()
    assert not [one for one in device.heard if isinstance(one, Recovery)]
    for _ in range(13):
        device.tells()
    (recovery,) = [one for one in device.heard if isinstance(one, Recovery)]
    assert recovery.episode == device.findings[0].episode
    device.now += 86_400
    device.tells(alarm, **changed)
    assert device.findings[-1].episode != recovery.episode


def test_a_status_that_does_not_speak_of_alarms_ends_nothing() -> None:
    """A phone that tells where it is and nothing else is not well by that."""
    phone = Told("phone")
    phone.tells("SecureElementFault", SecureElement="NoResponse")
    for _ in range(40):
        phone.now += 3600
        phone.sends("callahead.phone.status.v1", {})
    assert not [one for one in phone.heard if isinstance(one, Recovery)]


@pytest.mark.parametrize("kind", KINDS)
def test_every_part_has_words_of_its_own_in_six_languages(kind: str) -> None:
    """The English ones are the catalogue's advice."""
    for part, entry in catalogue(knowledges()[kind]).parts.items():
        assert say(f"{kind}_{part}", "en") == entry.advice
        assert len({say(f"{kind}_{part}", language) for language in LANGUAGES}) == len(LANGUAGES)
    assert knows(f"fault_{kind}")
    assert knows(f"maybe_{kind}")


# --- every device can pay ----------------------------------------------------------------------------------------------

ATTEMPT = {"end_to_end_id": "bill-1", "amount": "40.00", "currency": "EUR", "processor": "baltpay"}
PAYS = "callahead.payment.attempt.v1"


@pytest.mark.parametrize("kind", kinds().names)
def test_a_payment_of_any_kind_is_its_customers(kind: str) -> None:
    """The finding names device and customer, no kind, and says why in the words of payments."""
    device = Told(kind)
    device.sends(PAYS, {**ATTEMPT, "status": "RJCT", "reason": "AM04"})
    device.sends(PAYS, {**ATTEMPT, "status": "RJCT", "reason": "AM04"})
    (found,) = device.findings
    assert (found.domain, found.kind, found.part) == (Domain.PAYMENT, "", "insufficient_funds")
    assert (found.device, found.customer, found.notify) == (device.device, "c-1", device.device)
    assert part_in(found, "lv") != found.name
    assert kinds().knowledge_of(found) is knowledges()["payment"]
    (over,) = device.sends(PAYS, {**ATTEMPT, "status": "ACSC"})
    assert isinstance(over, Recovery)


def test_a_car_that_pays_tells_its_owner_on_the_phone() -> None:
    """Its notices are shown there."""
    record = DeviceRecord("volta/car-1", "car", "c-1", "simulated", paired_phone="pingo/phone-1")
    intake = Intake(Registry([record]))
    heard: list[Conclusion] = []
    for seq in (1, 2):
        event = {
            "specversion": "1.0", "type": PAYS, "source": "/volta/car-1", "id": f"1-{seq}", "time": "2026-01-12T06:00:00Z",
            "data": {**ATTEMPT, "status": "RJCT", "reason": "AM04"},
        }  # fmt: skip
        heard += intake.receive("callahead/v1/volta/car-1/event", json.dumps(event).encode(), BEGINS + seq).conclusions
    (found,) = heard
    assert isinstance(found, Finding)
    assert found.notify == "pingo/phone-1"


def test_what_a_customer_tells_of_a_device_is_a_part_of_it_or_a_payment() -> None:
    """By the part; where nobody says which, of a phone a payment, of others the device."""

    def told(kind: str, part: str | None) -> tuple[Domain, str]:
        found = finding_of(HumanReport("r-1", "customer", part, BEGINS), DeviceRecord("acme/one", kind, "c-1", "real"))
        return found.domain, found.kind

    assert told("phone", None) == told("phone", "mandate") == told("tv", "card_expired") == (Domain.PAYMENT, "")
    assert told("phone", "secure_element") == (Domain.APPLIANCE, "phone")
    assert told("tv", None) == told("tv", "led_backlight") == (Domain.APPLIANCE, "tv")
    with pytest.raises(NoSuchPart, match="'burst_pipe' is no part of a tv"):
        told("tv", "burst_pipe")


def test_the_contract_shows_a_payment_of_each_kind() -> None:
    """In schemas, AsyncAPI and on the page; each can be read."""
    shown = event_types().shown[PAYS]
    devices = [parse_event(json.dumps(one).encode()).device for one in shown]
    own = {kind.name: {one.device for one in kind.messages.events} for kind in kinds()}
    assert {kind for kind, names in own.items() if names & set(devices)} == set(kinds().names)
    assert [one["payload"] for one in asyncapi()["components"]["messages"][PAYS]["examples"]] == list(shown)
    page = html()
    assert all(one["data"]["end_to_end_id"] in page for one in shown)
