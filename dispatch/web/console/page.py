"""The console: the dispatcher's page and the agent's, and beside them one's own account and everybody's accounts and keys."""

from __future__ import annotations

from fastapi import FastAPI, Request
from nicegui import ui

from dispatch.service.service import Service
from dispatch.web.console.access_page import access_page
from dispatch.web.console.account_page import account_page
from dispatch.web.console.agent_page import mount_agent
from dispatch.web.console.desk_page import mount_desk
from dispatch.web.console.who import ACCESS_PATH
from dispatch.web.entrance.visitor import ACCOUNT, where_of


def mount(app: FastAPI, service: Service) -> None:
    """Put the console on the service's app."""
    mount_desk(app, service)
    mount_agent(app, service)

    @ui.page(ACCOUNT, title="Your account - Callahead", dark=None)
    def account(request: Request) -> None:
        account_page(service, request.state.principal, where_of(request))

    @ui.page(ACCESS_PATH, title="Accounts and keys - Callahead", dark=None)
    def access(request: Request) -> None:
        access_page(service, request.state.principal, str(request.base_url).rstrip("/"))

    ui.run_with(app, title="Callahead", favicon="📞", show_welcome_message=False, reconnect_timeout=10.0)
