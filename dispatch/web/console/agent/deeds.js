// What an agent does with what they have in hand. Each is one request; what is refused says why, and nothing that was typed is lost.

import { get, post, Refused } from "./api.js";
import { ask, say } from "./dialogs.js";
import { find, h } from "./dom.js";
import { draftOf } from "./drafts.js";
import { isSpoken, mine } from "./mine.js";
import { state, told } from "./state.js";
import { fromField, toField, when } from "./time.js";

const PLACE_M = { map: 50, words: 2000 };
// Sends it; says why not where it is refused. Returns whether it is stored.
export async function send(path, body, what) {
  try {
    return (await post(path, body)) ?? {};
  } catch (error) {
    if (error instanceof Refused) say(`${what}: ${error.message}`, "refused");
    else if (error instanceof TypeError) say(`${what}: no connection. It is not stored; what you wrote is kept. Try again.`, "refused");
    else throw error;
    return null;
  }
}

const of = (one) => ({ call: one.call.call, attempt: one.call.attempt, agent: mine.name });

export async function answered(one = mine.one) {
  if (one?.call.state === "assigned") await send("calls/connected", of(one), "Connected");
}

// Of somebody of whom we know of nothing that is broken, nobody need be sent anywhere.
// Who wants somebody though by the diagnosis nobody need come, is asked where, too.
export const asksWhere = (one, draft = mine.draft) =>
  one.brief.case !== null && (one.brief.ask_where || (one.brief.ask_where_if_wanted && draft?.wants === true));
// Where it was thought that a talk is enough, they may want somebody all the same: it can be said, and is not owed.
export const asksHelp = (one) => one.brief.ask_help || one.brief.help_if_wanted;

// What has to be asked, and was not: nobody can be sent without it.
export function owes(one, draft) {
  const owed = [];
  if (one.brief.ask_help && draft.wants === undefined) owed.push("help");
  if (asksWhere(one, draft) && !draft.place && draft.wants !== false) owed.push("where");
  return owed;
}

const OWED = { help: "whether somebody shall come (y or x)", where: "where it is (l or g)" };

export async function end(outcome, more = {}) {
  const one = mine.one;
  if (!one || !mine.hand.has(one.call.call)) return false;
  const draft = mine.draft;
  const owed = outcome === "informed" ? owes(one, draft) : [];
  if (owed.includes("help") || (owed.length && draft.asked !== owed.join())) {
    mine.keep({ asked: owed.join() });
    say(`Still to be asked: ${owed.map((each) => OWED[each]).join(", and ")}.${owed.includes("help") ? "" : " If they do not know it, press it once more."}`, "refused");
    find("#owed").scrollIntoView({ block: "nearest" });
    return false;
  }
  const body = { ...of(one), outcome, ...more };
  if (draft.place && outcome === "informed") body.place = { latitude: draft.place[0], longitude: draft.place[1], accuracy_m: draft.place[2] };
  if (draft.wants !== undefined && outcome === "informed") body.wants_help = draft.wants;
  mine.end(one.call.call, outcome);
  const stored = await send("calls/ended", body, "Not ended");
  if (!stored) mine.takeBack(one.call.call);
  return Boolean(stored);
}

export function wants(yes) {
  mine.keep({ wants: mine.draft.wants === yes ? undefined : yes });
}

export async function placeOnMap() {
  const call = mine.chosen;
  const where = await state.map.pick("Click where it is, or move the map with the arrows and press Enter. Esc: leave it.");
  if (where) mine.keep({ place: [...where, PLACE_M.map, "on the map"] }, call);
  find("#talk").focus();
}

// A place by its name, or by degrees; the map goes there, and it can be made exact on it.
export function placeInWords() {
  const call = mine.chosen;
  const list = h("datalist", { id: "place-names" }, ...state.places.map(([name]) => h("option", { value: name })));
  const input = h("input", { name: "where", required: true, maxLength: 200, autocomplete: "off", value: mine.draft.words ?? "", oninput: (event) => mine.keep({ words: event.target.value }, call) });
  input.setAttribute("list", "place-names");
  ask(
    "Where is it?",
    [h("label", {}, "A place by its name, or degrees as 56.95, 24.10", input), list],
    async (form) => {
      const found = placeNamed(form.get("where").trim());
      if (!found) return say("No place of that name is known here. Try the next larger one, or the map.", "refused") ?? false;
      mine.keep({ place: found }, call);
      state.map.goTo(found[0], found[1], 13);
      return true;
    },
    "It is there",
  );
}

