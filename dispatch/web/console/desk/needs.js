// What a case needs of a person, how late it is, and in what order that is looked at. Nothing here touches the page.

import { plannedFor } from "./planned.js";

export const SEVERITY = ["low", "medium", "high", "critical"];

// In the order in which they are to be seen to.
export const NEEDS = [
  ["look", "Look at it"],
  ["silent", "Truck silent"],
  ["late", "Truck overdue"],
  ["no_truck", "No truck yet"],
  ["no_place", "Place not known"],
  ["doubt", "Two places told"],
  ["risk", "Will be late"],
  ["on_line", "Customer on the line"],
  ["unreached", "Customer not reached"],
  ["ring", "To be rung"],
  ["hand", "In hand"],
  ["planned", "Waits as planned"],
  ["running", "Runs by itself"],
];
export const RANK = new Map(NEEDS.map(([name], number) => [name, number]));
export const NEED_TITLE = new Map(NEEDS);
const BY_ITSELF = new Set(["running", "planned", "hand", "ring"]);
const TO_THE_MINUTE_S = 60;
const CALL_LATE_S = 120;

const ESCALATED = {
  no_truck_with_skill: "no truck has the skill, or none is on duty",
  not_there_in_time: "help is due, and no truck is there",
  not_finished: "hours on the scene, and nobody says that it is done",
  may_not_be_asked: "must be asked first, and may not be rung",
  no_technician: "no technician can be had",
  unacknowledged: "nobody has acknowledged it",
  asked_for: "a colleague wants others to look",
  pin_not_kept: "the truck that was pinned does not come",
  no_contractor: "no contractor comes",
};

// Why a person has to look still holds? What is past, and what another place of the queue says better, is left out.
function holds(why, one) {
  const standing = one.help?.state;
  if (why === "not_there_in_time") return false;
  if (why === "no_truck_with_skill") return waitsForTruck(one);
  if (why === "not_finished") return standing !== "done";
  if (why === "may_not_be_asked") return !one.help && !one.order;
  if (why === "no_technician") return one.order?.state !== "accepted";
  if (why === "unacknowledged") return !one.acknowledged_by;
  return true;
}

// Why somebody has to look at a case, as far as it still holds, and since when.
export function reasonsToLook(one) {
  const raised = one.raised.filter(([, why]) => holds(why, one));
  const others = one.escalated.filter((why) => holds(why, one) && !raised.some(([, other]) => other === why));
  return [...raised.map(([at, why]) => [at, why]), ...others.map((why) => [one.opened, why])];
}

export const escalation = (why) => ESCALATED[why] ?? why.replaceAll("_", " ");

// By how many seconds help comes later than it said, or has not come though it is due: never less than nothing.
export function lateness(one, now) {
  const help = one.help;
  if (!help || !["promised", "offered"].includes(help.state)) return 0;
  const due = help.promised === null ? help.eta : Math.min(help.promised, help.eta);
  const over = Math.max(now, help.eta) - due;
  return help.state === "promised" && over > TO_THE_MINUTE_S ? over : 0;
}

// Is the truck overdue now, and not only expected later?
export function overdue(one, now) {
  const help = one.help;
  if (!help || help.state !== "promised") return 0;
  const due = help.silent && help.promised !== null ? Math.min(help.promised, help.eta) : help.eta;
  return now - due > TO_THE_MINUTE_S ? now - due : 0;
}

// When help is expected, as far as anybody knows: as it was promised, or as it is planned; null: nobody is on the way.
export function expected(one, now) {
  const help = one.help;
  if (!help || !["promised", "offered"].includes(help.state)) return waitsForTruck(one) ? (plannedFor(one.id, now)?.at ?? null) : null;
  return Math.max(help.eta, now);
}

// By how many seconds the house's target is missed, or will be; null: help is there, or none is due.
export function missesTarget(one, now) {
  if (!one.truck_job || one.asks_first) return null;
  const help = one.help;
  if (help && !["promised", "offered", "declined"].includes(help.state)) return null;
  const at = expected(one, now);
  return (at ?? now) - one.due;
}

export const waitsForTruck = (one) => one.truck_job && !one.asks_first && (!one.help || one.help.state === "declined") && !["accepted", "too_late"].includes(one.order?.state);

// What somebody has seen is in hand, until something new happens.
export function need(one, now) {
  const [name, since] = needed(one, now);
  const seen = one.acknowledged_at ?? null;
  return seen !== null && seen >= since && !BY_ITSELF.has(name) ? ["hand", seen] : [name, since];
}

function needed(one, now) {
  const look = reasonsToLook(one);
  if (look.length) return ["look", Math.max(...look.map(([at]) => at))];
  if (one.help?.silent) return ["silent", one.help.eta];
  if (overdue(one, now)) return ["late", one.help.eta];
  const waits = waitsForTruck(one);
  if (waits && (!one.place || one.asks_where)) return ["no_place", one.opened];
  if (waits && expected(one, now) === null) return ["no_truck", one.opened];
  if (one.doubt) return ["doubt", one.opened];
  const misses = missesTarget(one, now);
  if (misses !== null && misses > TO_THE_MINUTE_S) return ["risk", one.due];
  if (one.contact === "rang in") return ["on_line", one.contact_at];
  if (one.contact === "not reached" || one.contact.startsWith("no answer") || one.contact === "rang in, hung up") return ["unreached", one.contact_at];
  if (one.contact === "to be rung" && now - one.contact_at > CALL_LATE_S) return ["ring", one.contact_at];
  return [waits ? "planned" : "running", one.opened];
}

export const needsPerson = (name) => !BY_ITSELF.has(name);

// Sorted: first what is to be seen to first, then the worst, then who waits longest.
export function ordered(cases, now) {
  return [...cases]
    .map((one) => {
      const [name, since] = need(one, now);
      return { id: one.id, need: name, since, severity: one.severity, opened: one.opened };
    })
    .sort((a, b) => RANK.get(a.need) - RANK.get(b.need) || b.severity - a.severity || a.opened - b.opened || (a.id < b.id ? -1 : 1));
}

export function truckState(truck, cases) {
  if (!truck.duty) return "off";
  const one = truck.case ? cases.get(truck.case) : null;
  if (!one?.help) return truck.case ? "busy" : "free";
  return { offered: "asked", promised: "driving", on_scene: "scene", too_late: "scene" }[one.help.state] ?? "busy";
}

export const TRUCK_STATE = { free: "free", asked: "asked", driving: "on its way", scene: "on the scene", busy: "busy", off: "off duty" };
