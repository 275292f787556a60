"""One example of each message, as it goes over the wire. Schemas, page and tests read them here."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


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


RECEIPT: Json = {
    **_command("receipt", {
        "source": "/volta/car-1",
        "event_id": "7-1204",
        "verdict": "accepted",
        "sha256": "62ff22c46c1c8b75ac5a2fe37eef0d3e8f4baad2f2ca5ecab2e5a4fb1ea7fbf4",
    }),
    "type": "callahead.receipt.v1",
}  # fmt: skip
PAYMENT_STATUS: Json = {
    **_command("payment-status", {
        "end_to_end_id": "PARK-7-1204",
        "status": "RJCT",
        "reason": "AM04",
        "detail": "there is not so much in the purse",
    }),
    "type": "callahead.payment.status.v1",
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
        _command("notice", {"case": "volta/car-1/7-1204", "text": "Your alternator has failed. We ring you at 11:20."}),
        PAYMENT_STATUS,
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
