"""Who was erased, in a file beside the store: a backup from before brings nobody back.

One JSON object a line; ids alone. It is kept where backups are not: what is in it is erased again at the next start.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from dispatch.store.private_files import private_file
from gateway.errors import OperatorError


class UnreadableList(OperatorError):  # noqa: N818 - says what it is
    """The operator's fault: without it, nobody knows whom a backup brings back."""


@dataclass(frozen=True, slots=True)
class ErasedList:
    """``file``: ``None`` where nothing outlasts the service, as in tests."""

    file: Path | None = None

    def add(self, customer: str, at: float, by: str) -> None:
        """Note that a customer was erased ``at`` (POSIX seconds); on disk when it returns. Raises ``OSError``."""
        if self.file is None:
            return
        private_file(self.file)
        with self.file.open("a", encoding="utf-8") as out:
            out.write(json.dumps({"customer": customer, "at": at, "by": by}) + "\n")
            out.flush()
            os.fsync(out.fileno())

    def customers(self) -> list[str]:
        """Return who was erased. Raises ``UnreadableList``."""
        if self.file is None or not self.file.exists():
            return []
        found = []
        for number, text in enumerate(self.file.read_text("utf-8").splitlines(), 1):
            try:
                found.append(str(json.loads(text)["customer"]))
            except (ValueError, KeyError, TypeError):
                message = (
                    f"{self.file}: line {number} names nobody; bring the file back as it was, or take that line out"
                )
                raise UnreadableList(message) from None
        return list(dict.fromkeys(found))
