// Everything by keyboard: single keys, and a palette that finds commands, cases, trucks and places by a few letters.

import { ACTS, begin, mayAct, muteAny, undo, undoes, unmute } from "./acts.js";
import { attribute, find, h } from "./dom.js";
import { get } from "./api.js";
import * as filters from "./filters.js";
import { SEVERITY } from "./needs.js";
import { may, state } from "./state.js";
import { nextTheme } from "./theme.js";
import { hour, lasted } from "./time.js";
import { person, short } from "./words.js";

const MOST = 12;

export class Commands {
  constructor(parts) {
    this.parts = parts;
    this.box = find("#palette");
    this.input = find("#palette-input");
    this.list = find("#palette-list");
    this.at = 0;
    addEventListener("keydown", (event) => this.#key(event));
    this.input.addEventListener("input", () => this.#draw());
    this.input.addEventListener("keydown", (event) => this.#keyInPalette(event));
    this.box.addEventListener("click", (event) => event.target === this.box && this.box.close());
    find("#palette-open").addEventListener("click", () => this.open());
    find("#help-open").addEventListener("click", () => this.help());
  }

  // name, key, what it does
  all() {
    const { queue, map, replay, sounds } = this.parts;
    return [
      ["Next case", "j", () => queue.step(1)],
      ["Case before", "k", () => queue.step(-1)],
      ["Close the case", "Escape", () => state.select(null)],
      ["Search", "/", () => find("#search").focus()],
      ["Filter", "f", () => filters.toggle()],
      ["Clear search and filter", "", () => filters.clear()],
      ["Show what needs a person alone", "", () => filters.onlyNeeded()],
      ["Map: show everything", "0", () => map.fit()],
      ["Map: follow what is chosen", "l", () => state.choose({ follow: !state.chosen.follow })],
      ["Map: zoom in", "+", () => map.map.zoomIn()],
      ["Map: zoom out", "-", () => map.map.zoomOut()],
      ...Object.keys(state.chosen.layers).map((name) => [`Map: ${state.chosen.layers[name] ? "hide" : "show"} ${name}`, "", () => state.choose({ layers: { ...state.chosen.layers, [name]: !state.chosen.layers[name] } })]),
      ["Trucks' day", "1", () => state.choose({ tab: "gantt" })],
      ["What will be late", "2", () => state.choose({ tab: "late" })],
      ["Calls", "3", () => state.choose({ tab: "calls" })],
      ["Silent devices", "4", () => state.choose({ tab: "silent" })],
      ["How the plan changed", "5", () => state.choose({ tab: "plan" })],
      ["What could not be told to partners", "6", () => state.choose({ tab: "letters" })],
      ...(may("decide-money") ? [["Money: disputes and what is held", "7", () => this.parts.panels.showMoney()]] : []),
      ["Replay an hour of the past", "r", () => replay.toggle()],
      ["Back to now", "", () => replay.live()],
      ["Sounds on or off", "m", () => sounds.toggle()],
      ["Light, dark, or as the system", "t", nextTheme],
      ["Single keys on or off", "", () => state.choose({ keys: !state.chosen.keys })],
      ["Shift: what whoever takes over has to know", "h", () => shift()],
      ["Wall board", "", () => location.assign("/board")],
      ["Keys", "?", () => this.help()],
      ...(mayAct() && state.selected ? ACTS.filter(([, , , sensible]) => state.cases.has(state.selected) && sensible(state.cases.get(state.selected))).map(([name, label, key]) => [label, key, () => begin(name)]) : []),
      ...this.#undo(),
      ...this.#devices(),
      ...Object.keys(state.chosen.areas).map((name) => [`Area: ${name}`, "", () => filters.toArea(name)]),
      ...(state.chosen.only.area ? [["Area: everywhere", "", () => state.filter({ area: null })]] : []),
      ["Keep what the map shows as an area", "", () => filters.keepArea()],
    ];
  }

  #undo() {
    const one = state.cases.get(state.selected);
    const last = mayAct() ? one?.last_act : null;
    return last?.undo_until > state.now() ? [[`Undo ${undoes(last)}`, "u", () => undo(one.id, last.ref)]] : [];
  }

  #devices() {
    if (!may("mute-devices") || state.replay) return [];
    return [["Mute a device…", "", () => muteAny()], ...state.muted.map(([device]) => [`Unmute ${device}`, "", () => unmute(device)])];
  }

  #key(event) {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      if (this.box.open) this.box.close();
      else this.open();
      return;
    }
    const busy = event.target.closest?.("input, textarea, select") || document.querySelector("dialog[open]");
    if (event.key === "Escape" && event.target.id === "search") {
      event.target.value = "";
      state.filter({ text: "" });
      event.target.blur();
      return;
    }
    if (busy || event.ctrlKey || event.metaKey || event.altKey) return;
    const key = { ArrowDown: "j", ArrowUp: "k" }[event.key] ?? event.key;
    if (event.key.startsWith("Arrow") && event.target.closest?.("#map, [role=tablist], .scroll")) return;
    if (!state.chosen.keys && key.length === 1 && !event.key.startsWith("Arrow")) return;
    const found = this.all().find(([, wanted]) => wanted && wanted === key);
    if (!found) return;
    event.preventDefault();
    found[2]();
  }

  open() {
    this.input.value = "";
    this.#draw();
    this.box.showModal();
    this.input.focus();
  }

  #found() {
    const wanted = this.input.value.trim().toLowerCase();
    const commands = this.all().map(([name, key, run]) => ({ name, key, run, words: name.toLowerCase() }));
    if (!wanted) return commands.slice(0, MOST);
    const cases = [...state.cases.values()].map((one) => ({ name: `${one.name}, ${one.who}`, key: SEVERITY[one.severity], run: () => state.select(one.id), words: `${one.name} ${one.who} ${one.near} ${one.device} ${one.id}`.toLowerCase() }));
    const trucks = [...state.trucks.values()].map((one) => ({ name: short(one.id), key: "truck", run: () => this.#truck(one), words: `${one.id} ${one.skills.join(" ")}`.toLowerCase() }));
    const places = state.places.map(([name, latitude, longitude]) => ({ name, key: "place", run: () => this.parts.map.goTo(latitude, longitude), words: name.toLowerCase() }));
    return [...commands, ...trucks, ...cases, ...places].map((one) => ({ ...one, score: score(wanted, one.words) })).filter((one) => one.score > 0).sort((a, b) => b.score - a.score).slice(0, MOST);
  }

  #truck(truck) {
    state.select(truck.case ?? null);
    state.selectTruck(truck.id);
  }

  #draw() {
    this.items = this.#found();
    this.at = 0;
    this.list.replaceChildren(
      ...this.items.map((one, number) =>
        h("li", { role: "option", id: `command-${number}`, onclick: () => this.#run(number), onpointermove: () => this.#to(number) }, h("span", {}, one.name), one.key && h("kbd", {}, one.key === "Escape" ? "Esc" : one.key)),
      ),
    );
    this.#to(0);
  }

  #to(number) {
    this.at = number;
    [...this.list.children].forEach((one, other) => attribute(one, "aria-selected", String(other === number)));
    attribute(this.input, "aria-activedescendant", this.items.length ? `command-${number}` : null);
    this.list.children[number]?.scrollIntoView({ block: "nearest" });
  }

  #keyInPalette(event) {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by && this.items.length) {
      event.preventDefault();
      this.#to((this.at + by + this.items.length) % this.items.length);
    } else if (event.key === "Enter") {
      event.preventDefault();
      this.#run(this.at);
    }
  }

  #run(number) {
    this.box.close();
    this.items[number]?.run();
  }

  help() {
    const box = find("#help");
    const acts = ACTS.filter(([, , key]) => key).map(([, label, key]) => [label.replace("…", ""), key]);
    const keys = [["Everything, by name", "Ctrl K"], ...this.all().filter(([name, key]) => key && !acts.some(([label]) => label === name.replace("…", ""))).map(([name, key]) => [name, key]), ...acts];
    box.replaceChildren(h("h2", {}, "Keys"), h("dl", { id: "help-keys" }), h("form", { method: "dialog" }, h("button", {}, "Close")));
    find("#help-keys").replaceChildren(...keys.flatMap(([name, key]) => [h("dt", {}, h("kbd", {}, key === "Escape" ? "Esc" : key)), h("dd", {}, name)]));
    box.showModal();
  }
}

