"""The process that speaks SIP: told on its standard input what to do, says on its standard output what happens.

Its one argument is the number of the socket by which sound comes and goes.
"""

from __future__ import annotations

import asyncio
import socket
import sys

from dispatch.channels.sip.sound_socket import SoundSocket
from dispatch.channels.sip.stack import SipStack
from dispatch.channels.sip.wire import LineState, Report, line_of, read_command, read_setup


async def main() -> int:
    """Speak until the standard input ends. Returns the exit code."""
    loop = asyncio.get_running_loop()
    told = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(told), sys.stdin)
    sound = SoundSocket(socket.socket(fileno=int(sys.argv[1])))
    stack = SipStack(read_setup(await told.readline()), say, sound)
    try:
        await stack.start()
    except Exception as error:  # noqa: BLE001 - of a native library: whatever it is, whoever started us is told
        say(LineState(up=False, why=f"the SIP stack does not start: {error}"))
        return 1
    reading = asyncio.create_task(_read(told, stack))
    dying = asyncio.create_task(stack.dead.wait())
    await asyncio.wait({reading, dying}, return_when=asyncio.FIRST_COMPLETED)
    dead = stack.dead.is_set()
    for task in (reading, dying):
        task.cancel()
    await stack.stop()
    return int(dead)


def say(report: Report) -> None:
    """Say one thing."""
    sys.stdout.buffer.write(line_of(report))
    sys.stdout.buffer.flush()


async def _read(told: asyncio.StreamReader, stack: SipStack) -> None:
    while line := await told.readline():
        stack.do(read_command(line))


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
