"""One example of each message, as it goes over the wire. Schemas, page and tests read them here."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


def _event(kind: str, device: str, id_: str, time: str, data: Json) -> Json:
    return {
        "specversion": "1.0",
        "type": f"callahead.{kind}.v1",
        "source": f"/{device}",
        "id": id_,
        "time": time,
        "datacontenttype": "application/json",
        "data": data,
    }


def _command(kind: str, data: Json) -> Json:
    return {
        "specversion": "1.0",
        "type": f"callahead.command.{kind}.v1",
        "source": "/callahead",
        "id": f"volta/car-1/7-1204/{kind}",
        "time": "2026-01-12T06:41:07Z",
        "datacontenttype": "application/json",
        "provenance": "real",
        "data": data,
    }


_HERE = {"latitude": 56.951212, "longitude": 24.113388, "accuracy_m": 6.5, "fix_time": "2026-01-12T07:41:00+01:00"}

EVENTS: dict[str, Json] = {
    example["type"]: example
    for example in (
        _event("vehicle.status", "volta/car-1", "7-1203", "2026-01-12T07:40:02+01:00", {
            "position": _HERE,
            "signals": {
                "Vehicle.Speed": 47.5,
                "Vehicle.TraveledDistance": 84211300,
                "Vehicle.LowVoltageBattery.CurrentVoltage": 14.1,
                "Vehicle.Powertrain.CombustionEngine.IsRunning": True,
                "Vehicle.Powertrain.CombustionEngine.EngineCoolant.Temperature": 88,
                "Vehicle.Chassis.Axle.Row1.Wheel.Left.Tire.Pressure": 240,
                "Vehicle.Diagnostics.DTCCount": 0,
            },
        }),
        _event("vehicle.fault", "volta/car-1", "7-1204", "2026-01-12T07:41:03+01:00", {
            "codes": [{"code": "P0562", "status": "confirmed"}, {"code": "U3003", "status": "pending"}],
            "freeze_frame": {
                "Vehicle.LowVoltageBattery.CurrentVoltage": 8.9,
                "Vehicle.Powertrain.CombustionEngine.IsRunning": False,
            },
            "position": _HERE,
        }),
        _event("appliance.status", "frosty/fridge-12", "3-88", "2026-01-12T06:00:00Z", {
            "attributes": {
                "TemperatureMeasurement.MeasuredValue": 412,
                "TemperatureControl.TemperatureSetpoint": 400,
                "RefrigeratorAlarm.State": 0,
                "Callahead.CompressorDuty": 38.5,
                "Callahead.MainsPresent": True,
            },
        }),
        _event("appliance.fault", "frosty/fridge-12", "3-91", "2026-01-12T09:15:30Z", {
            "alarms": ["HighTemperature", "CompressorStart"],
            "attributes": {
                "TemperatureMeasurement.MeasuredValue": 1160,
                "TemperatureControl.TemperatureSetpoint": 400,
                "Callahead.CompressorDuty": 100,
                "Callahead.CompressorCurrent": 0,
            },
        }),
        _event("appliance.stock", "frosty/fridge-12", "3-92", "2026-01-12T10:00:00Z", {
            "items": [{"gtin": "4006381333931", "name": "milk 1 l", "quantity": 0.5, "reorder_at": 1,
                       "reorder_quantity": 4}],
        }),
        _event("payment.attempt", "volta/phone-1", "12-40", "2026-01-12T12:31:09+02:00", {
            "end_to_end_id": "INV-2026-00017",
            "status": "RJCT",
            "reason": "AM04",
            "amount": "129.90",
            "currency": "EUR",
            "processor": "baltpay",
            "creditor_account": "LV80BANK0000435195001",
            "debtor_agent": "BANKLV22",
            "instrument": "account",
            "method": "TRF",
            "rejected_by": "BANKLV22",
        }),
        _event("phone.status", "volta/phone-1", "12-41", "2026-01-12T12:32:00+02:00", {"position": _HERE}),
        _event("truck.status", "help/truck-3", "1-5", "2026-01-12T06:41:30Z", {
            "position": _HERE,
            "duty": "on",
            "job": {"id": "volta/car-1/7-1204/job-1", "state": "accepted"},
        }),
    )
}  # fmt: skip
"""By type."""

RECEIPT: Json = {
    **_command("receipt", {
        "source": "/volta/car-1",
        "event_id": "7-1204",
        "verdict": "accepted",
        "sha256": "62ff22c46c1c8b75ac5a2fe37eef0d3e8f4baad2f2ca5ecab2e5a4fb1ea7fbf4",
    }),
    "type": "callahead.receipt.v1",
}  # fmt: skip
ONLINE: Json = {"online": True, "boot": 7, "time": "2026-01-12T06:00:00Z"}
LAST_WILL: Json = {"online": False, "boot": 7}

COMMANDS: dict[str, Json] = {
    example["type"]: example
    for example in (
        _command("stop-safely", {"case": "volta/car-1/7-1204", "reason": "The 12 V system fails within minutes."}),
        _command("job-offer", {
            "job": "volta/car-1/7-1204/job-1",
            "case": "volta/car-1/7-1204",
            "latitude": 56.951212,
            "longitude": 24.113388,
            "accuracy_m": 6.5,
            "part": "battery_12v",
            "skill": "battery",
            "on_scene_s": 1500,
            "tow_to_latitude": 56.93,
            "tow_to_longitude": 24.07,
        }),
        _command("job-withdrawal", {"job": "volta/car-1/7-1204/job-1", "reason": "The car recovered."}),
        _command("job-destination", {"job": "volta/car-1/7-1204/job-1", "latitude": 56.93, "longitude": 24.07}),
        _command(
            "job-scene",
            {
                "job": "volta/car-1/7-1204/job-1",
                "latitude": 56.9531,
                "longitude": 24.1102,
                "accuracy_m": 6.0,
                "part": "alternator",
                "on_scene_s": 900.0,
            },
        ),
        _command("notice", {"case": "frosty/fridge-12/3-91", "text": "Your fridge is too warm. We ring you at 11:20."}),
        RECEIPT,
    )
}  # fmt: skip
"""By type."""

REJECTED: Json = {
    "type": "urn:callahead:rule:invalid-value",
    "title": "A value is missing, misnamed or impossible",
    "detail": "/data/signals/Vehicle.Sped: the contract has no such name here. Did you mean 'Vehicle.Speed'?",
    "pointer": "/data/signals/Vehicle.Sped",
    "event_id": "7-1203",
    "sha256": "62ff22c46c1c8b75ac5a2fe37eef0d3e8f4baad2f2ca5ecab2e5a4fb1ea7fbf4",
}
"""A problem, as published on ``…/rejected``."""
