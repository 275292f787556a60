"""What happened when: told from any thread, kept as evidence where a round fails."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(slots=True)
class Chronicle:
    """Lines with the seconds since the beginning."""

    lines: list[dict[str, Any]] = field(default_factory=list)
    _began: float = field(default_factory=time.monotonic)

    def note(self, what: str, **more: Any) -> None:
        """Add a line."""
        self.lines.append({"at_s": round(time.monotonic() - self._began, 4), "what": what, **more})

    def write(self, path: Path) -> None:
        """Write it, one JSON object a line."""
        path.write_text("".join(json.dumps(line, default=str) + "\n" for line in self.lines))
