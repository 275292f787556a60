"""Waiting for a moment that something may bring forward: what crews and drivers do most, so that it costs one event and no more."""

from __future__ import annotations

import simpy


class Nap:
    """Waits of one actor, one after the other. ``any_of`` would make two events more for each and undo them again."""

    def __init__(self, env: simpy.Environment) -> None:
        self._env = env
        self._asleep: simpy.Event | None = None

    def until(self, at: float) -> simpy.Event:
        """Return an event that happens at ``at``, POSIX seconds, or when the nap is cut short."""
        self._asleep = self._env.timeout(max(0.0, at - self._env.now))
        return self._asleep

    def ends_with(self, event: simpy.Event) -> simpy.Event:
        """Have the nap cut short when ``event`` happens, and return that."""
        if event.callbacks is not None:
            event.callbacks.append(self._cut_short)
        return event

    def _cut_short(self, _event: simpy.Event) -> None:
        """Wake whoever sleeps, in turn with whatever else happens now; their own hour finds nobody."""
        asleep = self._asleep
        if asleep is not None and asleep.callbacks:
            woken = self._env.event()
            woken.callbacks, asleep.callbacks = asleep.callbacks, []
            woken.succeed()
