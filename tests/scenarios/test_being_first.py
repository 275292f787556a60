"""Who could have been called first, who was, whom a notice spared a call, and why the others phoned: by the truth."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from dispatch.core.actions import PlaceOrder, WithdrawRequest
from dispatch.core.events import OrderFulfilled
from dispatch.ledger.rows import Pen, read
from gateway.finding import Finding
from scenarios.report.why_phoned_first import Reason, reason_of, why_phoned_first
from scenarios.runner.virtual import run_story
from scenarios.score.ledger_facts import CaseFacts, Facts, facts
from scenarios.score.scorecard import Setting, figures, gather, paired, scorecard
from scenarios.score.would_phone import WouldPhone
from scenarios.story.loader import open_story
from scenarios.world import ground_truth as truth
from scenarios.world.ground_truth import Fault

SETTING = Setting(devices=10, events=20, wall_s=1.0, sim_s=2.0)
STORY = open_story(
    "winter_morning",
    [
        "duration=2 h",
        "settle=45 min",
        "cars.count=300",
        "faults=[{part: battery_12v, count: 20, when: {until: 75 min}}]",
    ],
)
RUN = run_story(STORY, 1)
FIRST = next(iter(facts(RUN.rows).cases.values()))
DEVICE = FIRST.device
END = 100_000.0


def broken(**more: object) -> Fault:
    """Return a fault at 0 that is told at 10, noticed at 20, and phoned about at 320 unless its customer hears of it."""
    usual = {
        "phones_after": 300.0,
        "noticeable_at": 20.0,
        "would_phone_at": 320.0,
        "shown_at": 10.0,
        "told_first_at": 10.0,
    }
    given = {"fault": "f0001", "device": DEVICE, "customer": "c1", "part": "battery_12v", "needs_help": True}
    return Fault(**given, at=0.0, latitude=0.0, longitude=0.0, **usual | more)  # type: ignore[arg-type]


def case(**more: object) -> CaseFacts:
    """Return a case opened at 11 whose call was queued and given to an agent at once."""
    found: Finding = replace(FIRST.first, observed_at=10.0)
    usual = {"opened_at": 11.0, "queued_at": 11.0, "assigned_at": 11.0, "calls": 1, "observed": [10.0]}
    return CaseFacts(
        **{"case": "k", "device": DEVICE, "customer": "c1", "first": found, "last": found, **usual, **more}
    )  # type: ignore[arg-type]


def card(*pairs: tuple[Fault, CaseFacts | None]) -> dict[str, object]:
    """Return the scorecard of some faults, each with a device and a case of its own."""
    read, happened = Facts(last_at=END), []
    for number, (fault, one) in enumerate(pairs):
        device = f"volta/car-{number}"
        happened.append(replace(fault, device=device, fault=f"f{number}"))
        if one is not None:
            read.cases[f"k{number}"] = replace(one, case=f"k{number}", device=device)
    return dict(figures(paired(read, SETTING, happened)))


# --- the three figures -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "told", "reachable"),
    [
        (broken(), case(), True),
        (broken(), None, True),
        (broken(told_first_at=304.0), None, True),
        (broken(told_first_at=306.0), None, False),
        (broken(shown_at=None, told_first_at=None), None, False),
        (broken(shown_at=None, told_first_at=None), case(opened_at=100.0), True),
        (broken(shown_at=None, told_first_at=None), case(opened_at=100.0, by_customer=True), False),
        (broken(phoned_at=900.0, told_first_at=600.0), None, True),
    ],
)
def test_whoever_is_told_of_one_ring_before_they_phone_is_reachable(
    fault: Fault, told: CaseFacts | None, *, reachable: bool
) -> None:
    """By the device's own words as they arrived, or by another's from which a case was opened; not by the customer's."""
    assert card((fault, told))["reachable_share"] == float(reachable)


def test_of_the_reachable_so_many_were_called_first() -> None:
    """Who could not be called first counts in the share of all, and not in the share of the reachable."""
    silent = broken(shown_at=None, told_first_at=None, phoned_at=320.0)
    found = card(
        (broken(), case(connected_at=60.0)),
        (broken(phoned_at=320.0), case(connected_at=400.0)),
        (silent, case(opened_at=330.0, by_customer=True, queued_at=None, assigned_at=None)),
    )
    assert (found["called_first_share"], found["reachable_share"]) == (0.3333, 0.6667)
    assert found["called_first_of_reachable"] == 0.5


def test_whom_a_notice_spared_a_call_counts_by_themselves() -> None:
    """Neither called first nor missed; who was calmed and reached later was called first; who phoned was not spared."""
    calmed = broken(read_notice_at=50.0)
    spared = card((calmed, case()), (broken(), case(connected_at=60.0)))
    assert (spared["calls_spared"], spared["called_first_share"], spared["called_first_of_reachable"]) == (1, 1.0, 1.0)
    reached = card((calmed, case(connected_at=500.0)))
    assert (reached["calls_spared"], reached["called_first_share"]) == (0, 1.0)
    phoned = card((replace(calmed, phoned_at=620.0), case()))
    assert (phoned["calls_spared"], phoned["called_first_share"]) == (0, 0.0)
    too_late = card((broken(read_notice_at=330.0), case()))
    assert (too_late["calls_spared"], too_late["called_first_share"]) == (0, 0.0)


