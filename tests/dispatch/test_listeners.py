"""What may stand on a network: no password in the clear, nobody unknown; and secrets that are not on the command line."""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.access.authority import Authority
from tests.conftest import command


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--host", "0.0.0.0"], "--host 0.0.0.0: passwords and customers' names would travel in the clear"),  # noqa: S104
        (["--host", "::"], "--host ::: passwords"),
        (["--broker", "embedded://0.0.0.0:1883"], "--broker embedded://0.0.0.0:1883: devices on a network would send"),
        (
            ["--open-demo", "--tls", "0.0.0.0:8883"],
            "--open-demo lets in whoever connects, so no listener stands on 0.0.0.0",
        ),
        (
            ["--host", "0.0.0.0", "--http-tls", f"{__file__},{__file__}", "--no-log-in"],  # noqa: S104 - what is refused
            "--no-log-in needs no log-in, so it stays on this machine",
        ),
        (["--http-tls", "cert.pem"], "write the certificate's file and the key's"),
        (["--http-tls", "no-cert.pem,no-key.pem"], "--http-tls no-cert.pem: there is no such file"),
        (["--http-name", "bad/name"], "--http-name bad/name: is no host's name"),
        (["--http-name", "callahead.example:8443"], "is no host's name"),
        (["--name", "müller.example", "--tls", "0"], "--name müller.example: is no host's name"),
        (["--store", "@/nowhere/secret"], "--store @/nowhere/secret: the file cannot be read"),
    ],
)
def test_what_would_be_open_to_a_network_does_not_start(options: list[str], says: str, tmp_path: Path) -> None:
    """The reason says what to do instead; exit code 2."""
    ended = command("dispatch.cli.serve", "--port", "0", "--dir", str(tmp_path / "serve"), *options)
    assert (ended.returncode, says in ended.stderr) == (2, True), ended.stderr


@pytest.mark.parametrize("option", [["--log-in"], ["--http-name", "callahead.example"]])
def test_everybody_logs_in_from_the_first_start_on(
    option: list[str], serve: Callable[..., Any], tmp_path: Path, eventually: Callable[..., Any]
) -> None:
    """Where that is asked for, and behind a proxy, where everybody seems to be on this machine. The link is told, and kept."""
    kept = tmp_path / "serve" / "first-administrator"
    with (tmp_path / "log").open("w") as log:
        served = serve("--log-level", "warning", *option, stderr=log)
        assert httpx.get(f"{served.http}/api/v1/cases").status_code == 401
        assert "Nobody administers this service yet" in httpx.get(f"{served.http}/log-in").text
        link = eventually(lambda: re.search(r"http\S+/enter/[\w-]{43}", (tmp_path / "log").read_text()))[0]
        assert (kept.read_text(), kept.stat().st_mode & 0o777) == (f"{link}\n", 0o600)
        form = {"name": "boss", "password": "a horse that counts", "again": "a horse that counts"}
        assert httpx.post(link, data=form).status_code == 303
        assert "Nobody administers" not in httpx.get(f"{served.http}/log-in").text
        assert served.stop() == 0
        serve(*option)
        eventually(lambda: not kept.exists())


def test_a_demo_on_this_machine_needs_no_log_in(serve: Callable[..., Any], tmp_path: Path) -> None:
    """It says so, acts as the demo's dispatcher, and draws no link; but where somebody asks for one."""
    served = serve("--open-demo")
    assert httpx.get(f"{served.http}/api/v1/me").json()["actor"] == "demo-dispatcher"
    assert not (tmp_path / "serve" / "first-administrator").exists()
    strict = serve("--open-demo", "--log-in", "--dir", str(tmp_path / "strict"))
    assert httpx.get(f"{strict.http}/api/v1/me").status_code == 401


def test_this_machine_is_open_until_somebody_has_a_key(serve: Callable[..., Any], tmp_path: Path) -> None:
    """Whoever tries it out on their own machine is not kept out; the link for an administrator is there all the same."""
    served = serve()
    assert httpx.get(f"{served.http}/api/v1/me").json()["actor"] == "demo-dispatcher"
    assert (tmp_path / "serve" / "first-administrator").exists()
    key = httpx.post(f"{served.http}/api/v1/keys", json={"name": "ops", "role": "administrator"}).json()["key"]
    assert httpx.get(f"{served.http}/api/v1/me").status_code == 401
    me = httpx.get(f"{served.http}/api/v1/me", headers={"authorization": f"Bearer {key}"}).json()
    assert me["actor"] == "key/ops"


def test_a_secret_may_come_from_a_file_or_the_environment(tmp_path: Path) -> None:
    """The address of the broker is read there, and its password is never shown."""
    secret = tmp_path / "broker"
    secret.write_text("nonsense://user:geheim@127.0.0.1:1\n")
    words = ("--port", "0", "--dir", str(tmp_path / "serve"))
    for options, environment in ((["--broker", f"@{secret}"], {}), ([], {"CALLAHEAD_BROKER": f"@{secret}"})):
        ended = command("dispatch.cli.serve", *words, *options, **environment)
        assert (ended.returncode, "it begins with nonsense" in ended.stderr) == (2, True), ended.stderr
        assert "geheim" not in ended.stderr


def test_on_a_network_it_speaks_tls_and_everybody_logs_in(serve: Callable[..., Any], tmp_path: Path) -> None:
    """With a certificate the listener stands; nobody unknown gets further than whether it lives."""
    authority = Authority(tmp_path / "authority")
    identity = authority.server(["localhost", "127.0.0.1"])
    served = serve("--host", "0.0.0.0", "--http-tls", f"{identity.certificate},{identity.private_key}")  # noqa: S104
    port = served.http.rpartition(":")[2]
    assert served.http.startswith("https://")
    trusted = ssl.create_default_context(cadata=authority.certificate())
    with httpx.Client(base_url=f"https://127.0.0.1:{port}", verify=trusted) as client:
        assert client.get("/health/live").status_code == 200
        assert client.get("/api/v1/cases").status_code == 401
        assert client.post("/api/v1/keys", json={"name": "k", "role": "administrator"}).status_code == 401
        page = client.get("/", headers={"accept": "text/html"})
        assert (page.status_code, page.headers["location"]) == (303, "/log-in?next=/")
        assert client.get("/health/live", headers={"host": "evil.example"}).status_code == 403
