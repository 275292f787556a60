"""What a route needs: declared where the route stands, checked before its body is looked at. A route without it does not start."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.params import Depends as Declared
from fastapi.routing import APIRoute
from starlette.routing import compile_path

from dispatch.access.permissions import Permission
from dispatch.access.principal import Principal
from dispatch.access.roles import Reach
from dispatch.web.guard import not_allowed_text
from dispatch.web.problems import ApiProblem
from gateway.errors import InternalError


class Own(Enum):
    """Where a route says whose things are asked for; who reaches only their own is refused where it does not."""

    NOT_SAID = ""
    DEVICE = "{vendor}/{device}"
    VENDOR = "{vendor}"
    PARTNER = "{partner}"
    CUSTOMER = "{customer}"
    IN_BODY = "body"
    """The route looks itself, with ``must_own``."""


class NothingDeclared(InternalError):  # noqa: N818 - says what is missing
    """A route of ours says not what it needs."""


@dataclass(frozen=True, slots=True)
class Needs:
    """The check that a route declares."""

    permission: Permission
    own: Own

    async def __call__(self, request: Request) -> Principal:
        """Return who asks. Raises ``ApiProblem`` (403)."""
        who: Principal = request.state.principal
        reach = who.may(self.permission)
        if reach is None or (reach is Reach.OWN and self.own is Own.NOT_SAID):
            raise not_allowed(who, self.permission)
        if self.own in {Own.VENDOR, Own.PARTNER, Own.CUSTOMER, Own.DEVICE}:
            must_own(who, self.permission, self.own.value.format(**request.path_params), device=self.own is Own.DEVICE)
        return who


def may(permission: Permission, own: Own = Own.NOT_SAID) -> Declared:
    """Declare what a route needs."""
    declared: Declared = Depends(Needs(permission, own))
    return declared


def must_own(who: Principal, permission: Permission, name: str, *, device: bool = False) -> None:
    """Raise ``ApiProblem`` (403) where it is another's than who reaches only their own."""
    if not (who.owns_device(name, permission) if device else who.owns_it(name, permission)):
        raise not_allowed(who, permission, f" for {name!r}")


def not_allowed(who: Principal, permission: Permission, why: str = "") -> ApiProblem:
    """Return the refusal."""
    return ApiProblem(403, "not-allowed", "You may not do that", not_allowed_text(who, permission, why))


async def _who(request: Request) -> Principal:
    who: Principal = request.state.principal
    return who


Who = Annotated[Principal, Depends(_who)]
"""Who asks, where a route has to know."""


@dataclass(frozen=True, slots=True)
class DeclaredRoute:
    """A route of ours and what it needs."""

    path: str
    methods: frozenset[str]
    needs: Needs

    @property
    def pattern(self) -> re.Pattern[str]:
        """What its paths look like."""
        return compile_path(self.path)[0]


def declared(routers: Iterable[APIRouter], prefix: str = "") -> Iterator[DeclaredRoute]:
    """Yield each route with what it needs. Raises ``NothingDeclared``."""
    for route in (route for router in routers for route in router.routes):
        found = _needs(route) if isinstance(route, APIRoute) else []
        if not isinstance(route, APIRoute) or len(found) != 1:
            raise NothingDeclared(
                f"{route} declares {len(found)} permissions: each route says with may(…) what it needs"
            )
        yield DeclaredRoute(prefix + route.path, frozenset(route.methods or ()), found[0])


def _needs(route: APIRoute) -> list[Needs]:
    return [one.call for one in route.dependant.dependencies if isinstance(one.call, Needs)]
