// A car that speaks to Callahead: MQTT 3.1.1 by mqtt.js, one file. Copy it and make it yours.
//
// npm install mqtt
// node node_device.js mqtt://127.0.0.1:1883 --device acme/car-2 --seconds 10

"use strict";

const { createPrivateKey, sign } = require("node:crypto");
const { setTimeout: sleep } = require("node:timers/promises");
const { parseArgs } = require("node:util");
const mqtt = require("mqtt");

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    device: { type: "string", default: "acme/car-2" },
    seconds: { type: "string", default: "10" },
    pay: { type: "string", default: "" }, // also ask the house to pay so much for an hour of parking: 3.50
    "payment-key": { type: "string", default: "" }, // the private key to sign that with, 32 bytes in base64url
    bad: { type: "boolean", default: false }, // also send a bad event, to see it refused
  },
});

const BOOT = Math.floor(Date.now() / 1000); // grows with every start; a device with a store of its own counts 0, 1, 2 …
let number = 0; // of the events since then: id is boot-number, and an event sent again keeps its id
const topic = `callahead/v1/${options.device}`;
const state = (online) => JSON.stringify({ online, boot: BOOT }); // the boot keeps a late last will from hiding a newer start

/** Return a CloudEvent 1.0. `simulated`: an example never has a real truck sent; yours says `real`. */
function event(kind, data) {
  return JSON.stringify({
    specversion: "1.0",
    type: `callahead.${kind}.v1`,
    source: `/${options.device}`,
    id: `${BOOT}-${number++}`,
    time: new Date().toISOString(),
    datacontenttype: "application/json",
    provenance: "simulated",
    data,
  });
}

/** Return what we ask the house to pay: an hour of parking. Keep it, and ask again with the same where nobody answers. */
function request(amount, seed) {
  const data = {
    end_to_end_id: `PARK-${BOOT}`, // this payment's name: never used for another
    created: new Date().toISOString(),
    currency: "EUR",
    amount,
    creditor: "LV80BANK0000435195001",
    creditor_name: "Rīgas autostāvvieta",
    category: "parking",
    words: "an hour at gate 4",
  };
  return seed ? { ...data, signature: signature(data, seed) } : data;
}

/** Sign with Ed25519, `seed` its private key in base64url: members by name, no blanks, UTF-8 (RFC 8785). */
function signature(data, seed) {
  const signed = JSON.stringify(data, Object.keys(data).sort());
  const pkcs8 = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), Buffer.from(seed, "base64url")]);
  return sign(null, Buffer.from(signed), createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" })).toString("base64url");
}

async function main() {
  const url = positionals[0] ?? "mqtt://127.0.0.1:1883";
  // A session belongs to its user: the id is the user's name, and with the vendor's name a suffix for each of its devices.
  const user = decodeURIComponent(new URL(url).username) || options.device;
  const client = await mqtt.connectAsync(url, {
    clientId: user === options.device ? user : `${user}:${options.device.replace("/", "-")}`,
    protocolVersion: 4, // 3.1.1
    will: { topic: `${topic}/state`, payload: state(false), qos: 1, retain: true },
  }, false); // tell at once where the first connection fails
  let refused = 0;
  client.on("message", (from, payload) => {
    if (from.endsWith("/rejected")) refused += 1;
    console.log(`${from.split("/").pop()}: ${payload}`);
  });

  // At least once: resolved when the broker has acknowledged it. Keep what is not, and send it again.
  async function publish(channel, payload, retain = false) {
    await client.publishAsync(`${topic}/${channel}`, payload, { qos: 1, retain });
    console.log(`acknowledged: ${channel} ${payload}`);
  }

  const granted = await client.subscribeAsync([`${topic}/command`, `${topic}/rejected`], { qos: 1 });
  if (granted.some((each) => each.qos > 2)) throw new Error("the broker refused a subscription");

  await publish("state", state(true), true);
  const position = { latitude: 51.0504, longitude: 13.7373, accuracy_m: 8, fix_time: new Date().toISOString() };
  const weak = { "Vehicle.LowVoltageBattery.CurrentVoltage": 11.2, "Vehicle.Speed": 0 };
  await publish("event", event("vehicle.status", { position, signals: weak }));
  await publish("event", event("vehicle.fault", { codes: [{ code: "P0562" }], position, freeze_frame: weak }));
  if (options.pay) await publish("event", event("payment.request", request(options.pay, options["payment-key"])));
  if (options.bad) await publish("event", event("vehicle.fault", { codes: [{ code: "flat battery" }] }));

  await sleep(Number(options.seconds) * 1000);
  await publish("state", state(false), true); // a connection that is closed in order sends no last will
  await client.endAsync();
  process.exitCode = refused ? 1 : 0;
}

main().catch((error) => {
  console.error(`stopped: ${error.message || error.code || error}`);
  process.exit(2);
});
