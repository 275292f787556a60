"""What the bank's client puts into a folder: read, told, and put aside; what cannot be read is put elsewhere, with why."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

from dispatch.channels.bank.reports import LONGEST, BadReport
from dispatch.channels.bank.ways import put_whole
from dispatch.channels.door import BadDoor
from dispatch.channels.kept_line import within
from dispatch.engine.inputs import Stopped
from dispatch.store.errors import JournalFailed

log = logging.getLogger(__name__)

LOOK_AGAIN_S = 2.0
Take = Callable[[bytes], Awaitable[object]]


class BankInbox:
    """``in/`` in a folder. ``run`` it as a task; ``stop`` it."""

    def __init__(self, folder: Path, take: Take, again_s: float = LOOK_AGAIN_S) -> None:
        """Make the folders. Raises ``BadDoor``."""
        self.trouble: str | None = None
        self.folder = folder / "in"
        self._take, self._again_s = take, again_s
        self._stopped = asyncio.Event()
        try:
            for name in ("done", "refused"):
                (self.folder / name).mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise BadDoor(f"bank: folder: {error}") from None

    async def run(self) -> None:
        """Look again and again until ``stop``."""
        while not self._stopped.is_set():
            try:
                await self._look()
            except Stopped:
                return
            except OSError as error:
                self.trouble = f"the folder of what the bank says cannot be read: {error.strerror or error}"
            except JournalFailed as error:
                self.trouble = str(error)
            except Exception as error:
                self.trouble = f"our fault: {error!r}"  # it must not take the service along
                log.exception("what the bank says could not be taken")
            await within(self._again_s, self._stopped)

    def stop(self) -> None:
        """Have ``run`` end."""
        self._stopped.set()

    async def _look(self) -> None:
        for path in await asyncio.to_thread(self._there):
            await self._one(path)
        refused = await asyncio.to_thread(lambda: sum(1 for _ in (self.folder / "refused").glob("*.xml")))
        self.trouble = f"{refused} reports of the bank could not be read: in/refused" if refused else None

    def _there(self) -> list[Path]:
        """Return what is there, whole: a client writes elsewhere, or under a name with a dot, and renames."""
        return sorted(one for one in self.folder.glob("*.xml") if not one.name.startswith(".") and one.is_file())

    async def _one(self, path: Path) -> None:
        try:
            await self._take(await asyncio.to_thread(_read, path))
        except BadReport as error:
            log.warning("%s %s", path.name, error)
            refused = self.folder / "refused" / path.name
            await asyncio.to_thread(put_whole, refused.with_suffix(".txt"), f"{error}\n".encode())
            await asyncio.to_thread(path.replace, refused)
        else:
            await asyncio.to_thread(path.replace, self.folder / "done" / path.name)


def _read(path: Path) -> bytes:
    """Read a file. Raises ``BadReport`` where it is too large, before it is read, and ``OSError``."""
    with path.open("rb") as file:
        found = file.read(LONGEST + 1)
    if len(found) > LONGEST:
        raise BadReport(f"has more than {LONGEST} bytes")
    return found
