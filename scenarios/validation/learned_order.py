"""The order of channels that a house learns, against a count of all that can happen: two channels, read with known chances.

Each message is there for one trial: it is read, or is said on the other channel; the next goes to whichever stands first by then.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from dispatch.core.conversation.channels import RECEIPTLESS, Channel
from dispatch.core.conversation.choice import in_order
from dispatch.core.conversation.events import MessageReported
from dispatch.core.conversation.talk import OF_CHANNEL, OF_CUSTOMER, SILENCE, STEP, TRIAL_S, USUAL, Sent, Talks
from scenarios.story.distributions import Numbers
from scenarios.story.habits import Habits
from scenarios.story.loader import StoryError
from scenarios.story.schema import Story
from scenarios.story.streams import Streams
from scenarios.validation.answer import Answer, Known, RunFigure

MESSAGES = 24
"""To each customer."""
LOOKED_AT = (6, 12, MESSAGES)
"""After how many of them it is seen which channel stands first."""
CUSTOMERS = 150
"""In each run; each the only one of a house."""
TO_BEST = "messages to the best"
BY = "all that can happen"


@dataclass(frozen=True, slots=True)
class TwoChannels:
    """As the house would try them, and how likely a message is read there."""

    channels: tuple[Channel, Channel]
    chances: tuple[float, float]

    @property
    def best(self) -> int:
        """Which of them is read most."""
        return int(self.chances[1] > self.chances[0])


class Counted(NamedTuple):
    """What was heard so far, of the channel that the house would try first and of the other."""

    read_first: int = 0
    missed_first: int = 0
    read_other: int = 0
    missed_other: int = 0

    def after(self, place: int, *, read: bool) -> Counted:
        """Return what is heard by then where one more trial on a channel came to this."""
        at = 2 * place + (not read)
        return Counted(*(count + (number == at) for number, count in enumerate(self)))


def known(story: Story) -> dict[str, Known]:
    """Return how often the better channel stands first. Raises ``StoryError``."""
    two = channels_of(story)
    likely, to_best, found = {Counted(): 1.0}, 0.0, {}
    for number in range(1, MESSAGES + 1):
        to_best += _best_first(two, likely)
        likely = _one_more(two, likely)
        if number in LOOKED_AT:
            found[_after(number)] = Known(_best_first(two, likely), BY)
    return found | {TO_BEST: Known(to_best / MESSAGES, BY)}


def _best_first(two: TwoChannels, likely: dict[Counted, float]) -> float:
    return sum(chance for counted, chance in likely.items() if first_of(two, counted) == two.best)


def _one_more(two: TwoChannels, likely: dict[Counted, float]) -> dict[Counted, float]:
    """Return how likely is what, one message later: where it was not read, it was said on the other channel, too."""
    found: dict[Counted, float] = defaultdict(float)
    for counted, chance in likely.items():
        place = first_of(two, counted)
        first, second = two.chances[place], two.chances[1 - place]
        found[counted.after(place, read=True)] += chance * first
        unread = counted.after(place, read=False)
        found[unread.after(1 - place, read=True)] += chance * (1 - first) * second
        found[unread.after(1 - place, read=False)] += chance * (1 - first) * (1 - second)
    return found


def first_of(two: TwoChannels, counted: Counted) -> int:
    """Return which channel has the higher posterior mean, by the formula of the beta-Bernoulli model in its two steps."""
    means = []
    for place, channel in enumerate(two.channels):
        read, missed = counted[2 * place : 2 * place + 2]
        usual = (OF_CHANNEL * USUAL * STEP**place + read) / (OF_CHANNEL + read + missed)
        silent = missed * (SILENCE if channel in RECEIPTLESS else 1.0)
        means.append((OF_CUSTOMER * usual + read) / (OF_CUSTOMER + read + silent))
    return int(means[1] > means[0])


def seen(story: Story, seed: int) -> dict[str, RunFigure]:
    """Have the house's own memory learn of customers who read by chance."""
    two, dice = channels_of(story), Streams(seed).stream("learned order")
    rows = [list(_first_each_time(two, dice.random((MESSAGES, 2)))) for _ in range(CUSTOMERS)]
    found = {_after(at): RunFigure(sum(row[at] == two.best for row in rows) / CUSTOMERS, CUSTOMERS) for at in LOOKED_AT}
    to_best = sum(place == two.best for row in rows for place in row[:MESSAGES])
    return found | {TO_BEST: RunFigure(to_best / MESSAGES / CUSTOMERS, CUSTOMERS)}


def _first_each_time(two: TwoChannels, luck: Numbers) -> Iterator[int]:
    """Yield which channel each message goes to first, and which one more would."""
    talks, at = Talks(), 0.0
    for number, (first, second) in enumerate(luck):
        place = _first(two, talks)
        yield place
        if not _is_read(talks, f"m/{number}/1", at, two.channels[place], read=bool(first < two.chances[place])):
            also = bool(second < two.chances[1 - place])
            _is_read(talks, f"m/{number}/2", at + TRIAL_S, two.channels[1 - place], read=also)
        at += 2 * TRIAL_S
    yield _first(two, talks)


def _is_read(talks: Talks, key: str, at: float, channel: Channel, *, read: bool) -> bool:
    """Write on a channel, where it has one trial; return whether it was read."""
    sent = Sent(
        key,
        channel,
        case=None,
        urgent=True,
        at=at,
        beside_call=False,
        tried=(channel,),
        read_by=at + TRIAL_S,
        left=at,
    )
    talks.sent("c", sent, unasked=True)
    if read:
        talks.reported(MessageReported(key, "read"), at + TRIAL_S / 2)
    else:
        talks.settled(key, at + TRIAL_S)
    return read


def _first(two: TwoChannels, talks: Talks) -> int:
    return two.channels.index(in_order(talks.reading, talks.of("c"), two.channels, urgent=True)[0])


def channels_of(story: Story) -> TwoChannels:
    """Return the two channels of a story, and how likely the house hears that a message was read. Raises ``StoryError``."""
    channels, habits = story.policy.channels, story.habits or Habits()
    if len(channels) != 2:  # noqa: PLR2004 - as the sentence says
        message = "policy.channels: which one stands first is counted for two channels"
        raise StoryError(message)
    for channel in channels:
        after = habits.of(channel).after.constant
        if after is None or after >= TRIAL_S:
            message = f"customers.channels.{channel}.after: is to be constant, and less than {TRIAL_S:g} s"
            raise StoryError(message)
    first, second = (habits.of(channel).reads * habits.of(channel).tells for channel in channels)
    if first == second:
        message = "customers.channels: one of the two is to be read more than the other"
        raise StoryError(message)
    return TwoChannels((channels[0], channels[1]), (first, second))


def _after(messages: int) -> str:
    return f"best first after {messages}"


LEARNED_ORDER = Answer(known, seen)
