"""Voice prints: the weights are read without running anything, voices are told apart, and who says too little is told so."""

from __future__ import annotations

import os
import pickle
from collections import OrderedDict
from itertools import pairwise
from pathlib import Path

import pytest

np = pytest.importorskip("numpy")
pytest.importorskip("miniaudio", reason="callahead[voice] is not installed")

from dispatch.channels.voiceprint.check import Enrolment, Voice, VoiceCheck  # noqa: E402
from dispatch.channels.voiceprint.encoder import PIECE_SAMPLES, SIZE, Encoder, doubled  # noqa: E402
from dispatch.channels.voiceprint.spectrum import BANDS, mel_power  # noqa: E402
from dispatch.channels.voiceprint.speech import RATE, SpeechFinder  # noqa: E402
from dispatch.channels.voiceprint.weights import NoVoiceModel, read_weights  # noqa: E402
from dispatch.core.verification.limits import (  # noqa: E402
    LEAST_SPEECH_S,
    MOST_ELAPSED_S,
    MOST_SPEECH_S,
    VoiceState,
    likeness_wanted,
)
from scenarios.bench.voice.recordings import over_telephone, read_speakers  # noqa: E402

VOICES = Path(__file__).parent / "voices"
SECOND = RATE * 2
"""Bytes."""


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    """Resemblyzer's, as installed."""
    return Encoder()


def tone(seconds: float, hertz: float, loud: float = 0.3) -> bytes:
    """An even tone, as a dial tone is."""
    when = np.arange(int(seconds * RATE)) / RATE
    return (np.sin(2 * np.pi * hertz * when) * loud * 32_767).astype("<i2").tobytes()


def noise(seconds: float, loud: float, seed: int = 1) -> bytes:
    """What a line hisses."""
    return (np.random.default_rng(seed).normal(0, loud, int(seconds * RATE)) * 32_767).astype("<i2").tobytes()


class Runs:
    """What a pickle may carry: something that is run while it is read."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("touch was-run",)


@pytest.mark.parametrize("hidden", [Runs(), OrderedDict(one=print), [os.path.join]])
def test_a_file_of_weights_runs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hidden: object) -> None:
    """A pickle may carry what is run while it is read; ours refuses it by name."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "pretrained.pt"
    path.write_bytes(b"".join(map(pickle.dumps, (0x1950A86A20F9469CFC6C, 1001, {}, {"model_state": hidden}, []))))
    with pytest.raises(NoVoiceModel, match="has no place in a file of weights"):
        read_weights(path)
    assert [one.name for one in tmp_path.iterdir()] == ["pretrained.pt"]


@pytest.mark.parametrize(
    "found", [b"", b"PK\x03\x04", b"\x80\x02", pickle.dumps(7), pickle.dumps(0x1950A86A20F9469CFC6C)]
)
def test_another_file_is_named(tmp_path: Path, found: bytes) -> None:
    """Whoever runs the service reads which file it was."""
    path = tmp_path / "pretrained.pt"
    path.write_bytes(found)
    with pytest.raises(NoVoiceModel, match=r"pretrained\.pt: not the weights of Resemblyzer"):
        read_weights(path)


def test_a_tone_lies_in_its_band_and_twice_as_loud_is_four_times_the_power() -> None:
    """Slaney's scale: 1 kHz is mel 15, the 40 bands divide 0 to 8 kHz (mel 45.245) evenly: 41 steps."""
    sound = np.frombuffer(tone(1, 1000), "<i2").astype(np.float32) / 32_768
    power = mel_power(doubled(sound))
    assert power.shape == (101, BANDS)
    assert power[50].argmax() == round(15 / (45.2453 / 41)) - 1
    assert mel_power(doubled(2 * sound))[50].sum() == pytest.approx(4 * power[50].sum(), rel=1e-4)


def test_what_is_silent_or_hisses_evenly_holds_no_speech() -> None:
    """An open line is not somebody who talks, however loud it hisses."""
    for sound in (bytes(10 * SECOND), noise(10, 0.0005), noise(10, 0.05)):
        finder = SpeechFinder()
        assert len(finder.speech(sound)) < 0.1 * len(sound) / 2
        assert finder.heard_s == pytest.approx(10)


