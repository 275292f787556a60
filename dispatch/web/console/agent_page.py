"""The agent's page at ``/agent``: a document, made of files beside the dispatcher's, and what it is told."""

from __future__ import annotations

from fastapi import FastAPI, Request
from starlette.responses import Response
from starlette.websockets import WebSocket

from dispatch.core.routing.fit import SKILLS
from dispatch.service.service import Service
from dispatch.views.reason_said import REASON_WORDS
from dispatch.web.console.agent_feed import AgentFeed
from dispatch.web.console.agent_sound import AgentSound, ListeningSound
from dispatch.web.console.desk_page import desk_map, document, told_from_the_start
from dispatch.web.entrance.visitor import AGENT
from dispatch.words import LANGUAGES

AGENT_FEED, AGENT_SOUND, LISTENING_SOUND = "/agent/feed", "/agent/sound", "/agent/listening"
WITH_MICROPHONE = "camera=(), geolocation=(), microphone=(self), payment=(), usb=()"
"""What this page may ask the browser for, where calls are rung; no other page of the house may."""


def mount_agent(app: FastAPI, service: Service) -> None:
    """Put the page and what it is told on the service's app."""
    service.present_agents.looks = lambda agent, looks: _looks(service, agent, looks=looks)
    tiles = service.map_file

    @app.get(AGENT, include_in_schema=False)
    async def shown(request: Request) -> Response:
        if service.watch is not None:
            service.watch.soon()
        told = told_from_the_start(request.state.principal) | {"languages": list(LANGUAGES), "skills": sorted(SKILLS)}
        told |= {"hints": service.room.desk.policy.hints}
        told |= {"wrap_up_s": service.room.desk.policy.wrap_up_s, "telephony": service.exchange is not None}
        told |= {"reasons": REASON_WORDS}
        page = document("agent", told | {"map": desk_map(None if tiles is None else tiles.told)})
        if service.exchange is not None:
            page.headers["permissions-policy"] = WITH_MICROPHONE
        return page

    @app.websocket(AGENT_FEED)
    async def feed(browser: WebSocket) -> None:
        await AgentFeed(service, browser).run()

    @app.websocket(AGENT_SOUND)
    async def sound(browser: WebSocket) -> None:
        await AgentSound(service, browser).run()

    @app.websocket(LISTENING_SOUND)
    async def listening(browser: WebSocket) -> None:
        await ListeningSound(service, browser).run()


def _looks(service: Service, agent: str, *, looks: bool) -> None:
    if service.exchange is not None:
        service.exchange.listening.looks(agent, looks=looks)
