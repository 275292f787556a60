"""``callahead-serve``: the service alone, in one process. What it is asked is read in ``command_line``."""

from __future__ import annotations

import os

from dispatch.observe.garbage import loading, look_seldom


def main() -> None:
    """Run ``callahead-serve``. What it and its broker write is their owner's alone."""
    os.umask(0o077)
    look_seldom()
    with loading():
        from dispatch.cli.command_line import command_line  # noqa: PLC0415 - a fifth of the import was looking for garbage

    command_line()


if __name__ == "__main__":
    main()
