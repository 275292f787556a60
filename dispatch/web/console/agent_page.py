"""The agent's page at ``/agent``: a document, made of files beside the dispatcher's, and what it is told."""

from __future__ import annotations

from fastapi import FastAPI, Request
from starlette.responses import Response
from starlette.websockets import WebSocket

from dispatch.core.routing.fit import SKILLS
from dispatch.service.service import Service
from dispatch.web.console.agent_feed import GONE_AFTER_S, AgentFeed, Leaving, PresentAgents
from dispatch.web.console.desk_page import desk_map, document, told_from_the_start
from dispatch.web.entrance.visitor import AGENT
from dispatch.words import LANGUAGES

AGENT_FEED = "/agent/feed"


def mount_agent(app: FastAPI, service: Service, gone_after_s: float = GONE_AFTER_S) -> None:
    """Put the page and what it is told on the service's app. ``gone_after_s``: real seconds until a page counts as gone."""
    present = PresentAgents(Leaving(service), gone_after_s)
    tiles = service.map_file

    @app.get(AGENT, include_in_schema=False)
    async def page(request: Request) -> Response:
        if service.watch is not None:
            service.watch.soon()
        told = told_from_the_start(request.state.principal) | {"languages": list(LANGUAGES), "skills": sorted(SKILLS)}
        told |= {"wrap_up_s": service.room.desk.policy.wrap_up_s, "telephony": service.exchange is not None}
        return document("agent", told | {"map": desk_map(None if tiles is None else tiles.told)})

    @app.websocket(AGENT_FEED)
    async def feed(browser: WebSocket) -> None:
        await AgentFeed(service, browser, present).run()
