"""What the page says in sentences: how to connect, the two modes, and what is tolerated."""

from __future__ import annotations

CHANNELS = (
    ("event", "up", "what happened, as CloudEvents"),
    ("urgent", "up", "where you want it: what is no status, so that it waits behind none"),
    ("state", "up, retained", "online or offline; also the last will"),
    ("command", "down", "what the device should do, as CloudEvents"),
    ("rejected", "down", "why a message was refused, as RFC 9457 problem details"),
)

CONNECT = """
<ol>
<li>MQTT 3.1.1 or 5, port 1883, or 8883 with TLS; user and password, or a client certificate, as you were given them.
The embedded broker speaks 3.1.1; binary mode needs one that speaks 5, such as Mosquitto.</li>
<li>Keep the session (<code>clean_session=false</code>, in MQTT 5 <code>clean start = 0</code> with a session expiry), so
that commands wait for you. Subscribe to your <code>…/command</code> and <code>…/rejected</code> with QoS 1.</li>
<li>Leave a last will on <code>…/state</code>, QoS 1, retained: <code>{"online": false, "boot": 7}</code>. After
connecting, publish <code>{"online": true, "boot": 7}</code> there, retained. The boot count keeps an old last will
from marking a newer session offline.</li>
<li>Publish events with QoS 1. Store what you cannot send, and send it later with the ids it was given: a repeat is
harmless, since <code>source</code> and <code>id</code> tell it. When your store is full, drop positions, never
faults.</li>
<li>What is no status (faults, payments, steps in an app) may go on <code>…/urgent</code> instead of <code>…/event</code>:
under overload statuses of thousands of devices wait at the broker, and nothing that stands behind them on <code>…/event</code>
overtakes them there. What one connection sends arrives in order: have no more than 20 messages at a time without their
acknowledgement, and of what waits in your device send the urgent first. The order of numbers is not the order of arrival,
and need not be.</li>
</ol>
<pre><code>mosquitto_pub -h BROKER -u USER -P PASSWORD -q 1 -t callahead/v1/volta/car-1/event -f event.json
mosquitto_sub -h BROKER -u USER -P PASSWORD -q 1 -t callahead/v1/volta/car-1/rejected</code></pre>
"""

STRUCTURED = """
<p>Every event is a CloudEvent 1.0 with JSON data. In <strong>structured mode</strong> the payload is the whole event;
in MQTT 5 its content type is <code>application/cloudevents+json</code>.</p>
"""

BINARY = """
<p>In MQTT 5 the attributes may stand in user properties instead, the payload being the data alone and the content type
its media type. It is the same event. Pointers in refusals are those of the structured form.</p>
<pre><code>mosquitto_pub -V 5 -h BROKER -u USER -P PASSWORD -q 1 -t callahead/v1/volta/phone-1/event \\
  -D PUBLISH content-type application/json \\
  -D PUBLISH user-property specversion 1.0 \\
  -D PUBLISH user-property type callahead.phone.status.v1 \\
  -D PUBLISH user-property source /volta/phone-1 \\
  -D PUBLISH user-property id 12-41 \\
  -D PUBLISH user-property time 2026-01-12T12:32:00+02:00 \\
  -m '{"position": null}'</code></pre>
"""

TOLERANCE = (
    ("a content type with parameters, application/cloudevents+json; charset=utf-8", "the same as without"),
    ("no content type, MQTT 3.1.1 or 5", "structured mode, unless the user properties hold the attributes"),
    ("another of CloudEvents' formats (Avro, Protobuf, batch), data_base64", "refused: unsupported-format"),
    ("a user property twice, with one value", "one property"),
    ("a user property twice, with two values", "refused for an attribute in the table above; let pass for others"),
    ("attributes that are not in the table, in any script", "let pass, not read"),
    (
        "an unknown name inside data",
        "left out and told, with the name that was probably meant; a request to pay is refused",
    ),
    ("null for what is optional", "the same as leaving it out"),
    ("the same JSON name twice in one object", "the later counts, as with most parsers"),
    ("a time with any offset", "the moment it means; an event in +01:00 and in UTC is one event"),
    ("a count of seconds for a time, with or without quotes", "refused"),
    ("240.0 for a whole number", "240"),
    ("trouble codes in lower case", "read as upper case; VSS's enumerations are upper case as VSS has them"),
    (
        "an IBAN whose check digits are wrong",
        "taken of an attempt: it may be the very reason why it fails; a request is refused",
    ),
    ("a GTIN whose check digit is wrong", "refused: nobody could order it"),
    ("more decimals than the currency has (ISO 4217)", "refused"),
    ("an unknown reason code", "taken; the list is external and grows"),
)
