// The queue: every open case, what needs a person first. Thousands of rows cost what those cost that are in sight, and
// no row moves while somebody points at the list.

import { attribute, find, h, shown, text } from "./dom.js";
import { matches } from "./filters.js";
import { NEED_TITLE, SEVERITY, need, needsPerson, ordered } from "./needs.js";
import { severityIcon } from "./shapes.js";
import { state } from "./state.js";
import { lasted } from "./time.js";
import { needWords, percent, person } from "./words.js";

const ROW = 56;
const HEAD = 30;
const BEYOND = 6;
const HELD_MS = 2500;
const IDLE_MS = 8000;

export class Queue {
  constructor() {
    this.list = find("#queue-list");
    this.room = h("div", { class: "room", role: "presentation" });
    this.list.append(this.room);
    this.nodes = new Map();
    this.items = [];
    this.order = [];
    this.held = false;
    this.list.addEventListener("scroll", () => this.#show(), { passive: true });
    for (const name of ["pointerenter", "pointermove", "wheel"]) this.list.addEventListener(name, () => this.#hold(true), { passive: true });
    this.list.addEventListener("pointerleave", () => this.#hold(false));
    find("#queue-new").addEventListener("click", () => this.#let());
    new ResizeObserver(() => this.#show()).observe(this.list);
    state.addEventListener("told", () => this.draw());
    state.addEventListener("chosen", () => this.draw(true));
    state.addEventListener("selected", (event) => this.#selected(event.detail));
    setInterval(() => this.#show(), 1000);
  }

  // Reckons the order anew; where somebody points at it, it stays and what is new is counted.
  draw(anew = false) {
    const now = state.now();
    const found = ordered([...state.cases.values()].filter((one) => matches(one, now)), now);
    if (this.held && !anew) this.#keepOrder(found);
    else {
      this.order = found;
      shown(find("#queue-new"), false);
    }
    text(find("#queue-count"), found.length === state.cases.size ? `${found.length} open` : `${found.length} of ${state.cases.size} open`);
    this.#layOut();
    this.#show();
  }

  #keepOrder(found) {
    const known = new Set(this.order.map((one) => one.id));
    const fresh = found.filter((one) => !known.has(one.id)).length;
    const elsewhere = found.length ? this.#moved(found) : 0;
    const button = find("#queue-new");
    shown(button, fresh + elsewhere > 0);
    text(button, fresh ? `${fresh} new: show` : "order has changed: show");
  }

  #moved(found) {
    const key = (some) => some.slice(0, 8).map((one) => one.id + one.need).join();
    return key(this.order.filter((one) => state.cases.has(one.id))) === key(found) ? 0 : 1;
  }

  // Whoever has not moved for a while points at nothing.
  #hold(held) {
    clearTimeout(this.letting);
    this.held = held;
    this.letting = setTimeout(() => (held ? this.#hold(false) : this.draw()), held ? IDLE_MS : 150);
  }

  #let() {
    this.draw(true);
  }

  #layOut() {
    const folded = new Set(state.chosen.folded);
    const counts = new Map();
    for (const one of this.order) counts.set(one.need, (counts.get(one.need) ?? 0) + 1);
    const searched = state.chosen.only.text !== "";
    let top = 0;
    let last = null;
    this.items = [];
    for (const one of this.order) {
      const isFolded = folded.has(one.need) && !searched;
      if (one.need !== last) {
        last = one.need;
        this.items.push({ head: one.need, top, height: HEAD, count: counts.get(one.need), isFolded });
        top += HEAD;
      }
      if (isFolded) continue;
      this.items.push({ ...one, top, height: ROW });
      top += ROW;
    }
    this.room.style.height = `${top}px`;
    shown(find("#queue-empty"), state.known && this.order.length === 0);
    text(find("#queue-empty"), state.cases.size ? "Nothing matches the filter." : "Nothing is broken.");
  }

  #show() {
    const from = this.list.scrollTop - BEYOND * ROW;
    const to = this.list.scrollTop + this.list.clientHeight + BEYOND * ROW;
    const wanted = new Set();
    const now = state.now();
    for (const item of this.items) {
      if (item.top + item.height < from) continue;
      if (item.top > to) break;
      const name = item.head ? `head ${item.head}` : item.id;
      wanted.add(name);
      let node = this.nodes.get(name);
      if (!node) {
        node = item.head ? this.#head() : this.#row();
        this.nodes.set(name, node);
        this.room.append(node.element);
      }
      if (node.top !== item.top) {
        node.top = item.top;
        node.element.style.transform = `translateY(${item.top}px)`;
      }
      if (item.head) this.#fillHead(node, item);
      else this.#fillRow(node, item, now);
    }
    for (const [name, node] of this.nodes) {
      if (!wanted.has(name)) {
        node.element.remove();
        this.nodes.delete(name);
      }
    }
  }

  #head() {
    const title = h("span", { class: "title" });
    const count = h("span", { class: "count" });
    const element = h("button", { class: "group", type: "button", tabIndex: -1 }, title, count);
    element.addEventListener("click", () => this.fold(element.dataset.need));
    return { element, title, count };
  }

  #fillHead(node, item) {
    node.element.dataset.need = item.head;
    node.element.classList.toggle("urgent", needsPerson(item.head));
    attribute(node.element, "aria-expanded", String(!item.isFolded));
    text(node.title, NEED_TITLE.get(item.head));
    text(node.count, item.count);
  }

  fold(name) {
    const folded = new Set(state.chosen.folded);
    if (!folded.delete(name)) folded.add(name);
    state.choose({ folded: [...folded] });
  }

  #row() {
    const parts = Object.fromEntries(["name", "who", "near", "wait", "status", "tags"].map((one) => [one, h("span", { class: one })]));
    const icon = h("span", { class: "icon" });
    const element = h(
      "div",
      { class: "case", role: "option" },
      icon,
      h("div", { class: "first" }, parts.name, parts.tags, parts.wait),
      h("div", { class: "second" }, parts.who, parts.near),
      h("div", { class: "third" }, parts.status),
    );
    element.addEventListener("click", () => state.select(element.dataset.case, "queue"));
    return { element, icon, ...parts };
  }

