"""The house's bank and an SMS centre for the codes of customers, as a service of the campaign finds them: there before it is.

The bank answers late, twice and never, rejects, contradicts itself, and may be away.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

from dispatch.policy_model.house_policy import HousePolicy
from dispatch.service.policy_file import write_policy
from scenarios.chaos.wires import Loop
from scenarios.runner.story_bank import StoryBank
from scenarios.story.bank import Bank
from scenarios.story.distributions import lognormal
from scenarios.story.streams import Streams
from scenarios.world.bank import WorldBank
from scenarios.world.inboxes.all_of_them import sms_section
from scenarios.world.inboxes.sms_centre import SmsCentre

HABITS = Bank(
    answers_after=lognormal(1.5, 0.8),
    collects_after=lognormal(2.0, 0.5),
    rejects={"AC04": 0.03, "MS03": 0.02},
    twice=0.3,
    never=0.1,
    contradicts=0.03,
)
PACE = 4.0
"""The bank's seconds in one of ours."""
POLICY = HousePolicy.model_validate({"name": "proactive", "payment_ask": "4 s", "bank_timeout": "3 s"})
"""Nobody has five minutes to wait for a customer, nor thirty seconds for a bank."""


@dataclass(frozen=True, slots=True)
class Hurried:
    """The true time, and the pace at which the bank lives in it."""

    speed: float = PACE

    def now(self) -> float:
        """POSIX seconds."""
        return time.time()


@dataclass(frozen=True, slots=True)
class ChaosBank:
    """Bank and SMS centre while they are up."""

    story: StoryBank
    sms: SmsCentre
    channels: Path
    """The service's file."""
    policy: Path

    @property
    def bank(self) -> WorldBank:
        """What it has really done."""
        return self.story.bank

    def options(self) -> list[str]:
        """Return with what the service is started."""
        return ["--channels", str(self.channels), "--policy", str(self.policy)]


@contextmanager
def bank_of(folder: Path, loop: Loop, seed: str) -> Iterator[ChaosBank]:
    """Have both there for a while, and the files by which the service finds them."""
    story = StoryBank(HABITS, Streams(crc32(seed.encode())), Hurried(), time.time())
    channels, policy = folder / "channels.toml", folder / "policy.yaml"
    with ExitStack() as up:
        sms = loop.run(_opened())
        up.callback(lambda: loop.run(sms.close()))
        up.enter_context(story.up())
        channels.touch(mode=0o600)
        channels.write_text(sms_section(sms.port, folder.resolve()), "utf-8")
        story.write(channels)
        write_policy(policy, POLICY)
        yield ChaosBank(story, sms, channels, policy)


async def _opened() -> SmsCentre:
    centre = SmsCentre()
    await centre.open()
    return centre
