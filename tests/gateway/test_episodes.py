"""Episodes: what is one fault, what is told again, and when it is over."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.devices.episodes import HOLD_S, QUIET_S, RELAPSE_S, Episodes, Judgement
from gateway.finding import Drive, Grade

NOW = 1_768_197_600.0


def judged(part: str = "battery_12v", p: float = 0.9, grade: Grade = Grade.ACT, before: float = 0.0) -> Judgement:
    """Return what a diagnosis came to."""
    return Judgement(part, p, grade, Drive.TO_WORKSHOP, before)


def test_what_is_only_watched_opens_nothing() -> None:
    """A diagnosis that nobody should hear of is no episode."""
    assert Episodes().tell("fault", "k", NOW, judged(grade=Grade.WATCH)) is None


def test_the_same_again_is_no_news_and_a_better_diagnosis_is() -> None:
    """Another part is told once it is likelier by a margin; two as likely do not take turns."""
    mine = Episodes()
    assert mine.tell("fault", "k1", NOW, judged())
    assert mine.tell("fault", "k2", NOW + 5, judged()) is None
    assert mine.tell("fault", "k3", NOW + 9, judged("alternator", 0.5, before=0.45)) is None
    revised = mine.tell("fault", "k4", NOW + 12, judged("alternator", 0.7, before=0.2))
    assert revised is not None
    assert (revised.key, revised.part) == ("k1", "alternator")


def test_growing_sure_is_news() -> None:
    """From asking to acting is told, the way back is not."""
    mine = Episodes()
    mine.tell("fault", "k1", NOW, judged(p=0.4, grade=Grade.ASK))
    surer = mine.tell("fault", "k2", NOW + 5, judged(before=0.9))
    assert surer is not None
    assert surer.grade is Grade.ACT
    assert mine.tell("fault", "k3", NOW + 9, judged(p=0.4, grade=Grade.ASK, before=0.4)) is None


def test_a_relapse_has_to_stay_well_for_twice_as_long() -> None:
    """Each relapse doubles the time for which the device must be well."""
    mine = Episodes()
    mine.tell("fault", "k1", NOW, judged())
    mine.well("fault", NOW + 60)
    over = mine.well("fault", NOW + 60 + HOLD_S)
    assert over is not None
    again = mine.tell("fault", "k2", NOW + 1_000, judged())
    assert again is not None
    assert (again.key, again.relapse) == ("k1", 1)
    mine.well("fault", NOW + 1_100)
    assert mine.well("fault", NOW + 1_100 + HOLD_S) is None
    assert mine.well("fault", NOW + 1_100 + 2 * HOLD_S) is not None


def test_what_comes_back_after_hours_is_a_new_episode() -> None:
    """Long after its end, the same part failing is another fault."""
    mine = Episodes()
    mine.tell("fault", "k1", NOW, judged())
    mine.end("fault", NOW + 60)
    later = mine.tell("fault", "k2", NOW + 60 + RELAPSE_S + 1, judged())
    assert later is not None
    assert (later.key, later.relapse) == ("k2", 0)


def test_codes_that_were_never_cleared_do_not_hide_the_next_failure() -> None:
    """A battery that was jump-started and dies again the next morning, its codes still stored, is told again."""
    mine = Episodes()
    mine.tell("fault", "k1", NOW, judged())
    assert mine.tell("fault", "k2", NOW + QUIET_S / 2, judged(before=0.9)) is None
    again = mine.tell("fault", "k3", NOW + 2 * QUIET_S, judged(before=0.9))
    assert again is not None
    assert (again.key, again.relapse) == ("k1", 1)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["tell", "well", "lapse", "end"]),
        st.floats(1, 3 * RELAPSE_S),
        st.sampled_from(["battery_12v", "alternator"]),
        st.floats(0, 1),
        st.sampled_from(Grade),
    ),
    max_size=30,
)


@given(STEPS)
def test_whatever_happens_a_fault_is_one_episode_until_it_is_over(
    steps: list[tuple[str, float, str, float, Grade]],
) -> None:
    """An open episode keeps its key; relapses only grow; nothing that is over is still open."""
    mine, at = Episodes(), NOW
    key: str | None = None
    relapses: dict[str, int] = {}
    for number, (step, pause, part, p, grade) in enumerate(steps):
        at += pause
        if step == "tell":
            told = mine.tell("fault", f"k{number}", at, judged(part, p, grade))
            now_open = mine.open.get("fault")
            if told is not None and now_open is not None:
                assert key in {None, told.key}
                assert told.relapse >= relapses.get(told.key, 0)
                relapses[told.key] = told.relapse
                key = told.key
        else:
            over = {"well": mine.well, "lapse": mine.lapse, "end": mine.end}[step]("fault", at)
            if over is not None:
                assert "fault" not in mine.open
                assert mine.over["fault"] is over
                key = None
