"""How one fridge is built: its insulation, its circuit, what it measures, and what its controller complains about.

Sizes of ordinary household fridges: 1 to 1.8 W/K of leak, a compressor of 60 to 130 W that runs 30 to 50% of the time
in a room of 22 °C, evaporating at about -26 °C with a freezer and -10 °C without. Spreads are ours [fit].
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gateway.kinds.fridge.messages import ApplianceAlarm

ROOM_C = 22.0
"""The room that a build is sized for."""
FRESH_C, FREEZER_C = 4.0, -18.0


@dataclass(frozen=True, slots=True)
class Circuit:
    """Heat: capacities in J/K, conductances in W/K, powers in W."""

    leak: float
    freezer_leak: float
    """0: no freezer."""
    air: float
    food: float
    food_to_air: float
    freezer: float
    evaporator: float
    condenser: float
    to_air_on: float
    """From evaporator to cabinet air while the fan, or the running plate, moves air; ``off``: by itself."""
    to_air_off: float
    to_freezer_on: float
    to_freezer_off: float
    to_room: float
    """Of the condenser."""
    capacity: float
    power: float
    evaporating_c: float
    heater: float


@dataclass(frozen=True, slots=True)
class Watch:
    """When the controller raises which alarm."""

    alarms: tuple[ApplianceAlarm, ...]
    """Those that this model knows at all."""
    warm_k: float
    """Above the setpoint."""
    warm_s: float
    """How long, as the others."""
    quiet_after_power_s: float
    """No temperature alarm so long after switching on."""
    door_s: float
    starts: int
    """Failed starts in a row."""
    condenser_c: float
    defrost_limit_s: float
    repeats_s: float
    """An alarm that stands is told again so often."""
    tells_all: bool
    """Each message holds every alarm that stands, not the new ones alone."""


@dataclass(frozen=True, slots=True)
class Build:
    """One model of fridge."""

    circuit: Circuit
    watch: Watch
    instruments: frozenset[str]
    """Attributes of ``FridgeSensors`` that it measures and tells."""
    has_fan: bool
    fan_tells_truth: bool
    """The fans' speed is measured, as of those with brushless motors; else the controller tells what it commanded."""
    has_condenser_fan: bool
    no_frost: bool
    """Defrosts with a heater."""
    ice_maker: bool
    inverter: bool
    """A compressor of variable speed runs slowly most of the time."""
    waits_between_starts: bool
    """Electronic control lets the pressure equalise; a bare thermostat does not."""
    nominal_v: float
    setpoint_c: float
    hysteresis_k: float
    sensor_lag_s: float
    noise_k: float
    peak_current: bool
    """The current is told as its peak, so that a locked rotor shows; else as the average while it ran.

    Most of those that tell a failed start know it by its peak."""
    has_reserve: bool
    """A small battery keeps the radio alive."""
    defrost_every_s: float
    """Of compressor run time."""


REPORTS = {
    "temperature_c": 0.98,
    "setpoint_c": 0.95,
    "door_open": 0.95,
    "compressor_duty": 0.95,
    "compressor_current": 0.4,
    "fan_running": 0.9,
    "mains_present": 0.6,
    "mains_voltage": 0.4,
    "evaporator_c": 0.5,
    "condenser_c": 0.38,
    "room_c": 0.7,
    "defrost_heater_current": 0.6,
    "door_open_s": 0.85,
}
"""Share of the models that measure and tell each attribute [fit].

Connected fridges have an electronic controller: it commands compressor and fan, lights the lamp by the door's switch and
shows the setting, so it can tell these. Lists of LG's fault codes name sensors and speeds that it has beside that of the
cabinet: "Er rS, FS" sensors, "Er FF, CF" fans, "Er dH" a defrost that does not get warm. That a room sensor and the mains
voltage are as frequent as here is our judgement."""
CONTROLS_BY = {
    "no_frost": {"evaporator_c": 0.97},
    "inverter": {"compressor_current": 0.95, "mains_voltage": 0.85},
}
"""What a kind of control works with: a defrost by its sensor at the evaporator, an inverter by current and bus voltage."""
COMPLAINS: dict[ApplianceAlarm, float] = {
    "HighTemperature": 0.96,
    "DoorOpen": 0.93,
    "CompressorStart": 0.65,
    "SensorFault": 0.93,
    "FanStalled": 0.8,
    "PowerLost": 0.65,
    "DefrostFault": 0.75,
    "CondenserHot": 0.5,
    "IceMakerFault": 0.93,
    "ControlFault": 0.75,
}
"""Share of the models that know each alarm [fit]; the makers' lists of codes name nearly all of them."""
MEASURED_BY: dict[ApplianceAlarm, str] = {
    "CompressorStart": "compressor_current",
    "PowerLost": "mains_present",
    "DefrostFault": "evaporator_c",
    "CondenserHot": "condenser_c",
}
"""A controller measures what it complains about."""


