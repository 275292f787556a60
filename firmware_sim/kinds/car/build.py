"""How a car was made and what has become of it: drawn once, before anything breaks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Literal, TypeVar

Powertrain = Literal["petrol", "diesel", "hybrid", "electric"]
Word = TypeVar("Word", bound=str)
Gearbox = Literal["manual", "automatic", "dual_clutch", "continuous", "single_speed"]

POWERTRAINS: Mapping[Powertrain, float] = {"petrol": 0.47, "diesel": 0.27, "hybrid": 0.14, "electric": 0.12}
"""Shares of a European fleet whose cars are on line, so younger than the average [fit]."""
GEARBOXES: Mapping[Powertrain, Mapping[Gearbox, float]] = {
    "petrol": {"manual": 0.55, "automatic": 0.2, "dual_clutch": 0.2, "continuous": 0.05},
    "diesel": {"manual": 0.5, "automatic": 0.3, "dual_clutch": 0.2},
    "hybrid": {"continuous": 0.6, "automatic": 0.2, "dual_clutch": 0.2},
    "electric": {"single_speed": 1.0},
}
REPORTED: Mapping[str, float] = {
    "engine_running": 0.9, "engine_speed": 0.97, "throttle": 0.6, "coolant_temperature": 0.97, "coolant_level": 0.3,
    "oil_temperature": 0.35, "oil_level": 0.35, "oil_pressure_status": 0.7, "oil_pressure": 0.12,
    "exhaust_fluid_level": 0.7, "particulate_filter_pressure": 0.5, "transmission_temperature": 0.4,
    "clutch_wear": 0.08, "traction_charge": 0.97, "traction_health": 0.3, "traction_temperature": 0.7,
    "traction_temperature_max": 0.5, "traction_cell_voltage_min": 0.5, "traction_charging": 0.9,
    "battery_voltage": 0.96, "battery_current": 0.35, "module_voltage": 0.75, "system_state": 0.85,
    "travelled_distance": 0.85, "is_broken_down": 0.2, "is_moving": 0.35, "air_temperature": 0.85,
    "fuel_level": 0.9, "engine_load": 0.8, "fuel_trim_short": 0.75, "fuel_trim_long": 0.75, "fuel_pressure": 0.15,
    "fuel_rail_pressure": 0.75, "manifold_pressure": 0.75, "air_flow": 0.85, "intake_temperature": 0.8,
    "catalyst_temperature": 0.45, "tyre_front_left": 0.85, "tyre_low_front_left": 0.7, "brake_wear_front_left": 0.12,
    "brakes_worn_front_left": 0.4, "brake_fluid_low_front_left": 0.55, "mil_on": 0.92,
}  # fmt: skip
"""How many makes tell of each signal [fit]. One drawn for the front left wheel holds for all four wheels.

Cars whose makes tell anything were sold from about 2018 on. Of what SAE J1979 (ISO 15031-5) names, petrol cars must answer
load, coolant, trims, manifold pressure or air flow, throttle, speeds and the lamp; module voltage ($42), catalyst temperature
($3C) and the rail of direct injection ($23, $59) nearly all do, and makes pass on most of it. The telematics unit hangs on
terminal 30 and measures its own supply. Start-stop cars have a battery sensor for the current. Tyre warning lamps are
mandatory in the EU since 2014 (ECE R64, R141), brake fluid lamps by ECE R13-H; the oil lamp is in every car.
"""
FOLLOWS: Mapping[str, str] = {
    "traction_temperature_min": "traction_temperature_max",
    "traction_cell_voltage_max": "traction_cell_voltage_min",
    "fuel_trim_long": "fuel_trim_short",
    "ignition_type": "mil_on",
}
"""Told together: the kind of ignition stands in the same answer as the lamp (SAE J1979, $01)."""
UREA_YEARS, ELECTRIC_STEERING_YEARS, SMART_CHARGING_YEARS = 10, 7, 12
"""Younger diesels need exhaust fluid; older cars may steer hydraulically; younger ones vary their charging voltage."""
_CYLINDERS = {1.0: 3, 1.2: 3, 1.4: 4, 1.5: 4, 1.6: 4, 2.0: 4, 2.2: 4, 2.5: 6, 3.0: 6}
WHEELS = ("front_left", "front_right", "rear_left", "rear_right")


@dataclass(frozen=True, slots=True)
class Limits:
    """Where this make's self-tests begin to fail. Makes differ, so each is drawn."""

    voltage_low: float
    voltage_high: float
    overheated: float
    """Degrees Celsius of the coolant."""
    too_cold: float
    """Coolant temperature that a thermostat must have reached, degrees Celsius."""
    trim: float
    """Percent of fuel correction, both ways."""
    misfire: float
    """Share of ignitions that fail."""
    pressure: float
    """Share of the wanted pressure (fuel, boost, gearbox) that must be there."""
    tyre: float
    """Share of the prescribed pressure below which a tyre is low (ECE R141: 80% at the latest)."""


