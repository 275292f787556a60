"""What control units test, and the codes that makes store for it (SAE J2012, ISO 15031-6; P1, B1, C1, U1: a make's own).

``{cylinder}``, ``{wheel}`` and the like are filled in with the place that the fault befalls. A make keeps to one choice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SelfTest:
    """One test of one control unit."""

    unit: str
    after_s: float
    """How long it must fail before the code is stored."""
    choices: tuple[tuple[float, tuple[str, ...]], ...]
    """How many makes store which codes. No codes: they do not test it."""
    trips: int = 1
    """2: a fault of the exhaust gas is pending until the next drive shows it again (OBD II)."""
    dark: bool = False
    """It does not light the engine lamp, but a lamp or text of its own."""


def _test(unit: str, after_s: float, choices: str, *, trips: int = 1) -> SelfTest:
    """Read choices as ``5 P0562; 2 P0562+U3003; 1 -``: weights, and codes joined by a plus sign."""
    read: list[tuple[float, tuple[str, ...]]] = []
    for choice in choices.split(";"):
        weight, codes = choice.split()
        read.append((float(weight), () if codes == "-" else tuple(codes.split("+"))))
    return SelfTest(unit, after_s, tuple(read), trips, dark=unit not in {"engine", "gearbox", "hybrid"})


SELF_TESTS: Mapping[str, SelfTest] = {
    # 12 V
    "voltage_low": _test("engine", 12, "6 P0562; 2 P0560+P0562; 1 P0562+U3003; 1 U3003; 1 B1318; 1 -"),
    "voltage_high": _test("engine", 10, "6 P0563; 2 P0563+U3003; 1 B1317"),
    "voltage_unstable": _test("engine", 15, "5 P0561; 2 P0560; 1 P0562+P0561; 2 -"),
    "charging_weak": _test("engine", 25, "3 P0620; 3 P0622; 2 P2503; 2 P0621; 2 P1637; 2 -"),
    "charging_circuit": _test("engine", 6, "3 P0620; 2 P0622; 1 P065A; 1 P0625; 2 -"),
    "regulator_circuit": _test("engine", 8, "3 P0622; 2 P0626; 1 P0620; 2 P065A; 2 -"),
    "battery_deep": _test("body", 60, "3 -; 2 B1000; 1 B10C2; 2 U3003"),
    "units_starved": _test("brakes", 4, "3 C1436; 3 C0800; 2 C0899; 1 C1A60; 2 -"),
    "engine_supply": _test("engine", 2, "3 P0685; 2 P0686; 1 P0689; 1 P068A; 1 P0687"),
    "crank_dip": _test("body", 1, "6 -; 1 U3003; 1 P0562"),
    # Starting
    "starter_relay_circuit": _test("engine", 1, "4 P0615; 3 P0616; 2 P0617; 1 -"),
    "starter_blocked": _test("engine", 3, "3 P0615; 2 P1602; 5 -"),
    "engine_not_turning": _test("engine", 4, "6 -; 2 P1650; 1 P0335"),
    "ignition_switch_circuit": _test("body", 2, "3 P2530; 2 P2531; 2 P2533; 3 B2620; 2 -"),
    "key_unread": _test("immobiliser", 1, "3 P0513; 2 P0633; 2 P1570; 3 B1681; 2 U0167+P0513; 1 B1600; 1 P1610"),
    "clutch_switch_circuit": _test("engine", 2, "3 P0704; 2 P0833; 1 P0830; 2 -"),
    "park_switch_circuit": _test("gearbox", 2, "4 P0850; 2 P0851; 2 P0852; 1 P0706; 2 -"),
    "brake_switch_circuit": _test("engine", 15, "4 P0571; 2 P0572; 2 P0573; 2 P0504; 1 P0703; 1 C0161"),
    # Ignition and engine
    "misfire_one": _test("engine", 12, "5 P030{cylinder}; 4 P0300+P030{cylinder}; 1 P0300", trips=1),
    "misfire_many": _test("engine", 25, "7 P0300; 1 P0300+P0316"),
    "misfire_several": _test("engine", 30, "4 P0300+P030{cylinder}+P030{other}; 3 P0300; 2 P030{cylinder}+P030{other}"),
    "coil_circuit": _test("engine", 4, "6 P035{cylinder}; 1 P2300; 3 -"),
    "crank_signal": _test("engine", 2, "5 P0335; 2 P0336; 1 P0339; 1 P0335+P0336; 1 P0320"),
    "cam_signal": _test("engine", 6, "5 P0340; 2 P0341; 1 P0344; 1 P0342"),
    "knock_signal": _test("engine", 25, "4 P0325; 2 P0327; 2 P0328; 1 P0332; 1 P0326", trips=2),
    "timing_off": _test("engine", 18, "4 P0016; 2 P0017; 2 P0008; 1 P0016+P0017; 1 P0011"),
    "engine_unit_self": _test("engine", 1, "3 P0606; 2 P0601; 2 P0605; 1 P0604; 1 P060A; 1 P062F"),
    # Fuel
    "pump_circuit": _test("engine", 3, "3 P0230; 3 P0231; 2 P0627; 1 P0628; 1 P025A; 2 -"),
    "fuel_low": _test("engine", 15, "2 P0087; 1 P0171; 6 -"),
    "rail_low": _test("engine", 8, "7 P0087; 1 P0087+P0093; 1 P1089; 1 P0191"),
    "rail_high": _test("engine", 8, "6 P0088; 1 P0088+P0090; 1 P0191"),
    "rail_valve_circuit": _test("engine", 3, "4 P0090; 2 P0091; 2 P0092; 1 P2294; 1 P0001"),
    "rail_sensor_circuit": _test("engine", 4, "3 P0190; 2 P0191; 3 P0192; 3 P0193; 1 P0194"),
    "injector_circuit": _test("engine", 3, "8 P020{cylinder}; 1 P0200+P020{cylinder}"),
    "lean": _test("engine", 45, "8 P0171; 2 P0171+P0174; 1 P2187", trips=2),
    "rich": _test("engine", 45, "8 P0172; 1 P0172+P0175; 1 P2188", trips=2),
    "empty_tank": _test("engine", 20, "2 P0313; 1 P1250; 1 P0087; 7 -"),
    "fuel_gauge": _test("cluster", 40, "3 P0461; 2 P0462; 2 P0463; 4 -"),
    "purge_circuit": _test("engine", 5, "4 P0443; 3 P0444; 3 P0445; 1 P0458"),
    "purge_flow": _test("engine", 90, "5 P0441; 3 P0496; 1 P0497", trips=2),
    "vapour_leak": _test("engine", 200, "3 P0455; 3 P0456; 3 P0442; 2 P0457; 3 -", trips=2),
    # Air
    "air_meter_range": _test("engine", 30, "7 P0101; 1 P0068; 1 P0100; 1 -"),
    "air_meter_circuit": _test("engine", 3, "4 P0102; 3 P0103; 2 P0100; 1 P0102+P0113"),
    "idle_high": _test("engine", 35, "5 P0507; 1 -", trips=2),
    "manifold_sensor_circuit": _test("engine", 4, "4 P0107; 3 P0108; 2 P0106; 1 P0237; 1 P0238"),
    "manifold_sensor_range": _test("engine", 30, "5 P0106; 2 P0068; 1 P0236; 2 -", trips=2),
    "throttle_stuck": _test("engine", 2, "3 P2119; 2 P2112; 2 P2111; 2 P0638; 2 P2101; 1 P2110+P2119"),
    "throttle_signal": _test("engine", 2, "3 P2135; 2 P0121; 2 P0122; 2 P0123; 1 P0222; 1 P0121+P2135"),
    "pedal_signal": _test("engine", 2, "4 P2138; 2 P2122; 2 P2127; 1 P2122+P2127; 1 P2123; 1 P2120"),
    "underboost": _test("engine", 15, "8 P0299; 1 P0299+P2263; 1 P2263; 1 P0234"),
    "overboost": _test("engine", 5, "6 P0234; 1 P0234+P2563; 1 P2562"),
    "wastegate_circuit": _test("engine", 4, "3 P0243; 2 P0245; 2 P0045; 2 P2563; 1 P2599"),
    # Cooling and oil
    "overheated": _test("engine", 8, "6 P0217; 1 P1217; 1 P0217+P00B7; 1 P0218; 1 -"),
    "never_warm": _test("engine", 180, "8 P0128; 1 P0126; 1 P0125", trips=2),
    "thermostat_circuit": _test("engine", 4, "3 P0597; 2 P0598; 2 P0599"),
    "fan_circuit": _test("engine", 5, "5 P0480; 2 P0481; 2 P0691; 1 P0692; 1 P0483"),
    "pump_speed": _test("engine", 6, "3 P261A; 2 P261B; 2 P261C; 2 -"),
    "coolant_low": _test("cluster", 25, "3 P2560; 1 B1225; 1 P2556; 4 -"),
    "coolant_sensor_circuit": _test("engine", 3, "3 P0117; 4 P0118; 2 P0115; 1 P0119"),
    "coolant_sensor_range": _test("engine", 40, "4 P0116; 2 P0119; 1 P0128; 1 P0125", trips=2),
    "oil_low": _test("engine", 5, "4 P0524; 2 P0522+P0524; 1 P0521; 1 P0522; 2 -"),
    "oil_control": _test("engine", 14, "2 P0521; 1 P06DD; 4 -"),
    "oil_sensor_circuit": _test("engine", 4, "4 P0522; 4 P0523; 2 P0520; 1 P0521"),
    "oil_level": _test("cluster", 30, "3 P250F; 1 P250A; 1 P250B; 1 -"),
    # Exhaust
    "oxygen_heater": _test("engine", 30, "5 P0135; 4 P0141; 2 P0031; 1 P0037; 1 P0030", trips=2),
    "oxygen_slow": _test("engine", 120, "5 P0133; 2 P0139; 1 P2A00", trips=2),
    "oxygen_circuit": _test("engine", 8, "3 P0130; 3 P0131; 2 P0132; 2 P0134; 2 P0136; 1 P0137", trips=2),
    "oxygen_bias": _test("engine", 100, "3 P2195; 2 P2196; 1 P2270; 1 P2A00; 1 -", trips=2),
    "catalyst": _test("engine", 240, "9 P0420; 1 P0430", trips=2),
    "post_lean": _test("engine", 100, "2 P2096; 1 P2195; 4 -", trips=2),
    "egr_low": _test("engine", 90, "6 P0401; 1 P0400; 1 P2457", trips=2),
    "egr_high": _test("engine", 30, "5 P0402; 1 P0404; 1 P0400"),
    "egr_circuit": _test("engine", 5, "4 P0403; 2 P0404; 2 P0405; 2 P0406; 1 P0489"),
    "filter_full": _test("engine", 30, "4 P2463; 2 P244A; 2 P2002; 1 P242F; 1 P2458"),
    "filter_sensor": _test("engine", 6, "3 P2452; 2 P2453; 2 P2454; 1 P2455"),
    "urea_low": _test("engine", 20, "3 P203F; 2 P207F; 1 P204F; 3 -"),
    "urea_circuit": _test("engine", 6, "3 P204F; 2 P20E8; 2 P202E; 2 P2048; 1 P203B"),
    "nox_high": _test("engine", 120, "6 P20EE; 1 P20EF; 1 P2201", trips=1),
    "nox_sensor": _test("engine", 15, "4 P2200; 2 P2202; 2 P2203; 2 P229F"),
    # Gearbox
    "gear_valve_circuit": _test("gearbox", 3, "3 P0750; 3 P0755; 2 P0760; 1 P0765; 2 P0973; 1 P0976; 1 P0748"),
    "gear_valve_stuck": _test("gearbox", 15, "3 P0751; 2 P0756; 2 P0780; 1 P0776; 1 P0841"),
    "gear_hot": _test("gearbox", 12, "5 P0218; 1 P0218+P0711; 1 P1783; 2 -"),
    "gear_pressure": _test("gearbox", 10, "3 P0868; 2 P0841; 2 P0846; 1 P0944"),
    "gear_slips": _test("gearbox", 10, "4 P0730; 2 P0894; 1 P0731; 1 P0733; 1 P0734"),
    "gear_ratio": _test("gearbox", 6, "3 P0730; 2 P0731; 2 P0732; 2 P0733; 1 P0735; 1 P0729"),
    "gear_none": _test("gearbox", 5, "2 P0730; 1 P0732; 1 P0736; 1 P179A; 2 -"),
    "converter": _test("gearbox", 40, "4 P0741; 3 P0740; 1 P0744; 1 P0742", trips=1),
    "converter_circuit": _test("gearbox", 4, "3 P0743; 2 P0740; 1 P2764"),
    "clutch_slips": _test("gearbox", 15, "3 P0811; 1 P0810; 1 P17BF; 4 -"),
    "range_signal": _test("gearbox", 3, "4 P0705; 3 P0706; 1 P0707; 1 P0708; 1 P0705+P0706"),
    # Brakes, steering, tyres
    "pads": _test("cluster", 20, "2 C1130; 1 B1A9C; 3 -"),
    "brake_fluid": _test("brakes", 4, "3 C0049; 2 C1214; 2 C1446; 3 -"),
    "brake_pressure": _test("brakes", 4, "2 C0044; 2 C0020; 1 C1288; 2 -"),
    "brake_assist": _test("brakes", 6, "3 P0556; 2 P0557; 2 C0047; 1 C1A24; 2 -"),
    "wheel_signal": _test("brakes", 3, "6 {wheel}; 2 {range}; 1 {wheel}+C1095"),
    "brake_pump": _test("brakes", 2, "4 C0110; 2 C0121; 2 C1095; 1 C0265"),
    "brake_unit_self": _test("brakes", 1, "5 C0550; 2 C0551; 1 C1011"),
    "parking_brake": _test("parking", 2, "2 C1090; 2 C2122; 1 C108A; 1 C0586; 2 U0128"),
    "steering_assist": _test("steering", 2, "2 C0545; 2 C1511; 1 C0475; 1 C1A8D; 1 C0550; 2 U0131"),
    "steering_angle": _test("brakes", 3, "5 C0460; 3 C0051; 1 C1231; 2 U0126; 1 C0455"),
    "tyre_low": _test("tyres", 40, "3 C0077; 2 {pressure}; 1 C1A00; 1 -"),
    "tyre_sensor": _test("tyres", 120, "6 {pressure}; 1 C2135; 2 U0127; 1 B124D"),
    # Body
    "airbag": _test("restraint", 4, "3 B0001; 2 B0015; 2 B0051; 2 B0070; 1 B0081; 1 B0100; 1 B1650"),
    "door_lock": _test("body", 2, "3 B1008; 2 B10A6; 1 B3055; 1 B1485; 1 U0199; 3 -"),
    "key_battery": _test("body", 1, "3 B124B; 2 B1A85; 2 B2794; 3 -"),
    "lights": _test("body", 3, "3 B1485; 2 B2575; 2 B1008; 2 B0A08; 1 B2250; 1 B2240"),
    "climate_pressure": _test("climate", 8, "3 P0532; 2 P0533; 1 P0534; 2 B10B9; 1 -"),
    "climate_circuit": _test("climate", 4, "3 P0645; 2 P0646; 2 B1434; 2 B10AF; 1 B0223; 1 P0691"),
    "window": _test("body", 2, "3 B1405; 2 B1403; 2 B1A02; 1 B2129; 1 -"),
    "body_unit_self": _test("body", 1, "3 B1000; 2 B1001; 2 B1342; 1 U3000"),
    # Network and wiring
    "bus_off": _test("cluster", 1, "3 U0001; 3 U0073; 2 U0100+U0073; 1 U0010; 1 U0002"),
    "lost_engine": _test("cluster", 3, "9 U0100; 1 -"),
    "lost_gearbox": _test("cluster", 3, "9 U0101; 2 -"),
    "lost_brakes": _test("cluster", 3, "9 U0121; 1 U0129; 1 -"),
    "lost_body": _test("cluster", 3, "9 U0140; 1 -"),
    "lost_cluster": _test("body", 3, "8 U0155; 3 -"),
    "lost_steering": _test("brakes", 3, "8 U0131; 3 -"),
    "lost_restraint": _test("cluster", 3, "8 U0151; 3 -"),
    "lost_hybrid": _test("engine", 3, "4 U0293; 3 U0110; 3 U0111; 1 -"),
    "sensor_supply": _test("engine", 2, "4 P0641; 3 P0651; 1 P0697; 2 -"),
    "intake_sensor_circuit": _test("engine", 5, "3 P0113; 2 P0112; 1 P0110"),
    # High voltage
    "cells_weak": _test("hybrid", 20, "4 P0A80; 3 P0A7F; 2 P0AFA; 1 P0B3B; 1 P0BBD; 1 P1A15"),
    "cells_hot": _test("hybrid", 15, "4 P0A7E; 1 P0A7E+P0A81; 1 P0C44; 1 P0A9C"),
    "contactor": _test("hybrid", 2, "2 P0AA1; 2 P0AA4; 2 P0C77; 2 P0C78; 2 P0AE2; 1 P0AD9; 1 P1A10"),
    "isolation": _test("hybrid", 5, "6 P0AA6; 2 P0AA7; 1 P1AF0"),
    "converter_12v": _test("hybrid", 6, "5 P0A94; 2 P0A08; 1 P0A09; 1 P0A10; 1 U0298"),
    "inverter": _test("hybrid", 2, "4 P0A78; 2 P0A1B; 1 P0A79; 1 P1C3F"),
    "inverter_hot": _test("hybrid", 10, "5 P0A3C; 2 P0A93; 1 P0AED; 1 P1A54"),
    "resolver": _test("hybrid", 2, "4 P0A3F; 2 P0A40; 2 P0A41; 1 P0A44"),
    "motor": _test("hybrid", 8, "3 P0A90; 3 P0A2F; 2 P0A2A; 1 P0A92; 1 P1C6B"),
    "charger": _test("hybrid", 5, "3 P1DF5; 2 P0D24; 2 P0D80; 2 P0D3F; 1 P1D77"),
    "charge_port": _test("hybrid", 5, "3 P0D56; 2 P0D58; 2 P0D57; 2 P1DA0; 2 B12D6; 1 -"),
    "inlet_hot": _test("hybrid", 20, "3 P1DC8; 2 P1E5A; 1 P0D24; 1 -"),
    "hv_pump": _test("hybrid", 10, "3 P0A06; 2 P0A07; 2 P0C73; 2 P0A05"),
}