def draw_build(dice: np.random.Generator, needs: frozenset[str] = frozenset()) -> Build:
    """Draw a model that has what ``needs`` names: ``fan``, ``no_frost``, ``condenser_fan``, ``ice_maker``, ``induction``."""
    luck = dice.random(12)
    freezer = bool(luck[0] < 0.7 or needs & {"no_frost", "ice_maker", "condenser_fan"})
    no_frost = freezer and bool(luck[1] < 0.7 or needs & {"no_frost", "ice_maker"})
    big = freezer and no_frost and bool(luck[2] < 0.25 or needs & {"ice_maker", "condenser_fan"})
    fan = no_frost or "fan" in needs or bool(luck[3] < 0.35)
    inverter = bool(luck[4] < 0.3) and "induction" not in needs
    watch = _watch(dice)
    kinds = {"no_frost": no_frost, "inverter": inverter}
    return Build(
        circuit=_circuit(dice, freezer=freezer, fan=fan, big=big, fast=inverter),
        watch=watch,
        instruments=_instruments(dice, watch, [kind for kind, has in kinds.items() if has]),
        has_fan=fan,
        fan_tells_truth=bool(luck[5] < (0.8 if no_frost else 0.55)),
        has_condenser_fan="condenser_fan" in needs or (big and bool(luck[6] < 0.7)),
        no_frost=no_frost,
        ice_maker="ice_maker" in needs or (big and bool(luck[7] < 0.6)),
        inverter=inverter,
        waits_between_starts=inverter or bool(luck[8] < 0.6),
        nominal_v=230.0 if luck[9] < 0.85 else 120.0,
        setpoint_c=float(round(dice.normal(4.3, 1.0))),
        hysteresis_k=float(dice.uniform(0.6, 1.8)),
        sensor_lag_s=float(dice.uniform(200, 900)),
        noise_k=float(dice.uniform(0.03, 0.25)),
        peak_current=bool(luck[10] < (0.8 if "CompressorStart" in watch.alarms else 0.4)),
        has_reserve=bool(luck[11] < 0.4),
        defrost_every_s=float(dice.uniform(3, 7)) * 3600,
    )


def _instruments(dice: np.random.Generator, watch: Watch, kinds: list[str]) -> frozenset[str]:
    shares = dict(REPORTS)
    for kind in kinds:
        shares.update(CONTROLS_BY[kind])
    luck = dice.random(len(shares)).tolist()
    told = {name for (name, share), one in zip(shares.items(), luck, strict=True) if one < share}
    return frozenset(told | {MEASURED_BY[alarm] for alarm in watch.alarms if alarm in MEASURED_BY})


def _circuit(dice: np.random.Generator, *, freezer: bool, fan: bool, big: bool, fast: bool) -> Circuit:
    """Size evaporator, compressor and condenser for the leak, as an engineer would; then let production vary by 7%."""
    duty = float(dice.uniform(0.26, 0.44 if fast else 0.5))
    leak = float(dice.uniform(0.9, 1.6)) * (1.4 if big else 1.0)
    freezer_leak = float(dice.uniform(0.45, 0.85)) * (1.5 if big else 1.0) if freezer else 0.0
    evaporating = -26.0 if freezer else -10.0
    natural = 0.1 if freezer else 0.4 if fan else 0.7
    drop_on, drop_off = FRESH_C - evaporating, 23.0 if freezer else 3.0
    runs = 0.75 if fast else duty  # of variable speed: slowly, and most of the time
    to_air = leak * 18 / (runs * drop_on + (1 - runs) * natural * drop_off)
    to_freezer = freezer_leak * 40 / (runs * 8 + (1 - runs) * 0.3)
    load = leak * 18 + freezer_leak * 40 + (5 if fan else 2)
    vary = np.clip(1 + 0.07 * dice.standard_normal(3), 0.85, 1.2)
    capacity = load / duty * float(vary[0])
    power = capacity / float(dice.uniform(1.1, 1.7))
    return Circuit(
        leak=leak,
        freezer_leak=freezer_leak,
        air=float(dice.uniform(5e3, 1e4)),
        food=float(dice.uniform(2e4, 9e4)) * (1.4 if big else 1.0),
        food_to_air=float(dice.uniform(3, 7)),
        freezer=float(dice.uniform(3e4, 8e4)) if freezer else 1.0,
        evaporator=float(dice.uniform(2e3, 4e3)),
        condenser=float(dice.uniform(3e3, 6e3)),
        to_air_on=to_air * float(vary[1]),
        to_air_off=to_air * natural,
        to_freezer_on=to_freezer,
        to_freezer_off=to_freezer * 0.15,
        to_room=(capacity + power) / float(dice.uniform(12, 22)) * float(vary[2]),
        capacity=capacity,
        power=power,
        evaporating_c=evaporating,
        heater=float(dice.uniform(200, 360)),
    )


def _watch(dice: np.random.Generator) -> Watch:
    return Watch(
        alarms=tuple(
            alarm for alarm, luck in zip(COMPLAINS, dice.random(len(COMPLAINS)), strict=True) if luck < COMPLAINS[alarm]
        ),
        warm_k=float(dice.uniform(3.5, 7.5)),
        warm_s=(900.0, 1800.0, 3600.0, 5400.0)[int(dice.integers(4))],
        quiet_after_power_s=(0.0, 7200.0, 21_600.0)[int(dice.integers(3))],
        door_s=(60.0, 120.0, 180.0, 300.0)[int(dice.integers(4))],
        starts=int(dice.integers(3, 7)),
        condenser_c=float(dice.uniform(58, 68)),
        defrost_limit_s=float(dice.uniform(35, 60)) * 60,
        repeats_s=(1e9, 1e9, 4 * 3600.0, 12 * 3600.0)[int(dice.integers(4))],
        tells_all=bool(dice.random() < 0.5),
    )
