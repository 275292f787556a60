"""What follows from steps in apps: who struggles, who came through, what was answered to an invitation. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from gateway.apps import steps
from gateway.apps.fraud import looks_like_fraud
from gateway.apps.memory import AppMemory
from gateway.apps.messages import AppStep, AppStepEvent
from gateway.apps.reasons import Ranked, rank
from gateway.apps.struggle import Judged, judge
from gateway.apps.versions import AppVersions
from gateway.conclude.concluder import Concluder, Surroundings
from gateway.conclude.readings import provenance_of
from gateway.contract.values import Readings
from gateway.devices.registry import DeviceRecord
from gateway.devices.twin import Twin
from gateway.finding import Conclusion, InvitationReplied, Struggle, StruggleOver

How = Literal["done", "left", "silent"]
MOST_TOLD = 4
"""So often one run is told of: its reason may turn out to be another, and not without end. That it is fraud is always told."""
NOT_THEIR_DOING = frozenset({"failed", "tapped"})


def concluder(around: Surroundings) -> Concluder:
    """Return what concludes from steps in apps, on whatever kind of device."""
    del around
    return Concluder({"callahead.app.step.v1": Apps().step})


class Apps:
    """Concludes from steps in apps, each customer's and all customers' of one version."""

    def __init__(self) -> None:
        self._versions = AppVersions()

    def step(
        self, event: AppStepEvent, record: DeviceRecord, twin: Twin, told: Readings, now: float
    ) -> Iterable[Conclusion]:
        """Take one step. Of a device that is nobody's nothing is remembered."""
        del told
        step, at, customer = event.data, event.time.timestamp(), record.customer
        if customer is None:
            return
        if step.result == "answered":
            yield _replied(event, record, customer)
            return
        memory = twin.memory(AppMemory)
        if steps.is_of_a_past_run(memory, step, at):
            return
        if steps.is_another_run(memory, step, customer, at):
            yield from _ended(memory, event, twin, "silent")
            memory = twin.memories[AppMemory.NAME] = steps.new_run(step, event.key, customer, at)
        if memory.over:
            return
        yield from self._taken(memory, event, record, twin, now)

    def _taken(
        self, memory: AppMemory, event: AppStepEvent, record: DeviceRecord, twin: Twin, now: float
    ) -> Iterator[Conclusion]:
        step = event.data
        page_s = _unchanged_s(memory, event)
        steps.take(memory, step, event.time.timestamp())
        if step.result in {"passed", *NOT_THEIR_DOING}:
            failed = step.result in NOT_THEIR_DOING
            self._versions.note(step.flow, step.step, step.app_version, record.device, now, failed=failed)
        yield from self._struggle(memory, event, record, page_s)
        if step.result in {"done", "left"}:
            memory.over = True
            yield from _ended(memory, event, twin, step.result)

    def _struggle(
        self, memory: AppMemory, event: AppStepEvent, record: DeviceRecord, page_s: float
    ) -> Iterator[Struggle]:
        """Tell that they struggle, once, and again where the reason is another or it turns out to be fraud."""
        step = event.data
        version = self._versions.is_to_blame(step.flow, step.step, step.app_version, record.device)
        tapped = any(one.tapped for one in memory.at_page.values())
        ranked = rank(step.flow, memory.errors, tapped=tapped, version=version)
        judged, fraud = judge(memory, ranked, version=version), memory.told_fraud or looks_like_fraud(memory)
        turns = fraud is not memory.told_fraud  # once, and for good: who hangs up is still who was cheated
        news = turns or (ranked.first[0] != memory.told and memory.tellings < MOST_TOLD)
        if step.result == "done" or not (judged.struggles and news):
            return
        memory.told, memory.told_fraud, memory.tellings = ranked.first[0], fraud, memory.tellings + 1
        yield _found(memory, event, record, (judged, ranked), page_s=page_s, fraud=fraud)


def _unchanged_s(memory: AppMemory, event: AppStepEvent) -> float:
    """Return for how long nothing has changed on the screen, where this step changes nothing; 0: it does."""
    step: AppStep = event.data
    if step.result not in {"tapped", "background"}:
        return 0.0
    return max(0.0, step.screen_s, event.time.timestamp() - memory.changed_at)


def _found(
    memory: AppMemory,
    event: AppStepEvent,
    record: DeviceRecord,
    found: tuple[Judged, Ranked],
    *,
    page_s: float,
    fraud: bool,
) -> Struggle:
    judged, ranked = found
    reason, sure = ranked.first
    return Struggle(
        key=event.key,
        episode=memory.episode,
        device=record.device,
        customer=memory.customer,
        flow=event.data.flow,
        step=memory.failed_page or event.data.step,
        reason=reason,
        sure=round(sure, 4),
        probability=round(judged.probability, 4),
        errors=tuple(memory.errors),
        why=judged.why,
        fraud=fraud,
        app_version=event.data.app_version,
        page_s=round(page_s, 1),
        at=event.time.timestamp(),
        provenance=provenance_of(event, record),
    )


def _ended(memory: AppMemory, event: AppStepEvent, twin: Twin, how: How) -> Iterator[StruggleOver]:
    """Tell that a run is over of which it was told that they struggle."""
    if memory.told and not (memory.over and how == "silent"):
        at = event.time.timestamp()
        yield StruggleOver(event.key, memory.episode, twin.device, memory.customer, how, at)


def _replied(event: AppStepEvent, record: DeviceRecord, customer: str) -> InvitationReplied:
    step = event.data
    assert step.invitation is not None  # noqa: S101 - the contract says so
    assert step.reply is not None  # noqa: S101 - likewise
    return InvitationReplied(
        event.key,
        record.device,
        customer,
        step.invitation,
        step.reply,
        event.time.timestamp(),
        provenance_of(event, record),
    )
