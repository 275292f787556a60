"""A workshop or a supplier is told that it is no longer asked. Pure."""

from __future__ import annotations

from dispatch.core.actions import RequestWithdrawal, WithdrawRequest
from dispatch.core.case import Case, Request
from dispatch.core.ids import Requested, RequestOf, request_id


def withdrawal(case: Case, what: Requested, request: Request, reason: RequestWithdrawal) -> WithdrawRequest:
    """Tell the partner who was asked last that it no longer is."""
    asked = (request_id(RequestOf(case.case, what)), request.attempt, request.partner or "")
    return WithdrawRequest(case.case, *asked, reason, case.finding.provenance)
