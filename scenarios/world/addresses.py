"""Under which addresses customers can be written to, where the story's people write."""

from __future__ import annotations

from dataclasses import replace
from zlib import crc32

from dispatch.core.conversation.channels import Channel
from dispatch.registers.customers import Customer, PushSubscription
from dispatch.registers.iban import with_check_digits
from scenarios.story.habits import Habits
from scenarios.story.schema import Story
from scenarios.story.streams import Streams


def with_addresses(customer: Customer, story: Story, streams: Streams) -> Customer:
    """Return a customer with what the register knows of them."""
    habits, name = story.habits, customer.customer
    if story.bank is not None:
        customer = replace(customer, iban=account_of(name))
    if habits is None:
        return customer
    return replace(
        customer,
        email=f"{name}@customers.invalid" if has(habits, streams, name, Channel.EMAIL) else "",
        social=name if has(habits, streams, name, Channel.SOCIAL) else "",
        push=(_browser(name),) if has(habits, streams, name, Channel.PUSH) else (),
    )


def account_of(name: str) -> str:
    """Return an account that nobody has: its bank is the world's."""
    return with_check_digits("LV", f"WRLD{crc32(name.encode()):013d}")


def has(habits: Habits, streams: Streams, customer: str, channel: Channel) -> bool:
    """Tell whether a customer can be written to on a channel."""
    return streams.uniforms("has", customer, channel)[0] < habits.of(channel).has


def _browser(customer: str) -> PushSubscription:
    return PushSubscription(f"https://127.0.0.1/push/{customer}", "", "")
