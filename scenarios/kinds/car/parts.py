"""What can break in a car, as the world knows it: when it shows, and whether somebody must come.

How it shows is the body's affair: ``firmware_sim/kinds/car``. The names are those of ``gateway/diagnosis``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum

from scenarios.story.part import Part


class Occasion(StrEnum):
    """When a part of a car shows."""

    STARTING = "starting"
    """As the driver turns the key."""
    DRIVING = "driving"
    AT_THE_CAR = "at_the_car"
    """As the driver opens, locks or sets off."""
    PLUGGED = "plugged"
    """As an electric car is to be charged."""


_STARTING, _DRIVING, _AT_THE_CAR, _PLUGGED = Occasion.STARTING, Occasion.DRIVING, Occasion.AT_THE_CAR, Occasion.PLUGGED

_HELP: Mapping[Occasion, str] = {
    _STARTING: "battery_12v battery_terminal parasitic_drain fuse_relay starter starter_relay ignition_switch immobiliser "
    "neutral_switch hv_contactor",
    _DRIVING: "alternator voltage_regulator drive_belt ignition_coil spark_plug crankshaft_sensor fuel_pump "
    "high_pressure_pump fuel_filter injector empty_tank throttle_body accelerator_pedal turbocharger "
    "thermostat_stuck_closed water_pump radiator_fan coolant_leak head_gasket oil_pump oil_level_low timing_chain "
    "compression_loss engine_control_unit gearbox_solenoid gearbox_fluid torque_converter clutch range_sensor "
    "gearbox_mechanical brake_fluid_leak brake_booster power_steering wheel_bearing tyre can_bus body_control_module "
    "wiring hv_battery hv_isolation dcdc_converter inverter traction_motor hv_coolant_pump",
    _AT_THE_CAR: "key_fob door_lock parking_brake",
}
"""Somebody must come: patrol, truck."""
_TALK: Mapping[Occasion, str] = {
    _DRIVING: "camshaft_sensor knock_sensor fuel_rail_sensor evap_purge_valve mass_air_flow_sensor vacuum_leak "
    "intake_pressure_sensor thermostat coolant_sensor oil_pressure_sensor oxygen_sensor catalytic_converter egr_valve "
    "particulate_filter nox_system exhaust_leak brake_pads wheel_speed_sensor abs_control_unit brake_light_switch "
    "steering_angle_sensor tyre_slow_leak tpms_sensor airbag headlight climate",
    _AT_THE_CAR: "window_regulator",
    _PLUGGED: "onboard_charger charge_port",
}
"""It still drives: a call is enough."""


def _parts() -> Iterator[tuple[str, Part]]:
    for needs_help, listed in ((True, _HELP), (False, _TALK)):
        for occasion, names in listed.items():
            for name in names.split():
                yield name, Part("car", occasion, needs_help=needs_help)


CAR_PARTS: Mapping[str, Part] = dict(_parts())
"""Part → what the world knows of it."""