@dataclass(frozen=True, slots=True)
class Build:
    """One car. Mileage in km, displacement in litres, capacity in Ah, currents in A, pressures in kPa."""

    powertrain: Powertrain
    gearbox: Gearbox
    age_years: float
    mileage: float
    cylinders: int
    displacement: float
    turbo: bool
    direct_injection: bool
    air_flow_meter: bool
    """Else the air is computed from the manifold's pressure."""
    urea: bool
    """Diesel exhaust fluid, after 2014."""
    hydraulic_steering: bool
    belt_drives_water_pump: bool
    smart_charging: bool
    """The charging voltage is varied between 12.6 and 15 V to save fuel."""
    battery_capacity: float
    battery_age: float
    """0 new, 1 at its end: 3 to 7 years."""
    alternator: float
    tyre_placard: float
    wheel_pressure_sensors: bool
    """Else low pressure is inferred from wheel speeds, one wheel at a time."""
    traction_capacity: float
    """kWh; 0 without a high voltage battery."""
    tells: frozenset[str]
    """The signals it reports, by their names in the contract."""
    noise: float
    """How much its sensors scatter; 1 is usual."""
    patience: float
    """How much longer than usual its control units wait before they store a code."""
    pends_first: bool
    """Reports codes as pending before they are confirmed."""
    driver_tells: bool
    driver_errs: bool
    """Mistakes one symptom for another."""
    limits: Limits
    make: int
    """Its control units' habits: the same make stores the same codes for the same finding."""

    @property
    def combustion(self) -> bool:
        """Does it have an engine that burns fuel?"""
        return self.powertrain != "electric"

    @property
    def spark(self) -> bool:
        """Is the fuel ignited by sparks?"""
        return self.powertrain in {"petrol", "hybrid"}

    @property
    def high_voltage(self) -> bool:
        """Does it have a traction battery?"""
        return self.powertrain in {"hybrid", "electric"}

    @property
    def starter(self) -> bool:
        """Does the 12 V battery turn the engine over?"""
        return self.powertrain in {"petrol", "diesel"}


def one_of(dice: Random, weights: Mapping[Word, float]) -> Word:
    """Draw a word by its weight."""
    luck = dice.random() * sum(weights.values())
    for word, weight in weights.items():
        luck -= weight
        if luck < 0:
            return word
    return word


def chance(dice: Random, share: float) -> bool:
    """Draw yes, so often."""
    return dice.random() < share


def draw_build(dice: Random, fits: Callable[[Build], bool] = lambda _: True) -> Build:
    """Draw cars until one fits; ``fits`` must hold for some."""
    while not fits(build := _one(dice)):
        pass
    return build


