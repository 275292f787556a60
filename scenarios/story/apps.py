"""What a story says of the app on its phones: who uses it how often, what hinders them, and what its versions do wrong."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from dispatch.policy_model.strict_model import StrictModel
from dispatch.policy_model.units import Duration, Share
from firmware_sim.apps.app import Bug, BugSort
from firmware_sim.apps.flows import PAGES
from gateway.apps.messages import AppVersion, Flow
from scenarios.story.distributions import Spans, exponential, lognormal
from scenarios.story.place import listed
from scenarios.story.weights import Weights


class AppBug(StrictModel):
    """What a version does wrong at one page."""

    version: AppVersion
    flow: Flow
    step: str
    sort: BugSort
    share: Annotated[Share, Field(gt=0)] = 0.85
    """Of all tries."""

    @model_validator(mode="after")
    def _is_a_page(self) -> AppBug:
        if self.step not in PAGES[self.flow]:
            told = {"key": "step", "flow": self.flow, "pages": ", ".join(PAGES[self.flow])}
            raise PydanticCustomError("unknown_key", "{flow} has the pages {pages}", told)
        return self

    @property
    def bug(self) -> Bug:
        """As the app has it."""
        return Bug(self.version, self.flow, self.step, self.sort, self.share)


Sort = Literal[
    "hindered", "slip", "slow", "explorer", "copier", "comparer", "hasty", "distracted", "fraud", "victim", "smooth"
]


class Apps(StrictModel):
    """The app on every phone."""

    every: Spans = exponential(3 * 3600)
    """Between two uses of one phone [fit]."""
    agrees: Share = 1.0
    """Of all customers: who lets the house help in the app."""
    flows: Weights = Field(
        {"new_payee": 0.45, "log_in": 0.25, "password_reset": 0.08, "card_in_wallet": 0.12, "mandate": 0.1}
    )
    """What they set out to do [fit]."""
    versions: Weights = Field({"4.1.0": 1.0})
    """Of the app, and how many have each."""
    bugs: Annotated[tuple[AppBug, ...], BeforeValidator(listed)] = ()
    people: Weights = Field(
        {
            "hindered": 0.16,
            "slip": 0.1,
            "slow": 0.08,
            "explorer": 0.07,
            "copier": 0.08,
            "comparer": 0.06,
            "hasty": 0.06,
            "distracted": 0.05,
            "fraud": 0.01,
            "victim": 0.01,
            "smooth": 0.32,
        }
    )
    """Of what sort each use is [fit]: ``hindered`` meets what they do not see through; of the others nobody struggles."""
    sees_through: Share = 0.15
    """Of the hindered, at each try that failed: who sees what it is [fit]."""
    bears: Annotated[float, Field(gt=0, le=50)] = 2.2
    """Failures that they bear on average beyond the first [fit]."""
    gives_up: Share = 0.37
    """Of those who struggle: who gives up once they have borne enough (Tink 2025); the others find a way after a while."""
    phones: Share = 0.5
    """Of those who gave up: who phones [fit]."""
    phones_after: Spans = lognormal(120, 0.8)
    accepts: Share = 0.2
    """Who takes an invitation, at a good moment (BoldChat); half as many between 10 and 30 seconds of a screen [fit]."""
    later: Share = 0.15
    says_no: Share = 0.25
    """The others look past it [fit]."""
    talks: Share = 0.6
    """Of those who take it: who wants to talk rather than chat [fit]."""
    waits: Spans = lognormal(150, 0.5)
    """For the call or the chat [fit]."""
    finds_a_way: Duration = 10 * 60.0
    """Mean until who does not give up finds a way [fit]."""

    @model_validator(mode="after")
    def _names_what_there_is(self) -> Apps:
        for key, there in (("flows", PAGES.keys()), ("people", set(Sort.__args__))):  # type: ignore[attr-defined]
            for name in getattr(self, key):
                if name not in there:
                    raise PydanticCustomError("unknown_key", "there is none of that name", {"key": f"{key}.{name}"})
        return self
