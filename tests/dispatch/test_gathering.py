"""Many messages to one commit: the next batch waits a little for more, where that brings any."""

from __future__ import annotations

import asyncio

import pytest

from dispatch.engine.gathering import APART_S, MANY, TRY_AGAIN_S, Gathering
from dispatch.engine.inbox import Inbox

LONG_S = 0.4
"""As long as a busy machine does not look away."""


def test_where_few_come_nobody_waits() -> None:
    """Neither for the first batch, nor behind a small one."""
    gathering = Gathering()
    assert gathering.wait_s(0.0) == 0.0
    gathering.took(MANY - 1, 0.0)
    assert gathering.wait_s(0.001) == 0.0


def test_where_many_come_batches_begin_apart() -> None:
    """What is left of that time is waited, and no more where it is over."""
    gathering = Gathering()
    gathering.took(MANY, 100.0)
    assert gathering.wait_s(100.0 + APART_S / 4) == pytest.approx(APART_S * 3 / 4)
    assert gathering.wait_s(100.0 + 2 * APART_S) == 0.0


def test_what_brought_nothing_is_not_done_again_at_once() -> None:
    """A broker that has only so many under way sends no more before those are acknowledged."""
    gathering = Gathering()
    gathering.took(MANY, 0.0)
    gathering.waited(APART_S, 0, APART_S)
    assert gathering.wait_s(APART_S) == 0.0
    gathering.took(MANY, APART_S + TRY_AGAIN_S)
    assert gathering.wait_s(APART_S + TRY_AGAIN_S) == pytest.approx(APART_S)
    gathering.waited(APART_S / 100, 0, 2 * APART_S + TRY_AGAIN_S)  # so short a time says nothing
    assert gathering.wait_s(APART_S + TRY_AGAIN_S) == pytest.approx(APART_S)


@pytest.mark.anyio
async def test_what_comes_while_it_waits_is_of_the_same_batch() -> None:
    """And all of it in order."""
    inbox: Inbox[int] = Inbox(gathering=Gathering(apart_s=LONG_S))
    for item in range(MANY):
        inbox.put(item)
    assert len(await inbox.take(10 * MANY, 1.0)) == MANY
    inbox.put(MANY)
    asyncio.get_running_loop().call_later(LONG_S / 10, inbox.put, MANY + 1)
    assert await inbox.take(10 * MANY, 1.0) == [[MANY], [MANY + 1]]
