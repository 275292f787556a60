// What an agent does with what they have in hand. Each is one request; what is refused says why, and nothing that was typed is lost.

import { post, Refused } from "./api.js";
import { ask, say } from "./dialogs.js";
import { find, h } from "./dom.js";
import { mine } from "./mine.js";
import { state, told } from "./state.js";

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

// What has to be asked, and was not: nobody can be sent without it.
export function owes(one, draft) {
  const owed = [];
  if (one.brief.ask_help && draft.wants === undefined) owed.push("help");
  if (one.brief.ask_where && !draft.place && draft.wants !== false) owed.push("where");
  return owed;
}

const OWED = { help: "whether somebody shall come (y or x)", where: "where it is (l or g)" };

export async function end(outcome) {
  const one = mine.one;
  if (!one || !mine.hand.has(one.call.call)) return;
  const draft = mine.draft;
  const owed = outcome === "informed" ? owes(one, draft) : [];
  if (owed.includes("help") || (owed.length && draft.asked !== owed.join())) {
    mine.keep({ asked: owed.join() });
    say(`Still to be asked: ${owed.map((each) => OWED[each]).join(", and ")}.${owed.includes("help") ? "" : " If they do not know it, press it once more."}`, "refused");
    find("#owed").scrollIntoView({ block: "nearest" });
    return;
  }
  const body = { ...of(one), outcome };
  if (draft.place && outcome === "informed") body.place = { latitude: draft.place[0], longitude: draft.place[1], accuracy_m: draft.place[2] };
  if (draft.wants !== undefined && outcome === "informed") body.wants_help = draft.wants;
  mine.end(one.call.call, outcome);
  const stored = await send("calls/ended", body, "Not ended");
  if (!stored) mine.takeBack(one.call.call);
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

// --- the agent --------------------------------------------------------------------------------------------------------

export function ready() {
  if (!mine.settings.languages.length) return settings(ready);
  mine.want("ready");
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
  const box = find("#act");
  const choose = async (reason) => {
    box.close();
    mine.want("paused", reason);
    if (mine.hand.size) say("The pause begins when this conversation is over.");
  };
  const buttons = REASONS.map(([reason, label], number) => h("button", { type: "button", class: "choice", onclick: () => choose(reason) }, h("kbd", {}, String(number + 1)), ` ${label}`));
  box.onkeydown = (event) => {
    const reason = REASONS[Number(event.key) - 1];
    if (reason) choose(reason[0]);
  };
  box.replaceChildren(h("h2", {}, "Pause: why?"), h("div", { class: "choices" }, buttons), h("div", { class: "answer" }), h("div", { class: "buttons" }, h("button", { type: "button", onclick: () => box.close() }, "Leave it")));
  box.addEventListener("close", () => (box.onkeydown = null), { once: true });
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
      h("label", { class: "check" }, h("input", { type: "checkbox", name: "simulated", checked: mine.settings.simulated }), "Simulated customers (a trial, or training), not real ones"),
    ],
    async (form) => {
      const languages = form.getAll("language");
      if (!languages.length) return say("At least one language.", "refused") ?? false;
      mine.set({ languages, reads: form.get("reads"), simulated: form.get("simulated") !== null });
      queueMicrotask(then);
      return true;
    },
    "Keep it",
  );
}
