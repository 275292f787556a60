"""Speakers enrol, talk, and are held against everybody's print; each talk is one trial of each print.

A talk is what a speaker says behind what they enrolled with, as a caller would: with its pauses, from different instants on.
Bounds are Clopper and Pearson's (Biometrika 1934), which hold for any count of trials; trials of one speaker are alike, so
they say least how it goes with other speakers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import binomtest

from dispatch.channels.voiceprint.check import ENROLLED_S, Enrolment, Voice, VoiceCheck, VoiceVerdict
from dispatch.channels.voiceprint.encoder import Encoder
from dispatch.channels.voiceprint.spectrum import Floats
from dispatch.channels.voiceprint.speech import RATE
from dispatch.core.verification.limits import MOST_ELAPSED_S, VoiceState
from scenarios.bench.voice.recordings import CannotListen, Speaker

SECONDS = (3, 5, 8, 10)
"""Of speech, at which it is said how well voices are told apart."""
_CHUNK = RATE // 5 * 2
"""Bytes a fifth of a second."""


@dataclass(frozen=True, slots=True)
class Share:
    """A share of trials, and between what it lies with 95%."""

    share: float
    low: float
    high: float
    wrong: int
    trials: int

    @classmethod
    def of(cls, wrong: int, trials: int) -> Share:
        """Reckon it."""
        interval = binomtest(wrong, trials).proportion_ci(0.95, method="exact")
        return cls(wrong / trials, float(interval.low), float(interval.high), wrong, trials)


@dataclass(frozen=True, slots=True)
class VoiceFigures:
    """What the bench comes to."""

    speakers: int
    far: float
    """Of talks held against another's print, the share that was accepted."""
    frr: float
    """Of talks held against one's own print, the share that was not accepted."""
    p95_s: float | None
    """Of the talks that were rightly accepted, elapsed time until then, pauses counted."""
    eer_by_seconds: dict[str, float]
    """The rate at which as many are wrongly taken as wrongly turned down, after so much speech."""
    far_interval: Share
    frr_interval: Share


@dataclass(frozen=True, slots=True)
class Talk:
    """One talk against one print."""

    own: bool
    verdict: VoiceVerdict
    likeness: dict[int, float]
    """After so many seconds of speech."""


def measured(speakers: Sequence[Speaker], talks: int, progress: Callable[[float], None]) -> VoiceFigures:
    """Enrol and try all. ``progress`` is told the share done.

    Raises:
        CannotListen: somebody says too little to enrol and to talk.
    """
    encoder = Encoder()
    enrolled = [_enrolled(encoder, one) for one in speakers]
    prints = [one for one, _ in enrolled]
    tried: list[Talk] = []
    for place, (_, rest) in enumerate(enrolled):
        for talk in _talks(rest, talks):
            tried.extend(_tried(encoder, talk, prints, place))
        progress((place + 1) / len(speakers))
    return _figures(len(speakers), tried)


def _enrolled(encoder: Encoder, speaker: Speaker) -> tuple[Floats, bytes]:
    """Return the print and what they say behind it."""
    enrolment = Enrolment(encoder)
    for count, sound in enumerate(speaker.sounds, 1):
        if enrolment.take(sound) == 1:
            made, rest = enrolment.print_(), b"".join(speaker.sounds[count:])
            if made is None:
                raise CannotListen(f"{speaker.name}: what they enrol with is more than one voice")
            if rest:
                return made, rest
    raise CannotListen(
        f"{speaker.name}: says too little: wanted are {ENROLLED_S:.0f} s of speech to enrol, and more to talk"
    )


def _talks(rest: bytes, talks: int) -> Iterator[bytes]:
    """Yield at most so many talks, evenly begun over what there is; the last begins while there is half of one left."""
    length = int(MOST_ELAPSED_S * RATE) * 2
    last = max(0, len(rest) - length // 2)
    for start in sorted({int(one) // 2 * 2 for one in np.linspace(0, last, talks)}):
        yield rest[start : start + length]


def _tried(encoder: Encoder, talk: bytes, prints: Sequence[Floats], place: int) -> Iterator[Talk]:
    voice = Voice(encoder)
    checks = [VoiceCheck(one) for one in prints]
    likeness: list[dict[int, float]] = [{} for _ in prints]
    for start in range(0, len(talk), _CHUNK):
        voice.take(talk[start : start + _CHUNK])
        for check in checks:
            check.look(voice)
        for second in SECONDS:
            if voice.speech_s >= second and second not in likeness[0]:
                for one, print_ in zip(likeness, prints, strict=True):
                    one[second] = voice.likeness(print_)
    for other, (check, alike) in enumerate(zip(checks, likeness, strict=True)):
        yield Talk(other == place, check.verdict, alike)


def _figures(speakers: int, tried: Sequence[Talk]) -> VoiceFigures:
    own = [one for one in tried if one.own]
    others = [one for one in tried if not one.own]
    accepted = [one.verdict.elapsed_s for one in own if one.verdict.state is VoiceState.ACCEPTED]
    far = Share.of(sum(one.verdict.state is VoiceState.ACCEPTED for one in others), len(others))
    frr = Share.of(len(own) - len(accepted), len(own))
    return VoiceFigures(
        speakers,
        far.share,
        frr.share,
        float(np.percentile(accepted, 95)) if accepted else None,
        {str(second): rate for second in SECONDS if (rate := _equal_error(own, others, second)) is not None},
        far,
        frr,
    )


def _equal_error(own: Sequence[Talk], others: Sequence[Talk], second: int) -> float | None:
    mine = [one.likeness[second] for one in own if second in one.likeness]
    theirs = [one.likeness[second] for one in others if second in one.likeness]
    return equal_error(np.array(mine), np.array(theirs)) if mine and theirs else None


def equal_error(mine: npt.NDArray[np.float64], theirs: npt.NDArray[np.float64]) -> float:
    """Return the rate at which as many of ``mine`` are turned down as of ``theirs`` are taken, at the best limit."""
    mine, theirs = np.sort(mine), np.sort(theirs)
    limits = np.concatenate((mine, theirs))
    turned_down = np.searchsorted(mine, limits) / len(mine)
    taken = 1 - np.searchsorted(theirs, limits) / len(theirs)
    return float(np.min(np.maximum(turned_down, taken)))
