"""Where everybody in a story pays: its banks and processors, and when they fail."""

from __future__ import annotations

from firmware_sim.wallet.institution import Answer, Institution, Outage
from firmware_sim.wallet.market import Market
from firmware_sim.wallet.troubles import Trouble
from scenarios.story.schema import Payments, Story
from scenarios.story.streams import Streams


def open_market(story: Story, streams: Streams) -> Market:
    """Draw the banks and processors of a story, with their outages. There nothing fails by chance: each fault is told of."""
    payments = story.payments or Payments.model_validate({})
    market = Market.drawn(payments.processors, streams.stream("banks"))
    market.clearing.hiccups = 0.0
    for outage in payments.outages:
        begins = story.start_s + outage.at
        down = _institution(market, outage.processor, outage.bank)
        down.outages.append(Outage(begins, begins + outage.lasts, 1.0))
        trouble = Trouble.PROCESSOR_DOWN if outage.processor else Trouble.PAYER_BANK_DOWN
        down.habits[trouble, True] = down.habits[trouble, False] = Answer("RJCT", outage.reason)
    return market


def _institution(market: Market, processor: str | None, bank: str | None) -> Institution:
    clearing = market.clearing
    return clearing.processors[processor] if processor else clearing.banks[bank or ""]
