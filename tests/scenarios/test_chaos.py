"""The fault campaign itself, in a few rounds: everything is done to a real service, and nothing is lost or done twice."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from scenarios.chaos.campaign import Campaign, run
from scenarios.chaos.choice import choose
from scenarios.chaos.database import POSTGRESQL
from scenarios.chaos.kinds import BrokerChoice, FaultKind
from scenarios.service.process import CannotPlay
from tests.conftest import command

PATIENCE_S = 400
"""On a machine that is busy with other things."""


def _chaos(*options: str) -> tuple[int, str, str]:
    return command("scenarios.cli", "chaos", *options, timeout_s=PATIENCE_S)


@pytest.mark.timeout(PATIENCE_S)
def test_every_kind_of_fault_loses_nothing(tmp_path: Path) -> None:
    """One round of each on a broker that stands apart."""
    kinds = choose("", BrokerChoice.APART)
    outcome = run(Campaign(len(kinds), 11, kinds, BrokerChoice.APART, out=tmp_path))
    assert outcome.holds, outcome
    assert outcome.sent == outcome.cases == 12 * len(kinds)
    assert all(outcome.faults.values())
    assert outcome.repeated
    assert outcome.heard_again
    assert outcome.settled > len(kinds)
    assert outcome.refused
    assert (outcome.over_limit, outcome.debits_minus_credits) == (0, 0)
    assert not list(tmp_path.iterdir())


@pytest.mark.timeout(PATIENCE_S)
def test_a_service_that_takes_its_broker_along(tmp_path: Path) -> None:
    """Killed together; killed alone on a disk that is full; from the command line."""
    code, said, _ = _chaos(
        *(
            "--rounds",
            "2",
            "--seed",
            "13",
            "--broker",
            "own",
            "--faults",
            "disk-full,kill-service,kill-broker",
            "--json",
        ),
        *("--out", str(tmp_path)),
    )
    told = json.loads(said)
    money = ("payments", "settled", "refused", "over_limit", "debits_minus_credits")
    assert {"rounds", "sent", "cases", "lost", "twice", "ledger_ok", *money} <= set(told)
    assert (told["rounds"], told["sent"], told["lost"], told["twice"], told["ledger_ok"]) == (2, 24, 0, 0, True)
    assert code == 0, said


@pytest.mark.timeout(PATIENCE_S)
def test_a_database_that_dies(tmp_path: Path) -> None:
    """PostgreSQL is killed and comes back: the service waits for it and goes on."""
    if not list(Path("/usr/lib/postgresql").glob("*/bin/initdb")) and not os.environ.get("CI"):
        pytest.skip("PostgreSQL is not installed")
    outcome = run(Campaign(1, 8, (FaultKind.KILL_DATABASE,), BrokerChoice.APART, POSTGRESQL, tmp_path))
    assert outcome.holds, outcome
    assert (outcome.cases, outcome.crashes) == (12, 0)


@pytest.mark.parametrize(
    ("faults", "broker", "words"),
    [
        ("kill-everybody", BrokerChoice.EMBEDDED, "there is no such kind"),
        ("kill-database", BrokerChoice.EMBEDDED, "--store postgresql"),
        ("repeat", BrokerChoice.OWN, "--broker apart"),
    ],
)
def test_what_cannot_be_done_is_told(faults: str, broker: BrokerChoice, words: str) -> None:
    """With what to change."""
    with pytest.raises(CannotPlay, match=words):
        choose(faults, broker)


@pytest.mark.parametrize(
    ("store", "words"),
    [
        ("mysql://here/there", "there is no store of that kind"),
        ("postgresql://nobody@127.0.0.1:1/nothing", "--store postgresql://nobody@127.0.0.1:1/nothing: "),
    ],
)
def test_a_wrong_store_is_told(store: str, words: str) -> None:
    """Before anything is started; the command line ends with 2."""
    code, _, said = _chaos("--rounds", "1", "--store", store)
    assert code == 2
    assert words in " ".join(said.split())


def test_what_cannot_be_done_here_is_left_out() -> None:
    """Unless it is asked for by name."""
    assert FaultKind.KILL_DATABASE not in choose("", BrokerChoice.EMBEDDED)
    assert FaultKind.KILL_DATABASE in choose("", BrokerChoice.EMBEDDED, own_database=True)
    assert FaultKind.REPEAT not in choose("", BrokerChoice.OWN)