export function placeNamed(said) {
  const degrees = said.match(/^(-?\d{1,2}(?:\.\d+)?)\s*[,; ]\s*(-?\d{1,3}(?:\.\d+)?)$/);
  if (degrees) {
    const [latitude, longitude] = degrees.slice(1).map(Number);
    return Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180 ? [latitude, longitude, PLACE_M.map, said] : null;
  }
  const wanted = said.toLowerCase();
  const named = state.places.find(([name]) => name.toLowerCase() === wanted) ?? state.places.find(([name]) => name.toLowerCase().startsWith(wanted));
  return named ? [named[1], named[2], PLACE_M.words, named[0]] : null;
}

// --- how a call goes on ------------------------------------------------------------------------------------------------

const SOON = [["In 15 minutes", 900], ["In an hour", 3600], ["In three hours", 10_800]];

export function callBack() {
  const zone = mine.one.person.zone || state.zone;
  const now = state.now();
  const tomorrow = fromField(`${toField(now + 86_400, zone).slice(0, 10)}T09:00:00`, zone);
  const times = [...SOON.map(([label, after]) => [label, now + after]), ["Tomorrow at 9:00", tomorrow]];
  const options = times.map(([label, at]) => [`${label}: ${when(at, now, zone)}`, () => end("call_back", { call_back_at: new Date(at * 1000).toISOString() })]);
  choose(`When shall we ring? Hours are theirs (${zone})`, [...options, ["At another time…", () => callBackAt(zone)]]);
}

function callBackAt(zone) {
  const field = h("input", { type: "datetime-local", name: "at", required: true, value: toField(state.now() + 1800, zone).slice(0, 16) });
  ask("When shall we ring?", [h("label", {}, `Their hour (${zone})`, field)], async (form) => {
    const at = fromField(form.get("at").length === 16 ? `${form.get("at")}:00` : form.get("at"), zone);
    if (at === null || at < state.now()) return say("That hour is past.", "refused") ?? false;
    return end("call_back", { call_back_at: new Date(at * 1000).toISOString() });
  }, "Ring them then");
}

export async function transfer() {
  const one = mine.one;
  const colleagues = await get(`colleagues?beside=${encodeURIComponent(mine.name)}`).catch(() => []);
  if (mine.one?.call.call !== one.call.call) return;
  const skills = told.skills.map((skill) => h("option", { value: `skill ${skill}` }, `whoever knows: ${skill}`));
  const languages = told.languages.map((code) => h("option", { value: `skill ${code}` }, `whoever speaks ${languageName(code)}`));
  const named = colleagues.map((each) => h("option", { value: `agent ${each.agent}` }, colleagueWords(each)));
  const to = h("select", { name: "to" }, h("option", { value: "supervisor" }, "a supervisor"), named.length ? h("optgroup", { label: "Colleagues" }, named) : h("option", { disabled: true }, "no colleague is there"), h("optgroup", { label: "Whoever can" }, skills, languages));
  const text = h("textarea", { name: "text", rows: 3, maxLength: 2000, value: mine.draft.context ?? "", oninput: (event) => mine.keep({ context: event.target.value }, one.call.call) });
  ask("Hand on, while they hold the line", [h("label", {}, "To", to), h("label", {}, "What they are to know; all that stands here they see", text)], async (form) => {
    const body = { ...of(one), text: form.get("text"), ...target(form) };
    mine.end(one.call.call, "handed on");
    const stored = await send("calls/transfer", body, "Not handed on");
    if (!stored) mine.takeBack(one.call.call);
    return Boolean(stored);
  }, "Hand on");
}

function colleagueWords(one) {
  const how = one.state === "paused" ? `paused (${reasonWords(one.reason).toLowerCase()})` : one.state.replaceAll("_", " ");
  const speaks = one.languages.map(languageName).join(", ");
  return [`${one.agent}: ${how}`, one.in_hand > 1 ? `${one.in_hand} in hand` : "", speaks, one.skills.join(", ")].filter(Boolean).join(" · ");
}