const SHIFT = [
  ["mine", "Mine"],
  ["handed_to_me", "Handed to me, not acknowledged"],
  ["unacknowledged", "Severe, and seen by nobody"],
  ["escalated", "Escalated"],
  ["waiting", "Wait for a truck"],
  ["late", "Late, or will be"],
  ["promised", "Promised"],
];

// A summary for whoever takes over, by what the service knows now.
async function shift() {
  if (!may("dispatch-cases")) return;
  const found = await get("shift");
  const box = find("#help");
  const lines = (part) => part.cases.slice(0, 8).map((one) => h("li", {}, h("a", { href: `#${encodeURIComponent(one.case)}`, onclick: () => [box.close(), state.select(one.case)] }, one.name), ` ${one.near}, open for ${lasted(found.at - one.opened_at)}${one.truck ? `, ${short(one.truck)} at ${hour(one.eta, state.zone)}` : ""}${one.owner ? `, ${person(one.owner)}` : ""}`));
  const parts = SHIFT.filter(([name]) => found[name].count).map(([name, title]) => h("section", {}, h("h3", {}, `${title}: ${found[name].count}`), h("ul", {}, lines(found[name]))));
  box.replaceChildren(h("h2", {}, `The shift at ${hour(found.at, state.zone)}: ${found.open} open`), ...parts, ...(found.muted.length ? [h("p", {}, `Muted: ${found.muted.map((one) => one.device).join(", ")}`)] : []), h("form", { method: "dialog" }, h("button", {}, "Close")));
  box.showModal();
}

// How well a few letters name something: whole words best, then beginnings, then letters in order.
function score(wanted, words) {
  if (words.startsWith(wanted)) return 100;
  if (words.includes(` ${wanted}`)) return 80;
  if (words.includes(wanted)) return 60;
  let at = -1;
  for (const letter of wanted) {
    at = words.indexOf(letter, at + 1);
    if (at < 0) return 0;
  }
  return wanted.length > 2 ? 20 : 0;
}

