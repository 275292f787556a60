"""What a car is to the rest of the house."""

from __future__ import annotations

from operator import attrgetter

from gateway.conclude.routine import RoutineStatus
from gateway.contract.values import published
from gateway.devices.liveness import Cadence
from gateway.devices.plausible import Clash, apart
from gateway.finding import Domain
from gateway.kinds.car.conclude import NO_12_V, NOMINAL, VOLTAGES, alarming, concluder, has_24_v, watched
from gateway.kinds.car.features import ELECTRIC, KNOWLEDGE
from gateway.kinds.car.messages import MESSAGES, VehicleSignals, VehicleStatusEvent
from gateway.kinds.kind import Dot, Kind

_ENGINE = "Vehicle.Powertrain.CombustionEngine"
_CRANKS_BELOW_RPM = 400
"""A starter turns an engine at 150 to 300 revolutions a minute."""
_DRIVES_KMH = 10

KIND = Kind(
    name="car",
    messages=MESSAGES,
    cadence=Cadence(3_600.0, sleeps=True),  # a parked one wakes by the hour
    concluder=concluder,
    readings={
        "callahead.vehicle.status.v1": attrgetter("data.signals.readings"),
        "callahead.vehicle.fault.v1": attrgetter("data.freeze_frame.readings"),
    },
    routine=RoutineStatus(
        VehicleStatusEvent,
        "signals",
        VehicleSignals,
        conditions=lambda: alarming().values(),
        watched=watched,
        derived={ELECTRIC},
        telling=[name for name in published(VehicleSignals).values() if name.startswith("Vehicle.CurrentLocation.")],
        at_most={NOMINAL: NO_12_V, VOLTAGES[0]: NO_12_V},
        calm=lambda twin: not has_24_v(twin),
        speed="Vehicle.Speed",
    ),
    overtaken=frozenset({"callahead.vehicle.status.v1"}),
    domain=Domain.VEHICLE,
    knowledge=KNOWLEDGE,
    named_in_findings=False,
    meant_unsaid=True,
    dot=Dot("#94a3b8"),
    contradictions=(
        Clash(f"{_ENGINE}.IsRunning", f"{_ENGINE}.Speed", lambda runs, rpm: not runs and rpm > _CRANKS_BELOW_RPM,
              "the engine is off and turns faster than any starter turns it"),
        Clash(f"{_ENGINE}.IsRunning", f"{_ENGINE}.Speed", lambda runs, rpm: runs and rpm == 0,
              "the engine runs and does not turn"),
        Clash(f"{_ENGINE}.Speed", "Vehicle.OBD.EngineSpeed", apart(1_500), "two engine speeds differ by more than 1,500 rpm"),
        Clash("Vehicle.LowVoltageBattery.CurrentVoltage", "Vehicle.OBD.ControlModuleVoltage", apart(5),
              "two voltages of one net differ by more than 5 V"),
        Clash(f"{_ENGINE}.EngineCoolant.Temperature", "Vehicle.OBD.CoolantTemperature", apart(40),
              "two coolant temperatures differ by more than 40 °C"),
        Clash("Vehicle.Speed", "Vehicle.OBD.Speed", apart(40), "two speeds of one car differ by more than 40 km/h"),
        Clash("Vehicle.IsMoving", "Vehicle.Speed", lambda moves, speed: not moves and abs(speed) > _DRIVES_KMH,
              "the car stands and drives faster than 10 km/h"),
    ),
)  # fmt: skip
