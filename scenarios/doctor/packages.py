"""Which of our dependencies are installed, and new enough, as the package itself says it needs them.

We ask for a least version of each and for nothing else (a test holds that), so a line is read without a library for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version

from scenarios.doctor.finding import CheckResult, State

EXTRAS = {
    "sim": "stories",
    "report": "reports, sweeps, tables in a notebook",
    "ble": "Bluetooth LE",
    "plan": "arrivals by road, plans by set partitioning",
    "roads": "roads of OpenStreetMap's .pbf files",
    "geocoder": "street addresses on the agent's brief",
    "telephony": "calls over SIP",
    "channels": "SMS, mail and push to customers",
    "payments": "the bank",
    "voice": "voice prints",
    "hints": "hints by meaning",
    "listen": "recognised speech",
    "map": "the dispatcher's map from a file of one's own",
    "oidc": "log-in at the house's own provider",
    "qr": "the authenticator's QR code",
    "otel": "traces of faults",
    "cluster": "sweeps on a cluster",
}


_LINE = re.compile(r"""([\w.-]+)(?:\[[\w,-]+])?\s*>=\s*([\d.]+)(?:\s*;\s*extra\s*==\s*["'](\w+)["'])?""")


@dataclass(frozen=True, slots=True)
class Needed:
    """A package that is needed: always, or by an extra."""

    name: str
    least: str
    """The oldest version that will do."""
    extra: str | None = None

    @classmethod
    def parse(cls, line: str) -> Needed:
        """Read a line of the package's own metadata. Raises ``ValueError`` where it asks for more than a least version."""
        found = _LINE.fullmatch(line)
        if found is None:
            raise ValueError(f"{line!r} is no package with the least version that will do")
        return cls(*found.groups())

    @property
    def trouble(self) -> str | None:
        """What is wrong with what is installed."""
        try:
            found = version(self.name)
        except PackageNotFoundError:
            return f"{self.name} is missing"
        return None if new_enough(found, self.least) else f"{self.name} {found} is not >={self.least}"


def packages() -> Iterator[CheckResult]:
    """Yield one finding for what is always needed, and one for each extra."""
    needed = [Needed.parse(line) for line in requires("callahead") or ()]
    yield judged("dependencies", [one for one in needed if one.extra is None], State.BAD, "make install")
    for extra, what in EXTRAS.items():
        mine = [one for one in needed if one.extra == extra]
        yield judged(f"extra {extra} ({what})", mine, State.ABSENT, f"pip install 'callahead[{extra}]'")


def judged(what: str, needed: Sequence[Needed], otherwise: State, todo: str) -> CheckResult:
    """Return how a group of requirements stands; ``otherwise``: where one of them is not met."""
    wrong = [trouble for one in needed if (trouble := one.trouble)]
    if not needed:
        return CheckResult(what, otherwise, "not known to the package that is installed", "make install")
    if wrong:
        return CheckResult(what, otherwise, ", ".join(wrong), todo)
    return CheckResult(what, State.OK, f"{len(needed)} installed")


def new_enough(found: str, least: str) -> bool:
    """Tell whether a version is ``least`` or a later one."""
    return _release(found) >= _release(least)


def _release(version: str) -> list[int]:
    """Return a version's numbers, without what follows them: a release candidate passes for its release."""
    found = re.match(r"[\d.]*", version)
    return [int(number) for number in found[0].split(".") if number] if found else []
