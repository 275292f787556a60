"""How supervisors see the floor: who counts for the service level, who waits, how busy everybody is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dispatch.core.conversation.channels import Channel
from dispatch.views.agent_view import AgentDay, AgentView
from dispatch.views.case_view import CallView
from dispatch.views.casebook import Casebook
from dispatch.views.floor import LOOKED_BACK_S, floor, service_level

NOW = 1_768_197_600.0
RANG_IN = CallView("in/1", None, "c-1", "inbound", "lv", "simulated", 0, 1, "queued", NOW - 100, NOW)


def rang_in(waited_s: float, *, answered: bool) -> CallView:
    """A caller who was answered, or gave up, after so long."""
    over = RANG_IN.queued_at + waited_s
    return replace(RANG_IN, connected_at=over, state="connected") if answered else replace(RANG_IN, ended_at=over)


@pytest.mark.parametrize(
    ("calls", "counts"),
    [
        ([], (0, 0, 0)),
        ([rang_in(20, answered=True)], (1, 1, 0)),
        ([rang_in(21, answered=True)], (1, 0, 0)),
        ([rang_in(5, answered=False)], (0, 0, 0)),
        ([rang_in(30, answered=False)], (1, 0, 1)),
        ([RANG_IN], (1, 0, 0)),
        ([replace(RANG_IN, queued_at=NOW - 10)], (0, 0, 0)),
        ([replace(RANG_IN, queued_at=NOW - LOOKED_BACK_S - 1)], (0, 0, 0)),
        ([replace(RANG_IN, direction="outbound")], (0, 0, 0)),
        ([replace(RANG_IN, channel=Channel.CHAT)], (0, 0, 0)),
    ],
)
def test_who_counts_for_the_service_level(calls: list[CallView], counts: tuple[int, int, int]) -> None:
    """Answered, given up later than within 20 s, or waiting for longer; of voice alone, and of the last hours."""
    found = service_level(calls, NOW)
    assert (found.calls, found.within, found.given_up) == counts


def test_pauses_are_no_idle_time_and_the_span_under_way_counts() -> None:
    """Half an hour of talk in an hour that had a pause of a quarter: two thirds busy, with the wrap-up that goes on."""
    book = Casebook()
    day = AgentDay(NOW - 3_600, talk_s=1_500, paused_s={"break": 900})
    book.agents["anna"] = AgentView("anna", "wrapping_up", NOW - 300, day)
    found = floor(book, NOW)
    assert found.agents[0].occupancy == pytest.approx(1_800 / 2_700)
    assert found.occupancy == found.agents[0].occupancy


def test_who_waits_is_told_by_channel_and_language() -> None:
    """Theirs and ours, the longest; whom nobody may ring yet does not wait."""
    book = Casebook()
    ours = replace(RANG_IN, call="a/call", direction="outbound", queued_at=NOW - 40)
    later = replace(ours, call="b/call", not_before=NOW + 60)
    wrote = replace(RANG_IN, call="in/chat-1", channel=Channel.CHAT, language="ru")
    for call in (RANG_IN, ours, later, wrote):
        book.calls[call.call] = call
    told = [(one.channel, one.language, one.theirs, one.ours, one.longest_s) for one in floor(book, NOW).lines]
    assert told == [("chat", "ru", 1, 0, 100), ("phone", "lv", 1, 1, 100)]
