"""The legal moves: walked whole, so that no state is a trap and no end has a way on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.core.transitions import (
    CALL,
    CARE,
    HELP,
    CallMove,
    CallState,
    CareMove,
    CareState,
    HelpMove,
    HelpState,
    call_after,
    care_after,
    help_after,
)

HELP_ENDS = {HelpState.DONE, HelpState.CANCELLED}
CALL_ENDS = {CallState.DONE, CallState.GIVEN_UP}


@pytest.mark.parametrize(
    ("table", "start", "ends"), [(HELP, HelpState.NONE, HELP_ENDS), (CALL, CallState.NONE, CALL_ENDS)]
)
def test_every_state_can_be_reached_and_left_for_an_end(table: dict, start: object, ends: set) -> None:
    """From the start every state can be reached, and from every state an end; the ends have no way on."""
    assert reachable(table, start) == set(type(start))  # type: ignore[call-overload]
    for state in reachable(table, start):
        assert (reachable(table, state) & ends) or state in ends
        assert (state in ends) == (not [pair for pair in table if pair[0] is state])


def test_who_sees_to_a_case_can_always_change() -> None:
    """Each state is reached from each other, and only what is somebody's can be let go."""
    for state in CareState:
        assert reachable(CARE, state) == set(CareState)
        owned = state in {CareState.OWNED, CareState.GIVEN}
        assert (care_after(state, CareMove.LET_GO) is not None) == owned
        assert all(care_after(state, move) for move in CareMove if move is not CareMove.LET_GO)


def reachable(table: dict, start: object) -> set:
    """Return the states that moves lead to from ``start``."""
    seen, new = set(), {start}
    while new:
        seen |= new
        new = {after for (before, _), after in table.items() if before in new} - seen
    return seen


@given(st.lists(st.sampled_from(list(HelpMove)), max_size=30), st.lists(st.sampled_from(list(CallMove)), max_size=30))
def test_an_illegal_move_leads_nowhere(help_moves: list[HelpMove], call_moves: list[CallMove]) -> None:
    """Whatever is tried in whatever order, a state is left only by a move in the table, and an end never."""
    help_, call = HelpState.NONE, CallState.NONE
    for move in help_moves:
        after = help_after(help_, move)
        assert after is None or help_ not in HELP_ENDS
        help_ = after or help_
    for move_ in call_moves:
        called = call_after(call, move_)
        assert called is None or call not in CALL_ENDS
        call = called or call
