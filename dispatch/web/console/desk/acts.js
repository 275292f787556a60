// What a dispatcher does with a case. Each act is one request, made by what was on the screen; what is refused says why.

import { get, post, Refused } from "./api.js";
import { ask, dialog, say } from "./dialogs.js";
import { h, shown } from "./dom.js";
import { may, state, told } from "./state.js";
import { hour, lasted } from "./time.js";
import { percent, person, short } from "./words.js";

const TOLD = {
  nothing: "",
  message: "The customer is shown a message about it.",
  call: "An agent rings the customer.",
  nobody: "The customer should be told and cannot be shown a message: ring them.",
};
const THERE = new Set(["on_scene", "too_late", "done"]);

// name, what it is called, its key, and when it makes sense.
export const ACTS = [
  ["acknowledge", "Acknowledge", "a", (one) => !one.acknowledged_by],
  ["take", "Take", "x", (one) => one.owner !== me()],
  ["let-go", "Let go", "", (one) => one.owner === me()],
  ["hand-over", "Hand over…", "o", () => true],
  ["send", "Send a truck…", "w", (one) => one.truck_job],
  ["pin", "Pin its truck", "", (one) => !one.pinned && ["offered", "promised"].includes(one.help?.state)],
  ["unpin", "Unpin", "", (one) => Boolean(one.pinned)],
  ["call-contractor", "Call a contractor…", "", (one) => one.truck_job && !THERE.has(one.help?.state)],
  ["call-now", "Call now", "c", (one) => !["speaking", "rang in"].includes(one.contact)],
  ["change-place", "Change the place…", "p", () => true],
  ["correct", "Correct the diagnosis…", "d", () => true],
  ["note", "Note…", "n", () => true],
  ["escalate", "Escalate…", "e", () => true],
  ["merge", "Merge into…", "", () => true],
  ["mute", "Mute the device…", "", (one) => may("mute-devices") && one.device && !isMuted(one.device)],
  ["unmute", "Unmute the device", "", (one) => may("mute-devices") && isMuted(one.device)],
  ["cancel", "Cancel the case…", "", () => true],
];

export const me = () => told.actor;
const isMuted = (device) => state.muted.some(([name]) => name === device);

const UNDOES = {
  CaseAcknowledged: "that it was seen",
  CaseTaken: "that it was taken",
  CaseHandedOver: "the hand-over",
  CaseLetGo: "that it was let go",
  TruckPinned: "the pin",
  TruckUnpinned: "that it was unpinned",
  TruckChosen: "the other truck",
  ContractorCalled: "the call of a contractor",
  PlaceCorrected: "the other place",
};
export const undoes = (last) => UNDOES[last.what] ?? last.what;
export const mayAct = () => may("dispatch-cases") && !state.replay;
const chosen = () => state.cases.get(state.selected);

// Does it, and says what came of it. Returns whether it was done.
export async function act(name, one, members = {}, path = `cases/${name}`) {
  const body = { ref: crypto.randomUUID(), case: one.id, seen: one.version, ...members };
  if (path.startsWith("devices/")) delete body.case;
  if (["devices/mute", "devices/unmute"].includes(path)) delete body.seen;
  for (const [key, value] of Object.entries(body)) if (value === undefined || value === "") delete body[key];
  try {
    const done = await post(path, body);
    say(`${title(name)}: done. ${TOLD[done.told] ?? ""}`, "done", done.undo_until ? () => undo(one.id, done.act) : null);
    return true;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    await refused(error, name, one, members, path);
    return false;
  }
}

const title = (name) => (ACTS.find(([one]) => one === name)?.[1] ?? name[0].toUpperCase() + name.slice(1)).replace("…", "");

async function refused(error, name, one, members, path) {
  const changed = error.problem.changed ?? [];
  const again = error.name === "stale" ? () => act(name, state.cases.get(one.id) ?? one, members, path) : null;
  const takeOver = error.name === "not-yours" && may("take-over-cases") ? () => act(name, one, { ...members, take_over: true }, path) : null;
  const list = changed.map((line) => (typeof line === "string" ? line : line.what ?? JSON.stringify(line)));
  const then = again ?? takeOver;
  const anew = then && (async () => (await then()) && dialog().close());
  say(`${title(name)}: ${error.message}${list.length > 3 ? `. In all: ${list.join("; ")}` : ""}`, "refused", anew, again ? "Do it all the same" : "Take over");
}

export async function undo(id, ref) {
  const one = state.cases.get(id) ?? { id, version: undefined };
  return act("undo", one, { act: ref });
}

export async function begin(name) {
  const one = chosen();
  if (!one || !mayAct()) return;
  const asks = FORMS[name];
  if (asks) await asks(one);
  else await act(name, one);
}

