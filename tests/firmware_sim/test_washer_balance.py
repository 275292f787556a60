"""Whatever washing machine is drawn: no water is made or lost, wear never helps, and only what is broken complains."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_sim.kinds.washer.body import BOILS_C, TRAY_L, Body, Demand, Load
from firmware_sim.kinds.washer.build import COMPLAINS, REPORTS, Build, draw_build
from firmware_sim.kinds.washer.condition import Condition
from firmware_sim.kinds.washer.device import Washer, WasherSensors
from firmware_sim.kinds.washer.failures import DISTURBANCES, MODES, NEEDS, WAYS_TO_FAIL
from firmware_sim.kinds.washer.household import DAY_S, draw_household, draw_load
from firmware_sim.kinds.washer.machine import Machine, installed
from firmware_sim.kinds.washer.reporter import Reporter
from firmware_sim.links.memory import MemoryUplink
from firmware_sim.wear.failure import Failure
from firmware_sim.wear.luck import Luck
from gateway.contract.messages import parse_event
from gateway.kinds.washer.messages import WasherFaultEvent, WasherStatusEvent

SEEDS = st.integers(0, 10_000)
START = 1_767_247_200.0
LONGEST_S = 3 * 3600.0


def machine(seed: int, *failures: Failure, needs: frozenset[str] = frozenset(), whole: bool = False) -> Machine:
    """Return a machine; ``whole``: one that measures everything and knows every alarm."""
    dice = np.random.default_rng(seed)
    build = draw_build(dice, needs)
    if whole:
        build = replace(build, instruments=frozenset(REPORTS), alarms=frozenset(COMPLAINS))
    made = installed(build, draw_load(dice), START, Luck(dice))
    made.failures.extend(failures)
    return made


def failure(**targets: float) -> Failure:
    """Return one that is there from the beginning."""
    return Failure("-", "sudden", START, float("inf"), 1.0, targets)


def washed(made: Machine, load: Load | None = None) -> tuple[list[str], list[str]]:
    """Let a programme go by. Return its alarms and its phases."""
    made.wash(load or Load())
    alarms, phases, ends = [], [], made.now + LONGEST_S
    while made.controller.busy and made.now < ends:
        alarms += made.step()
        phases += [made.phase] if phases[-1:] != [made.phase] else []
    return alarms, phases


def balance(body: Body) -> float:
    """Return what came in and is nowhere, litres."""
    return body.came_in_l - body.pumped_l - body.water_l - body.tray_l - body.floor_l


@pytest.mark.parametrize("seed", range(40))
def test_a_sound_machine_goes_through_its_programme_and_tells_no_fault(seed: int) -> None:
    """Whatever the model and the load: it gets as warm as it is set to, spins, is empty, and has taken a usual amount of water."""
    made = machine(seed)
    warmest = 0.0
    made.wash(draw_load(np.random.default_rng(seed)))
    alarms: list[str] = []
    while made.controller.busy:
        alarms += made.step()
        warmest = max(warmest, made.body.water_c)
    assert alarms == []
    assert made.controller.completes
    assert warmest == pytest.approx(made.build.setpoint_c, abs=1.5)
    assert made.body.free_l < 1.5
    assert 15 < made.body.came_in_l < 80
    assert 35 * 60 < made.now - START < 2.5 * 3600
    assert (made.body.tray_l, made.body.floor_l) == (0.0, 0.0)


@settings(max_examples=40, deadline=None)
@given(SEEDS, st.sampled_from(sorted(MODES)), st.integers(1, 3))
def test_water_is_neither_made_nor_lost(seed: int, part: str, programmes: int) -> None:
    """What came in is in the tub, was pumped out, or lies under it or on the floor; whatever breaks."""
    made = machine(
        seed, WAYS_TO_FAIL.fail(part, START + 600, np.random.default_rng(seed)), needs=NEEDS.get(part, frozenset())
    )
    for _ in range(programmes):
        made.wash(draw_load(np.random.default_rng(seed)))
        before = made.body.came_in_l - balance(made.body)
        for _ in range(200):
            made.step()
            assert made.body.came_in_l - balance(made.body) >= before - 1e-6
        body = made.body
        assert min(body.water_l, body.tray_l, body.floor_l) >= -1e-9
        assert body.tray_l <= TRAY_L + 1e-9


@settings(max_examples=40, deadline=None)
@given(SEEDS, st.lists(st.sampled_from(("valve", "pump", "heater")), unique=True), st.floats(0, 1600), st.floats(1, 60))
def test_each_litre_is_accounted_for_in_every_step(seed: int, on: list[str], rpm: float, span: float) -> None:
    """Exactly, with a hose and a gasket that leak and a valve that does not shut."""
    body = Body(draw_build(np.random.default_rng(seed)), Load())
    faulty = Condition(hose_l_min=2.0, gasket_l_min=0.5, valve_leaks=0.3, heater_stuck=1.0)
    for _ in range(300):
        body.step(span, Demand(**dict.fromkeys(on, True), rpm=rpm), faulty)  # type: ignore[arg-type] # switches
        assert balance(body) == pytest.approx(0, abs=1e-6)
        assert 0 < body.water_c <= BOILS_C


@settings(max_examples=30, deadline=None)
@given(SEEDS, st.floats(0.05, 1), st.floats(0.05, 1))
def test_a_weaker_pump_never_drains_faster_and_a_weaker_heater_never_warms_faster(
    seed: int, one: float, other: float
) -> None:
    """Wear never helps."""
    weak, strong = sorted((one, other))
    left, warm = [], []
    for share in (weak, strong):
        body = Body(draw_build(np.random.default_rng(seed)), Load(), water_l=20.0)
        for _ in range(30):
            body.step(10, Demand(heater=True), Condition(heater=share))
        warm.append(body.water_c)
        for _ in range(5):
            body.step(10, Demand(pump=True), Condition(filter=share))
        left.append(body.water_l)
    assert left[0] >= left[1] - 1e-9
    assert warm[0] <= warm[1] + 1e-9


TELLS = {
    "inlet_valve": {"InflowError", "WaterLevelError"}, "inlet_hose": {"WaterLeak"}, "tap_closed": {"InflowError"},
    "drain_pump": {"DrainError", "WaterLevelError"}, "drain_filter": {"DrainError"}, "door_interlock": {"DoorError"},
    "wash_heater": {"TempTooLow"}, "heater_relay": {"TempTooHigh"}, "wash_probe": {"SensorFault", "TempTooHigh", "TempTooLow"},
    "level_sensor": {"WaterLevelError"}, "wash_motor": {"MotorFault"}, "drum_bearing": {"MotorFault"},
    "tub_dampers": {"Unbalanced"}, "door_gasket": {"WaterLeak"}, "unbalanced_load": {"Unbalanced"},
    "control_module": {"MotorFault", "ControlFault", "WaterLevelError"},
}  # fmt: skip
"""Part → what a machine complains of that measures everything."""


@pytest.mark.parametrize("part", sorted(MODES))
def test_what_breaks_shows_itself(part: str) -> None:
    """In five programmes most complain, of what the part has to do with, or draw another current or swing more than before."""
    told: set[str] = set()
    shown = 0
    for seed in range(12):
        made = machine(
            seed,
            WAYS_TO_FAIL.fail(part, START - 1, np.random.default_rng(seed)),
            needs=NEEDS.get(part, frozenset()),
            whole=True,
        )
        before = machine(seed, needs=NEEDS.get(part, frozenset()), whole=True)
        washed(before)
        alarms = [alarm for _ in range(5) for alarm in _with_idle(made)]
        told |= set(alarms)
        now, was = made.controller.latest, before.controller.latest
        other = abs(now.get("motor_a", 0) / was["motor_a"] - 1) > 0.25
        shown += bool(alarms) or other or now.get("vibration_mm", 0) > 1.7 * was["vibration_mm"]
    assert told <= TELLS.get(part, set()) | {"InflowError"}
    assert shown >= 8


def _with_idle(made: Machine) -> Iterator[str]:
    yield from washed(made)[0]
    for _ in range(6):
        yield from made.step()


def test_a_hose_leaks_while_the_machine_stands_and_a_gasket_does_not() -> None:
    """It is under pressure all the time; whose float stops the machine shuts its valve."""
    hose = machine(3, failure(hose_l_min=2.0), whole=True)
    alarms = [alarm for _ in range(20) for alarm in hose.step()]
    assert alarms == ["WaterLeak"]
    assert hose.body.floor_l > 1
    gasket = machine(3, failure(gasket_l_min=0.6), whole=True)
    assert [alarm for _ in range(20) for alarm in gasket.step()] == []
    alarms, phases = washed(gasket)
    assert alarms[0] == "WaterLeak"
    assert phases[-1] in {"Heat", "Wash", "Rinse"} or not gasket.build.stops_leaks


def test_a_relay_that_is_stuck_boils_what_a_sound_one_keeps_warm() -> None:
    """The controller tells it and gives up; it cannot switch it off."""
    made = machine(5, failure(heater_stuck=1.0), whole=True)
    alarms, _ = washed(made)
    assert "TempTooHigh" in alarms
    assert (made.controller.state, made.controller.completes) == ("Error", False)
    assert made.controller.latest["heater_idle_a"] > 1


def test_a_controller_sees_measured_values_alone() -> None:
    """A level sensor that reads nothing lets it fill until the overflow switch trips; a lost probe lets it wash cold."""
    dry = machine(7, failure(level_stuck=1.0), whole=True)
    assert washed(dry)[0] == ["WaterLevelError"]
    assert dry.controller.read_mm < 10 < dry.body.level_mm
    cold = machine(7, failure(probe_lost=1.0), whole=True)
    alarms, phases = washed(cold)
    assert alarms == ["SensorFault"]
    assert phases[-2:] == ["Spin", "Idle"]
    assert cold.body.water_c < 30


def test_it_measures_no_more_than_its_model_does() -> None:
    """What it has no sensor for is not told, and every event is in the contract."""
    made = machine(11)
    heard: list[WasherStatusEvent | WasherFaultEvent] = []
    device = Washer("laveta/washer-1", sensors=WasherSensors())
    device.uplink = MemoryUplink(
        lambda sent: heard.append(parse_event(sent.payload)) if sent.topic.endswith("/event") else None  # type: ignore[arg-type, func-returns-value]
    )
    device.go_online(START)
    made.wash(Load())
    reporter = Reporter(made, device, 600.0, START)
    while made.controller.busy:
        reporter.live()
    phases = [event.data.attributes.wash_phase for event in heard]
    assert {"Fill", "Heat", "Wash", "Drain", "Rinse", "Spin"} <= set(phases)
    assert phases[-1] == "Idle"
    lacking = set(REPORTS) - made.build.instruments
    assert lacking
    last = WasherSensors()
    made.tell(last)
    assert {name for name in lacking if getattr(last, name) is not None} == set()


def test_a_module_that_resets_counts_its_boots() -> None:
    """The programme is lost, and the machine stands with its water."""
    made = machine(2, failure(resets_h=200.0), whole=True)
    device = Washer("laveta/washer-1")
    device.uplink = MemoryUplink(lambda _: None)
    device.go_online(START)
    made.wash(Load())
    reporter = Reporter(made, device, 600.0, START)
    for _ in range(60):
        reporter.live()
    assert made.restarts >= 1
    assert device.boot == 1 + made.restarts


@pytest.mark.parametrize("seed", range(len(DISTURBANCES) * 3))
def test_what_a_sound_machine_puts_up_with_stops_no_programme(seed: int) -> None:
    """Low pressure, fluff, a blanket: it washes on; a spurious alarm is one without a consequence."""
    made = machine(seed, WAYS_TO_FAIL.disturb(START, np.random.default_rng(seed)))
    washed(made)
    assert made.controller.completes


def test_repaired_it_is_sound() -> None:
    """Water is let out and wiped up."""
    made = machine(3, failure(hose_l_min=3.0), whole=True)
    for _ in range(30):
        made.step()
    made.repair()
    assert (made.body.tray_l, made.body.floor_l) == (0.0, 0.0)
    assert balance(made.body) == pytest.approx(0, abs=1e-6)
    assert washed(made)[0] == []


@pytest.mark.parametrize("seed", range(5))
def test_a_household_washes_by_day(seed: int) -> None:
    """One to three programmes, the first in the morning, none begun at night."""
    home = draw_household(np.random.default_rng(seed))
    starts = home.starts(0.0)
    assert 1 <= len(starts) <= 3
    assert 7 * 3600 <= starts[0] < starts[-1] + 1 < DAY_S
    assert starts[-1] <= 20 * 3600


def test_a_build_has_what_its_part_needs() -> None:
    """A motor without brushes cannot wear them out."""
    for part, needs in NEEDS.items():
        built: list[Build] = [draw_build(np.random.default_rng(seed), needs) for seed in range(20)]
        assert all(build.brushes for build in built) or "brushes" not in needs, part
        assert all(build.belted for build in built) or "belt" not in needs, part
        assert all("WaterLeak" in build.alarms and "leak" in build.instruments for build in built) or (
            "leak_switch" not in needs
        )
