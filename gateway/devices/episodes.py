"""Episodes: one fault from its first sign until the device has been well for a while. Pure; ``Twin`` keeps them.

A code that flaps is one episode: only a device that stays well for ``HOLD_S`` has recovered, and each time it comes back it has to
stay well twice as long. What comes back soon after it was over, or within a day of its repair, is the same episode again
(``relapse``): dispatch revises the case it still has, or opens one more where it has closed it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from gateway.finding import Drive, Grade, Place

HOLD_S = 600.0
"""For how long a car must be well to have recovered."""
HOLDS_DOUBLE = 4
"""So often a relapse doubles it: 10, 20, 40, 80, 160 minutes."""
RELAPSE_S = 7_200.0
"""What comes back within this time is the same fault again."""
REPAIR_HOLDS_S = 24 * 3600.0
"""A repair that did not hold for so long was none: the same part failing is the same fault."""
QUIET_S = 4 * 3600.0
"""A fault told anew after so long a silence is a relapse, even if its codes were never cleared."""
REMEMBERED = 8
"""Subjects whose last episode is kept after it is over."""
REVISES_BY = 0.1
"""How much likelier another part must be to be told: two that are as likely do not take turns."""


@dataclass(slots=True)
class Episode:
    """A fault that is being seen to. Times by the device's clock, POSIX seconds."""

    key: str
    """The event that opened it."""
    part: str
    grade: Grade = Grade.ACT
    drive: Drive = Drive.NOT_A_CAR
    opened_at: float = 0.0
    told_at: float = 0.0
    """When the device last told of it."""
    well_since: float | None = None
    repaired: bool = False
    """It is over because somebody put it right, as of ``well_since``."""
    relapse: int = 0
    claims: set[str] = field(default_factory=set)
    """Codes that belong to this fault and are no evidence for another."""

    held: set[str] = field(default_factory=set)
    """Conditions of the catalogue that held at some time of it."""
    failed: set[str] = field(default_factory=set)
    """Conditions that could be judged at some time of it and never held."""
    place: Place | None = None
    """Where dispatch was last told that the device is."""
    jumped: bool = False
    """Dispatch was told of a fix that nobody believes yet; once is enough."""

    def is_over(self, at: float, hold_s: float) -> bool:
        """Tell whether the device has been well for long enough: ``hold_s``, doubled with each relapse."""
        hold_s *= 2 ** min(self.relapse, HOLDS_DOUBLE)
        return self.well_since is not None and at - self.well_since >= hold_s

    def comes_back(self, part: str, at: float) -> bool:
        """Tell, of one that is over, whether ``part`` failing at ``at`` is the same fault again."""
        within_s = REPAIR_HOLDS_S if self.repaired else RELAPSE_S
        return self.part == part and at - (self.well_since or 0.0) <= within_s


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a diagnosis came to, as far as an episode is concerned."""

    part: str
    probability: float
    grade: Grade
    drive: Drive
    before: float = 0.0
    """P(the part the episode was told as | evidence now)."""


@dataclass(slots=True)
class Episodes:
    """Those of one device, by what is affected: ``fault``, ``fault/brakes``, ``door``, ``stock/{gtin}``, ``payment/{id}``."""

    open: dict[str, Episode] = field(default_factory=dict)
    over: dict[str, Episode] = field(default_factory=dict)
    """The last of each subject that is over, with ``well_since``."""

    def tell(self, subject: str, key: str, at: float, found: Judgement, *, fresh: bool = True) -> Episode | None:
        """Note a diagnosis and return the episode where dispatch has to be told; ``None``: it is no news, or only watched.

        ``fresh``: the device itself tells of a fault now, beyond the readings going on as they are.
        """
        episode = self.open.get(subject)
        if episode is None:
            return None if found.grade is Grade.WATCH else self._open(subject, key, at, found)
        back = fresh and episode.told_at > 0 and at - episode.told_at > QUIET_S
        if fresh:
            episode.told_at = max(episode.told_at, at)
        episode.well_since = None
        if back:
            episode.relapse += 1
        if not (back or _is_news(episode, found)):
            return None
        episode.part, episode.drive = found.part, found.drive
        episode.grade = found.grade if found.grade is not Grade.WATCH else episode.grade
        return episode

    def _open(self, subject: str, key: str, at: float, found: Judgement) -> Episode:
        before = self.over.pop(subject, None)
        episode = Episode(key, found.part, found.grade, found.drive, at, at)
        if before is not None and before.comes_back(found.part, at):
            episode.key, episode.relapse = before.key, before.relapse + 1
        self.open[subject] = episode
        return episode

    def well(self, subject: str, at: float, hold_s: float = HOLD_S) -> Episode | None:
        """Note that the device is well, and return the episode that is over by that; ``None``: wait and see."""
        episode = self.open.get(subject)
        if episode is None:
            return None
        if episode.well_since is None:
            episode.well_since = at
        return self.end(subject, at) if episode.is_over(at, hold_s) else None

    def interrupt(self, subject: str) -> None:
        """Note that the device is not well: it has been for no time at all, whatever it said before."""
        episode = self.open.get(subject)
        if episode is not None:
            episode.well_since = None

    def lapse(self, subject: str, at: float, hold_s: float = HOLD_S) -> Episode | None:
        """Return the episode that was over before ``at`` without anybody having said so."""
        episode = self.open.get(subject)
        return self.end(subject, at) if episode is not None and episode.is_over(at, hold_s) else None

    def repaired(self, subject: str, at: float) -> Episode | None:
        """End an episode that somebody put right at ``at``."""
        episode = self.open.get(subject)
        if episode is not None:
            episode.well_since, episode.repaired = at, True
        return self.end(subject, at)

    def beyond(self, kind: str, most: int) -> list[str]:
        """Return the subjects of a kind (``stock``, ``payment``) that are open beyond ``most``, those opened first."""
        mine = [subject for subject in self.open if subject.startswith(f"{kind}/")]
        return mine[: max(0, len(mine) - most)]

    def end(self, subject: str, at: float) -> Episode | None:
        """End an episode at once, whatever was held."""
        episode = self.open.pop(subject, None)
        if episode is not None:
            episode.well_since = episode.well_since or at
            episode.claims, episode.held, episode.failed = set(), set(), set()  # nobody asks for them any more
            self.over[subject] = episode
            while len(self.over) > REMEMBERED:
                del self.over[next(iter(self.over))]
        return episode


def _is_news(episode: Episode, found: Judgement) -> bool:
    """Tell whether dispatch has to hear of it: another part, surer now, or driving on turned out to be dangerous."""
    if found.grade is Grade.WATCH:
        return False
    if found.part != episode.part and found.probability >= found.before + REVISES_BY:
        return True
    if found.grade is Grade.ACT and episode.grade is Grade.ASK:
        return True
    return found.drive is Drive.STOP_NOW and episode.drive is not Drive.STOP_NOW
