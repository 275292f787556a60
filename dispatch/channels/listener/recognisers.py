"""Vosk, with a model that an operator brings: none is shipped, since no wheel has one that is good. Extra ``listen``.

Models by language: https://alphacephei.com/vosk/models (Apache-2.0). Sound of a telephone is 8,000 Hz, which Vosk brings to the
model's own rate.
"""

from __future__ import annotations

import json
from pathlib import Path

from gateway.errors import OperatorError


class NoModel(OperatorError):  # noqa: N818 - says what is missing
    """The folder holds no model."""


class VoskListener:
    """Recognises what is said on one call. Raises ``NoModel``; ``ImportError`` without the extra."""

    def __init__(self, model: Path, rate: int = 8_000) -> None:
        if (
            not (model / "am").is_dir()
            and not (model / "am-final.mdl").is_file()
            and not (model / "final.mdl").is_file()
        ):
            raise NoModel(
                f"{model}: is no Vosk model: a folder with am/, conf/ and graph/ is needed, as its archive has it"
            )
        import vosk  # noqa: PLC0415 - the extra "listen"

        vosk.SetLogLevel(-1)
        self._recogniser = vosk.KaldiRecognizer(vosk.Model(str(model)), rate)

    def hear(self, sound: bytes) -> str:
        """Take 16 bits mono; return a sentence that is over, or nothing yet."""
        return _text(self._recogniser.Result()) if self._recogniser.AcceptWaveform(sound) else ""

    def end(self) -> str:
        """Return what was being said."""
        return _text(self._recogniser.FinalResult())


def _text(result: str) -> str:
    return str(json.loads(result).get("text", ""))
