"""What goes wrong in homes that pay is asked about, and little else, on seeds that nobody tuned on; an outage rings nobody."""

from __future__ import annotations

from dispatch.core.actions import QueueCall
from scenarios.bench.payments import PaymentFigures, unusual_found
from scenarios.bench.unusual.living import lived
from scenarios.runner.virtual import run_story
from scenarios.story.loader import open_story


def test_what_goes_wrong_is_found() -> None:
    """The bounds are those of the whole bench, seeds 101 to 120: 0.90 and 0.85 there."""
    found = unusual_found(PaymentFigures(0, 0, 0, 0, 0, 0, 0.0, 0.0, 0.0), 7)
    assert found.unusual_recall is not None
    assert found.unusual_precision is not None
    assert found.unusual_recall >= 0.8
    assert found.unusual_precision >= 0.8


def test_homes_are_asked_seldom() -> None:
    """Of two thousand payments, about one question."""
    found = lived(123, homes=20)
    assert found.messages <= found.asked <= found.payments / 300
    assert lived(123, homes=20) == found


def test_nobody_is_rung_about_an_outage_who_pays_again_by_himself() -> None:
    """In the story's world everybody does once it is over; by the policy that rings, all of them are rung."""
    rung = {}
    for by_message in ("true", "false"):
        result = run_story(open_story("card_outage", [f"policy.outages_by_message={by_message}"]), 3)
        hit = {fault.device for fault in result.truth if fault.part == "processor_outage"}
        calls = [row.said for row in result.rows if isinstance(row.said, QueueCall)]
        rung[by_message] = {one.case for one in calls if one.direction == "outbound" and _device(one.case) in hit}
        assert all(fault.mended_at is not None for fault in result.truth if fault.device in hit)
    assert len(rung["false"]) > 10
    assert not rung["true"]


def _device(case: str | None) -> str:
    return "/".join((case or "").split("/")[:2])
