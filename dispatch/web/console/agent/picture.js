// The customer's camera, once they agree: from browser to browser, and never by way of the service.

import { attribute, find, shown, text } from "./dom.js";
import { mine } from "./mine.js";
import { videoCall } from "./video.js";

const SAYS = {
  connected: "You see what they show you.",
  gone: "They have ended it.",
  failed: "The two browsers do not reach each other.",
  not_allowed: "You have not their conversation any more.",
  elsewhere: "It goes on in another of your pages.",
  closed: "It has ended.",
  too_much: "It has ended.",
};
let running = null;

// Asks them on their page, which has to be open; pressed once more, it ends.
export function picture() {
  if (running) return end();
  const customer = mine.one.person.customer;
  running = { customer, call: null };
  says("They are asked on their page. Tell them: it has to be open.");
  const where = `/video?customer=${encodeURIComponent(customer)}&agent=${encodeURIComponent(mine.name)}`;
  running.call = videoCall(where, { said: (state) => says(SAYS[state] ?? ""), show });
  look();
}

function end() {
  running.call.end();
  running = null;
  find("#picture video").srcObject = null;
  look();
}

function show(stream) {
  find("#picture video").srcObject = stream; // which plays by itself
}

function says(words) {
  if (words) text(find("#picture-says"), words);
}

// Whoever is on the screen now is not to be seen beside another's words.
function look() {
  const held = [...mine.hand.values()].some((one) => one.person.customer === running?.customer);
  if (running && !held) return end();
  shown(find("#picture"), Boolean(running) && mine.one?.person.customer === running.customer);
  attribute(find("[data-deed=picture]"), "aria-pressed", String(Boolean(running)));
}

mine.addEventListener("changed", look);