def test_how_sound_is_cut_into_packets_changes_nothing() -> None:
    """Packets come as the network has them."""
    sound = b"".join(noise(0.4, loud, seed) for seed, loud in enumerate((0.2, 0.001, 0.1, 0.0005, 0.3) * 3))
    whole = SpeechFinder().speech(sound)
    finder = SpeechFinder()
    parts = [finder.speech(sound[start : start + 234]) for start in range(0, len(sound), 234)]
    assert np.array_equal(whole, np.concatenate(parts))


def test_a_piece_is_a_direction_and_louder_is_no_other_voice(encoder: Encoder) -> None:
    """What is quieter than the training is raised to it."""
    piece = np.frombuffer(b"".join(read_speakers(VOICES)[0].sounds), "<i2").astype(np.float32) / 32_768
    wide = doubled(piece[: PIECE_SAMPLES // 2])
    quiet, quieter = encoder.encode(np.stack([wide * 0.01, wide * 0.005]))
    assert quiet.shape == (SIZE,)
    assert np.linalg.norm(quiet) == pytest.approx(1, abs=1e-5)
    assert quiet @ quieter == pytest.approx(1, abs=1e-4)


def test_speakers_are_themselves_and_nobody_else(encoder: Encoder) -> None:
    """On a short sample; `callahead bench voice` counts on many speakers."""
    speakers = read_speakers(VOICES)
    voices = []
    for speaker in speakers:
        for sound in speaker.sounds:
            voice = Voice(encoder)
            voice.take(sound)
            voices.append((speaker.name, voice))
    alike: dict[bool, list[float]] = {True: [], False: []}
    for place, (name, voice) in enumerate(voices):
        for other, heard in voices[place + 1 :]:
            alike[name == other].append(voice.likeness(heard.mean()))
    assert min(alike[True]) > max(alike[False])


def test_who_says_nothing_is_not_rejected(encoder: Encoder) -> None:
    """That is a state of its own, and what was decided stays."""
    voice, check = Voice(encoder), VoiceCheck(np.ones(SIZE, np.float32) / 16)
    for _ in range(int(MOST_ELAPSED_S)):
        assert check.look(voice).state is VoiceState.LISTENING
        voice.take(bytes(SECOND))
    verdict = check.look(voice)
    assert (verdict.state, verdict.speech_s, verdict.likeness) == (VoiceState.NOT_ENOUGH_SPEECH, 0, 0)
    voice.take(noise(1, 0.2))
    assert check.look(voice) is verdict


def test_the_more_is_said_the_more_alike_it_has_to_be() -> None:
    """Never less, and no more from some length on."""
    wanted = [likeness_wanted(second / 10) for second in range(200)]
    assert all(one <= other for one, other in pairwise(wanted))
    assert likeness_wanted(LEAST_SPEECH_S) < likeness_wanted(MOST_SPEECH_S) == likeness_wanted(3600)


def test_two_voices_make_no_print_and_neither_does_too_little(encoder: Encoder) -> None:
    """A print of two people would let in either."""
    one, other = (b"".join(speaker.sounds)[: 11 * SECOND] for speaker in read_speakers(VOICES)[:2])
    alone, both = Enrolment(encoder), Enrolment(encoder)
    assert alone.take(one) < 1
    assert alone.print_() is None
    assert alone.take(one) == both.take(one + other) == 1
    assert alone.print_() is not None
    assert both.print_() is None


def test_mu_law_keeps_what_it_can_say_and_is_nowhere_further_than_half_a_step() -> None:
    """G.711: 255 levels, a sixteenth of a segment each; what is a level stays one."""
    every = np.arange(-32_768, 32_768).astype(np.int16)
    once = np.frombuffer(over_telephone(every), "<i2")
    assert len(set(once.tolist())) == 255
    assert np.array_equal(np.frombuffer(over_telephone(once.astype(np.int16)), "<i2"), once)
    inside = np.abs(every.astype(int)) <= 32_124
    away = np.abs(once.astype(int) - every)[inside]
    assert np.all(away <= np.maximum(4, np.abs(every.astype(int)[inside]) / 16 + 8))
