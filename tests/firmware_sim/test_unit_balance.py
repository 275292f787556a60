"""Whatever television set, home or phone is drawn: sound ones complain of nothing, and what breaks shows as what it is about."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_sim.device.device import Device
from firmware_sim.device.fix import Fix
from firmware_sim.kinds.car.device import Car
from firmware_sim.kinds.fridge.device import Fridge
from firmware_sim.kinds.home import body as home
from firmware_sim.kinds.home import failures as home_failures
from firmware_sim.kinds.home.device import HomeController
from firmware_sim.kinds.phone import body as phone
from firmware_sim.kinds.phone import failures as phone_failures
from firmware_sim.kinds.phone.device import Phone
from firmware_sim.kinds.truck.device import Truck
from firmware_sim.kinds.tv import body as tv
from firmware_sim.kinds.tv import failures as tv_failures
from firmware_sim.kinds.tv.device import Television
from firmware_sim.kinds.washer.device import Washer
from firmware_sim.links.memory import MemoryUplink
from firmware_sim.wallet.market import Market
from firmware_sim.wallet.wallet import Wallet
from firmware_sim.wear.unit import Making, Reporter, Unit
from gateway.contract.envelope import DeviceEvent
from gateway.contract.messages import parse_event
from gateway.kinds.registry import kinds
from gateway.payments.messages import PaymentAttemptEvent

START = 1_768_197_600.0
"""12 January 2026."""
STEP_S, HOUR = 600.0, 3_600.0
COLD, WARM = 9.0, 18.0
MAKINGS: dict[str, tuple[Making, Any, dict[str, Any]]] = {
    "tv": (tv.MAKING, Television, tv_failures.MODES),
    "home": (home.MAKING, HomeController, home_failures.MODES),
    "phone": (phone.MAKING, Phone, phone_failures.MODES),
}
PARTS = [(kind, part) for kind, (_, _, modes) in MAKINGS.items() for part in modes]
TELLS = {
    "led_backlight": {"VisualDisplayFault"}, "tv_power_supply": {"PowerSource"},
    "tv_main_board": {"NonVolatileMemoryError", "SoftwareFault"}, "panel_cable": {"VisualDisplayFault"},
    "blocked_vents": {"ResettableOverTemp"}, "tv_wifi_module": {"Radio", "ConnectionFailed"}, "weak_wifi": {"ConnectionFailed"},
    "tv_tuner": {"NoSignal"}, "aerial_cable": {"NoSignal"}, "tv_storage_full": {"StorageFull", "SoftwareFault"},
    "app_crash_loop": {"SoftwareFault"}, "heating_pressure": {"LowPressure"}, "circulation_pump": {"PumpFault"},
    "ignition": {"IgnitionFailed"}, "flame_sensor": {"FlameLost"}, "flow_sensor": {"SensorFault"},
    "heating_control": {"ControlFault"}, "burst_pipe": {"WaterLeak"}, "dripping_tap": set(), "shutoff_valve": {"ValveFault"},
    "meter_battery": {"MeterBatteryLow"}, "meter_clock": {"MeterClockInvalid", "TariffInvalid"},
    "tariff_register": {"TariffInvalid"}, "meter_radio": {"MeterSilent"}, "phone_battery": {"BatteryWorn"},
    "phone_hot_battery": {"BatteryOverTemp", "BatteryWorn"}, "charging_port": {"ChargingFault"}, "damp_port": {"MoistureInPort"},
    "phone_storage_full": {"StorageFull"}, "phone_storage_chip": {"StorageError"}, "phone_radio": {"RadioFault"},
    "touch_screen": {"TouchFault"}, "secure_element": {"SecureElementFault"},
}  # fmt: skip
"""Part → what is complained of; a heating that does not heat lets a house cool down until there is danger of frost, too."""


def unit(kind: str, seed: int, part: str = "") -> Unit[Any]:
    """Return one that fails an hour from the start, where ``part`` says what."""
    making, dice = MAKINGS[kind][0], np.random.default_rng(seed)
    made = making.draw(dice, part, START)
    if part:
        made.failures.append(making.ways.fail(part, START + HOUR, dice))
    return made


def alarms(made: Unit[Any], hours: float, span: float = STEP_S) -> list[str]:
    """Let it live, and return what it complained of."""
    return [alarm for _ in range(int(hours * HOUR / span)) for alarm in made.live(span)]


@pytest.mark.parametrize("kind", MAKINGS)
def test_a_sound_one_complains_of_nothing(kind: str) -> None:
    """Ten days of thirty of them, however often one looks."""
    for seed in range(30):
        assert alarms(unit(kind, seed), 240, span=2 * HOUR) == []
        assert alarms(unit(kind, seed), 24) == []


@pytest.mark.parametrize(("kind", "part"), PARTS)
def test_what_breaks_shows_itself(kind: str, part: str) -> None:
    """Within two days, as what the part has to do with, in all models that know it at all."""
    told: set[str] = set()
    shown = 0
    for seed in range(10):
        made = unit(kind, seed, part)
        heard = alarms(made, 49)
        told |= set(heard)
        shown += bool(heard) or made.restarts > 0
    assert told <= TELLS[part] | {"FrostDanger"}
    assert shown >= 4 or not TELLS[part]


@pytest.mark.parametrize(("kind", "part"), PARTS)
def test_repaired_it_is_sound(kind: str, part: str) -> None:
    """Nothing stands, and nothing new comes."""
    made = unit(kind, 5, part)
    alarms(made, 30)
    made.repair()
    after = alarms(made, 24)
    assert set(after) <= {"FrostDanger"}  # a house that has cooled down takes some hours
    assert not made.standing


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(PARTS))
def test_every_report_is_in_the_contract_and_never_names_the_cause(seed: int, what: tuple[str, str]) -> None:
    """Whatever is drawn and breaks, byte for byte what the service reads."""
    kind, part = what
    heard: list[DeviceEvent] = []
    sent: list[bytes] = []
    device = MAKINGS[kind][1](f"acme/{kind}-1")
    device.uplink = MemoryUplink(lambda out: sent.append(out.payload) if out.topic.endswith("/event") else None)
    device.go_online(START)
    reporter: Reporter[Any, Any] = Reporter(unit(kind, seed, part), device, HOUR, START)
    for _ in range(120):
        reporter.live(STEP_S)
    heard = [parse_event(payload) for payload in sent]
    assert len(heard) >= 10
    assert not [payload for payload in sent if part.encode() in payload]


def test_a_house_whose_heating_stopped_cools_down_and_one_that_is_heated_does_not() -> None:
    """Towards what is outdoors, in its own time; danger of frost is told before the pipes freeze."""
    cold, warm = unit("home", 3, "ignition"), unit("home", 3)
    assert isinstance(cold, home.House)
    assert isinstance(warm, home.House)
    cold.condition.sparks_not = 1.0
    cold.failures.clear()
    rooms = []
    for _ in range(6 * 24 * 6):
        cold.live(STEP_S)
        warm.live(STEP_S)
        rooms.append(cold.room_c)
    days = [float(np.mean(rooms[day * 144 : day * 144 + 144])) for day in range(4)]
    assert days == sorted(days, reverse=True)
    assert rooms[-1] < COLD < WARM < warm.room_c


def test_a_pipe_that_bursts_runs_until_it_is_mended() -> None:
    """Litres on the floor are what ran out; once dried there are none."""
    wet = unit("home", 7)
    assert isinstance(wet, home.House)
    wet.condition.burst_l_h = 60.0
    alarms(wet, 2)
    assert wet.puddle_l == pytest.approx(120)
    wet.repair()
    assert wet.puddle_l == 0


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 5_000), st.floats(0.2, 1), st.floats(0.2, 1))
def test_less_air_never_cools_better(seed: int, one: float, other: float) -> None:
    """Wear never helps."""
    warm = []
    for share in sorted((one, other)):
        made = unit("tv", seed)
        assert isinstance(made, tv.Tv)
        made.condition.airflow = share
        for _ in range(6):
            made.live(STEP_S)
        warm.append(made.board_c)
    assert warm[0] >= warm[1] - 1e-9


def test_a_module_that_resets_counts_its_boots() -> None:
    """Its ids begin anew."""
    made = unit("tv", 2)
    assert isinstance(made, tv.Tv)
    made.condition.board_resets_h = 6.0
    device = Television("visora/tv-1")
    device.uplink = MemoryUplink(lambda _: None)
    device.go_online(START)
    reporter: Reporter[Any, Any] = Reporter(made, device, HOUR, START)
    for _ in range(144):
        reporter.live(STEP_S)
    assert made.restarts >= 1
    assert device.boot == 1 + made.restarts


# --- a wallet ------------------------------------------------------------------------------------------------------------

BUILDS: dict[str, Callable[[str], Device]] = {
    "car": Car, "fridge": Fridge, "home": HomeController, "phone": Phone,
    "truck": lambda name: Truck(name, fix=Fix(56.9, 24.1, 5.0, START)), "tv": Television, "washer": Washer,
}  # fmt: skip


def test_every_kind_of_device_is_named_here() -> None:
    """A new kind can pay as well."""
    assert BUILDS.keys() == set(kinds().names)


@pytest.mark.parametrize("kind", BUILDS)
def test_any_simulated_device_pays_with_one_call(kind: str) -> None:
    """What became of it is told in the device's own name, at the banks of everybody."""
    sent: list[bytes] = []
    device = BUILDS[kind](f"acme/{kind}-1")
    device.uplink = MemoryUplink(lambda out: sent.append(out.payload) if out.topic.endswith("/event") else None)
    device.go_online(START)
    Wallet(device).pay(
        START, end_to_end_id="film-1", amount="4.99", currency="EUR", processor="baltpay", status="RJCT", reason="AM04"
    )
    market = Market.drawn(["baltpay"], np.random.default_rng(1))
    payer = market.payer(device, "baltpay", START, np.random.default_rng(2))
    market.pay(payer, market.order(payer), START + 60)
    events = [parse_event(payload) for payload in sent]
    assert [event.device for event in events] == [f"acme/{kind}-1"] * 2
    assert all(isinstance(event, PaymentAttemptEvent) for event in events)
