"""What a make tells of its measurements: into the car's sensors, in the contract's units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING

from firmware_sim.kinds.car.build import WHEELS

if TYPE_CHECKING:
    from firmware_sim.kinds.car.body import Body
    from firmware_sim.kinds.car.build import Build
    from firmware_sim.kinds.car.device import CarSensors

KEPT = frozenset({"fix", "stored_codes", "pending_codes", "tells_lamp"})
LIT_KPA, DIM_KPA = 45, 75
"""Oil pressures at which a pressure switch warns [fit]."""


def mute(sensors: CarSensors) -> None:
    """Let no sensor say anything, until ``read`` sets what the make reports."""
    for one in fields(sensors):
        if one.name not in KEPT:
            setattr(sensors, one.name, None)


def set_told(sensors: CarSensors, build: Build, found: Mapping[str, object]) -> None:
    """Set those of the measurements that the make reports."""
    tells = build.tells
    for name, value in found.items():
        if name in tells:
            setattr(sensors, name, value)


def read(body: Body, sensors: CarSensors) -> None:
    """Set every sensor that the make reports."""
    found: dict[str, object] = {**_electrics(body), **_motion(body), **_wheels(body)}
    if body.build.combustion:
        found |= _engine(body)
    if body.build.high_voltage:
        found |= _traction(body)
    set_told(sensors, body.build, found)
    sensors.speed = _whole(body.speed)
    stored = body.memory.stored
    sensors.stored_codes = tuple(stored)
    sensors.pending_codes = tuple(code for code, held in stored.items() if held.status == "pending")
    sensors.lamp, sensors.tells_lamp = body.memory.lit(), "mil_on" in body.build.tells


def _whole(value: float) -> float:
    return float(round(max(0.0, value)))


def _electrics(body: Body) -> dict[str, object]:
    state = {"parked": "OFF", "plugged": "OFF", "unlocking": "ACC", "cranking": "START"}.get(body.activity, "ON")
    if body.defects.ignition_switch >= 0.6 and state != "OFF":
        state = "ACC"
    voltage = body.measured.voltage
    at_pole = (
        "battery_current" in body.build.tells
    )  # a battery sensor sits on the pole; others measure behind the terminals
    return {
        "battery_voltage": max(0.0, body.electrics.voltage + 0.03 * body.scatter.next()) if at_pole else voltage,
        "module_voltage": max(0.0, voltage - 0.1 - 0.05 * abs(body.scatter.next())) if state != "OFF" else None,
        "battery_current": min(2_000.0, -body.electrics.current),
        "system_state": state,
    }


def _motion(body: Body) -> dict[str, object]:
    stranded = body.activity in {"idling", "driving"} and not body.running and body.speed == 0
    return {
        "air_temperature": body.measured.ambient,
        "travelled_distance": (body.build.mileage + body.rolled_km) * 1_000,
        "is_broken_down": stranded,
        "is_moving": body.speed > 0,
    }


def _engine(body: Body) -> dict[str, object]:
    measured, engine, heat, build, d = body.measured, body.engine, body.heat, body.build, body.defects
    pressure, running = measured.oil_pressure, engine.running
    sulky = d.oil_sensor > 0.5 and not running
    spins = running and body.activity != "cranking"  # the lamp waits until the engine runs
    status = "ERROR" if sulky else _oil_state(pressure) if spins else "NORMAL"
    on = body.activity not in {"parked", "plugged"}
    return {
        "engine_running": running,
        "engine_speed": max(0.0, measured.rpm) if on else 0.0,
        "throttle": _share(engine.throttle_position * (1 - d.throttle)) if on else None,
        "coolant_temperature": measured.coolant,
        "coolant_level": "CRITICALLY_LOW"
        if heat.coolant_level < 0.3
        else "LOW"
        if heat.coolant_level < 0.6
        else "NORMAL",
        "oil_temperature": measured.oil,
        "oil_level": "CRITICALLY_LOW" if heat.oil_level < 0.2 else "LOW" if heat.oil_level < 0.4 else "NORMAL",
        "oil_pressure_status": status,
        "oil_pressure": round(pressure) if on else None,
        "fuel_level": measured.fuel,
        "engine_load": min(100.0, 100 * engine.load) if on else None,
        "fuel_trim_short": measured.short if running else None,
        "fuel_trim_long": measured.long if running else None,
        "fuel_pressure": measured.low if on else None,
        "fuel_rail_pressure": measured.rail if on else None,
        "manifold_pressure": measured.manifold if on else None,
        "air_flow": max(0.0, engine.metered + 0.2 * body.scatter.next()) if on and build.air_flow_meter else None,
        "intake_temperature": (body.ambient + 8 + 6 * engine.load) if on else None,
        "catalyst_temperature": engine.catalyst_heat if on else None,
        "transmission_temperature": measured.fluid if build.gearbox != "manual" else None,
        "clutch_wear": min(100.0, 20 + 80 * d.clutch) if build.gearbox in {"manual", "dual_clutch"} else None,
        "exhaust_fluid_level": engine.urea if build.urea else None,
        "particulate_filter_pressure": _filter_drop(body) if on else None,
        "ignition_type": "SPARK" if build.spark else "COMPRESSION",
    }


def _oil_state(pressure: float) -> str:
    return "ALERT" if pressure < LIT_KPA else "WARNING" if pressure < DIM_KPA else "NORMAL"


def _filter_drop(body: Body) -> float:
    """Return the pressure drop over the particulate filter in Pa: with the gas flow, and with the soot."""
    return max(0.0, body.engine.air * 60 * (0.4 + 3.5 * body.engine.soot) + 40 * body.scatter.next())


def _traction(body: Body) -> dict[str, object]:
    side, d = body.traction, body.defects
    low, high = side.cells(body.load, d)
    return {
        "traction_charge": 100 * side.charge,
        "traction_health": 100 * side.health * (1 - 0.35 * d.cells),
        "traction_temperature": side.cell_temperature,
        "traction_temperature_min": side.cell_temperature - 2,
        "traction_temperature_max": side.cell_temperature + 2 + 6 * d.cells + 8 * d.cells_hot,
        "traction_cell_voltage_min": max(0.0, low),
        "traction_cell_voltage_max": high,
        "traction_charging": side.charging,
    }


def _wheels(body: Body) -> dict[str, object]:
    found: dict[str, object] = {}
    d, build, chassis = body.defects, body.build, body.chassis
    for wheel, name in enumerate(WHEELS):
        mine = wheel == chassis.wheel
        dead = mine and d.tyre_sensor >= 0.6
        pressure = body.measured.tyres[wheel]
        found[f"tyre_{name}"] = None if dead else max(0, round(pressure))
        low = pressure < build.tyre_placard * build.limits.tyre
        found[f"tyre_low_{name}"] = (
            None if dead else low and (build.wheel_pressure_sensors or (mine and bool(d.tyre_leak)))
        )
        worn = chassis.pads(wheel, d)
        found[f"brake_wear_{name}"] = _share(100 * worn)
        found[f"brakes_worn_{name}"] = worn > 0.9
        found[f"brake_fluid_low_{name}"] = d.brake_fluid > 0.35
    return found


def _share(percent: float) -> int:
    return min(100, max(0, round(percent)))
