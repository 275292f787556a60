"""How parts fail: what each way of failing does to the body, how fast, and which cars have the part at all.

Ways and shares are workshop practice [fit]. A way never names a code: it changes quantities, and opens or shorts circuits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random

from firmware_sim.kinds.car.build import Build
from firmware_sim.kinds.car.defects import Damage, Onset

Span = tuple[float, float]
MINUTE, HOUR = 60.0, 3_600.0


@dataclass(frozen=True, slots=True)
class Way:
    """One way in which a part fails."""

    weight: float
    onset: Onset
    span: Span
    """Seconds, drawn evenly; see ``Damage.span``."""
    sizes: Mapping[str, Span]
    """Defect → its final size, drawn evenly."""
    circuits: Mapping[str, float]
    """Circuit whose own test fails with it → how often it does."""
    fits: Callable[[Build], bool]


def _always(_: Build) -> bool:
    return True


def _way(
    weight: float,
    onset: Onset = "sudden",
    span: Span = (20, 90),
    circuits: Mapping[str, float] | None = None,
    fits: Callable[[Build], bool] = _always,
    **sizes: Span,
) -> Way:
    return Way(weight, onset, span, sizes, circuits or {}, fits)


def _combustion(build: Build) -> bool:
    return build.combustion


def _spark(build: Build) -> bool:
    return build.spark


def _diesel(build: Build) -> bool:
    return build.powertrain == "diesel"


def _belted(build: Build) -> bool:
    return build.starter


def _turbo(build: Build) -> bool:
    return build.turbo


def _direct(build: Build) -> bool:
    return build.combustion and build.direct_injection


def _metered(build: Build) -> bool:
    return build.combustion and build.air_flow_meter


def _unmetered(build: Build) -> bool:
    return build.spark and not build.air_flow_meter


def _automatic(build: Build) -> bool:
    return build.gearbox in {"automatic", "dual_clutch", "continuous"}


def _high_voltage(build: Build) -> bool:
    return build.high_voltage


def _plugged(build: Build) -> bool:
    return build.traction_capacity > 5


GONE, ALL = (0.9, 1.0), (1.0, 1.0)

WAYS: Mapping[str, tuple[Way, ...]] = {
    # Power supply
    "battery_12v": (
        _way(5, battery_aged=(0.72, 1.0), drain=(0.0, 0.06), fits=_belted),
        _way(3, battery_aged=(0.15, 0.4), self_discharge=(0.7, 1.6)),
        _way(2, battery_aged=(0.6, 0.95), self_discharge=(0.3, 1.0), fits=_high_voltage),
        _way(2, battery_cell_short=ALL, battery_aged=(0.1, 0.5)),
    ),
    "battery_terminal": (
        _way(3, "gradual", (HOUR, 6 * HOUR), terminal=(0.55, 0.85)),
        _way(2, "intermittent", (8, 40), terminal=(0.7, 0.95)),
    ),
    "parasitic_drain": (_way(1, "gradual", (60, 300), drain=(0.9, 1.9)),),
    "fuse_relay": (
        _way(3, "sudden", power_relay=ALL, circuits={"engine_supply": 0.6}, fits=_combustion),
        _way(2, "intermittent", (10, 60), power_relay=ALL, circuits={"engine_supply": 0.7}, fits=_combustion),
        _way(2, "sudden", main_fuse=ALL),
        _way(1, "sudden", fuel_pump=ALL, circuits={"pump_circuit": 0.7}, fits=_combustion),
    ),
    # Charging
    "alternator": (
        _way(4, alternator=ALL, circuits={"charging_circuit": 0.45}),
        _way(3, "gradual", (3 * MINUTE, 15 * MINUTE), alternator=(0.85, 1.0)),
        _way(2, "gradual", (MINUTE, 5 * MINUTE), alternator=(0.76, 0.92)),
    ),
    "voltage_regulator": (
        _way(3, regulator_high=(0.45, 1.0), circuits={"regulator_circuit": 0.3}),
        _way(2, regulator_swing=(0.6, 1.0), circuits={"regulator_circuit": 0.4}),
    ),
    "drive_belt": (
        _way(3, "sudden", belt=ALL),
        _way(2, "gradual", (2 * MINUTE, 10 * MINUTE), belt=(0.85, 0.97)),
    ),
    # Starting
    "starter": (
        _way(3, starter=GONE),
        _way(3, starter_open=ALL),
        _way(2, starter=(0.6, 0.85)),
    ),
    "starter_relay": (_way(1, starter_open=ALL, circuits={"starter_relay_circuit": 0.75}),),
    "ignition_switch": (
        _way(2, ignition_switch=ALL, circuits={"ignition_switch_circuit": 0.6}),
        _way(2, "intermittent", (6, 40), ignition_switch=ALL, circuits={"ignition_switch_circuit": 0.6}),
    ),
    "immobiliser": (_way(1, key_unread=ALL, circuits={"key_unread": 0.92}),),
    "neutral_switch": (
        _way(2, neutral_unseen=ALL, circuits={"clutch_switch_circuit": 0.65}, fits=lambda b: b.gearbox == "manual"),
        _way(2, neutral_unseen=ALL, circuits={"park_switch_circuit": 0.7}, fits=lambda b: b.gearbox != "manual"),
        _way(1, neutral_unseen=ALL, brake_light=ALL, circuits={"brake_switch_circuit": 0.4}),
    ),
    # Ignition
    "ignition_coil": (
        _way(3, coil=GONE, circuits={"coil_circuit": 0.7}),
        _way(2, "intermittent", (10, 50), coil=(0.8, 1.0), circuits={"coil_circuit": 0.5}),
        _way(2, "gradual", (3 * MINUTE, 12 * MINUTE), coil=(0.6, 0.95)),
    ),
    "spark_plug": (_way(1, "gradual", (MINUTE, 10 * MINUTE), plugs=(0.6, 1.0)),),
    "crankshaft_sensor": (
        _way(3, crank_signal=ALL, circuits={"crank_signal": 0.7}),
        _way(2, "intermittent", (8, 60), crank_signal=GONE, circuits={"crank_signal": 0.6}),
    ),
    "camshaft_sensor": (
        _way(2, cam_signal=ALL, circuits={"cam_signal": 0.95}),
        _way(1, "intermittent", (15, 60), cam_signal=ALL, circuits={"cam_signal": 0.95}),
    ),
    "knock_sensor": (_way(1, knock_signal=ALL, circuits={"knock_signal": 0.97}, fits=_spark),),
    # Fuel
    "fuel_pump": (
        _way(3, fuel_pump=ALL, circuits={"pump_circuit": 0.45}),
        _way(3, "gradual", (3 * MINUTE, 15 * MINUTE), fuel_pump=(0.6, 0.95)),
        _way(1, "intermittent", (20, 90), fuel_pump=ALL, circuits={"pump_circuit": 0.5}),
    ),
    "high_pressure_pump": (
        _way(3, "gradual", (MINUTE, 10 * MINUTE), high_pressure_pump=(0.55, 1.0)),
        _way(1, high_pressure_pump=GONE, circuits={"rail_valve_circuit": 0.6}),
        _way(1, rail_too_high=GONE, circuits={"rail_valve_circuit": 0.4}),
    ),
    "fuel_filter": (_way(1, "gradual", (MINUTE, 10 * MINUTE), fuel_filter=(0.72, 0.98)),),
    "injector": (
        _way(3, injector_clogged=(0.75, 1.0), circuits={"injector_circuit": 0.65}),
        _way(2, "gradual", (2 * MINUTE, 10 * MINUTE), injector_clogged=(0.6, 0.95)),
        _way(2, injector_leaks=(0.8, 1.0)),
    ),
    "empty_tank": (
        _way(4, tank_empty=ALL),
        _way(1, tank_empty=ALL, fuel_gauge_stuck=ALL, circuits={"fuel_gauge": 0.3}),
    ),
    "fuel_rail_sensor": (
        _way(3, rail_sensor=(0.4, 1.0), circuits={"rail_sensor_circuit": 0.9}),
        _way(1, "intermittent", (10, 60), rail_sensor=ALL, circuits={"rail_sensor_circuit": 0.95}),
    ),
    "evap_purge_valve": (
        _way(2, purge_open=GONE, circuits={"purge_circuit": 0.3}),
        _way(2, vapour_leak=GONE, circuits={"purge_circuit": 0.7}),
    ),
    # Air
    "mass_air_flow_sensor": (
        _way(3, air_meter=(0.25, 0.5)),
        _way(2, air_meter=(0.2, 0.6), circuits={"air_meter_circuit": 0.85}),
        _way(1, air_meter=(-0.45, -0.25)),
    ),
    "vacuum_leak": (
        _way(2, vacuum_leak=(0.5, 1.0)),
        _way(1, "gradual", (MINUTE, 8 * MINUTE), vacuum_leak=(0.5, 1.0)),
    ),
    "throttle_body": (
        _way(2, throttle=(0.7, 0.95), circuits={"throttle_stuck": 0.85}),
        _way(2, throttle=(0.7, 0.95), circuits={"throttle_signal": 0.9}),
        _way(1, "intermittent", (15, 60), throttle=(0.7, 0.9), circuits={"throttle_signal": 0.9}),
    ),
    "accelerator_pedal": (
        _way(2, pedal=GONE, circuits={"pedal_signal": 0.95}),
        _way(1, "intermittent", (15, 60), pedal=GONE, circuits={"pedal_signal": 0.95}),
    ),
    "turbocharger": (
        _way(3, turbo=(0.5, 1.0), turbo_oil=(0.0, 0.9)),
        _way(2, turbo=(0.5, 0.9), circuits={"wastegate_circuit": 0.7}),
        _way(1, overboost=(0.6, 1.0), circuits={"wastegate_circuit": 0.4}),
    ),
    "intake_pressure_sensor": (
        _way(3, manifold_sensor=(0.3, 0.8), circuits={"manifold_sensor_circuit": 0.85}),
        _way(1, manifold_sensor=(-0.5, -0.3), circuits={"manifold_sensor_range": 0.9}),
    ),
    # Cooling and oil
    "thermostat": (
        _way(3, thermostat_open=(0.85, 1.0)),
        _way(1, thermostat_open=(0.7, 1.0), circuits={"thermostat_circuit": 0.8}),
    ),
    "thermostat_stuck_closed": (_way(1, thermostat_closed=(0.96, 1.0), circuits={"thermostat_circuit": 0.12}),),
    "water_pump": (
        _way(3, water_pump=GONE, circuits={"pump_speed": 0.25}),
        _way(2, "gradual", (2 * MINUTE, 10 * MINUTE), water_pump=(0.8, 1.0), coolant_leak=(0.0, 0.35)),
    ),
    "radiator_fan": (
        _way(3, fan=ALL, circuits={"fan_circuit": 0.6}),
        _way(1, "gradual", (MINUTE, 4 * MINUTE), fan=GONE),
    ),
    "coolant_leak": (
        _way(3, "gradual", (20, 200), coolant_leak=(0.35, 0.9)),
        _way(2, coolant_leak=(0.8, 1.3)),
    ),
    "head_gasket": (_way(1, "gradual", (MINUTE, 8 * MINUTE), head_gasket=(0.6, 1.2)),),
    "coolant_sensor": (
        _way(3, coolant_sensor=(0.7, 2.2), circuits={"coolant_sensor_circuit": 0.85}),
        _way(2, coolant_sensor=(-1.0, -0.6), circuits={"coolant_sensor_circuit": 0.75}),
    ),
    "oil_pump": (
        _way(2, oil_pump=(0.85, 1.0)),
        _way(2, "gradual", (MINUTE, 8 * MINUTE), oil_pump=(0.75, 1.0)),
    ),
    "oil_level_low": (
        _way(3, "gradual", (3 * MINUTE, 20 * MINUTE), oil_lost=(0.66, 0.95)),
        _way(2, oil_leak=(0.5, 1.0), oil_lost=(0.0, 0.1)),
    ),
    "oil_pressure_sensor": (
        _way(3, oil_sensor=GONE, circuits={"oil_sensor_circuit": 0.75}),
        _way(2, "intermittent", (10, 60), oil_sensor=GONE, circuits={"oil_sensor_circuit": 0.7}),
    ),
    # Exhaust
    "oxygen_sensor": (
        _way(3, circuits={"oxygen_heater": 0.97}, oxygen_slow=(0.2, 0.6)),
        _way(2, oxygen_slow=(0.7, 1.0)),
        _way(2, oxygen_slow=ALL, circuits={"oxygen_circuit": 0.95}),
        _way(1, oxygen_bias=(-0.8, -0.4)),
        _way(1, oxygen_bias=(0.4, 0.8)),
    ),
    "catalytic_converter": (_way(1, catalyst=(0.6, 1.0)),),
    "egr_valve": (
        _way(2, egr_open=(0.5, 1.0)),
        _way(2, egr_closed=GONE),
        _way(1, egr_open=(0.3, 0.9), circuits={"egr_circuit": 0.9}),
    ),
    "particulate_filter": (
        _way(3, "gradual", (10 * MINUTE, 20 * MINUTE), soot=(1.0, 1.6)),
        _way(1, soot=(1.1, 1.6), circuits={"filter_sensor": 0.7}),
    ),
    "nox_system": (
        _way(2, urea_lost=(0.8, 1.0), circuits={"urea_circuit": 0.4}),
        _way(2, nox=(0.5, 1.0)),
        _way(2, nox=(0.3, 0.8), circuits={"nox_sensor": 0.9}),
    ),
    "exhaust_leak": (_way(1, exhaust_leak=(0.5, 1.0)),),
    # Engine
    "timing_chain": (
        _way(2, "gradual", (MINUTE, 8 * MINUTE), timing=(0.35, 0.7)),
        _way(1, timing=(0.8, 1.0)),
    ),
    "compression_loss": (
        _way(2, compression=(0.7, 1.0)),
        _way(1, "gradual", (MINUTE, 8 * MINUTE), compression=(0.6, 1.0), oil_burnt=(0.4, 1.0)),
    ),
    "engine_control_unit": (
        _way(2, engine_unit=ALL, circuits={"engine_unit_self": 0.45}),
        _way(2, "intermittent", (10, 60), engine_unit=ALL, circuits={"engine_unit_self": 0.7}),
        _way(1, engine_unit=(0.2, 0.5), circuits={"engine_unit_self": 0.95}),
    ),
    # Gearbox
    "gearbox_solenoid": (
        _way(3, gear_valve=(0.6, 1.0), circuits={"gear_valve_circuit": 0.7}),
        _way(1, "intermittent", (15, 60), gear_valve=GONE, circuits={"gear_valve_circuit": 0.7}),
    ),
    "gearbox_fluid": (_way(1, "gradual", (MINUTE, 12 * MINUTE), gear_fluid=(0.55, 1.0)),),
    "torque_converter": (
        _way(3, "gradual", (MINUTE, 8 * MINUTE), converter=(0.5, 1.0)),
        _way(1, converter=(0.5, 0.8), circuits={"converter_circuit": 0.8}),
    ),
    "clutch": (_way(1, "gradual", (2 * MINUTE, 12 * MINUTE), clutch=(0.65, 1.0)),),
    "range_sensor": (
        _way(3, range_signal=ALL, circuits={"range_signal": 0.93}),
        _way(1, "intermittent", (10, 60), range_signal=ALL, circuits={"range_signal": 0.93}),
    ),
    "gearbox_mechanical": (_way(2, gears=GONE), _way(2, gears=(0.4, 0.8))),
    # Brakes, steering, tyres
    "brake_pads": (_way(1, "gradual", (30, 600), pads=(0.93, 1.0)),),
    "brake_fluid_leak": (
        _way(2, "gradual", (MINUTE, 10 * MINUTE), brake_fluid=(0.6, 1.0)),
        _way(1, brake_fluid=(0.7, 1.0)),
    ),
    "brake_booster": (_way(2, brake_assist=(0.6, 1.0)), _way(1, brake_assist=(0.6, 1.0), vacuum_leak=(0.3, 0.6))),
    "wheel_speed_sensor": (
        _way(3, wheel_signal=ALL, circuits={"wheel_signal": 0.96}),
        _way(2, "intermittent", (6, 40), wheel_signal=ALL, circuits={"wheel_signal": 0.96}),
    ),
    "abs_control_unit": (
        _way(3, brake_unit=(0.3, 0.8), circuits={"brake_pump": 0.8, "brake_unit_self": 0.4}),
        _way(2, brake_unit=ALL, circuits={"brake_unit_self": 0.3}),
    ),
    "brake_light_switch": (_way(1, brake_light=ALL, circuits={"brake_switch_circuit": 0.96}),),
    "parking_brake": (_way(1, parking_brake=ALL, circuits={"parking_brake": 0.9}),),
    "power_steering": (
        _way(3, steering_assist=(0.7, 1.0)),
        _way(1, "intermittent", (15, 60), steering_assist=GONE),
    ),
    "steering_angle_sensor": (_way(1, steering_signal=ALL, circuits={"steering_angle": 0.96}),),
    "wheel_bearing": (_way(1, "gradual", (2 * MINUTE, 15 * MINUTE), bearing=(0.7, 1.0)),),
    "tyre": (
        _way(2, tyre_leak=(0.8, 1.3)),
        _way(3, tyre_leak=(0.42, 0.75)),
    ),
    "tyre_slow_leak": (_way(1, tyre_leak=(0.072, 0.11)),),
    "tpms_sensor": (_way(1, tyre_sensor=ALL, circuits={"tyre_sensor": 0.96}),),
    # Body
    "key_fob": (_way(1, fob=ALL, circuits={"key_battery": 0.6}),),
    "door_lock": (_way(1, lock=ALL, circuits={"door_lock": 0.85}),),
    "airbag": (
        _way(2, airbag=ALL, circuits={"airbag": 0.98}),
        _way(1, "intermittent", (10, 60), airbag=ALL, circuits={"airbag": 0.98}),
    ),
    "headlight": (_way(1, lights=ALL, circuits={"lights": 0.85}),),
    "climate": (
        _way(1, climate=ALL, circuits={"climate_pressure": 0.9}),
        _way(1, climate=ALL, heater=(0.5, 1.0), circuits={"climate_circuit": 0.9}),
    ),
    "window_regulator": (_way(1, window=ALL, circuits={"window": 0.92}),),
    # Network
    "can_bus": (
        _way(3, "intermittent", (8, 45), bus=GONE, circuits={"bus_off": 0.8}),
        _way(1, bus=GONE, circuits={"bus_off": 0.8}),
    ),
    "body_control_module": (
        _way(2, body_unit=ALL, lights=(0.0, 1.0)),
        _way(1, "intermittent", (10, 60), body_unit=ALL, circuits={"body_unit_self": 0.6}),
        _way(1, body_unit=(0.2, 0.5), circuits={"body_unit_self": 0.95, "door_lock": 0.3, "lights": 0.3}),
    ),
    "wiring": (
        _way(2, "intermittent", (5, 40), harness=ALL, circuits={
            "sensor_supply": 0.6, "air_meter_circuit": 0.4, "manifold_sensor_circuit": 0.4, "intake_sensor_circuit": 0.5,
            "throttle_signal": 0.2, "oxygen_heater": 0.2,
        }, fits=_combustion),
        _way(1, "intermittent", (5, 40), harness=ALL, circuits={
            "coil_circuit": 0.5, "injector_circuit": 0.5, "cam_signal": 0.5, "knock_signal": 0.3,
        }, coil=(0.3, 0.9), fits=_spark),
        _way(1, "intermittent", (5, 40), harness=ALL, circuits={
            "wheel_signal": 0.6, "steering_angle": 0.3, "brake_switch_circuit": 0.4, "lights": 0.5, "airbag": 0.2,
        }),
        _way(1, "sudden", harness=ALL, circuits={
            "engine_supply": 0.4, "fan_circuit": 0.5, "intake_sensor_circuit": 0.5, "purge_circuit": 0.5, "sensor_supply": 0.4,
        }, fits=_combustion),
    ),
    # High voltage
    "hv_battery": (
        _way(3, "gradual", (MINUTE, 10 * MINUTE), cells=(0.5, 1.0)),
        _way(1, "gradual", (MINUTE, 6 * MINUTE), cells_hot=(0.8, 1.3), cells=(0.0, 0.3)),
    ),
    "hv_contactor": (_way(1, contactor=ALL, circuits={"contactor": 0.93}),),
    "hv_isolation": (
        _way(2, isolation=GONE),
        _way(1, "intermittent", (20, 80), isolation=GONE),
    ),
    "dcdc_converter": (
        _way(3, converter_12v=ALL, circuits={"converter_12v": 0.5}),
        _way(1, "intermittent", (30, 120), converter_12v=ALL),
    ),
    "inverter": (
        _way(2, inverter=ALL, circuits={"inverter": 0.9}),
        _way(1, "gradual", (MINUTE, 5 * MINUTE), inverter_hot=(0.8, 1.2)),
    ),
    "traction_motor": (
        _way(2, resolver=ALL, circuits={"resolver": 0.93}),
        _way(2, "gradual", (MINUTE, 6 * MINUTE), motor=(0.5, 1.0)),
    ),
    "onboard_charger": (_way(1, charger=ALL, circuits={"charger": 0.93}),),
    "charge_port": (
        _way(2, charge_lock=ALL, circuits={"charge_port": 0.85}),
        _way(1, inlet_hot=GONE, circuits={"inlet_hot": 0.9}),
    ),
    "hv_coolant_pump": (_way(1, hv_pump=ALL, circuits={"hv_pump": 0.9}),),
}  # fmt: skip

NEEDS: Mapping[str, Callable[[Build], bool]] = {
    "alternator": _belted, "voltage_regulator": _belted, "drive_belt": _belted, "starter": _belted,
    "starter_relay": _belted, "ignition_switch": _combustion, "neutral_switch": _combustion,
    "ignition_coil": _spark, "spark_plug": _spark, "crankshaft_sensor": _combustion, "camshaft_sensor": _combustion,
    "knock_sensor": _spark, "fuel_pump": _combustion, "high_pressure_pump": _direct, "fuel_filter": _combustion,
    "injector": _combustion, "empty_tank": _combustion, "fuel_rail_sensor": _direct, "evap_purge_valve": _spark,
    "mass_air_flow_sensor": _metered, "vacuum_leak": _spark, "throttle_body": _combustion,
    "accelerator_pedal": _combustion, "turbocharger": _turbo,
    "intake_pressure_sensor": lambda build: build.turbo or _unmetered(build), "thermostat": _combustion,
    "thermostat_stuck_closed": _combustion, "water_pump": _combustion, "radiator_fan": _combustion,
    "coolant_leak": _combustion, "head_gasket": _combustion, "coolant_sensor": _combustion, "oil_pump": _combustion,
    "oil_level_low": _combustion, "oil_pressure_sensor": _combustion, "oxygen_sensor": _spark,
    "catalytic_converter": _spark, "egr_valve": _combustion, "particulate_filter": _diesel,
    "nox_system": lambda build: build.urea, "exhaust_leak": _combustion, "timing_chain": _combustion,
    "compression_loss": _combustion, "engine_control_unit": _combustion, "gearbox_solenoid": _automatic,
    "gearbox_fluid": _automatic, "torque_converter": lambda build: build.gearbox == "automatic",
    "clutch": lambda build: build.gearbox in {"manual", "dual_clutch"}, "range_sensor": _automatic,
    "gearbox_mechanical": lambda build: build.gearbox != "single_speed",
    "tpms_sensor": lambda build: build.wheel_pressure_sensors,
    "hv_battery": _high_voltage, "hv_contactor": _high_voltage, "hv_isolation": _high_voltage,
    "dcdc_converter": _high_voltage, "inverter": _high_voltage, "traction_motor": _high_voltage,
    "onboard_charger": _plugged, "charge_port": _plugged, "hv_coolant_pump": _high_voltage,
}  # fmt: skip
"""Which cars have the part; a part that is not named is in all."""


def has(build: Build, part: str) -> bool:
    """Tell whether such a car has the part."""
    return NEEDS.get(part, _always)(build)


def break_part(build: Build, part: str, at: float, dice: Random) -> Damage:
    """Draw a way in which the part of this car fails from ``at`` on."""
    ways = [way for way in WAYS[part] if way.fits(build)]
    (way,) = dice.choices(ways, [one.weight for one in ways])
    return Damage(
        began=at,
        heading=[(defect, dice.uniform(low, high)) for defect, (low, high) in way.sizes.items()],
        circuits=[circuit for circuit, share in way.circuits.items() if dice.random() < share],
        onset=way.onset,
        span=dice.uniform(*way.span),
        dice=Random(dice.getrandbits(64)),  # noqa: S311 - a simulated fault is no secret
    )
