"""What a driver sees, hears, smells and feels of the body; and what some of them take it for."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from gateway.kinds.car.messages import Symptom

if TYPE_CHECKING:
    from firmware_sim.kinds.car.body import Body

MISTAKEN: dict[Symptom, tuple[Symptom, ...]] = {
    "no_crank": ("cranks_no_start", "slow_crank"),
    "slow_crank": ("no_crank", "cranks_no_start"),
    "cranks_no_start": ("no_crank", "stalls"),
    "stalls": ("loss_of_power", "cranks_no_start"),
    "rough_running": ("vibration", "loss_of_power", "stalls"),
    "loss_of_power": ("rough_running", "slips"),
    "steam": ("white_smoke",),
    "white_smoke": ("steam", "blue_smoke"),
    "blue_smoke": ("white_smoke", "burning_smell"),
    "burning_smell": ("fuel_smell", "blue_smoke"),
    "squeal": ("whine", "grinding"),
    "whine": ("squeal", "grinding"),
    "grinding": ("knocking", "squeal"),
    "knocking": ("grinding", "rough_running"),
    "vibration": ("rough_running", "pulls_to_one_side"),
    "soft_brake_pedal": ("hard_brake_pedal",),
    "hard_brake_pedal": ("soft_brake_pedal",),
    "slips": ("loss_of_power", "harsh_shifting"),
    "harsh_shifting": ("slips", "no_gear"),
    "no_gear": ("slips", "loss_of_power"),
}
"""What is confused with what."""


def noticed(body: Body) -> list[Symptom]:
    """Return what there is to notice now."""
    found = [*_starting(body)] if body.activity == "cranking" else []
    if body.activity in {"driving", "idling"}:
        found += [*_engine(body), *_fluids(body), *_driving(body), *_brakes(body)]
    if body.activity in {"unlocking", "plugged", "cranking"}:
        found += _handling(body)
    return found


def alarming(body: Body) -> bool:
    """Would a driver pull over: red lamps, hot, no brakes, no steering, no power, a flat tyre?"""
    d, engine = body.defects, body.engine
    lamps = body.heat.coolant > 117 or (engine.running and body.heat.oil_pressure < 45)
    stuck = (body.top_speed < 28 and body.has_run) or (engine.running and engine.torque < 0.72)
    unsafe = max(d.brake_fluid, d.steering_assist, d.bearing - 0.25) > 0.6
    return lamps or stuck or unsafe or body.chassis.cold_pressures[body.chassis.wheel] < 110


def told(body: Body, seen: list[Symptom], dice: Random) -> tuple[Symptom, ...]:
    """Return what the driver says: one or two of what was noticed, and now and then another."""
    chosen = dice.sample(seen, min(len(seen), 1 + (dice.random() < 0.4)))
    if body.build.driver_errs:
        chosen = [dice.choice(MISTAKEN.get(one, (one,))) for one in chosen]
    return tuple(dict.fromkeys(chosen))


def _of(*tests: tuple[Symptom, bool]) -> list[Symptom]:
    return [symptom for symptom, shows in tests if shows]


def _starting(body: Body) -> list[Symptom]:
    electrics, running = body.electrics, body.running
    turned = electrics.crank_rpm > 25 if body.build.starter else body.engaged
    return _of(
        ("no_crank", not turned and not running),
        ("slow_crank", body.build.starter and turned and electrics.crank_rpm < 130),
        ("cranks_no_start", turned and not running and (not body.build.starter or electrics.crank_rpm >= 95)),
        ("grinding", 0.6 <= body.defects.starter < 0.9 and turned),
        ("dim_lights", electrics.supply < 9.0),
    )


def _engine(body: Body) -> list[Symptom]:
    engine, d = body.engine, body.defects
    rough = engine.misfire_all + engine.misfire_one / body.build.cylinders
    return _of(
        ("stalls", body.build.combustion and not engine.running and body.has_run),
        ("rough_running", engine.running and rough > 0.07),
        ("loss_of_power", body.wanted_speed > 20 and body.top_speed < 0.8 * body.wanted_speed),
        ("surges", engine.running and max(d.vacuum_leak, abs(d.air_meter)) > 0.3 and rough < 0.07),
        ("black_smoke", body.build.powertrain == "diesel" and max(d.turbo, d.egr_open, d.injector_leaks) > 0.55),
        ("blue_smoke", max(d.turbo_oil, d.oil_burnt) > 0.45),
        ("fuel_smell", d.vapour_leak > 0.8 or d.injector_leaks > 0.85),
        ("exhaust_noise", d.exhaust_leak > 0.4),
        ("knocking", engine.running and (body.heat.oil_pressure < 45 or d.timing > 0.5)),
        ("whine", max(d.turbo, d.water_pump * (d.coolant_leak > 0)) > 0.5 or 0.55 < d.fuel_pump < 0.97),
        ("squeal", 0.4 < d.belt < 1),
    )


def _fluids(body: Body) -> list[Symptom]:
    d, heat = body.defects, body.heat
    return _of(
        ("steam", heat.coolant > 121 or (heat.coolant > 112 and heat.coolant_level < 0.8)),
        ("white_smoke", d.head_gasket > 0.5 and body.engine.running),
        ("fluid_leak", heat.coolant_level < 0.7 or d.oil_leak > 0.4 or d.brake_fluid > 0.7 or d.gear_fluid > 0.8),
        ("burning_smell", body.chassis.slipping_kw > 3 or (heat.coolant > 120)),
        ("no_heating", max(d.thermostat_open, d.heater) > 0.5 and body.ambient < 12 and body.driven_s > 300),
        ("dim_lights", body.electrics.supply < 12.1 and body.running),
    )


def _driving(body: Body) -> list[Symptom]:
    d, chassis = body.defects, body.chassis
    moving = body.speed > 25
    flat = chassis.cold_pressures[chassis.wheel] < 0.6 * body.build.tyre_placard
    weak = body.build.high_voltage and body.traction.power < 0.75
    return _of(
        ("slips", chassis.slip > 0.14 and moving),
        ("harsh_shifting", max(d.gear_valve, d.converter * (d.converter < 0.8), d.range_signal) > 0.5),
        ("no_gear", d.gears >= 0.9 or d.clutch > 0.96),
        ("vibration", moving and (flat or d.bearing > 0.7 or d.converter > 0.6)),
        ("pulls_to_one_side", flat),
        ("whine", moving and d.bearing > 0.3),
        ("grinding", (moving and d.bearing > 0.8) or d.gears > 0.6 or chassis.pads(chassis.wheel, d) > 0.95),
        ("heavy_steering", d.steering_assist > 0.4 or (body.build.hydraulic_steering and d.belt > 0.8)),
        ("reduced_range", d.cells > 0.4),
        ("loss_of_power", weak),
        ("dim_lights", d.lights > 0.5),
        ("no_heating", d.climate > 0.5 and body.ambient < 12),
    )


def _brakes(body: Body) -> list[Symptom]:
    d = body.defects
    return _of(
        ("soft_brake_pedal", d.brake_fluid > 0.45),
        ("hard_brake_pedal", d.brake_assist > 0.4),
        ("squeal", body.chassis.pads(body.chassis.wheel, d) > 0.9),
        ("burning_smell", d.parking_brake > 0.5 and body.wanted_speed > 0),
    )


def _handling(body: Body) -> list[Symptom]:
    d = body.defects
    plugged = body.activity == "plugged"
    return _of(
        ("key_not_recognised", not plugged and max(d.fob, d.key_unread) > 0.5),
        ("will_not_lock", not plugged and max(d.lock, 0.7 * (d.body_unit > 0.9), 0.8 * (d.fob > 0.5)) > 0.5),
        ("will_not_charge", plugged and max(d.charger, d.charge_lock, d.contactor, d.isolation, d.inlet_hot) > 0.6),
        ("dim_lights", not plugged and d.lights > 0.5),
    )
