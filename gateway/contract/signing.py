"""What the page says of signing what a device asks to pay, with a test vector: the example of the contract, and its bytes."""

from __future__ import annotations

from html import escape

from gateway.contract.canonical import canonical
from gateway.contract.event_types import event_types
from gateway.contract.payments import REQUEST_LASTS_S

REQUEST = "callahead.payment.request.v1"
TEST_SEED = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"
TEST_KEY = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
"""The key pair of RFC 8032, 7.1, test 1, as RFC 8037 writes it: everybody knows it, so nobody registers it."""


def signed_example() -> tuple[bytes, str]:
    """Return the bytes that the example's signature is over, and the signature."""
    data = dict(event_types().named(REQUEST).data)
    signature = str(data.pop("signature"))
    return canonical(data), signature


def signing() -> str:
    """Return it as HTML."""
    signed, signature = signed_example()
    vector = (
        f"private key (32 bytes, base64url)  {TEST_SEED}\npayment_key (public, base64url)    {TEST_KEY}\n"
        f"canonical bytes, UTF-8             {signed.decode()}\nsignature (base64url)              {signature}"
    )
    return f"""
<p>A device asks to pay with <a href="#{REQUEST}"><code>{REQUEST}</code></a>. It signs by a key of its own: draw an Ed25519 key in
the device, and register the public one with it as <code>payment_key</code> (32 bytes in base64url without padding), with
<code>payment_key_expires</code> where it does. Two devices never share a key. What is signed are the members of
<code>data</code> that are told, without <code>signature</code> and without any that is null, as canonical JSON (RFC 8785). All of
them are texts, so this is: members sorted by name, no blanks, UTF-8, and a backslash only before <code>"</code> and
<code>\\</code>. The signature is Ed25519 (RFC 8032, not the pre-hashed variant), base64url without padding. With the example's
data and the key of RFC 8032's first test:</p>
<pre><code>{escape(vector)}</code></pre>
<p>A request that is not of the form below is refused on <code>…/rejected</code>, with the rule, the place and, as
<code>reason</code>, the ISO 20022 status reason; nothing is left out of a request, it is taken as it is or not at all. Every other
answer is a <code>callahead.payment.status.v1</code>: <code>DS0A</code> not signed, <code>DS0B</code> the signature is wrong,
<code>DS18</code> no key is registered, <code>TKXP</code> the key has expired, <code>CH03</code> and <code>CH04</code>
<code>created</code> is ahead of our clock, or {REQUEST_LASTS_S // 3600} hours old: set the clock; <code>DU04</code> the
<code>end_to_end_id</code> was used for something else, and that stands; and why mandates, limits or purse do not let
it. A refused payment is over: ask anew under another <code>end_to_end_id</code>. Not answered, ask again with the same
<code>data</code> in an event of a new <code>id</code>.</p>
"""