// --- what has to be asked first ---------------------------------------------------------------------------------------

const reason = (needed = false) => h("label", {}, needed ? "Why" : "Why (may be left out)", h("input", { name: "reason", maxLength: 500, required: needed, autocomplete: "off" }));
const said = (form) => ({ reason: form.get("reason") || undefined });

const FORMS = {
  "hand-over": async (one) => {
    const people = (await get("dispatchers")).filter((each) => each.dispatcher !== me());
    if (!people.length) return say("Nobody else may have cases here.", "refused");
    const options = people.map((each) => h("option", { value: each.dispatcher }, `${person(each.dispatcher)} (${each.cases} cases)`));
    ask(`Hand over: ${one.name}`, [h("label", {}, "To", h("select", { name: "to" }, options)), reason()], (form) => act("hand-over", one, { to: form.get("to"), ...said(form) }), "Hand over");
  },
  pin: (one) => act("pin", one, { truck: one.help.truck }),
  send: (one) => candidates(one),
  "call-contractor": async (one) => {
    const found = await get(`cases/candidates?case=${encodeURIComponent(one.id)}`);
    const contractors = found.contractors ?? [];
    if (!contractors.length) return say("No contractor that takes tows is registered.", "refused");
    const options = contractors.map((each) => h("option", { value: each.contractor, disabled: each.state !== "free" }, `${each.contractor}: ${each.state}${each.metres === null ? "" : `, ${(each.metres / 1000).toFixed(1)} km`}`));
    ask(`Call a contractor: ${one.name}`, [h("label", {}, "Whom", h("select", { name: "contractor" }, options)), reason()], (form) => act("call-contractor", one, { contractor: form.get("contractor"), ...said(form) }), "Call");
  },
  "change-place": async (one) => {
    const where = await state.map.pick(`Click where ${one.name} of ${one.who} is, or move the map with the arrows and press Enter. Esc: leave it as it is.`);
    if (!where) return;
    const degrees = (name, label, value, most) => h("label", {}, label, h("input", { name, type: "number", step: "any", min: -most, max: most, required: true, value: value.toFixed(5) }));
    ask(
      `It is there: ${one.name}`,
      [degrees("latitude", "Latitude, degrees north", where[0], 90), degrees("longitude", "Longitude, degrees east", where[1], 180), h("label", {}, "How well that is known, metres", h("input", { name: "accuracy", type: "number", min: 1, max: 5000, value: 50 })), reason()],
      (form) => act("change-place", one, { place: { latitude: Number(form.get("latitude")), longitude: Number(form.get("longitude")), accuracy_m: Number(form.get("accuracy")) }, ...said(form) }),
      "Change the place",
    );
  },
  correct: (one) => {
    const { else: others = [], parts: known = [] } = state.details ?? {};
    const first = others.map(([label, share, part]) => [part, `${label}, ${percent(share)}`]);
    const parts = [...first, ...known.filter(([part]) => !first.some(([other]) => other === part))].map(([part, label]) => h("option", { value: part }, label));
    ask(
      `Correct the diagnosis: ${one.name}`,
      [
        h("label", {}, "The part", h("select", { name: "part", required: true }, parts)),
        h("label", {}, "How sure", h("select", { name: "grade" }, h("option", { value: "act" }, "sure: send who helps"), h("option", { value: "ask" }, "in doubt: ask the customer first"))),
        reason(),
      ],
      (form) => act("correct", one, { part: form.get("part"), grade: form.get("grade"), ...said(form) }),
      "Correct",
    );
  },
  note: (one) => ask(`A note: ${one.name}`, [h("label", {}, "Note", h("textarea", { name: "text", required: true, maxLength: 2000, rows: 3 }))], (form) => act("note", one, { text: form.get("text") }), "Write it down"),
  escalate: (one) =>
    ask(
      `Escalate: ${one.name}`,
      [h("label", {}, "To", h("select", { name: "to" }, h("option", { value: "supervisors" }, "the supervisors"), h("option", { value: "dispatchers" }, "all dispatchers"))), reason(true)],
      (form) => act("escalate", one, { to: form.get("to"), ...said(form) }),
      "Escalate",
    ),
  merge: (one) => {
    const mine = [...state.cases.values()].filter((other) => other.customer === one.customer && other.id !== one.id);
    if (!mine.length) return say("This customer has no other open case.", "refused");
    const options = mine.map((other) => h("option", { value: other.id }, `${other.name}, open for ${lasted(state.now() - other.opened)}`));
    ask(`Merge: ${one.name}`, [h("p", {}, "This case is closed; the other goes on."), h("label", {}, "Into", h("select", { name: "into" }, options)), reason()], (form) => act("merge", one, { into: form.get("into"), ...said(form) }), "Merge");
  },
  unmute: (one) => unmute(one.device),
  mute: (one) =>
    ask(
      `Mute ${one.device}`,
      [h("p", {}, "What it sends is kept. No case is opened for it, unless it is dangerous or a person tells of it."), h("label", {}, "For how many minutes", h("input", { name: "minutes", type: "number", min: 1, max: 1440, value: 60 })), reason(true)],
      (form) => act("mute", one, { device: one.device, for_s: 60 * Number(form.get("minutes")), ...said(form) }, "devices/mute"),
      "Mute",
    ),
  cancel: (one) =>
    ask(`Cancel the case: ${one.name}`, [h("p", {}, "Truck, workshop, order and call are withdrawn, and the customer is shown that nobody comes. This cannot be undone."), reason(true)], (form) => act("cancel", one, said(form)), "Cancel the case"),
};

