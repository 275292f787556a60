"""What the control units find when they test: measured quantities against limits, and circuits that are open or shorted.

Each function returns the names of the tests that fail now. Only measured values are judged: a sensor that lies misleads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from firmware_sim.kinds.car.body import Body

UNITS_V = 9.2
"""Below this the control units of brakes and steering switch off; the engine's holds out longer."""
BUS_V = 7.2
"""Below this units fall off the bus while the starter turns."""
LOST = {
    "engine": "lost_engine",
    "gearbox": "lost_gearbox",
    "brakes": "lost_brakes",
    "body": "lost_body",
    "cluster": "lost_cluster",
    "steering": "lost_steering",
    "restraint": "lost_restraint",
    "hybrid": "lost_hybrid",
}
"""Unit → the test of the others that fails when it is silent."""


def _true(*tests: tuple[str, bool]) -> list[str]:
    return [name for name, fails in tests if fails]


def silent_units(body: Body) -> frozenset[str]:
    """Return the control units that nobody hears: starved, dead, or cut off."""
    d, supply = body.defects, body.electrics.supply
    dead = set(body.silenced)
    if supply < UNITS_V and body.activity != "cranking":
        dead |= {"brakes", "steering"}
    if supply < BUS_V:
        dead |= {"brakes", "steering", "gearbox", "restraint", "hybrid"}
    if d.power_relay >= 0.6 or d.engine_unit >= 0.6:
        dead.add("engine")
    if d.body_unit >= 0.6:
        dead.add("body")
    return frozenset(dead & body.units)


def findings(body: Body) -> list[str]:
    """Return every test that fails now, also those whose control unit is silent."""
    failing = [*body.circuits, *power(body)]
    if body.activity == "cranking":
        failing += starting(body)
    if body.build.combustion and body.engine.running and body.activity != "cranking":
        failing += mixture(body)
        failing += cooling(body)
        failing += exhaust(body)
    if body.activity in {"driving", "idling"}:
        failing += gearbox(body)
        failing += chassis(body)
    if body.build.high_voltage:
        failing += traction(body)
    if body.silent:
        failing += [LOST[unit] for unit in sorted(body.silent) if unit in LOST]
    return failing


def power(body: Body) -> list[str]:
    """Test the 12 V side."""
    measured, limits = body.measured, body.build.limits
    on = body.activity in {"driving", "idling"}
    spins = body.engine.rpm > 1_100 and body.build.starter
    volts, swing = measured.voltage, abs(measured.voltage - measured.voltage_before)
    return _true(
        ("voltage_low", on and volts < limits.voltage_low),
        ("voltage_high", on and volts > limits.voltage_high),
        ("voltage_unstable", on and body.awake_before_s > 25 and swing > 2.9),
        (
            "charging_weak",
            spins and body.awake_s > 30 and volts < limits.voltage_low + 2.2 and not body.electrics.charging,
        ),
        ("battery_deep", not on and body.activity != "cranking" and volts < limits.voltage_low + 0.7),
        ("units_starved", on and volts < 10.2),
    )


def starting(body: Body) -> list[str]:
    """Test while the starter should turn."""
    electrics, volts = body.electrics, body.measured.voltage
    engaged = body.engaged and body.build.starter
    return _true(
        ("crank_dip", volts < UNITS_V),
        ("starter_blocked", engaged and electrics.crank_rpm < 1 and volts > UNITS_V),
        ("engine_not_turning", engaged and electrics.crank_rpm < 1),
        ("crank_signal", electrics.crank_rpm > 50 and body.defects.crank_signal > 0.3),
        ("rail_low", electrics.crank_rpm > 50 and body.engine.rail < body.engine.rail_wanted * 0.3),
    )


def mixture(body: Body) -> list[str]:
    """Test what burns and how."""
    engine, measured, limits, build = body.engine, body.measured, body.build.limits, body.build
    total = measured.short + measured.long
    closed = build.spark and measured.coolant > 40
    direct = build.direct_injection and build.combustion
    cylinder = engine.misfire_one / build.cylinders
    boost = engine.wanted_boost > 130
    air = abs(engine.metered - engine.air) / (engine.air + 1) > 0.2
    idle = body.speed < 1 and not body.wanted_speed and abs(measured.rpm - 780) > 180 and measured.coolant > 60
    return _true(
        ("lean", closed and total > limits.trim),
        ("rich", closed and total < -limits.trim),
        ("misfire_one", cylinder > limits.misfire and engine.misfire_all < engine.misfire_one),
        ("misfire_many", engine.misfire_all > limits.misfire * 1.2 and engine.misfire_one < 0.2),
        ("misfire_several", engine.misfire_all > limits.misfire * 2 and body.defects.plugs > 0.3),
        ("rail_low", direct and measured.rail < engine.rail_wanted * (limits.pressure + 0.08)),
        ("rail_high", direct and measured.rail > engine.rail_wanted * 1.25),
        ("fuel_low", measured.low < engine.low_wanted * (limits.pressure - 0.1)),
        ("empty_tank", measured.fuel < 2 and engine.misfire_all > limits.misfire),
        ("air_meter_range", build.air_flow_meter and air),
        ("idle_high", idle and body.awake_s > 50),
        ("underboost", boost and measured.manifold < engine.wanted_boost * (limits.pressure + 0.08)),
        ("overboost", boost and measured.manifold > engine.wanted_boost * 1.2),
        ("timing_off", body.defects.timing > 0.3),
        ("purge_flow", body.defects.purge_open > 0.3),
        ("vapour_leak", body.defects.vapour_leak > 0.3 and body.speed > 0),
    )


