"""What happens at an hour: ``incidents: - {at: "07:10", cell_site: {share: 20%}, lasts: 20 min}``."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from dispatch.policy_model.strict_model import StrictModel
from dispatch.policy_model.units import Duration, Share
from scenarios.story.hours import At
from scenarios.story.roads import Jam
from scenarios.story.weather import Turn


class CellSite(StrictModel):
    """A cell site and what hangs on it."""

    share: Share
    """Of the customers, with all their devices; of the trucks, too. Who they are is drawn."""


class Incident(StrictModel):
    """One thing that goes wrong at an hour, and for how long. Processors and banks fail by ``payments.outages``."""

    at: At
    lasts: Duration = 0.0
    """Left out where weather stays as it turned."""
    cell_site: CellSite | None = None
    """It fails: who hangs on it has no network."""
    agents_absent: Annotated[int, Field(ge=1, le=100_000)] | None = None
    """So many take no call; who is on the line ends it first."""
    depot_closed: str | None = None
    """Trucks of this depot take no jobs; one under way is finished first."""

    jam: Jam | None = None
    """A crash or works on the story's roads."""
    weather: Turn | None = None
    """It turns: new breakdowns, and what parked cars tell, are of this air from then on."""

    @model_validator(mode="after")
    def _one_thing(self) -> Incident:
        happens = (self.cell_site, self.agents_absent, self.depot_closed, self.jam, self.weather)
        if sum(one is not None for one in happens) != 1:
            message = "say what happens: one of cell_site, agents_absent, depot_closed, jam, weather"
            raise ValueError(message)
        stays = self.weather is not None and "lasts" not in self.model_fields_set
        if self.lasts <= 0 and not stays:
            message = "say how long: 'lasts' must be more than 0"
            raise ValueError(message)
        return self

    def over(self, begin: float, now: float) -> bool:
        """Is it over at ``now``, having begun at ``begin`` (POSIX seconds)? Weather that stays never is."""
        return 0 < self.lasts <= now - begin
