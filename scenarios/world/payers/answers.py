"""Customers are asked about what their devices pay for long: some see it, in a while, say what is true, and see to the rest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from dispatch.core.ids import payment_id
from dispatch.core.purse.actions import AskAboutMoney
from dispatch.core.purse.events import MoneyAnswer
from scenarios.world.payers.wrongs import SUSPENDED_S
from scenarios.world.world import Life, World

if TYPE_CHECKING:
    from scenarios.world.payers.payers import Payer  # whose device it is

STOPS: frozenset[MoneyAnswer] = frozenset({"stop", "stop_and_dispute"})


def listen(world: World, payers: Sequence[Payer]) -> None:
    """Have customers hear what they are asked."""

    def hear(asked: AskAboutMoney) -> None:
        about = asked.payments[-1]
        for payer in payers:
            if payer.customer == asked.customer and about.startswith(payment_id(payer.device, "")):
                world.env.process(_considers(payer, asked))

    world.doors.on_question = hear


def _considers(payer: Payer, asked: AskAboutMoney) -> Life:
    """Look at it on their page and answer, or never do."""
    story, dice = payer.story, payer.world.streams.hashed("asked_later", payer.device, asked.ref)
    answers, after = float(dice.random()) < story.answers_later, story.answers_later_after.one(dice)
    if not answers:
        return
    yield payer.world.env.timeout(after)
    answer = _true_answer(payer, asked, dice)
    yield payer.world.doors.says_of_money(payer.customer, asked.ref, answer)
    if answer in STOPS and payer.wrong is not None:
        payer.wrong.stopped_at = payer.wrong.stopped_at or payer.world.now
        yield from _sees_to_the_rest(payer, asked, answer, dice)


def _true_answer(payer: Payer, asked: AskAboutMoney, dice: np.random.Generator) -> MoneyAnswer:
    """Return what somebody says of it who knows what is true, or who does not know."""
    unsure, wants_back = float(dice.random()) < payer.story.unsure, float(dice.random()) < payer.story.wants_back
    if unsure:
        return "unsure"
    if payer.wrong is None or set(asked.payments).isdisjoint(payer.wrong.payments):
        return "fine"
    return "stop_and_dispute" if wants_back else "stop"


def _sees_to_the_rest(payer: Payer, asked: AskAboutMoney, answer: MoneyAnswer, dice: np.random.Generator) -> Life:
    """Later they end for good what was for nothing, and let the device pay for the rest again; a person decides about a dispute."""
    decided, refunded = payer.story.decided_after.one(dice), float(dice.random()) < payer.story.refunded
    yield payer.world.env.timeout(SUSPENDED_S)
    for one in payer.pays:
        if payer.is_cancelled(one):
            payer.world.doors.holds(payer.mandate(one), "revoked")
        elif answer == "stop_and_dispute":
            payer.world.doors.holds(payer.mandate(one), "active")
    if answer == "stop_and_dispute":
        yield payer.world.env.timeout(max(0.0, decided - SUSPENDED_S))
        payer.world.doors.decides(asked.payments[-1], "looked at with the payee", refunded=refunded)
