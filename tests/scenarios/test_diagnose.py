"""``callahead diagnose``: what it says of an event, of a sequence, and of input that is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from scenarios.service.forks import Ended
from tests.conftest import command

VOLTAGE = "Vehicle.LowVoltageBattery.CurrentVoltage"
ENGINE = "Vehicle.Powertrain.CombustionEngine"
AT = "2026-11-20T07:00:00Z"


def event(
    *codes: str, number: int = 1, at: str = AT, frame: dict[str, Any] | None = None, **more: Any
) -> dict[str, Any]:
    """Return a car's fault."""
    told = {"codes": [{"code": code} for code in codes], "freeze_frame": frame or {}}
    return {
        "specversion": "1.0",
        "type": "callahead.vehicle.fault.v1",
        "source": "/demo/car-1",
        "id": f"1-{number}",
        "time": at,
        "data": told,
        **more,
    }


def diagnose(folder: Path, content: object, *words: str) -> Ended:
    """Write a file and explain it."""
    file = folder / "told.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return command("scenarios.cli", "diagnose", str(file), *words, cwd=folder)


STORM = event(
    *("P0562", "U0121", "U0140", "C0561"),
    frame={VOLTAGE: 11.7, f"{ENGINE}.IsRunning": True, f"{ENGINE}.Speed": 1900},
)


def test_one_event_is_ranked_graded_and_explained(tmp_path: Path) -> None:
    """An undervoltage storm is the alternator, not four modules; the keys that machines read are there."""
    done = diagnose(tmp_path, STORM, "--json")
    found = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (0, "")
    assert {"parts", "decision", "why"} <= set(found)
    assert set(found["parts"][0]) == {"part", "probability", "severity", "safe_to_drive"}
    assert (found["parts"][0]["part"], found["parts"][0]["safe_to_drive"]) == ("alternator", "stop_now")
    assert found["decision"] == "act"
    assert any("engine runs" in reason for reason in found["why"])
    assert found["measure"]
    shares = [part["probability"] for part in found["parts"]]
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) <= 1.001


def test_people_read_a_table_and_sentences(tmp_path: Path) -> None:
    """The part, how sure, whether to drive on, what to say and why."""
    shown = diagnose(tmp_path, STORM).stdout
    assert all(word in shown for word in ("alternator", "no, stop now", "Decision", "To say", "Why", "Measure"))


def test_a_sequence_is_one_story(tmp_path: Path) -> None:
    """Events a line: what was told first and what a better diagnosis made of it."""
    first = event("P0562", frame={VOLTAGE: 11.9})
    lines = [first, {**STORM, "id": "1-2", "time": "2026-11-20T07:04:00Z"}]
    found = json.loads(diagnose(tmp_path, "\n".join(map(json.dumps, lines)), "--json").stdout)
    assert found["parts"][0]["part"] == "alternator"
    assert found["told"]


def test_payments_and_fridges_are_explained_too(tmp_path: Path) -> None:
    """A wrong IBAN and a door: each kind of device has its catalogue."""
    attempt = {"end_to_end_id": "p1", "status": "RJCT", "reason": "AC01", "amount": "12.50", "currency": "EUR",
               "processor": "baltpay", "creditor_account": "LV97HABA0012345678910"}  # fmt: skip
    payment = {**event(), "type": "callahead.payment.attempt.v1", "source": "/demo/phone-1", "data": attempt}
    assert json.loads(diagnose(tmp_path, payment, "--json").stdout)["parts"][0]["part"] == "account_number"
    door = {"alarms": ["DoorOpen"], "attributes": {"RefrigeratorAlarm.State": 1}}
    fridge = {**event(), "type": "callahead.appliance.fault.v1", "source": "/demo/fridge-1", "data": door}
    assert json.loads(diagnose(tmp_path, fridge, "--json").stdout)["parts"][0]["part"] == "door_ajar"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ('{"specversion":', "told.json: not JSON"),
        ("[]", "told.json: the list holds no event"),
        ([17], "told.json: event 1: is no JSON object"),
        ({"data": {}}, "told.json: event 1: source: is missing"),
        (event("P9999"), "told.json: event 1: invalid-value: /data/codes/0/code"),
        (
            event("P0217", frame={f"{ENGINE}.EngineCoolant.Temperature": 9_000}),
            "event 1: left-out: /data/freeze_frame",
        ),
        (event("P0217", at="2099-01-01T00:00:00Z"), "told.json: event 1: time-in-future"),
        (
            event("P0217", frame={f"{ENGINE}.IsRunning": True, f"{ENGINE}.Speed": 0}),
            "event 1: contradiction: the engine runs",
        ),
        (event(), "told.json: event 1: invalid-value"),
    ],
)
def test_bad_input_ends_with_2_and_names_file_entry_and_rule(tmp_path: Path, content: object, told: str) -> None:
    """Malformed codes, impossible and contradictory readings, evidence from the future: said in a line, never a traceback."""
    done = diagnose(tmp_path, content)
    assert done.returncode == 2
    assert told in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_a_makes_own_codes_can_be_given(tmp_path: Path) -> None:
    """A file says what a make means; one that names an unknown part is refused with file, entry and rule."""
    make = (
        'make = "demo"\nvendors = ["demo"]\nsource = "ours"\n[codes.P1999]\nmeans = "no charge"\nparts = { %s = 0.9 }\n'
    )
    codes = tmp_path / "demo.toml"
    codes.write_text(make % "alternator", "utf-8")
    found = json.loads(diagnose(tmp_path, event("P1999"), "--codes", str(codes), "--json").stdout)
    assert found["parts"][0]["part"] == "alternator"
    codes.write_text(make % "flux_capacitor", "utf-8")
    wrong = diagnose(tmp_path, event("P1999"), "--codes", str(codes))
    assert wrong.returncode == 2
    assert "demo.toml: codes.P1999.parts.flux_capacitor: is no part of the car's catalogue" in wrong.stderr