def test_who_would_not_have_phoned_by_the_end_is_in_no_share() -> None:
    """Nothing to notice, nobody to phone, or later than the ledger reaches; but whoever was called counts."""
    nobody = card(
        (broken(noticeable_at=None, would_phone_at=None), case()),
        (broken(phones_after=None, would_phone_at=None), case()),
        (broken(would_phone_at=END + 1), case()),
    )
    assert (nobody["reachable_share"], nobody["called_first_share"], nobody["calls_spared"]) == (None, None, 0)
    early = card((broken(noticeable_at=None, would_phone_at=None), case(connected_at=60.0)))
    assert (early["called_first_share"], early["called_first_of_reachable"]) == (1.0, 1.0)


def test_a_run_has_all_three() -> None:
    """None is called first of whom nobody had told; a ledger without the truth has none of them."""
    told = RUN.scorecard
    assert told["reachable_share"] >= told["called_first_share"] > 0  # type: ignore[operator]
    assert told["called_first_of_reachable"] >= told["called_first_share"]  # type: ignore[operator]
    assert told["calls_spared"] <= sum(fault.read_notice_at is not None for fault in RUN.truth)  # type: ignore[operator]


# --- what is read back -------------------------------------------------------------------------------------------------


def test_the_truth_of_an_earlier_run_is_still_read(tmp_path: Path) -> None:
    """Written when the clock of whoever phones began at the fault: it could be noticed at once."""
    path = tmp_path / "truth.jsonl"
    path.write_text(
        '{"fault": "f0001", "device": "volta/car-1", "customer": "c1", "part": "tyre", "needs_help": true, "at": 100.0, '
        '"latitude": 0.0, "longitude": 0.0, "would_phone_at": 400.0, "shown_at": 110.0, "events": ["volta/car-1/1-1"], '
        '"phoned_at": null, "told_at": null, "connected_at": null, "arrivals": [[200.0, "truck"]], "mended_at": null}\n'
    )
    (fault,) = truth.read(path)
    assert (fault.phones_after, fault.noticeable_at, fault.told_first_at) == (300.0, 100.0, 110.0)
    assert fault.arrivals == [(200.0, "truck")]


def test_a_case_opened_for_nothing_and_then_told_of_the_fault_is_about_it() -> None:
    """A fault is not lost where an open case took up what its device told."""
    early = case(first=replace(FIRST.first, observed_at=-60.0), opened_at=-60.0, observed=[-60.0, 10.0])
    assert card((broken(), early))["lost"] == 0
    assert card((broken(), replace(early, observed=[-60.0])))["lost"] == 1


def test_an_order_that_was_called_off_in_time_sent_nobody() -> None:
    """The customer said that nobody need come; where somebody came all the same, somebody was sent."""
    pen, order = Pen(), f"{FIRST.case}/order"
    opened = [read(row) for row in RUN.rows if row.type in {"FaultFound", "OpenCase"}][:2]
    technician = PlaceOrder(FIRST.case, order, 1, "s1", "technician", "compressor", "refrigeration", (), "simulated")
    called_off = WithdrawRequest(FIRST.case, order, 1, "s1", "declined_help", "simulated")
    rows = [pen.write(item, FIRST.opened_at) for item in (*opened, technician, called_off)]
    assert scorecard(rows, SETTING, [])["false_dispatch_share"] is None
    assert scorecard(rows[:-1], SETTING, [])["false_dispatch_share"] == 1.0
    came = [*rows, pen.write(OrderFulfilled(order), FIRST.opened_at)]
    assert scorecard(came, SETTING, [])["false_dispatch_share"] == 1.0


# --- why they phoned ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "told", "reason"),
    [
        (broken(noticeable_at=400.0), case(), Reason.NOT_NOTICEABLE),
        (broken(shown_at=None, told_first_at=None), None, Reason.TOLD_NOTHING),
        (broken(shown_at=310.0, told_first_at=310.0), case(opened_at=310.0), Reason.TOLD_LATER),
        (broken(told_first_at=500.0), case(opened_at=500.0), Reason.NO_COVERAGE),
        (broken(), None, Reason.NOT_CONCLUDED),
        (broken(), case(opened_at=330.0), Reason.NOT_CONCLUDED),
        (broken(), case(unanswered_at=30.0), Reason.UNANSWERED),
        (broken(), case(queued_at=None, assigned_at=None), Reason.NOT_QUEUED),
        (broken(), case(assigned_at=None), Reason.WAITED_FOR_AGENT),
        (broken(), case(), Reason.OTHER),
    ],
)
def test_whoever_phoned_first_did_so_for_one_reason(fault: Fault, told: CaseFacts | None, reason: Reason) -> None:
    """The first that came between us and them."""
    assert reason_of(WouldPhone(replace(fault, phoned_at=320.0), [told] if told else [])) is reason


def test_the_reasons_add_up_to_who_phoned_first() -> None:
    """And with those who were called first and spared, to all who would have phoned but for whom help came first."""
    evidence = gather(RUN.rows, SETTING, RUN.truth)
    found = why_phoned_first(evidence)
    assert found is not None
    assert list(found.reasons) == list(Reason)
    assert found.called_first + found.spared + sum(found.reasons.values()) <= found.would_phone
    assert found.would_phone >= found.reachable >= found.called_first > 0
    assert why_phoned_first(gather(RUN.rows, SETTING)) is None
