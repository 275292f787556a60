// Below the map: the trucks' day, what will be late, how the plan changed, the calls, silent devices, and what was not told.

import { get, post } from "./api.js";
import { unmute } from "./acts.js";
import { say } from "./dialogs.js";
import { attribute, find, h, shown, text } from "./dom.js";
import { Gantt } from "./gantt.js";
import { phonesWithin } from "./hazard.js";
import { MoneyPanel } from "./held_money.js";
import { PlanPanel } from "./plan.js";
import { plannedFor } from "./planned.js";
import { SEVERITY, expected, missesTarget, overdue, waitsForTruck } from "./needs.js";
import { severityIcon } from "./shapes.js";
import { may, state } from "./state.js";
import { ago, hour, lasted } from "./time.js";
import { person, short } from "./words.js";

const TABS = [
  ["gantt", "Trucks' day"],
  ["late", "Late"],
  ["plan", "Plan"],
  ["calls", "Calls"],
  ["silent", "Silent"],
  ["money", "Money"],
  ["letters", "Not told"],
  ["shadow", "Shadow"],
];
const ROWS = 200;
const TURNS_MS = 2000;

export class Panels {
  constructor() {
    this.tabs = new Map();
    for (const [name, title] of TABS) {
      const count = h("span", { class: "count" });
      const tab = h("button", { type: "button", role: "tab", id: `tab-${name}`, "aria-controls": `panel-${name}`, onclick: () => state.choose({ tab: name }) }, title, count);
      tab.addEventListener("keydown", (event) => this.#arrow(event));
      find("#tabs").append(tab);
      this.tabs.set(name, { tab, count, panel: find(`#panel-${name}`) });
    }
    this.muted = h("ul", { class: "letters", hidden: true });
    this.silent = h("div", {});
    find("#panel-silent").replaceChildren(this.muted, this.silent);
    this.turns = new Map();
    this.asksTurnsAt = 0;
    this.gantt = new Gantt(find("#panel-gantt"));
    this.plan = new PlanPanel(find("#panel-plan"));
    this.money = new MoneyPanel(find("#panel-money"), () => this.draw());
    state.addEventListener("told", () => this.draw());
    state.addEventListener("chosen", () => this.draw());
    state.addEventListener("selected", () => this.draw());
    setInterval(() => this.draw(), 2000);
    this.draw();
  }

  // In whose turn the calls wait, the service alone knows: by due time, or by the index. Until it has said so, and in a replay,
  // they stand by urgency and due time.
  async #askTurns() {
    if (performance.now() < this.asksTurnsAt) return;
    this.asksTurnsAt = performance.now() + TURNS_MS;
    const queue = await get("queue").catch(() => []);
    const turns = new Map(queue.map((one, turn) => [one.call, turn]));
    const changed = turns.size !== this.turns.size || [...turns].some(([call, turn]) => this.turns.get(call) !== turn);
    this.turns = turns;
    if (changed) this.draw();
  }

