"""What the answers to all conditions come to for each way in which parts fail. Pure.

Of a device that was diagnosed before, only what those conditions say is taken away and added that changed since. All worths lie
on one grid (``on_grid``), where sums are exact whatever their order: going on and beginning anew come to the same, to the last bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

MOST_DEVICES = 1_024
"""Of so many devices, those diagnosed last, it is known what their answers came to. Others go on from another's."""
ANSWERS_KNOWN = 256
"""Of so many sets of answers, those given last, it is known by heart what they come to."""
_GRID = 2.0**40
"""Sums below 8,192 of multiples of its inverse are exact: a double has 53 bits."""


def on_grid(worth: float) -> float:
    """Return log odds as they are added: to within 5e-13."""
    return round(worth * _GRID) / _GRID


Answered = tuple[bool | None, ...]
"""Whether each condition of a catalogue holds, in its order; ``None`` where nobody can know."""
Key = TypeVar("Key")
_Worths = Sequence[tuple[int, float]]
"""Ways, and what each gains or loses."""


class Sign(NamedTuple):
    """A group of evidence of one way of a part, as far as it is added up."""

    way: int
    conditions: tuple[tuple[int, float], ...]
    """Those that show it, and what it is worth where one of them holds."""
    loss: float
    """What it is worth that it does not show."""
    coded: bool
    """Codes tell it, too: that it does not show counts whatever conditions say, and by their maturity."""


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """What answers come to: log odds, one number for each way."""

    answers: Answered
    gains: list[float]
    """Of what shows."""
    losses: list[float]
    """Of what could be judged and does not show, but for what codes tell."""
    silent: list[float]
    """Of what codes tell, too, and does not show."""
    strongest: list[float]
    """The strongest sign; 0 where nothing shows."""


class ConditionSums:
    """Adds up what conditions say for a catalogue's ways."""

    def __init__(self, signs: Sequence[Sign], conditions: int, ways: int) -> None:
        """``conditions``, ``ways``: how many there are."""
        self._signs = signs
        self._holding: list[list[tuple[int, float]]] = [[] for _ in range(conditions)]
        """Of each condition what it is worth where it holds: no group shows more strongly than by its strongest member."""
        self._if_true: list[list[tuple[int, float]]] = [[] for _ in range(conditions)]
        self._if_false: list[list[tuple[int, float]]] = [[] for _ in range(conditions)]
        """The same, and what it is worth where it does not hold, of groups that nothing else shows."""
        self._among: list[list[int]] = [[] for _ in range(conditions)]
        """Of each condition the groups that others show, too, or codes: what they are worth depends on more than its answer."""
        for number, sign in enumerate(signs):
            self._sort_in(number, sign)
        silent = [0.0] * ways
        for sign in signs:
            if sign.coded:
                silent[sign.way] += sign.loss
        none = [0.0] * ways
        self._last = Sums((None,) * conditions, none, none, silent, none)
        self._of_device: dict[str, Sums] = {}
        self._known: dict[Answered, Sums] = {}

    def of(self, answers: Answered, device: str = "") -> Sums:
        """Return what answers come to, going on from the last ones of a device; the same object for the same answers."""
        before = self._of_device.get(device, self._last)
        if before.answers == answers:
            now = before
        else:
            now = self._known.get(answers) or self._changed(before, answers)
            _remember(self._known, answers, now, ANSWERS_KNOWN)
        _remember(self._of_device, device, now, MOST_DEVICES)
        self._last = now
        return now

    def worth(self, number: int, answers: Answered, told: float | None = None) -> tuple[float, float, bool]:
        """Return what a group gains and loses, and whether it shows. ``told``: what it is worth by what was told of it."""
        sign, failed, most = self._signs[number], False, told
        for index, gain in sign.conditions:
            holds = answers[index]
            if holds:
                most = gain if most is None or gain > most else most
            elif holds is False:
                failed = True
        if most is not None:
            return most, 0.0, True
        return 0.0, sign.loss if failed and not sign.coded else 0.0, False

    def _changed(self, before: Sums, answers: Answered) -> Sums:
        old = before.answers
        gains, losses, silent = before.gains.copy(), before.losses.copy(), before.silent.copy()
        among: set[int] = set()
        for index, holds in enumerate(answers):
            held = old[index]
            if held is holds:
                continue
            if held:
                _take(gains, self._if_true[index])
            elif held is False:
                _take(losses, self._if_false[index])
            if holds:
                _add(gains, self._if_true[index])
            elif holds is False:
                _add(losses, self._if_false[index])
            among.update(self._among[index])
        for number in among:
            self._move(number, (old, answers), gains, losses, silent)
        return Sums(answers, gains, losses, silent, self._strongest(answers))

    def _move(
        self,
        number: int,
        answers: tuple[Answered, Answered],
        gains: list[float],
        losses: list[float],
        silent: list[float],
    ) -> None:
        """Count a group as it is by the later answers, and no longer as it was by those of before."""
        sign, (old, new) = self._signs[number], answers
        gained, lost, showed = self.worth(number, old)
        gain, loss, shows = self.worth(number, new)
        gains[sign.way] += gain - gained
        losses[sign.way] += loss - lost
        if sign.coded:
            silent[sign.way] += sign.loss * (showed - shows)

    def _strongest(self, answers: Answered) -> list[float]:
        strongest = [0.0] * len(self._last.gains)
        for holds, worths in zip(answers, self._holding, strict=True):
            if holds:
                for way, gain in worths:
                    if gain > strongest[way]:  # noqa: PLR1730 - a call for each would take longer
                        strongest[way] = gain
        return strongest

    def _sort_in(self, number: int, sign: Sign) -> None:
        """Note a group with each condition that shows it."""
        is_alone = len(sign.conditions) == 1 and not sign.coded
        for index, gain in sign.conditions:
            self._holding[index].append((sign.way, gain))
            if is_alone:
                self._if_true[index].append((sign.way, gain))
                self._if_false[index].append((sign.way, sign.loss))
            elif number not in self._among[index][-1:]:
                self._among[index].append(number)


def _remember(known: dict[Key, Sums], key: Key, sums: Sums, most: int) -> None:
    """Keep sums as the latest; forget the oldest where there are more than so many."""
    known.pop(key, None)
    known[key] = sums
    if len(known) > most:
        del known[next(iter(known))]


def _add(sums: list[float], worths: _Worths) -> None:
    for way, worth in worths:
        sums[way] += worth


def _take(sums: list[float], worths: _Worths) -> None:
    for way, worth in worths:
        sums[way] -= worth
