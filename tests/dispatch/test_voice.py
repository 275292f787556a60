"""What a voice message has to be: told from its bytes, whatever it says that it is, and whatever somebody sends."""

from __future__ import annotations

import hashlib
import io
import wave
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.core.conversation.voice import HEAD, LONGEST_BYTES, LONGEST_S, SHORTEST_S, BadVoice, voice_of
from tests.dispatch.recordings import recording

SPEECH = recording(2.0)


def test_a_recording_is_known_by_its_length_and_digest() -> None:
    """The longest that is taken is below a megabyte."""
    found = voice_of(SPEECH)
    assert (found.seconds, found.sha256) == (2.0, hashlib.sha256(SPEECH).hexdigest())
    longest = recording(LONGEST_S)
    assert len(longest) == LONGEST_BYTES < 1_000_000
    assert voice_of(longest).seconds == LONGEST_S
    assert voice_of(recording(SHORTEST_S)).seconds == SHORTEST_S


def stereo() -> bytes:
    """Two channels of 44.1 kHz, as a file from elsewhere has them."""
    out = io.BytesIO()
    with wave.open(out, "wb") as made:
        made.setnchannels(2)
        made.setsampwidth(2)
        made.setframerate(44_100)
        made.writeframes(b"\x00\x40" * 88_200)
    return out.getvalue()


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (lambda: b"", "empty"),
        (lambda: b"RI", "damaged"),
        (lambda: b"OggS" + SPEECH[4:], "type"),
        (lambda: b"\x1aE\xdf\xa3webm" * 100, "type"),
        (lambda: SPEECH[:8] + b"AVI " + SPEECH[12:], "type"),
        (stereo, "type"),
        (lambda: SPEECH[:30], "damaged"),
        (lambda: SPEECH[:-1], "damaged"),
        (lambda: SPEECH[:-2000], "damaged"),
        (lambda: SPEECH + b"<script>", "damaged"),
        (lambda: recording(0.0), "empty"),
        (lambda: recording(SHORTEST_S - 0.1), "empty"),
        (lambda: recording(3.0, loud=0.0), "silent"),
        (lambda: recording(3.0, loud=0.005), "silent"),
        (lambda: recording(0.1) + b"", "empty"),
        (lambda: recording(LONGEST_S + 0.1), "too-long"),
    ],
)
def test_what_is_none_is_refused_by_name(made: Callable[[], bytes], reason: str) -> None:
    """Why is told, so that the page can say it in the customer's words."""
    with pytest.raises(BadVoice) as refused:
        voice_of(made())
    assert refused.value.reason == reason


def test_a_tap_on_the_glass_is_no_speech() -> None:
    """One loud moment in two seconds of nothing."""
    silence, tap = recording(2.0, loud=0.0), recording(0.1)[HEAD.size :]
    with pytest.raises(BadVoice, match="nobody is heard"):
        voice_of(silence[: HEAD.size] + tap + silence[HEAD.size + len(tap) :])


@given(st.binary(max_size=200) | st.binary(max_size=400).map(lambda rest: SPEECH[: HEAD.size] + rest))
def test_whatever_bytes_come_they_are_refused_by_name(sent: bytes) -> None:
    """Nothing else is ever raised: so little is no half second."""
    with pytest.raises(BadVoice):
        voice_of(sent)


@given(st.integers(0, HEAD.size - 1), st.integers(1, 255))
def test_a_head_with_any_byte_wrong_is_refused(at: int, other: int) -> None:
    """There is one head for each length: no two readers can take it for different things."""
    broken = bytearray(SPEECH)
    broken[at] ^= other
    with pytest.raises(BadVoice):
        voice_of(bytes(broken))


@given(st.integers(round(SHORTEST_S * 100), 300), st.floats(0.02, 1.0))
def test_what_pythons_own_writer_makes_is_read_with_its_length(hundredths: int, loud: float) -> None:
    """To a tenth of a second."""
    assert voice_of(recording(hundredths / 100, loud)).seconds == pytest.approx(hundredths / 100, abs=0.051)