  #arrow(event) {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!by) return;
    const names = TABS.map(([name]) => name).filter((name) => !this.tabs.get(name).tab.hidden);
    const next = names[(names.indexOf(state.chosen.tab) + by + names.length) % names.length];
    state.choose({ tab: next });
    this.tabs.get(next).tab.focus();
  }

  draw() {
    const now = state.now();
    const late = lateList(now);
    if (state.chosen.tab === "calls" && !state.replay) this.#askTurns();
    const calls = callList(now, state.replay ? new Map() : this.turns);
    const counts = { late: late.length, calls: calls.filter((one) => one.state === "queued").length, silent: state.silent.count, money: this.money.count, letters: state.status.dead_letters ?? 0, shadow: state.status.shadow?.differing ?? 0 };
    for (const [name, { tab, count, panel }] of this.tabs) {
      const on = name === state.chosen.tab;
      attribute(tab, "aria-selected", String(on));
      tab.tabIndex = on ? 0 : -1;
      shown(panel, on);
      text(count, counts[name] || "");
    }
    shown(this.tabs.get("money").tab, may("decide-money"));
    shown(this.tabs.get("letters").tab, counts.letters > 0 || state.chosen.tab === "letters");
    shown(this.tabs.get("shadow").tab, Boolean(state.status.shadow) || state.chosen.tab === "shadow");
    const draws = { gantt: () => this.gantt.draw(now), late: () => this.#late(late, now), plan: () => this.plan.draw(), calls: () => this.#calls(calls, now), silent: () => this.#silent(now), letters: () => this.#letters(), shadow: () => this.#shadow() };
    draws[state.chosen.tab]?.();
  }

  #late(late, now) {
    table(this.tabs.get("late").panel, ["", "What", "Who", "Truck", "Expected", "Target", "Late by"], late.slice(0, ROWS), "Nothing is late, and nothing will be as far as anybody knows.", (one) => ({
      id: one.id,
      cells: [
        severityIcon(one.severity),
        one.name,
        one.who,
        truckOf(one, now),
        expected(one, now) === null ? "not known" : hour(expected(one, now), state.zone),
        hour(one.due, state.zone),
        `${lasted(one.misses)}${expected(one, now) === null && waitsForTruck(one) ? " and more" : ""}`,
      ],
      kind: overdue(one, now) || one.misses > 900 ? "late" : "",
    }));
  }

  #calls(calls, now) {
    table(this.tabs.get("calls").panel, ["", "Who", "About", "State", "Waits", "Phones in 2 min", "Language"], calls.slice(0, ROWS), "Nobody waits.", (one) => ({
      id: one.case,
      key: one.id,
      cells: [one.inbound ? "rang in" : `attempt ${one.attempt}`, one.who, one.about || "not known", callState(one, now), lasted(now - (one.connected ?? one.queued)), likely(one, now), one.language],
      kind: one.state === "queued" && now > one.due && now >= one.not_before ? "late" : "",
    }));
  }

  #silent(now) {
    this.#muted();
    table(this.silent, ["Device", "Kind", "Heard last"], state.silent.latest, `None of ${state.silent.devices} devices is silent.`, ([name, kind, since]) => ({
      key: name,
      id: [...state.cases.values()].find((one) => one.device === name)?.id,
      cells: [name, kind, since ? ago(now - since) : "never"],
      kind: "",
    }));
  }

  // Which devices are muted, each to be heard again; the buttons stay the same elements.
  #muted() {
    const key = JSON.stringify([state.muted, may("mute-devices"), state.zone, Boolean(state.replay)]);
    if (key === this.mutedKey) return;
    this.mutedKey = key;
    const usable = may("mute-devices") && !state.replay;
    this.muted.replaceChildren(
      ...state.muted.map(([device, until, by, reason, heard]) =>
        h("li", {}, h("b", {}, device), ` muted by ${person(by)} until ${hour(until, state.zone)}: ${reason} (told ${heard} faults since) `, usable && h("button", { type: "button", data: { unmute: device }, onclick: () => unmute(device) }, "Unmute")),
      ),
    );
    shown(this.muted, state.muted.length > 0);
  }

  showMoney() {
    state.choose({ tab: "money" });
    this.money.focus();
  }

  async #letters() {
    if (this.lettersOf === state.status.dead_letters || !may("read-dead-letters")) return;
    this.lettersOf = state.status.dead_letters;
    const panel = this.tabs.get("letters").panel;
    const { dead_letters: letters } = await get("dead-letters");
    panel.replaceChildren(
      h(
        "ul",
        { class: "letters" },
        letters.map((one) =>
          h("li", {}, h("b", {}, one.partner ?? "a device"), ` ${one.key}: ${one.reason} (${one.outcome ?? "not sent"}, ${one.attempts} tries) `, one.partner && may("retry-dead-letters") && h("button", { type: "button", onclick: () => this.#again(one.key) }, "Send again")),
        ),
      ),
    );
  }

  // What another policy would have decided, which acts on nothing: by case, the newest first.
  async #shadow() {
    const told = JSON.stringify(state.status.shadow ?? null);
    if (this.shadowOf === told || !state.status.shadow) return;
    this.shadowOf = told;
    const found = await get("shadow");
    const lines = found.differences.reverse().flatMap((one) => [...one.cases.map((each) => shadowCase(one, each)), ...shadowCalls(one)]);
    this.tabs.get("shadow").panel.replaceChildren(h("p", {}, shadowTotals(found)), h("ul", { class: "letters" }, lines.slice(0, ROWS).map((line) => h("li", {}, line))));
  }

  async #again(key) {
    try {
      await post("dead-letters/retry", { key });
      say(`${key} is being sent again`);
    } catch (error) {
      say(error.message, "refused");
    }
    this.lettersOf = null;
  }
}

function shadowTotals({ state: is, why, policy, since, totals, spent }) {
  const by = Object.entries(policy).map(([name, value]) => `${name} ${value}`).join(", ") || "as usual";
  if (is === "stopped") return `It stopped, and the house decides as ever: ${why} (${by})`;
  const mean = (side) => lasted(side.wait_s / Math.max(1, totals.compared));
  const arrivals = totals.compared ? `; where they differ help would be there after ${mean(totals.shadow)} instead of ${mean(totals.live)}` : "";
  const began = since ? ` Since ${hour(since, state.zone)},` : "";
  return `${by}.${began} ${totals.choices} searches for a truck: ${totals.alike} alike${arrivals}. ${((spent.share ?? 0) * 100).toFixed(1)}% of a processor. Each decision is compared from how everything stood; nothing is added up over time.`;
}

