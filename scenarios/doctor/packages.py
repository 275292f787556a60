"""Which of our dependencies are installed, and new enough, as the package itself says it needs them."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version

from packaging.requirements import Requirement

from scenarios.doctor.finding import Finding, State

EXTRAS = {
    "sim": "stories",
    "report": "reports, sweeps, tables in a notebook",
    "ble": "Bluetooth LE",
    "otel": "traces of faults",
    "cluster": "sweeps on a cluster",
}


def packages() -> Iterator[Finding]:
    """Yield one finding for what is always needed, and one for each extra."""
    needed = [Requirement(line) for line in requires("callahead") or ()]
    yield judged("dependencies", [one for one in needed if _holds(one, "")], State.BAD, "make install")
    for extra, what in EXTRAS.items():
        mine = [one for one in needed if _holds(one, extra) and not _holds(one, "")]
        yield judged(f"extra {extra} ({what})", mine, State.ABSENT, f"pip install 'callahead[{extra}]'")


def judged(what: str, needed: list[Requirement], otherwise: State, todo: str) -> Finding:
    """Return how a group of requirements stands; ``otherwise``: where one of them is not met."""
    wrong = [trouble for one in needed if (trouble := _trouble(one))]
    if not needed:
        return Finding(what, otherwise, "not known to the package that is installed", "make install")
    if wrong:
        return Finding(what, otherwise, ", ".join(wrong), todo)
    return Finding(what, State.OK, f"{len(needed)} installed")


def _trouble(needed: Requirement) -> str | None:
    try:
        found = version(needed.name)
    except PackageNotFoundError:
        return f"{needed.name} is missing"
    return (
        None
        if needed.specifier.contains(found, prereleases=True)
        else f"{needed.name} {found} is not {needed.specifier}"
    )


def _holds(needed: Requirement, extra: str) -> bool:
    return needed.marker is None or needed.marker.evaluate({"extra": extra})