  #fillRow(node, item, now) {
    const one = state.cases.get(item.id);
    const { element } = node;
    element.dataset.case = item.id;
    attribute(element, "aria-selected", item.id === state.selected);
    element.id = `row-${item.id}`;
    element.classList.toggle("over", !one);
    if (!one) {
      text(node.status, "closed");
      return;
    }
    if (node.severity !== one.severity) {
      node.severity = one.severity;
      node.icon.replaceChildren(severityIcon(one.severity), h("span", { class: "word" }, SEVERITY[one.severity]));
      element.dataset.severity = SEVERITY[one.severity];
    }
    const [name] = need(one, now);
    const heard = one.help ? state.trucks.get(one.help.truck)?.heard : null;
    text(node.name, one.name);
    text(node.tags, `${one.ask ? "? " : ""}${percent(one.sure)}${one.stop ? " · must not drive" : ""}${one.owner ? ` · ${person(one.owner)}` : ""}${one.pinned ? " · pinned" : ""}`);
    text(node.wait, lasted(now - one.opened));
    text(node.who, one.who);
    text(node.near, one.near || "place not known");
    text(node.status, needWords(one, name, now, state.zone, heard));
    element.dataset.need = name;
    attribute(element, "aria-label", `${SEVERITY[one.severity]}: ${one.name}, ${one.who}, ${node.status.textContent}, open for ${node.wait.textContent}`);
  }

  // Up and down the queue, as keys ask for it.
  step(by) {
    const rows = this.items.filter((item) => item.id);
    if (!rows.length) return;
    const at = rows.findIndex((item) => item.id === state.selected);
    const next = rows[Math.min(rows.length - 1, Math.max(0, at < 0 ? 0 : at + by))];
    this.#hold(true);
    clearTimeout(this.stepping);
    this.stepping = setTimeout(() => this.#hold(false), HELD_MS);
    state.select(next.id, "keys");
  }

  #selected(from) {
    const item = this.items.find((one) => one.id === state.selected);
    if (item && from !== "queue") {
      const { scrollTop, clientHeight } = this.list;
      if (item.top < scrollTop + HEAD) this.list.scrollTop = item.top - HEAD;
      else if (item.top + item.height > scrollTop + clientHeight) this.list.scrollTop = item.top + item.height - clientHeight;
    }
    this.#show();
    attribute(this.list, "aria-activedescendant", item ? `row-${item.id}` : null);
  }
}