function target(form) {
  const [sort, ...name] = form.get("to").split(" ");
  if (sort === "supervisor") return { to_supervisor: true };
  return sort === "agent" ? { to_agent: name.join(" ") } : { needs: { [name[0]]: 3 } };
}

// Why they turned to us: what was thought is confirmed or corrected; the likeliest stand first, under 1, 2, 3.
export const reasonIs = () => tellReason(mine.one.brief.reason.chances[0].reason);

export function reasonElse() {
  const likely = mine.one.brief.reason.chances.map((one) => one.reason);
  const all = Object.keys(told.reasons);
  const options = [...likely, ...all.filter((one) => !likely.includes(one))].map((one) => [told.reasons[one], () => tellReason(one)]);
  choose("Why do they turn to us?", options);
}

async function tellReason(reason) {
  await send("calls/reason", { ref: crypto.randomUUID(), call: mine.one.call.call, reason, agent: mine.name }, "Not written down");
}

// A note is kept under one name until it is stored: sent twice, it stands there once.
export async function note(call = mine.chosen) {
  const draft = draftOf(mine.name, call);
  if (!draft.note?.trim()) return;
  const ref = draft.note_ref ?? crypto.randomUUID();
  mine.keep({ note_ref: ref }, call);
  const stored = await send("calls/note", { ref, call, text: draft.note.trim(), concern: draft.concern ?? "", agent: mine.name }, "Not written down");
  if (stored) mine.keep({ note: "", note_ref: undefined }, call);
}

export async function write() {
  const one = mine.one;
  const draft = mine.draft;
  const call = one.call.call;
  const channel = draft.on ?? channelsOf(one)[0];
  if (!draft.message?.trim() || !channel) return;
  const ref = draft.message_ref ?? crypto.randomUUID();
  mine.keep({ message_ref: ref }, call);
  const body = { ref, channel, text: draft.message.trim(), agent: mine.name };
  if (one.brief.case) body.case = one.brief.case;
  const stored = await send(`conversations/${encodeURI(one.person.customer)}/messages`, body, "Not sent");
  if (stored) mine.keep({ message: "", message_ref: undefined }, call);
}

// Where they can be written to, the channel on which they wrote first.
export function channelsOf(one) {
  const some = one.person.channels;
  return some.includes(one.call.channel) ? [one.call.channel, ...some.filter((each) => each !== one.call.channel)] : some;
}

export const ASKED_FIRST = new Set(["listen", "payment", "app_help", "spending", "offers", "voice_print"]); // nobody is wronged who never agreed
const PURPOSES = [
  ["message", "be written to", "Stop messages", "Write to them again"],
  ["call", "be rung", "Ring them no more", "Ring them again"],
  ["app_help", "be helped where they struggle in the app", "Watch the app no more", "Help them in the app"],
  ["order", "have goods ordered for them", "Order nothing more for them", "Order for them again"],
  ["payment", "let their devices pay, within their mandates", "Their devices pay nothing more", "Their devices may pay within their mandates"],
  ["spending", "be told each week what their devices paid", "Tell them of their weeks no more", "Tell them each week what their devices paid"],
  ["offers", "be offered what fits them, once their problem is solved", "Offer them nothing more", "Offer them what fits, once their problem is solved"],
  ["listen", "be listened to by a supervisor", "Nobody may listen in any more", "A supervisor may listen in"],
  ["voice_print", "be known by their voice", "Delete their voice print; know them by it no more", "They may be known by their voice"],
];
export const purposeWords = (purpose) => PURPOSES.find(([name]) => name === purpose)?.[1] ?? purpose;

export function consent() {
  const one = mine.one;
  const way = isSpoken(one) ? "telephone" : "writing";
  const options = PURPOSES.map(([purpose, , stop, again]) => {
    const given = one.person.agrees[purpose];
    return [given ? stop : again, () => send(`customers/${encodeURIComponent(one.person.customer)}/consent`, { purpose, given: !given, way }, "Not changed")];
  });
  choose("What do they want? It holds at once, and is written down as their word.", options);
}

