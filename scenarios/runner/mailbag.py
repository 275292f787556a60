"""Which decision of the house a letter is: people read it once it came, and the ledger tells what may be answered to it. Pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from dispatch.core.actions import SendMessage
from dispatch.core.conversation.channels import Answer, Channel
from scenarios.world.inboxes.letters import InboxLetter

Box = tuple[str, Channel]
"""Of a customer, on a channel."""


@dataclass(frozen=True, slots=True)
class Brought:
    """A message that has come."""

    said: SendMessage
    letter: InboxLetter

    def number_of(self, answer: Answer) -> int | None:
        """Return by which number it is answered so, from 1; ``None``: by none."""
        if answer is Answer.PLACE or answer not in self.said.answers:
            return None
        return self.said.answers.index(answer) + 1


@dataclass(slots=True)
class Mailbag:
    """Told what was decided and what came, in whichever order that is heard."""

    _decided: dict[Box, list[SendMessage]] = field(default_factory=lambda: defaultdict(list))
    _arrived: dict[Box, list[InboxLetter]] = field(default_factory=lambda: defaultdict(list))
    _brought: dict[str, Brought] = field(default_factory=dict)
    """By the key of the decision."""
    _asked: dict[Box, Brought] = field(default_factory=dict)
    """The last that could be answered."""

    def decided(self, said: SendMessage) -> SendMessage | None:
        """The house writes; return it where it has come already."""
        box = said.customer, said.channel
        letter = next((one for one in self._arrived[box] if _is(one, said)), None)
        if letter is None:
            self._decided[box].append(said)
            return None
        self._arrived[box].remove(letter)
        return self._note(Brought(said, letter))

    def arrived(self, customer: str, channel: Channel, letter: InboxLetter) -> SendMessage | None:
        """A letter comes; return what it is, where that is known by now."""
        box = customer, channel
        said = next((one for one in self._decided[box] if _is(letter, one)), None)
        if said is None:
            self._arrived[box].append(letter)
            return None
        self._decided[box].remove(said)
        return self._note(Brought(said, letter))

    def brought(self, message: str) -> Brought | None:
        """Return a message by its key; ``None``: it has not come, or is one that a device shows."""
        return self._brought.get(message)

    def asked(self, customer: str, channel: Channel) -> Brought | None:
        """Return the last message there that may be answered."""
        return self._asked.get((customer, channel))

    def _note(self, brought: Brought) -> SendMessage:
        said = brought.said
        self._brought[said.key] = brought
        if said.answers:
            self._asked[said.customer, said.channel] = brought
        return said


def _is(letter: InboxLetter, said: SendMessage) -> bool:
    """Tell whether it says so, however lines were broken on the way."""
    return " ".join(said.text.split()) in " ".join(letter.text.split())