def cooling(body: Body) -> list[str]:
    """Test temperatures and oil."""
    measured, limits = body.measured, body.build.limits
    warming = body.heat.burnt > 45 * (90 - measured.ambient) and measured.coolant < limits.too_cold
    astray = abs(measured.coolant - measured.oil) > 45 and body.driven_s > 240
    return _true(
        ("overheated", measured.coolant > limits.overheated),
        ("never_warm", warming and measured.ambient > -25),
        ("coolant_sensor_range", astray),
        ("coolant_low", body.heat.coolant_level < 0.45),
        ("oil_low", measured.oil_pressure < 55),
        ("oil_control", measured.oil_pressure < 105 and measured.rpm > 1_500),
        ("oil_level", body.heat.oil_level < 0.38),
    )


def exhaust(body: Body) -> list[str]:
    """Test what cleans the exhaust, once it is warm."""
    d, limits, engine = body.defects, body.build.limits, body.engine
    warm, spark = body.measured.coolant > 60, body.build.spark
    diesel = not spark
    share = 1 - limits.pressure
    return _true(
        ("oxygen_slow", spark and warm and d.oxygen_slow > share + 0.15),
        ("oxygen_bias", spark and warm and d.oxygen_bias > share),
        ("catalyst", warm and max(d.catalyst, 0.85 * d.exhaust_leak * spark) > share + 0.25),
        ("post_lean", spark and warm and d.exhaust_leak > share + 0.2),
        ("egr_low", warm and d.egr_closed > share + 0.1),
        ("egr_high", warm and d.egr_open > share),
        ("filter_full", diesel and engine.soot > 1 + share / 2),
        ("urea_low", body.build.urea and engine.urea < 7),
        ("nox_high", body.build.urea and warm and d.nox > share),
    )


def gearbox(body: Body) -> list[str]:
    """Test slip, pressure, temperature and ratio."""
    d, chassis_, limits, build = body.defects, body.chassis, body.build.limits, body.build
    automatic = build.gearbox not in {"manual", "single_speed"}
    moving = body.wanted_speed > 0
    return _true(
        ("gear_slips", automatic and moving and chassis_.slip > 0.12),
        ("clutch_slips", build.gearbox == "dual_clutch" and moving and d.clutch > limits.pressure - 0.3),
        ("gear_pressure", automatic and chassis_.gear_pressure(d) < limits.pressure),
        ("gear_hot", automatic and body.measured.fluid > limits.overheated + 6),
        ("converter", automatic and moving and d.converter > 1 - limits.pressure),
        ("gear_valve_stuck", automatic and d.gear_valve > 0.3),
        ("gear_ratio", automatic and moving and 0.3 < d.gears < 0.9),
        ("gear_none", automatic and moving and d.gears >= 0.9),
    )


def chassis(body: Body) -> list[str]:
    """Test brakes, steering and tyres."""
    d, limits, measured = body.defects, body.build.limits, body.measured
    placard = body.build.tyre_placard
    lowest = min(measured.tyres) if body.build.wheel_pressure_sensors else placard
    wheel = measured.tyres[body.chassis.wheel]
    inferred = not body.build.wheel_pressure_sensors and wheel < min(
        sum(measured.tyres) / 4 * 0.85, placard * limits.tyre
    )
    return _true(
        ("tyre_low", lowest < placard * limits.tyre or (inferred and body.speed > 0)),
        ("pads", body.chassis.pads(body.chassis.wheel, d) > 0.9),
        ("brake_fluid", d.brake_fluid > 0.35),
        ("brake_pressure", d.brake_fluid > 0.7),
        ("brake_assist", d.brake_assist > 0.4),
        ("steering_assist", d.steering_assist > 0.35 and not body.build.hydraulic_steering),
        ("wheel_signal", d.bearing > limits.pressure and body.speed > 10),
    )


def traction(body: Body) -> list[str]:
    """Test the high voltage side."""
    d, side, limits = body.defects, body.traction, body.build.limits
    low, high = side.cells(body.load, d)
    on = body.activity in {"driving", "idling", "plugged", "cranking"}
    starved = on and side.ready and body.awake_s > 15 and not body.electrics.charging
    return _true(
        ("cells_weak", on and high - low > (1 - limits.pressure) * 0.6),
        ("cells_hot", on and side.cell_temperature > limits.overheated / 2),
        ("isolation", on and side.isolation(d) < 120),
        ("inverter_hot", side.inverter_temperature > limits.overheated - 18),
        ("converter_12v", starved),
        ("motor", side.ready and d.motor > 1 - limits.pressure),
    )
