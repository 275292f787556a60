"""Opens what was recorded: a run's folder, a live service's folder, a ledger's file, or a store by its DSN. Read only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from dispatch.ledger.rows import Row, faults
from dispatch.service.policy_file import BadPolicyFile, read_policy
from dispatch.store.address import FILE, StoreAddress
from dispatch.store.errors import JournalRefused
from dispatch.store.journal import Journal
from gateway.errors import OperatorError
from scenarios.runner import run_notes
from scenarios.runner.run_notes import Notes
from scenarios.world import ground_truth as truth
from scenarios.world import money_truth, survey_truth
from scenarios.world.ground_truth import Fault
from scenarios.world.money_truth import Wrong
from scenarios.world.survey_truth import Contentment

TOLD = 3
"""Of what is wrong with a ledger, so many are told."""


class NothingRecorded(OperatorError):  # noqa: N818 - says what is the matter
    """There is no ledger there, or none that can be trusted. The message says where and what to do."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A ledger, with what lies beside it. ``truth`` and ``notes``: ``None`` beside a live service's."""

    name: str
    address: StoreAddress
    truth: list[Fault] | None
    notes: Notes | None
    policy: Mapping[str, float | int | str] = field(default_factory=dict)
    """Where the house went by other values than usual; of a live service only where its policy file lies there."""
    wrongs: list[Wrong] | None = None
    """What really went wrong with what devices paid; ``None``: nothing did, or nobody knows."""
    contentment: list[Contentment] | None = None
    """How content those were who were asked; ``None``: nobody was, or nobody knows."""

    def rows(self) -> Iterator[Row]:
        """Iterate over the ledger, in order."""
        with Journal.look_at(self.address) as journal:
            yield from journal.ledger.rows()


def open_recorded(name: str) -> Recorded:
    """Open a run by its folder, its ledger or its DSN. Raises ``NothingRecorded`` where that is none, or is not sound."""
    address, folder = _address(name)
    notes = run_notes.read(folder) if folder else None
    found = Recorded(name, address, _truth(folder), notes, notes.policy if notes else _policy(folder), *_truths(folder))
    try:
        wrong = list(islice(faults(found.rows()), TOLD))
    except (JournalRefused, SQLAlchemyError) as error:
        message = f"{name}: the ledger cannot be read: {getattr(error, 'orig', None) or error}"
        raise NothingRecorded(message) from None
    if wrong:
        message = f"{name}: the ledger is not sound, so nothing is told of it: {'; '.join(wrong)}"
        raise NothingRecorded(message)
    return found


def recorded_in(folder: Path, name: str) -> Recorded:
    """Return a run that was just written into a folder: nobody else has had it in hand."""
    notes = run_notes.read(folder)
    return Recorded(
        name, StoreAddress.in_folder(folder), _truth(folder), notes, notes.policy if notes else {}, *_truths(folder)
    )


def _policy(folder: Path | None) -> dict[str, float | int | str]:
    """Return what the policy file of a story that was played live changes."""
    path = folder / run_notes.POLICY_FILE if folder else None
    if path is None or not path.exists():
        return {}
    try:
        return run_notes.unusual(read_policy(path).desk())
    except BadPolicyFile as error:
        raise NothingRecorded(str(error)) from None


def _address(name: str) -> tuple[StoreAddress, Path | None]:
    if "://" in name:
        return StoreAddress.parse(name), None
    path = Path(name)
    if path.is_file():
        return StoreAddress.in_folder(path.parent) if path.name == FILE else _as_file(path), path.parent
    if (path / FILE).is_file():
        return StoreAddress.in_folder(path), path
    if path.is_dir():
        message = f"{name}: no ledger lies there ({FILE}); give the folder of a run, as runs/winter_morning-1, or of a service"
        raise NothingRecorded(message)
    near = sorted(found.parent.name for found in path.parent.glob(f"*/{FILE}"))[:5] if path.parent.is_dir() else []
    hint = f"; beside it lie {', '.join(near)}" if near else "; callahead run STORY makes one"
    message = f"{name}: there is no such run{hint}"
    raise NothingRecorded(message)


def _as_file(path: Path) -> StoreAddress:
    return StoreAddress.parse(f"sqlite:///{path}")


def _truths(folder: Path | None) -> tuple[list[Wrong] | None, list[Contentment] | None]:
    """Return what went wrong with money, and how content people were. Raises ``NothingRecorded`` where that cannot be read."""
    if folder is None:
        return None, None
    try:
        return money_truth.read(folder) or None, survey_truth.read(folder) or None
    except (ValueError, TypeError) as error:
        message = f"{folder}: {money_truth.FILE} or {survey_truth.FILE} is no run's truth: {error}"
        raise NothingRecorded(message) from None


def _truth(folder: Path | None) -> list[Fault] | None:
    path = folder / "truth.jsonl" if folder else None
    if path is None or not path.exists():
        return None
    try:
        return truth.read(path)
    except (ValueError, TypeError) as error:
        message = f"{path}: is no run's truth: {error}"
        raise NothingRecorded(message) from None
