"""``callahead vendor``, ``device`` and ``broker-config``, against a running service."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from gateway.broker.nats_process import find_binary
from scenarios.service.forks import Ended
from tests.conftest import command, forks

ROOT = Path(__file__).parents[2]
Run = Callable[..., Ended]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """One service for all claims."""
    folder = tmp_path_factory.mktemp("serve")
    with forks().start("--port", "0", "--json", "--dir", str(folder)) as process:
        assert process.stdout
        yield SimpleNamespace(http=json.loads(process.stdout.readline())["http"], folder=folder)
        process.terminate()


@pytest.fixture
def run(service: Any) -> Run:
    """Run a command of ours on it."""

    def ran(*words: str, code: int = 0) -> Ended:
        ended = command("scenarios.cli", *words, "--service", service.http)
        assert ended.returncode == code, ended.stderr
        return ended

    return ran


def test_a_vendor_and_its_device_are_added(run: Run, service: Any) -> None:
    """Each with a credential, told once: added again, the vendor keeps the one it has."""
    told = json.loads(run("vendor", "add", "acme", "--contact", "anna@acme.example", "--json").stdout)
    assert told["credential"]["username"] == "acme"
    assert httpx.get(f"{service.http}/api/v1/vendors").json() == [
        {"vendor": "acme", "provenance": "simulated", "contact": "anna@acme.example"}
    ]
    device = run("device", "add", "acme/car-1", "--kind", "car", "--customer", "c-1").stdout
    assert "acme/car-1 is registered" in device
    assert "username: acme/car-1" in device
    again = run("vendor", "add", "acme")
    assert "password" not in again.stdout
    assert "`rotate` issues a new one" in again.stderr


def test_a_credential_in_a_folder_is_its_owners(run: Run, tmp_path: Path) -> None:
    """Password, certificate, key and authority, readable by nobody else, and none of it on the terminal."""
    run("vendor", "add", "files")
    said = run("device", "add", "files/car-1", "--kind", "car", "--certificate", "--out", str(tmp_path / "key")).stdout
    written = {path.name: path for path in (tmp_path / "key").iterdir()}
    assert set(written) == {"credential.json", "client.pem", "client.key", "ca.pem"}
    assert {path.stat().st_mode & 0o777 for path in written.values()} == {0o600}
    assert json.loads(written["credential.json"].read_text())["password"] not in said
    assert str(written["client.key"]) in said


def test_a_credential_is_rotated_and_revoked(run: Run) -> None:
    """A second time there is nothing to revoke: exit code 2, with the reason."""
    first = json.loads(run("vendor", "add", "turns", "--json").stdout)
    second = json.loads(run("vendor", "rotate", "turns", "--json").stdout)
    assert first["credential"]["password"] != second["credential"]["password"]
    run("vendor", "revoke", "turns")
    assert "There is no credential" in run("vendor", "revoke", "turns", code=2).stderr


def test_two_thousand_devices_are_imported_at_once(run: Run, service: Any, tmp_path: Path) -> None:
    """In one go; the broker, for which none of them has a credential of its own, is left alone."""
    run("vendor", "add", "many")
    log = service.folder / "broker" / "nats-server.log"
    before = log.read_text().count("Reloaded")
    lines = [f"many/car-{number},car,c-{number},T-{number % 7}" for number in range(2_000)]
    file = tmp_path / "devices.csv"
    file.write_text("\n".join(["device,kind,customer,model", *lines]) + "\n")
    assert json.loads(run("device", "import", str(file), "--json").stdout) == {"registered": 2_000}
    assert httpx.get(f"{service.http}/api/v1/totals").json()["devices"] >= 2_000
    assert log.read_text().count("Reloaded") == before


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (
            ["lists/car-1,car,", "lists/car-2,boat,"],
            "line 3, column kind: Input should be 'car', 'fridge', 'home', 'phone'",
        ),
        (["lists/car 1,car,"], "line 2, column device: String should match pattern"),
        (["lists/car-1,car,", "lists/car-1,car,"], "line 3, column device: lists/car-1 stands on line 2 already"),
        (["lists/car-1,,"], "line 2, column kind: Field required"),
        (["lists/car-1,car,,more"], "line 2, column after the last"),
        (["stranger/car-1,car,"], "the vendor 'stranger' is not registered"),
        (["lists/car-1,car,real"], "a simulated vendor has no real devices"),
    ],
)
def test_a_wrong_line_is_named_and_nothing_is_registered(
    run: Run, service: Any, tmp_path: Path, lines: list[str], said: str
) -> None:
    """Line, column and rule; exit code 2."""
    run("vendor", "add", "lists")
    before = httpx.get(f"{service.http}/api/v1/totals").json()["devices"]
    file = tmp_path / "devices.csv"
    file.write_text("\n".join(["device,kind,provenance", *lines]) + "\n")
    ended = run("device", "import", str(file), code=2)
    assert said in " ".join(ended.stderr.split())
    assert httpx.get(f"{service.http}/api/v1/totals").json()["devices"] == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("vendor", "add", "No Name"), "vendor: String should match pattern"),
        (("device", "add", "nobody", "--kind", "car"), "a device is named VENDOR/DEVICE"),
        (("device", "import", "no-such.csv"), "no-such.csv"),
        (("vendor", "rotate", "unheard-of"), "There is no such vendor"),
    ],
)
def test_bad_input_is_told(run: Run, words: tuple[str, ...], said: str) -> None:
    """Exit code 2 and a sentence, without a traceback."""
    ended = run(*words, code=2)
    assert said in " ".join(ended.stderr.split())
    assert "Traceback" not in ended.stderr


def test_no_service_is_told() -> None:
    """With what to start."""
    ended = command("scenarios.cli", "vendor", "list", "--service", "http://127.0.0.1:1")
    assert (ended.returncode, "start callahead-serve" in ended.stderr) == (2, True)


def test_a_nats_server_of_ones_own_is_configured(run: Run, service: Any, tmp_path: Path) -> None:
    """NATS accepts what is written, beside the running service; nobody else may read it."""
    run("vendor", "add", "outside")
    folders = ("--dir", str(tmp_path), "--store", str(service.folder))
    written = command("scenarios.cli", "broker-config", "--for", "nats", *folders)
    assert written.returncode == 0, written.stderr
    address = tmp_path / "service.address"
    assert written.stdout.split() == ["callahead-serve", "--broker", f"@{address}"]
    assert address.read_text().startswith("mqtt://callahead.service:")
    assert address.stat().st_mode & 0o777 == 0o600
    file = tmp_path / "nats-server.conf"
    assert file.stat().st_mode & 0o777 == 0o600
    assert "outside" in {user["user"] for user in json.loads(file.read_text())["authorization"]["users"]}
    subprocess.run([find_binary(), "-t", "-c", str(file)], check=True, timeout=20)


def test_a_customer_is_told_what_is_kept_of_them_and_erased(run: Run, service: Any, tmp_path: Path) -> None:
    """And what they agree to; whoever is not known is told so."""
    anna = {
        "customer": "c-17",
        "name": "Anna Ozola",
        "phone": "+37120000017",
        "language": "lv",
        "provenance": "simulated",
    }
    httpx.post(f"{service.http}/api/v1/customers", json=[anna]).raise_for_status()
    assert run("customer", "consent", "c-17", "--withdraw", "call").stdout.splitlines()[0] == "call: no"
    file = tmp_path / "c-17.json"
    run("customer", "export", "c-17", "--out", str(file))
    assert json.loads(file.read_text("utf-8"))["register"]["name"] == "Anna Ozola"
    assert file.stat().st_mode & 0o777 == 0o600
    run("customer", "erase", "c-17")
    assert "c-17" in (service.folder / "erased.jsonl").read_text("utf-8")
    assert "nothing is kept" in run("customer", "export", "c-17", code=2).stderr
    run("customer", "erase", "c-nobody", code=2)
