"""``python -m dispatch.router``, started by the service: ends once its standard input is closed."""

from __future__ import annotations

import asyncio

from dispatch.observe.garbage import look_seldom


def main() -> None:
    """Be told where the broker is, and read from it."""
    look_seldom()
    from dispatch.router.process import serve  # noqa: PLC0415 - a tenth of the import was looking for garbage

    asyncio.run(serve())


if __name__ == "__main__":
    main()
