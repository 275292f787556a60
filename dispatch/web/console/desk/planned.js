// What trucks do and are to do, hour by hour: the job at hand in pieces, and the jobs that are planned behind it.

import { lateness } from "./needs.js";
import { state } from "./state.js";
import { short } from "./words.js";

const FRESH_S = 5;
const reckoned = { key: "", found: new Map() };

// What each truck did and does, as pieces.
export function done(now) {
  const found = new Map();
  for (const bar of state.bars.values()) {
    if (!found.has(bar.truck)) found.set(bar.truck, []);
    found.get(bar.truck).push(...pieces(bar, now));
  }
  return found;
}

export const through = (some, now) => some.reduce((latest, one) => Math.max(latest, one.to), now);

// Which truck is planned for a case that waits, and when it should be there; null: none is.
export function plannedFor(id, now) {
  const key = `${state.seq} ${Math.floor(now / FRESH_S)}`;
  if (reckoned.key !== key) Object.assign(reckoned, { key, found: arrivals(now) });
  return reckoned.found.get(id) ?? null;
}

function arrivals(now) {
  const found = new Map();
  const before = done(now);
  for (const { id: truck, jobs } of state.planned.values()) {
    let at = through(before.get(truck) ?? [], now);
    for (const [id, drive, scene, tow, unhook] of jobs) {
      found.set(id, { truck, at: at + drive });
      at += drive + scene + tow + unhook;
    }
  }
  return found;
}

// The pieces of what a truck does for a case: what was is solid, what is to come as far as it can be reckoned is hatched.
// The last of them says when the truck is through.
function pieces(bar, now) {
  const late = lateness({ help: { ...bar, promised: bar.eta } }, now);
  const found = [];
  const put = (kind, from, to) => {
    const say = (which, begin, end) => end > begin && found.push({ case: bar.id, name: bar.name, kind: which, from: begin, to: end, late });
    say(kind, from, Math.min(to, now));
    say(`${kind} plan`, Math.max(from, now), to);
    return to;
  };
  if (bar.state === "offered") {
    found.push({ case: bar.id, name: bar.name, kind: "asked plan", from: bar.sent, to: Math.max(bar.eta, now), late: 0 });
    return work(put, bar, Math.max(bar.eta, now), now, found);
  }
  let there = bar.arrived ?? bar.finished;
  if (there === null) {
    there = Math.max(bar.eta, now);
    put("driving", bar.sent, bar.eta);
    put("overdue", bar.eta, now);
  } else put("driving", bar.sent, there);
  return work(put, bar, there, now, found);
}

// On the scene, which hooks a car that is towed, the tow, and the workshop. What lasts longer than was reckoned goes on until now.
function work(put, bar, there, now, found) {
  const atHand = bar.arrived !== null && bar.finished === null;
  const until = (reckoned) => bar.finished ?? (atHand ? Math.max(reckoned, now) : reckoned);
  if (!bar.tow_to) {
    put("scene", there, until(there + bar.on_scene_s));
    return found;
  }
  const within = (at) => Math.min(at, bar.finished ?? Infinity);
  const hooked = put("hook", there, within(there + bar.on_scene_s));
  if (bar.tow_s === null) {
    put("tow", hooked, until(hooked));
    return found;
  }
  const towed = put("tow", hooked, within(hooked + bar.tow_s));
  put("unhook", towed, until(towed + bar.unhook_s));
  return found;
}

// The jobs behind the one at hand, as they are planned, each from when the truck is through with the one before.
export function* toCome(jobs, from) {
  let at = from;
  for (const [id, drive, scene, tow, unhook] of jobs) {
    const name = state.cases.get(id)?.name ?? short(id);
    for (const [kind, lasts] of [["driving", drive], [tow ? "hook" : "scene", scene], ["tow", tow], ["unhook", unhook]]) {
      if (lasts) yield { case: id, name, kind: `${kind} later`, from: at, to: at + lasts, late: 0 };
      at += lasts;
    }
  }
}
