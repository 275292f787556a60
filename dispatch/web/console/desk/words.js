// How things stand, in few words. What is not known is said to be not known.

import { escalation, expected, lateness, missesTarget, overdue, reasonsToLook, waitsForTruck } from "./needs.js";
import { plannedFor } from "./planned.js";
import { ago, hour, lasted } from "./time.js";

export const short = (device) => device.slice(device.lastIndexOf("/") + 1);

// Of the help of a case: what a dispatcher wants to read first.
export function helpWords(one, now, zone, heard) {
  const help = one.help;
  if (one.order && !(one.order.what === "tow" && one.help && one.help.state !== "declined")) return `${one.order.what} from ${short(one.order.partner)}: ${requestWords(one.order, zone)}`;
  if (!help || help.state === "declined") {
    if (one.asks_first) return "asks the customer first";
    if (waitsForTruck(one) && one.asks_where) return "where it is has to be asked";
    if (waitsForTruck(one)) return one.place ? waitWords(one, now, zone) : "place not known";
    return one.truck_job ? "" : "a talk is enough";
  }
  const truck = short(help.truck);
  const over = overdue(one, now);
  if (over) return `${truck} ${lasted(lateness(one, now))} late, last heard ${heard ? ago(now - heard) : "never"}`;
  if (help.state === "promised") {
    const late = lateness(one, now);
    const wait = help.eta - now;
    return `${truck} ${wait < 30 ? "due now" : `in ${lasted(wait)}`} (${hour(help.eta, zone)})${late ? `, ${lasted(late)} later than promised` : ""}`;
  }
  if (help.state === "offered") return `${truck} asked ${ago(now - help.sent)}, no answer yet`;
  if (help.state === "on_scene") return `${truck} on the scene for ${lasted(now - help.arrived)}`;
  if (help.state === "done") return `${truck} done`;
  if (help.state === "too_late") return `${truck} on the scene; could not be called off`;
  return `${truck} ${help.state.replaceAll("_", " ")}`;
}

// Who has no truck on its way: which is planned for them is no promise, and nobody was told of it.
function waitWords(one, now, zone) {
  const planned = plannedFor(one.id, now);
  return planned ? `${short(planned.truck)} planned for ${hour(planned.at, zone)}` : "no truck free";
}

export function requestWords(request, zone) {
  const at = request.at ? ` at ${hour(request.at, zone)}` : "";
  return `${request.state.replaceAll("_", " ")}${at}`;
}

// Why it stands where it stands in the queue.
export function needWords(one, name, now, zone, heard) {
  if (name === "look") return [...new Set(reasonsToLook(one).map(([, why]) => why))].map(escalation).join("; ");
  if (name === "no_truck" || name === "no_place") return `${helpWords(one, now, zone, heard)}${missesTarget(one, now) > 60 ? `, target missed by ${lasted(missesTarget(one, now))}` : ""}`;
  if (name === "doubt") return "customer and device tell two places";
  if (name === "on_line" || name === "unreached" || name === "ring") return `${one.contact} ${one.contact_at ? ago(now - one.contact_at) : ""}`;
  if (name === "risk") return `${lasted(missesTarget(one, now))} late: ${helpWords(one, now, zone, heard)}`;
  return helpWords(one, now, zone, heard);
}

export function contactWords(one, now) {
  return one.contact_at ? `${one.contact}, ${ago(now - one.contact_at)}` : one.contact;
}

export function etaWords(one, now, zone) {
  const at = expected(one, now);
  return at === null ? "" : hour(at, zone);
}

// Somebody as colleagues call them.
export const person = (actor) => (actor ? actor.replace(/^(user|key)\//, "") : "");

export const percent = (share) => `${Math.round(share * 100)}%`;

export const sources = { gnss: "its own fix", phone: "owner's phone", last_known: "seen last", home: "registered address", customer: "customer's word" };
