"""All kinds of devices there are: found by folder, checked, and asked by name, by event type or by finding. Pure.

A kind is a folder in ``gateway/kinds/`` with the same file names in each. What is wrong with one is told by file and rule,
before anything starts. A test adds one at run time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from gateway.apps.messages import MESSAGES as APPS
from gateway.contract.event_types import event_types
from gateway.contract.kind_folders import kind_folders, module_in
from gateway.devices.registry import DeviceRecord
from gateway.diagnosis.catalogue import Meaning, makes
from gateway.diagnosis.knowledge import Knowledge
from gateway.diagnosis.ranking import model
from gateway.errors import AuthorError, OperatorError
from gateway.finding import Domain, Finding
from gateway.kinds.kind import Kind
from gateway.payments.features import KNOWLEDGE as PAYMENTS
from gateway.payments.messages import MESSAGES as SHARED

FILES = ("__init__.py", "kind.py", "messages.py", "conclude.py")
"""What every kind's folder has; ``features.py``, ``memory.py`` and ``knowledge/`` where it needs them."""
_SHARED_TYPES = frozenset(one.name for one in (*APPS.events, *SHARED.events))
_ATTEMPT = "callahead.payment.attempt.v1"


class KindError(AuthorError):
    """A kind's folder is wrong; the message names file and rule."""


class NoSuchKind(OperatorError):  # noqa: N818 - says what happened
    """There is no kind of that name; the message says which there are."""


class Kinds:
    """Kinds by name."""

    def __init__(self, kinds: Iterable[Kind] = ()) -> None:
        """The event types of ``kinds`` are known already. Raises ``KindError``."""
        self._kinds: dict[str, Kind] = {}
        for kind in kinds:
            self._take(kind)

    def add(self, kind: Kind) -> None:
        """Add a kind at run time, with its event types. Raises ``KindError``, or ``MessagesError`` for a type that there is."""
        for file, rule in self._mistakes(kind):
            raise KindError(f"{kind.name}/{file}: {rule}")
        event_types().add(_messages_of(kind), kind.messages)
        self._kinds[kind.name] = kind

    def remove(self, kind: Kind) -> None:
        """Take away what ``add`` added."""
        del self._kinds[kind.name]
        event_types().remove(_messages_of(kind))

    def named(self, name: str) -> Kind:
        """Return a kind. Raises ``NoSuchKind``."""
        kind = self._kinds.get(name)
        if kind is None:
            raise NoSuchKind(f"{name!r} is no kind of device; there are {', '.join(self.names)}")
        return kind

    def check(self, records: Iterable[DeviceRecord]) -> None:
        """Raise ``NoSuchKind`` where a device is registered as what is no kind: it was written where there was one more."""
        for record in records:
            if record.kind not in self._kinds:
                raise NoSuchKind(f"{record.device} is registered as a {record.kind}; there are {', '.join(self.names)}")

    def of_type(self, event_type: str) -> Kind | None:
        """Return the kind that alone sends a type; ``None``: any kind may."""
        return next((kind for kind in self if any(one.name == event_type for one in kind.messages.events)), None)

    def of_stranger(self, event_type: str) -> Kind:
        """Return what a device that nobody registered is taken for by what it sends. Raises ``NoSuchKind``."""
        kind = self._of_stranger(event_type)
        if kind is None:
            raise NoSuchKind(f"{event_type!r} is sent by no kind of device that nobody registered")
        return kind

    def hears_strangers(self, event_type: str) -> bool:
        """May a device that nobody registered send it, where strangers are heard at all?"""
        return self._of_stranger(event_type) is not None

    def _of_stranger(self, event_type: str) -> Kind | None:
        return self.of_type(event_type) or next((one for one in self if event_type in one.strangers_send), None)

    def of_finding(self, finding: Finding) -> Kind:
        """Return the kind a finding is about; of a payment, which every kind can make, one that does. Raises ``NoSuchKind``."""
        return self.named(finding.kind) if finding.kind else self.of_domain(finding.domain)

    def of_domain(self, domain: Domain) -> Kind:
        """Return the kind that a finding of a domain is about that names none. Raises ``NoSuchKind``."""
        if domain is Domain.PAYMENT:
            return self.of_stranger(_ATTEMPT)
        return next(kind for kind in self if kind.domain is domain and not kind.named_in_findings)

    def knowledge_of(self, finding: Finding) -> Knowledge | None:
        """Return the catalogue that a finding's part stands in; ``None``: nothing breaks in its kind. Raises ``NoSuchKind``."""
        return PAYMENTS if finding.domain is Domain.PAYMENT else self.of_finding(finding).knowledge

    @property
    def meant_unsaid(self) -> Kind:
        """The kind that a customer means who tells of a fault, where nobody says what is broken."""
        return next(kind for kind in self if kind.meant_unsaid)

    @property
    def names(self) -> tuple[str, ...]:
        """The name of each kind."""
        return tuple(self._kinds)

    def __iter__(self) -> Iterator[Kind]:
        return iter(self._kinds.values())

    def __contains__(self, name: object) -> bool:
        return name in self._kinds

    def _take(self, kind: Kind) -> None:
        for file, rule in self._mistakes(kind):
            raise KindError(f"{kind.name}/{file}: {rule}")
        self._kinds[kind.name] = kind

    def _mistakes(self, kind: Kind) -> Iterator[tuple[str, str]]:
        """Yield what is wrong with a kind beside the others: file and rule."""
        if kind.name in self._kinds:
            yield "kind.py", "name: there is a kind of that name already"
        own = {one.name for one in kind.messages.events}
        for name in sorted((kind.readings.keys() | kind.overtaken) - own):
            yield "kind.py", f"{name}: is no event type of messages.py"
        for name in sorted(kind.strangers_send - _SHARED_TYPES):
            yield "kind.py", f"strangers_send: {name}: is no event type that every kind may send"
        if (kind.domain is None) != (kind.knowledge is None):
            yield "kind.py", "domain and knowledge: what can break is known where something can, and nowhere else"
        for other in self:
            yield from _rivalry(kind, other)


