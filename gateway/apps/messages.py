"""What an app tells of each step its customer takes in it. The published v1 contract.

Nothing that was typed is in it: no account number, no name, no password, no amount. Codes and times alone.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from gateway.contract.envelope import DeviceEvent
from gateway.contract.event_types import EventType, Messages
from gateway.contract.values import Strict, Whole, unit

Flow = Literal["new_payee", "log_in", "password_reset", "card_in_wallet", "mandate"]
"""What they set out to do."""
StepResult = Literal[
    "shown",
    "passed",
    "failed",
    "tapped",
    "warned",
    "ignored",
    "back",
    "background",
    "foreground",
    "done",
    "left",
    "answered",
]
"""``shown``: the page came up; ``passed``: it went through; ``failed``: the app said no, with an ``error``; ``tapped``: the same
element was tapped three times or more within two seconds; ``warned``: a warning was shown; ``ignored``: they went on all the
same; ``back``: to the page before; ``background``, ``foreground``: the app was left and came back; ``done``: the flow is
finished; ``left``: it was given up; ``answered``: they answered an invitation."""
StepError = Literal[
    "account_number_invalid",
    "name_mismatch",
    "name_close_match",
    "payee_bank_unreachable",
    "payee_exists",
    "field_invalid",
    "code_wrong",
    "code_expired",
    "approval_timeout",
    "approval_declined",
    "password_wrong",
    "user_unknown",
    "biometrics_failed",
    "access_locked",
    "link_expired",
    "password_too_weak",
    "card_unsupported",
    "card_inactive",
    "device_unsupported",
    "limit_exceeded",
    "not_permitted",
    "session_expired",
    "network",
    "server",
    "crashed",
]
"""Why the app said no."""
InvitationReply = Literal["talk", "chat", "later", "no"]
"""What may be answered to an invitation."""
Word = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]{0,39}$")]
"""Lower-case letters and underlines: no digit, so that no number that was typed fits in."""
AppSession = Annotated[str, StringConstraints(pattern=r"^s-[0-9a-f]{4,32}$")]
"""One run through a flow, drawn by the app."""
AppVersion = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,4}(\.[0-9]{1,5}){1,3}$")]
"""As the app is published, ``4.12.0``."""
Invitation = Annotated[str, StringConstraints(pattern=r"^inv/[A-Za-z0-9._/-]{1,200}$")]
"""The invitation's, as the command said it."""


def _by_result(schema: dict[str, Any]) -> None:
    """Say in the schema which members belong to which result: an error to a failure, a reply to an answer."""
    others = [one for one in get_args(StepResult) if one not in {"failed", "answered"}]
    none = {"type": "null"}
    schema["anyOf"] = [
        {
            "properties": {
                "result": {"type": "string", "enum": results},
                "error": {"type": "string"} if results == ["failed"] else none,
                **dict.fromkeys(("invitation", "reply"), {"type": "string"} if results == ["answered"] else none),
            },
            "required": [*schema["required"], *more],
        }
        for results, more in ((["failed"], ["error"]), (["answered"], ["invitation", "reply"]), (others, []))
    ]


class AppStep(Strict):
    """One step in an app. Never what was typed."""

    model_config = ConfigDict(json_schema_extra=_by_result)

    session: AppSession
    """One run through a flow: drawn by the app, said of all its steps."""
    flow: Flow
    step: Word
    """The page, as the app calls it: ``account``, ``name``, ``confirm``, ``code``. Letters and underlines."""
    result: StepResult
    error: StepError | None = None
    """Of a step that failed: why, as the app said it."""
    app_version: AppVersion
    screen_s: Annotated[float, Field(ge=0, le=86_400), unit("s")] = 0.0
    """For how long the page has been in front."""
    taps: Annotated[int, Whole(0, 1_000)] = 0
    """The most taps on one element of the page within two seconds."""
    verification: Literal["MTCH", "CMTC", "NMTC", "NOAP"] | None = None
    """Whether the payee's name fits the account, as their bank said; of a warning."""
    new_device: bool | None = None
    """The app was set up on this device within the last day."""
    remote_control: bool | None = None
    """Somebody else sees or controls the screen."""
    on_call: bool | None = None
    """A telephone call goes on meanwhile."""
    invitation: Invitation | None = None
    """Of an answer: to which."""
    reply: InvitationReply | None = None
    """Of an answer: what they chose."""

    @model_validator(mode="after")
    def _says_what_belongs_to_its_result(self) -> AppStep:
        if (self.result == "failed") is not (self.error is not None):
            message = "error: belongs to the result 'failed', and to no other"
            raise ValueError(message)
        answered = self.invitation is not None and self.reply is not None
        if (self.result == "answered") is not answered or (self.invitation is None) is not (self.reply is None):
            message = "invitation and reply: belong to the result 'answered', and to no other"
            raise ValueError(message)
        return self


class AppStepEvent(DeviceEvent):  # noqa: D101
    type: Literal["callahead.app.step.v1"] = "callahead.app.step.v1"
    data: AppStep


MESSAGES = Messages(
    events=(
        EventType(AppStepEvent, "volta/phone-1", "12-52", "2026-01-12T12:31:40+02:00", {
            "session": "s-7f3a19c2",
            "flow": "new_payee",
            "step": "account",
            "result": "failed",
            "error": "account_number_invalid",
            "app_version": "4.2.0",
            "screen_s": 21.4,
            "taps": 1,
        }),
    ),
    expected={
        "session": "'s-' and 4 to 32 hexadecimal digits, drawn by the app for one run through a flow",
        "step": "a page of the flow in lower-case letters and underlines, such as 'account'",
        "app_version": "the app's version, such as '4.12.0'",
        "invitation": "the invitation as the command said it, such as 'inv/volta/phone-1/12-52'",
    },
)  # fmt: skip