function shadowCase(one, { case: name, live, shadow, sooner_s: sooner }) {
  const said = ({ truck, goes }) => (truck === null ? "no truck" : goes ? `${short(truck)} goes` : `waits for ${short(truck)}`);
  const gains = sooner === null ? "" : `, ${lasted(Math.abs(sooner))} ${sooner >= 0 ? "sooner" : "later"}`;
  return `${hour(one.at, state.zone)} ${name}: ${said(live)}; instead: ${said(shadow)}${gains}`;
}

function shadowCalls(one) {
  const lines = (calls, what) => calls.map((call) => `${hour(one.at, state.zone)} ${call}: ${what}`);
  return [...lines(one.calls_live, "was queued, and would not be"), ...lines(one.calls_shadow, "was not queued, and would be")];
}

function truckOf(one, now) {
  if (one.help && one.help.state !== "declined") return short(one.help.truck);
  const planned = plannedFor(one.id, now);
  return planned ? `${short(planned.truck)}, planned` : "none";
}

function lateList(now) {
  const found = [];
  for (const one of state.cases.values()) {
    const misses = missesTarget(one, now);
    if (misses !== null && misses > 60) found.push({ ...one, misses });
  }
  return found.sort((a, b) => b.misses - a.misses);
}

function callList(now, turns) {
  const rank = (one) => (one.state === "queued" ? (one.not_before > now ? 2 : 0) : 1);
  const turn = (one) => turns.get(one.id) ?? turns.size;
  return [...state.calls.values()].sort((a, b) => rank(a) - rank(b) || turn(a) - turn(b) || a.priority - b.priority || a.due - b.due);
}

// How likely the customer is to phone who waits for our call.
function likely(one, now) {
  const soon = one.state === "queued" ? phonesWithin(one.hazard, now) : null;
  return soon === null ? "" : `${Math.round(soon * 100)}%`;
}

function callState(one, now) {
  if (one.unseen && ["connected", "assigned"].includes(one.state)) return `with ${one.agent}, of whom no sign of life came for ${lasted(now - one.unseen)}`;
  if (one.lost && one.state === "queued") return "its agent vanished: another is to take it";
  if (one.state === "connected") return `speaks with ${one.agent ?? "an agent"}`;
  if (one.state === "assigned") return `${one.agent ?? "an agent"} rings`;
  if (now < one.not_before) return `from ${hour(one.not_before, state.zone)}`;
  return now > one.due ? "overdue" : "queued";
}

// A table whose rows stay the same elements, so that nothing jumps while it is read.
function table(panel, heads, items, nothing, row) {
  let made = panel.querySelector("table");
  if (!made) {
    made = h("table", {}, h("thead", {}, h("tr", {}, heads.map((one) => h("th", { scope: "col" }, one)))), h("tbody", {}));
    panel.replaceChildren(made, h("p", { class: "nothing" }, nothing));
    made.addEventListener("click", (event) => choose(event));
    made.addEventListener("keydown", (event) => event.key === "Enter" && choose(event));
  }
  shown(panel.querySelector(".nothing"), !items.length);
  text(panel.querySelector(".nothing"), nothing);
  shown(made, items.length > 0);
  const body = made.tBodies[0];
  items.forEach((item, number) => {
    const { id, key, cells, kind } = row(item);
    const line = body.rows[number] ?? body.appendChild(h("tr", { tabIndex: 0 }, cells.map(() => h("td", {}))));
    attribute(line, "data-case", id ?? null);
    attribute(line, "data-key", key ?? id);
    attribute(line, "aria-selected", id !== undefined && id === state.selected);
    line.className = kind;
    cells.forEach((said, at) => {
      const cell = line.cells[at];
      if (said instanceof Node) {
        if (cell.dataset.icon !== String(item.severity)) {
          cell.dataset.icon = item.severity;
          cell.replaceChildren(said, h("span", { class: "hidden" }, SEVERITY[item.severity]));
        }
      } else text(cell, said);
    });
  });
  while (body.rows.length > items.length) body.rows[body.rows.length - 1].remove();
}

function choose(event) {
  const id = event.target.closest("tr")?.dataset.case;
  if (id) state.select(id, "panel");
}
