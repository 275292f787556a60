"""What a story and the world know of one kind of device. Each kind says it in ``kind.py`` of its folder in ``scenarios/kinds``.

What a kind does, not only is, stands beside it under names that are the same in every kind, and is imported when it is wanted:
``actor.py`` (what its devices and their owners live through), ``homes.py`` (what is drawn for its homes), ``episode.py``
(labelled episodes for ``callahead bench diagnosis``), ``payments.py`` (the same of payments), ``chaos.py`` (how it breaks for
``callahead chaos``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, ClassVar

from pydantic import Field

from dispatch.policy_model.strict_model import StrictModel
from scenarios.story.distributions import Spans, lognormal
from scenarios.story.part import Part

Count = Annotated[int, Field(ge=0, le=10_000_000)]


class Section(StrictModel):
    """What a story says of one kind: how many homes own one, and how they do."""

    KEY: ClassVar[str]
    """Under which it stands in a story."""
    count: Count = 0

    @property
    def goods(self) -> tuple[str, ...]:
        """Articles and GTINs that these devices have ordered."""
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Homes:
    """Homes that own a device of a kind, as they are drawn."""

    section: type[Section]
    letter: str
    """What the ids of their customers begin with."""
    telephone: int
    """The digit after +999 in their telephone numbers."""
    owns: Mapping[str, str]
    """Kind → what the names of such devices begin with, ``vendor/word``, in the order in which they are registered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorldKind:
    """One kind of device."""

    name: str
    """As the service has it, and as the folder is called."""
    parts: Mapping[str, Part] = field(default_factory=dict)
    """What can break, under the names that ``gateway/diagnosis`` gives it."""
    homes: Homes | None = None
    """``None``: no home is counted by it."""
    phones_in: Spans = field(default_factory=lambda: lognormal(10 * 60, 0.8))
    """After which time a customer who has noticed it and heard nothing phones in, unless the story says."""
    gathers: bool = False
    """It is a home with devices of several kinds, and no device itself."""
    pays: bool = False
    """Its owner pays with it."""
    sleeps: bool = True
    """Can what it tells by routine be left out without changing a decision?"""
    stands_at_home: bool = False
    """It is registered with its home's place."""
    is_sought: bool = False
    """Whoever comes has to find it: its customer says where it is."""
    paired_with: str | None = None
    """The kind of device, in the same home, that relays for it and shows its notices."""
    echo_s: float = 600.0
    """What it tells so soon after its repair, in seconds, is still about the fault."""
