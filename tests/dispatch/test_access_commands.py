"""``callahead-serve user`` and ``key`` on a store at rest, ``callahead user`` and ``key`` on a running service."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from tests.conftest import command

PASSWORD = "a horse that counts to twelve"  # noqa: S105 - a test's


def told(module: str, *words: str, key: str = "", fails: bool = False) -> str:
    """Run a command; return what it says."""
    ended = command(module, *words, CALLAHEAD_KEY=key)
    assert (ended.returncode != 0) is fails, ended.stderr
    return (ended.stderr if fails else ended.stdout).strip()


def test_a_store_at_rest_is_given_accounts_and_keys(serve: Callable[..., Any], tmp_path: Path) -> None:
    """And the service that starts on it knows them; while it runs, the store is its own."""
    at_rest = ("dispatch.cli.serve", "--dir", str(tmp_path / "serve"))
    secret = tmp_path / "password"
    secret.write_text(PASSWORD + "\n")
    told(*at_rest, "user", "add", "boss", "--role", "administrator", "--password-file", str(secret))
    link = told(*at_rest, "user", "add", "anna", "--role", "agent").rpartition("/enter/")[2]
    key = told(*at_rest, "key", "add", "metrics", "--scope", "read-health")
    told(*at_rest, "key", "add", "old", "--role", "auditor")
    told(*at_rest, "key", "revoke", "old")
    assert told(*at_rest, "user", "list").splitlines() == ["anna  agent", "boss  administrator"]
    assert told(*at_rest, "key", "list").splitlines() == ["metrics  read-health", "old  auditor  over"]
    assert "say whose" in told(*at_rest, "user", "add", "v", "--role", "vendor", fails=True)
    assert "a name has letters" in told(*at_rest, "key", "add", "a/b", "--role", "agent", fails=True)
    assert "no key is called" in told(*at_rest, "key", "revoke", "other", fails=True)
    served = serve()
    assert httpx.get(f"{served.http}/metrics").status_code == 401
    assert httpx.get(f"{served.http}/metrics", headers={"authorization": f"Bearer {key}"}).status_code == 200
    entered = httpx.post(f"{served.http}/enter/{link}", data={"password": PASSWORD, "again": PASSWORD})
    assert entered.status_code == 303
    logged_in = httpx.post(f"{served.http}/log-in", data={"name": "boss", "password": PASSWORD})
    assert logged_in.status_code == 303
    assert "another service" in told(*at_rest, "user", "lock", "anna", fails=True)


def test_a_running_service_is_asked(serve: Callable[..., Any], tmp_path: Path) -> None:
    """By an administrator's key, which may stand in a file; without it nothing is told."""
    served = serve()
    at = ("--service", served.http)
    key = told("scenarios.cli", "key", "add", "ops", "--role", "administrator", *at)
    said = told("scenarios.cli", "vendor", "add", "acme", *at, fails=True)
    assert ("Log in first" in said, "CALLAHEAD_KEY=@FILE" in said) == (True, True)
    assert "acme" in told("scenarios.cli", "vendor", "add", "acme", *at, key=key)
    kept = tmp_path / "key"
    kept.write_text(key + "\n")
    link = told("scenarios.cli", "user", "add", "bob", "--role", "dispatcher", *at, key=f"@{kept}")
    assert re.fullmatch(re.escape(served.http) + r"/enter/[\w-]{43}", link)
    told("scenarios.cli", "user", "lock", "bob", *at, key=key)
    assert told("scenarios.cli", "user", "list", *at, key=key) == "bob  dispatcher  locked"
    told("scenarios.cli", "user", "unlock", "bob", *at, key=key)
    told("scenarios.cli", "key", "add", "gone", "--scope", "read-cases", "--days", "1", *at, key=key)
    assert told("scenarios.cli", "key", "list", *at, key=key).splitlines() == ["gone  read-cases", "ops  administrator"]
    told("scenarios.cli", "key", "revoke", "ops", *at, key=key)
    assert "cannot be read" in told("scenarios.cli", "key", "list", *at, key="@/nowhere", fails=True)
    assert "Log in first" in told("scenarios.cli", "key", "list", *at, key=key, fails=True)