// A device is heard again: cases are opened for it from now on.
export const unmute = (device) => act("unmute", {}, { device }, "devices/unmute");

// One that has no case, by its name.
export function muteAny() {
  ask(
    "Mute a device",
    [h("label", {}, "Which, as vendor/device", h("input", { name: "device", required: true, pattern: "[^/]+/[^/]+", autocomplete: "off", spellcheck: false })), h("label", {}, "For how many minutes", h("input", { name: "minutes", type: "number", min: 1, max: 1440, value: 60 })), reason(true)],
    (form) => act("mute", {}, { device: form.get("device"), for_s: 60 * Number(form.get("minutes")), ...said(form) }, "devices/mute"),
    "Mute",
  );
}

async function candidates(one, limit = 3) {
  const found = await get(`cases/candidates?case=${encodeURIComponent(one.id)}&limit=${limit}`);
  const { trucks } = found;
  if (!trucks.length) return say("No truck could be sent.", "refused");
  const first = trucks.findIndex((each) => each.state === "free");
  const rows = trucks.map((each, number) => {
    const able = ["free", "declined", "busy"].includes(each.state);
    return h(
      "label",
      { class: `candidate ${each.state}` },
      h("input", { type: "radio", name: "truck", value: each.truck, checked: number === first, required: true, disabled: !able }),
      h("b", {}, short(each.truck)),
      h("span", { class: "when" }, each.eta ? `${hour(each.eta, state.zone)}, in ${lasted(each.arrives_in_s)}` : ""),
      h("span", { class: "far" }, `${(each.metres / 1000).toFixed(1)} km`),
      h("span", { class: "against" }, against(each)),
      h("span", { class: "why" }, each.why),
    );
  });
  const pin = h("input", { type: "checkbox", name: "pin" });
  const chosen = (truck) => {
    const busy = trucks.find((each) => each.truck === truck)?.state === "busy";
    pin.checked = busy || pin.checked;
    pin.onclick = (event) => busy && event.preventDefault(); // one that is busy can be pinned alone
  };
  for (const row of rows) row.addEventListener("change", (event) => chosen(event.target.value));
  ask(
    `Send a truck: ${one.name}`,
    [
      h("div", { class: "candidates" }, rows),
      h("button", { type: "button", class: "quiet", onclick: () => candidates(one, limit * 4) }, "More trucks"),
      h("label", { class: "check" }, pin, "Pin it: this truck and no other; one that is busy comes when it is through"),
      reason(),
    ],
    (form) => act(form.get("pin") ? "pin" : "send", one, { truck: form.get("truck"), ...said(form) }),
    "Send it",
  );
}

// What it would cost: against the one that has the job, and against the target.
function against(each) {
  const sooner = each.sooner_s === null || each.state !== "free" ? each.state.replaceAll("_", " ") : each.sooner_s >= 0 ? `${lasted(each.sooner_s)} sooner` : `${lasted(-each.sooner_s)} later`;
  const late = each.late_s === null || each.late_s === undefined ? "" : each.late_s > 0 ? `, ${lasted(each.late_s)} behind the target` : ", within the target";
  return `${each.state === "sent" ? "has the job" : sooner}${each.eta ? late : ""}`;
}

export function drawActs(box, one) {
  const usable = mayAct() && Boolean(one);
  shown(box, usable);
  if (!usable) return;
  const key = ACTS.filter(([, , , sensible]) => sensible(one)).map(([each]) => each).join();
  if (box.dataset.key === key) return;
  box.dataset.key = key;
  const buttons = ACTS.filter(([, , , sensible]) => sensible(one)).map(([each, label, keyed]) =>
    h("button", { type: "button", data: { act: each }, title: keyed ? `Key: ${keyed}` : null, class: ["acknowledge", "take", "send"].includes(each) ? "primary" : each === "cancel" ? "danger" : "", onclick: () => begin(each) }, label),
  );
  box.replaceChildren(...buttons);
}

