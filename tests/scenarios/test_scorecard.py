"""The scorecard counts what happened: the keys, what is not known without the truth, and what must never happen."""

from __future__ import annotations

from dataclasses import replace

from dispatch.core.actions import PlaceOrder, SendTow
from dispatch.core.events import CustomerPhoned, TruckReported
from dispatch.ledger.rows import GENESIS, Pen, Row, read
from scenarios.runner.virtual import Result, run_story
from scenarios.score.scorecard import Setting, meaning, scorecard
from scenarios.story.loader import open_story
from scenarios.story.scorecard_keys import KEYS

SETTING = Setting(devices=10, events=20, wall_s=1.0, sim_s=2.0)
ABOUT_TRUTH = {
    "called_first_share",
    "head_start_p50_s",
    "lost",
    "part_accuracy",
    "false_dispatch_share",
    "missed_share",
    "reachable_share",
    "called_first_of_reachable",
    "calls_spared",
    "told_twice",
    "preference_hit_share",
    "first_channel_hit_share",
}
HOUR = open_story(
    "winter_morning",
    ["duration=75 min", "cars.count=200", "faults=[{part: battery_12v, count: 6, when: {until: 75 min}}]"],
)
RUN = run_story(HOUR, 1)


def appended(*items: SendTow | PlaceOrder | TruckReported) -> list[Row]:
    """Return the run's ledger with more behind it."""
    last = RUN.rows[-1]
    pen = Pen(last.seq, last.hash, last.at)
    return [*RUN.rows, *(pen.write(item, last.at) for item in items)]


def test_the_keys_are_the_published_ones() -> None:
    """The same from every kind of run, each with its meaning."""
    assert (
        *("devices", "events", "findings", "cases", "calls_connected", "customer_calls", "called_first_share"),
        *(
            "head_start_p50_s",
            "tows",
            "orders",
            "bookings",
            "duplicates",
            "lost",
            "part_accuracy",
            "location_error_p95_m",
        ),
        *("false_dispatch_share", "missed_share", "response_p50_s", "response_p95_s", "late_share", "eta_bias"),
        *("eta_p90_error", "reachable_share", "called_first_of_reachable", "calls_spared", "told_twice"),
        *("payments", "payments_settled", "payments_twice", "payments_over_limit", "debits_minus_credits"),
        *("refusals_without_reason", "without_a_person_share", "unusual_recall", "unusual_precision", "messages"),
        *("answered_in_writing", "preference_hit_share", "first_channel_hit_share", "struggles", "struggle_recall"),
        *("struggle_precision", "struggle_gave_up", "invitation_p95_s", "invited_to_voice_p50_s"),
        *("surveys_sent", "survey_answered_share", "survey_mean", "survey_mean_weighted", "survey_mean_low"),
        *("survey_mean_high", "survey_truth", "simple_contacts", "by_people_share", "contained_share"),
        *("handover_context_share", "robot_after_handover", "hints_shown", "hints_used", "hints_helpful_share"),
        *("offers_made", "offers_taken", "offers_forbidden"),
        *("check_p50_s", "check_p95_s", "check_enrolled_p50_s", "check_enrolled_p95_s", "voice_false_accept_share"),
        *("voice_false_reject_share", "calls_per_case"),
        *("agent_occupancy", "wall_s", "sim_s", "ledger_sha256"),
    ) == KEYS
    assert all(meaning(key).endswith(".") for key in KEYS)


def test_without_the_truth_its_figures_are_not_known() -> None:
    """A production ledger gives all others."""
    card = scorecard(RUN.rows, SETTING)
    assert {key for key in ABOUT_TRUTH if card[key] is not None} == set()
    assert card["cases"] == RUN.scorecard["cases"]
    assert card["ledger_sha256"] == RUN.rows[-1].hash


def test_an_empty_ledger_has_a_scorecard() -> None:
    """Nothing happened, and nothing is divided by nothing."""
    card = scorecard([], SETTING, [])
    assert (card["cases"], card["duplicates"], card["lost"]) == (0, 0, 0)
    assert card["ledger_sha256"] == GENESIS
    assert card["called_first_share"] is None


def test_a_fault_that_never_became_a_case_is_lost() -> None:
    """Told by its device, and nowhere in the ledger."""
    told = next(fault for fault in RUN.truth if fault.shown_at is not None)
    ghost = replace(told, device="volta/car-9999", fault="f9999")
    assert scorecard(RUN.rows, SETTING, [*RUN.truth, ghost])["lost"] == 1


def test_who_phoned_within_the_last_minutes_was_not_missed() -> None:
    """They may still be explaining it to an agent; who phoned before and got nothing was missed."""
    rows, end = RUN.rows, RUN.rows[-1].at
    for ago, missed in ((60.0, 0), (1_200.0, 1)):
        phoned = replace(RUN.truth[0], device="volta/car-x", part="alternator", shown_at=None, phoned_at=end - ago)
        assert (scorecard(rows, SETTING, [phoned])["missed_share"] or 0) == missed


def test_a_second_tow_is_a_duplicate() -> None:
    """However it came about."""
    sent = next(read(row) for row in RUN.rows if row.type == "SendTow")
    assert isinstance(sent, SendTow)
    card = scorecard(appended(replace(sent, tow=f"{sent.tow}2")), SETTING, RUN.truth)
    assert card["duplicates"] == 1


def test_a_second_truck_that_arrives_is_a_duplicate() -> None:
    """Even where the ledger sent only one."""
    arrived = next(
        item for item in map(read, RUN.rows) if isinstance(item, TruckReported) and item.report.job_state == "arrived"
    )
    other = TruckReported(replace(arrived.report, truck="roadhelp/truck-99", key="roadhelp/truck-99/1-1"))
    assert scorecard(appended(other), SETTING, RUN.truth)["duplicates"] == 1


def test_help_for_what_did_not_break_is_a_false_dispatch() -> None:
    """With the truth taken away, every truck was sent for nothing."""
    card = scorecard(RUN.rows, SETTING, [])
    assert (card["false_dispatch_share"], card["part_accuracy"]) == (1.0, 0.0)


def test_who_rings_about_something_else_is_no_call_of_a_case() -> None:
    """A hundred people who ask about a bill do not make the house ring more often for each breakdown."""
    settings = ["duration=75 min", "cars.count=200", "customers.answer=40%"]
    faults = "faults=[{part: battery_12v, count: 12, when: {until: 75 min}}]"
    quiet = run_story(open_story("winter_morning", [*settings, faults]), 1)
    busy = run_story(open_story("winter_morning", [*settings, faults, "calls={rate: 80/h}"]), 1)
    owners = {fault.customer for fault in busy.truth}
    rang = [item.customer for item in map(read, busy.rows) if isinstance(item, CustomerPhoned)]
    of_others = sum(customer not in owners for customer in rang)
    assert of_others > 50
    assert 0 < calls_about_cases(quiet) == number(quiet, "calls_connected") + number(quiet, "customer_calls")
    assert calls_about_cases(busy) <= number(busy, "calls_connected") + len(rang) - of_others
    assert abs(calls_about_cases(busy) - calls_about_cases(quiet)) <= 3


def number(run: Result, key: str) -> float:
    """Return a figure that is known."""
    value = run.scorecard[key]
    assert isinstance(value, (int, float))
    return value


def calls_about_cases(run: Result) -> int:
    """Return what the figure per case stands for."""
    return round(number(run, "calls_per_case") * number(run, "cases"))
