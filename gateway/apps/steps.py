"""One step more, taken into what is remembered of a run: which run it is, and what it adds. Pure."""

from __future__ import annotations

from gateway.apps.memory import MOST_LOOKS, AppMemory
from gateway.apps.messages import AppStep

IDLE_S = 15 * 60.0
"""Who has done nothing for so long begins anew, whatever the app calls it [fit]."""
LASTS_S = 60 * 60.0
"""No run lasts longer: a session that never ends is cut into runs [fit]."""
FLEES_S = 10.0
"""Between an error and leaving the app (Conviva)."""
CIRCLES_S, CIRCLES = 15.0, 3
"""The same page so often in so long (Conviva)."""
TAPS = 3
"""On one element within two seconds (Conviva)."""


def is_another_run(memory: AppMemory, step: AppStep, customer: str, at: float) -> bool:
    """Does a step begin another run than the one remembered?"""
    alike = (memory.customer, memory.session, memory.flow) == (customer, step.session, step.flow)
    return not alike or at - memory.last_at > IDLE_S or at - memory.began_at > LASTS_S


def is_of_a_past_run(memory: AppMemory, step: AppStep, at: float) -> bool:
    """Does a step that comes late belong to a run before the one remembered?"""
    return bool(memory.session) and step.session != memory.session and at < memory.began_at


def new_run(step: AppStep, key: str, customer: str, at: float) -> AppMemory:
    """Return a blank memory of the run that a step begins."""
    return AppMemory(
        customer=customer,
        session=step.session,
        episode=key,
        flow=step.flow,
        version=step.app_version,
        began_at=at,
        last_at=at,
        changed_at=at,
    )


def take(memory: AppMemory, step: AppStep, at: float) -> None:
    """Add a step. One that comes late counts, and moves nobody to another page."""
    late = at < memory.last_at
    memory.new_device |= bool(step.new_device)
    memory.remote_control |= bool(step.remote_control)
    memory.on_call = bool(step.on_call) if step.on_call is not None and not late else memory.on_call
    _count(memory, step, at)
    if not late:
        _move(memory, step, at)
    memory.last_at = max(memory.last_at, at)


def _count(memory: AppMemory, step: AppStep, at: float) -> None:
    """Count what went wrong, and forget it where it was overcome."""
    if step.taps >= TAPS or step.result == "tapped":
        memory.trouble(step.step).tapped += 1
    if step.result == "failed" and step.error is not None:
        trouble = memory.trouble(step.step)
        trouble.failures += 1
        trouble.errors[step.error] = trouble.errors.get(step.error, 0) + 1
        memory.failed_at, memory.failed_page = max(at, memory.failed_at or at), step.step
    elif step.result in {"warned", "ignored"}:
        memory.warnings = [*memory.warnings, step.verification or ""][-MOST_LOOKS:]
        memory.ignored |= step.result == "ignored"
    elif step.result == "passed":
        memory.overcame += memory.at_page.pop(step.step, None) is not None
        memory.fled = memory.circles = False
        memory.looks.clear()


def _move(memory: AppMemory, step: AppStep, at: float) -> None:
    """Note what is on the screen by now."""
    if step.result == "background":
        memory.away = True
        memory.fled |= memory.failed_at is not None and bool(memory.at_page) and at - memory.failed_at <= FLEES_S
    elif step.result == "shown":
        memory.looks = [*memory.looks, (step.step, at)][-MOST_LOOKS:]
        seen = [hour for page, hour in memory.looks if page == step.step and at - hour <= CIRCLES_S]
        memory.circles |= len(seen) >= CIRCLES
    if step.result != "background":
        memory.away = False
    if step.result in {"shown", "failed", "passed", "warned", "foreground"} or step.step != memory.page:
        memory.changed_at = max(at - step.screen_s, memory.began_at) if step.result == "tapped" else at
    memory.page = step.step