def _one(dice: Random) -> Build:
    powertrain = one_of(dice, POWERTRAINS)
    gearbox = one_of(dice, GEARBOXES[powertrain])
    age = min(18.0, dice.gammavariate(2.2, 2.8 if powertrain in {"petrol", "diesel"} else 1.6))
    turbo = powertrain == "diesel" or (powertrain == "petrol" and chance(dice, 0.6))
    direct = powertrain == "diesel" or chance(dice, 0.75 if turbo else 0.35)
    litres = (
        dice.choice((1.0, 1.2, 1.4, 1.6, 2.0, 2.5)) if powertrain != "diesel" else dice.choice((1.5, 2.0, 2.2, 3.0))
    )
    wheel_sensors = chance(dice, 0.55)
    return Build(
        powertrain=powertrain,
        gearbox=gearbox,
        age_years=age,
        mileage=max(500.0, age * dice.gauss(14_000, 4_000)),
        cylinders=_CYLINDERS[litres],
        displacement=litres,
        turbo=turbo,
        direct_injection=direct,
        air_flow_meter=powertrain == "diesel" or chance(dice, 0.6),
        urea=powertrain == "diesel" and age < UREA_YEARS,
        hydraulic_steering=chance(dice, 0.5) and age > ELECTRIC_STEERING_YEARS,
        belt_drives_water_pump=chance(dice, 0.5),
        smart_charging=chance(dice, 0.5) and age < SMART_CHARGING_YEARS,
        battery_capacity=dice.choice((70.0, 80.0, 95.0) if powertrain == "diesel" else (45.0, 60.0, 70.0)),
        battery_age=min(0.75, dice.betavariate(1.4, 4.0)),
        alternator=dice.choice((90.0, 120.0, 140.0, 180.0)),
        tyre_placard=float(dice.choice((210, 220, 230, 240, 250, 260))),
        wheel_pressure_sensors=wheel_sensors,
        traction_capacity={"hybrid": dice.choice((1.3, 10.0)), "electric": dice.choice((28.0, 42.0, 58.0, 77.0))}.get(
            powertrain, 0.0
        ),
        tells=_tells(dice, powertrain, direct=direct, wheels=wheel_sensors),
        noise=dice.lognormvariate(0.0, 0.4),
        patience=dice.lognormvariate(0.0, 0.45),
        pends_first=chance(dice, 0.45),
        driver_tells=chance(dice, 1 / 3),
        driver_errs=chance(dice, 0.12),
        limits=_limits(dice),
        make=dice.getrandbits(32),
    )


def _limits(dice: Random) -> Limits:
    return Limits(
        voltage_low=dice.uniform(10.4, 11.6),
        voltage_high=dice.uniform(15.4, 16.2),
        overheated=dice.uniform(112, 121),
        too_cold=dice.uniform(62, 76),
        trim=dice.uniform(17, 26),
        misfire=dice.uniform(0.02, 0.05),
        pressure=dice.uniform(0.66, 0.82),
        tyre=dice.uniform(0.75, 0.84),
    )


_ENGINE = frozenset({
    "engine_running", "engine_speed", "throttle", "coolant_temperature", "coolant_level", "oil_temperature", "oil_level",
    "oil_pressure_status", "oil_pressure", "fuel_level", "engine_load", "fuel_pressure", "manifold_pressure", "air_flow",
    "intake_temperature", "catalyst_temperature", "ignition_type",
})  # fmt: skip
_SPARK = frozenset({"fuel_trim_short", "fuel_trim_long"})
_DIESEL = frozenset({"exhaust_fluid_level", "particulate_filter_pressure"})
_TRACTION = frozenset(name for name in REPORTED if name.startswith("traction_"))


def _tells(dice: Random, powertrain: Powertrain, *, direct: bool, wheels: bool) -> frozenset[str]:
    """Draw the signals this make tells of, among those that this car has."""
    lacking = set[str]()
    if powertrain == "electric":
        lacking |= _ENGINE | {"transmission_temperature"}
    if powertrain in {"diesel", "electric"}:
        lacking |= _SPARK
    if powertrain != "diesel":
        lacking |= _DIESEL
    if powertrain not in {"hybrid", "electric"}:
        lacking |= _TRACTION
    if not direct or powertrain == "electric":
        lacking.add("fuel_rail_pressure")
    if not wheels:
        lacking.add("tyre_front_left")
    chosen = {name for name, share in REPORTED.items() if dice.random() < share and name not in lacking}
    chosen |= {name for name, leader in FOLLOWS.items() if leader in chosen}
    for name in [name for name in chosen if name.endswith("front_left")]:
        chosen |= {name.replace("front_left", wheel) for wheel in WHEELS}
    return frozenset(chosen | {"speed", "dtc_count"})