export async function identify(customer) {
  const one = mine.one;
  const stored = await send(`conversations/${encodeURI(one.person.customer)}/identify`, { customer }, "Not noted");
  if (stored) say("Noted who they are: what they wrote is in that customer's conversation.");
}

// --- the agent --------------------------------------------------------------------------------------------------------

const own = (path) => `agents/${encodeURIComponent(mine.name)}/${path}`;

export async function ready() {
  if (!mine.settings.languages.length) return settings(ready);
  if (mine.wanted === "paused") await post(own("resume"), {}).catch(() => {}); // of one that nobody has heard of: 404
  mine.want("ready");
}

export function off() {
  mine.want("off");
}

export async function wrapped() {
  const call = mine.wrap?.one.call.call;
  if (!call) return;
  await note(call);
  mine.wrapped();
  if (!mine.hand.size) post(own("wrap-up"), {}).catch(() => {}); // the next claim says so, too
}

const REASONS = [
  ["break", "Break"],
  ["meal", "Meal"],
  ["training", "Training"],
  ["meeting", "Meeting"],
  ["technical", "Technical trouble"],
  ["other", "Something else"],
];
export const reasonWords = (reason) => REASONS.find(([name]) => name === reason)?.[1] ?? reason;

export function pause() {
  choose("Pause: why?", REASONS.map(([reason, label]) => [label, () => pauseFor(reason)]));
}

async function pauseFor(reason) {
  const stored = await send(own("pause"), { reason }, "No pause");
  if (!stored) return;
  mine.want("paused", reason);
  if (mine.hand.size) say("The pause begins when this conversation is over.");
}

// A few things to choose from, each by its number.
export function choose(heading, options) {
  const box = find("#act");
  const go = (run) => {
    box.close();
    run();
  };
  const buttons = options.map(([label, run], number) => h("button", { type: "button", onclick: () => go(run) }, h("kbd", {}, String(number + 1)), ` ${label}`));
  const keyed = (event) => {
    const option = options[Number(event.key) - 1];
    if (!option || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    go(option[1]);
  };
  box.addEventListener("keydown", keyed);
  box.addEventListener("close", () => box.removeEventListener("keydown", keyed), { once: true });
  box.replaceChildren(h("h2", {}, heading), h("div", { class: "choices" }, buttons), h("div", { class: "answer" }), h("div", { class: "buttons" }, h("button", { type: "button", onclick: () => box.close() }, "Leave it")));
  box.showModal();
  buttons[0].focus();
}

const NAMES = new Intl.DisplayNames(["en"], { type: "language" });
export const languageName = (code) => {
  try {
    return NAMES.of(code) ?? code;
  } catch {
    return code;
  }
};

export function settings(then = () => {}) {
  const chosen = new Set(mine.settings.languages);
  const boxes = told.languages.map((code) => h("label", { class: "check" }, h("input", { type: "checkbox", name: "language", value: code, checked: chosen.has(code) }), languageName(code)));
  const options = told.languages.map((code) => h("option", { value: code, selected: code === mine.settings.reads }, languageName(code)));
  ask(
    "Languages and screen",
    [
      h("fieldset", {}, h("legend", {}, "I speak"), boxes),
      h("label", {}, "I read what I say in", h("select", { name: "reads" }, options)),
      h("label", {}, "Conversations in writing at once", h("input", { name: "chats", type: "number", min: 1, max: 9, required: true, value: mine.settings.chats })),
      h("label", { class: "check" }, h("input", { type: "checkbox", name: "sounds", checked: state.chosen.sounds }), "A sound when something comes"),
      h("label", { class: "check" }, h("input", { type: "checkbox", name: "simulated", checked: mine.settings.simulated }), "Simulated customers (a trial, or training), not real ones"),
    ],
    async (form) => {
      const languages = form.getAll("language");
      if (!languages.length) return say("At least one language.", "refused") ?? false;
      mine.set({ languages, reads: form.get("reads"), simulated: form.get("simulated") !== null, chats: Number(form.get("chats")) });
      state.choose({ sounds: form.get("sounds") !== null });
      queueMicrotask(then);
      return true;
    },
    "Keep it",
  );
}