def _rivalry(kind: Kind, other: Kind) -> Iterator[tuple[str, str]]:
    """Yield what two kinds claim of which there can be one."""
    if not kind.named_in_findings and not other.named_in_findings and kind.domain is other.domain is not None:
        yield "kind.py", f"named_in_findings: findings of {kind.domain} that name no kind are about {other.name}"
    if kind.meant_unsaid and other.meant_unsaid:
        yield "kind.py", f"meant_unsaid: so is {other.name}"
    for name in sorted(kind.strangers_send & other.strangers_send):
        yield "kind.py", f"strangers_send: {name}: makes a stranger one of {other.name} already"


@cache
def kinds() -> Kinds:
    """Return all kinds there are. Raises ``KindError``, or ``MessagesError`` where two bring one event type."""
    event_types()
    return Kinds(read_kind(folder) for folder in kind_folders())


def read_kind(folder: Path) -> Kind:
    """Return the kind of a folder. Raises ``KindError``."""
    check_folder(folder)
    kind = getattr(module_in(folder, "kind"), "KIND", None)
    if not isinstance(kind, Kind):
        raise KindError(f"{folder.name}/kind.py: KIND: is missing, or no Kind")
    if kind.name != folder.name:
        raise KindError(f"{folder.name}/kind.py: name: {kind.name!r} is not what its folder is called")
    return kind


def check_folder(folder: Path) -> None:
    """Raise ``KindError`` where a kind's folder lacks a file."""
    for name in FILES:
        if not (folder / name).is_file():
            raise KindError(f"{folder.name}/{name}: is missing; every kind has {', '.join(FILES)}")


def check_catalogues() -> None:
    """Read what every kind knows of what can break, so that no first fault waits for it.

    Raises ``CatalogueError`` naming file, entry and rule.
    """
    for known in knowledges().values():
        model(known)


def knowledges() -> dict[str, Knowledge]:
    """Return what can break or go wrong, by the name of the catalogue: in each kind, and with payments of whichever."""
    return {known.name: known for known in (*(kind.knowledge for kind in kinds()), PAYMENTS) if known is not None}


def own_codes(paths: Iterable[Path] = ()) -> dict[str, dict[str, Meaning]]:
    """Read what makes mean by codes of their own, by vendor: those shipped, then ``paths``. Raises ``CatalogueError``.

    A file of an operator speaks of the kind that has such codes.
    """
    known = next(one for one in knowledges().values() if (one.folder / "vendors").is_dir())
    return makes(known, paths)


def _messages_of(kind: Kind) -> str:
    return f"{kind.name}/messages.py"
