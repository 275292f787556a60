// The trucks' day as bars: asked, driving, on the scene or hooking, towing, unhooking, and the jobs that are planned behind; blank
// is idle, and a mark is where the crew goes home. A bar is dragged to another truck to pin its case there.

import { act, mayAct } from "./acts.js";
import { h, shown, text } from "./dom.js";
import { TRUCK_STATE, truckState } from "./needs.js";
import { done, through, toCome } from "./planned.js";
import { state } from "./state.js";
import { hour, lasted } from "./time.js";
import { short } from "./words.js";

const BEFORE_S = 1.25 * 3600;
const AFTER_S = 3.5 * 3600;
const ROW = 26;
const LABEL = 132;
const BEYOND = 4;
const HOUR_PX = 38;
const ORDER = { scene: 0, driving: 1, busy: 1, asked: 2, free: 3, off: 4 };

export class Gantt {
  constructor(panel) {
    this.hours = h("div", { class: "hours", "aria-hidden": "true" });
    this.rows = h("div", { class: "rows" });
    this.scroll = h("div", { class: "scroll", tabIndex: 0, role: "group", "aria-label": "Trucks and their jobs over the hours" }, this.rows);
    this.only = h("input", { type: "checkbox", onchange: () => state.choose({ busyTrucks: this.only.checked }) });
    this.key = h(
      "div",
      { class: "key" },
      h("label", {}, this.only, "only trucks with a job"),
      [["driving", "drives"], ["scene", "on the scene"], ["hook", "hooks, unhooks"], ["tow", "tows"], ["plan", "to come"], ["later", "planned behind"], ["overdue", "overdue"], ["shift", "shift ends"]].map(([kind, said]) => h("span", {}, h("i", { class: kind }), said)),
    );
    panel.replaceChildren(this.hours, this.scroll, this.key);
    this.nodes = new Map();
    this.scroll.addEventListener("scroll", () => this.draw(state.now()), { passive: true });
    this.scroll.addEventListener("click", (event) => this.#click(event));
    this.scroll.addEventListener("pointerdown", (event) => this.#drag(event));
  }

  draw(now) {
    if (this.dragging || !this.scroll.clientWidth) return;
    this.only.checked = Boolean(state.chosen.busyTrucks);
    this.from = Math.floor((now - BEFORE_S) / 900) * 900;
    this.to = this.from + BEFORE_S + AFTER_S + 900;
    this.wide = this.scroll.clientWidth - LABEL - 12;
    this.#hours(now);
    const bars = this.#bars(now);
    const trucks = this.#order(bars);
    this.rows.style.height = `${trucks.length * ROW}px`;
    const first = Math.max(0, Math.floor(this.scroll.scrollTop / ROW) - BEYOND);
    const last = Math.min(trucks.length, Math.ceil((this.scroll.scrollTop + this.scroll.clientHeight) / ROW) + BEYOND);
    const wanted = new Set();
    for (let number = first; number < last; number++) {
      wanted.add(trucks[number].id);
      this.#row(trucks[number], number, bars.get(trucks[number].id) ?? [], now);
    }
    for (const [name, node] of this.nodes) {
      if (!wanted.has(name)) {
        node.element.remove();
        this.nodes.delete(name);
      }
    }
  }

  // In the order of their names, so that no row moves; those that are off duty below.
  #order(bars) {
    const key = `${state.trucks.size} ${[...state.trucks.values()].filter((one) => !one.duty).length}`;
    if (this.orderKey !== key || !this.order) {
      this.orderKey = key;
      const natural = new Intl.Collator("en", { numeric: true }).compare;
      this.order = [...state.trucks.keys()].sort((a, b) => (ORDER[truckState(state.trucks.get(a), state.cases)] === 4) - (ORDER[truckState(state.trucks.get(b), state.cases)] === 4) || natural(a, b));
    }
    return this.order.map((name) => state.trucks.get(name)).filter((one) => one && (bars.has(one.id) || (one.duty && !state.chosen.busyTrucks)));
  }

  #x(at) {
    return LABEL + ((Math.min(this.to, Math.max(this.from, at)) - this.from) / (this.to - this.from)) * this.wide;
  }

  #hours(now) {
    const marks = [];
    const step = [1800, 3600, 7200].find((each) => (each / (this.to - this.from)) * this.wide > HOUR_PX) ?? 7200;
    for (let at = Math.ceil(this.from / step) * step; at <= this.to - step / 4; at += step) marks.push([at, hour(at, state.zone), at % 3600 ? "half" : ""]);
    const key = `${this.from} ${this.wide} ${state.zone} ${Math.round(now / 15)}`;
    if (key === this.hoursKey) return;
    this.hoursKey = key;
    const line = h("span", { class: "now" });
    line.style.left = `${this.#x(now)}px`;
    this.hours.replaceChildren(
      ...marks.map(([at, said, kind]) => {
        const mark = h("span", { class: kind }, said);
        mark.style.left = `${this.#x(at)}px`;
        return mark;
      }),
      line,
    );
    this.rows.style.setProperty("--now", `${this.#x(now)}px`);
  }

  #bars(now) {
    const found = done(now);
    for (const { id: truck, jobs } of state.planned.values()) {
      if (!found.has(truck)) found.set(truck, []);
      found.get(truck).push(...toCome(jobs, through(found.get(truck), now)));
    }
    return found;
  }

  #row(truck, number, bars, now) {
    let node = this.nodes.get(truck.id);
    if (!node) {
      const label = h("button", { type: "button", class: "truck" });
      const dot = h("i", {});
      const name = h("span", {});
      label.append(dot, name);
      const shift = h("i", { class: "shift", hidden: true });
      const element = h("div", { class: "row", data: { truck: truck.id } }, label, shift);
      node = { element, label, dot, name, shift, bars: new Map() };
      this.nodes.set(truck.id, node);
      this.rows.append(element);
    }
    node.element.style.transform = `translateY(${number * ROW}px)`;
    const standing = truckState(truck, state.cases);
    text(node.name, short(truck.id));
    node.dot.className = `dot ${standing}`;
    node.label.title = `${truck.id}: ${TRUCK_STATE[standing]}; ${truck.skills.join(", ")}${truck.ends ? `; until ${hour(truck.ends, state.zone)}` : ""}`;
    node.element.classList.toggle("chosen", truck.id === state.truck || (truck.case !== null && truck.case === state.selected));
    const ends = truck.ends !== null && truck.ends > this.from && truck.ends < this.to;
    shown(node.shift, ends);
    if (ends) {
      node.shift.style.left = `${this.#x(truck.ends)}px`;
      node.shift.title = `${short(truck.id)}: the shift ends at ${hour(truck.ends, state.zone)}`;
    }
    const wanted = new Set();
    bars.forEach((bar) => {
      if (bar.to < this.from || bar.from > this.to) return;
      const key = `${bar.case} ${bar.kind}`;
      wanted.add(key);
      this.#bar(node, key, bar, now);
    });
    for (const [key, element] of node.bars) {
      if (!wanted.has(key)) {
        element.remove();
        node.bars.delete(key);
      }
    }
  }

  #bar(node, key, bar, now) {
    let element = node.bars.get(key);
    if (!element) {
      element = h("div", { data: { case: bar.case } });
      node.bars.set(key, element);
      node.element.append(element);
    }
    element.className = `bar ${bar.kind}${bar.case === state.selected ? " chosen" : ""}`;
    const left = this.#x(bar.from);
    element.style.left = `${left}px`;
    element.style.width = `${Math.max(3, this.#x(bar.to) - left)}px`;
    text(element, this.#x(bar.to) - left > 60 ? bar.name : "");
    element.title = `${bar.name}: ${bar.kind.replace("plan", "(to come)").replace("later", "(planned)")}, ${hour(bar.from, state.zone)} to ${hour(bar.to, state.zone)}, ${lasted(bar.to - bar.from)}${bar.late ? `, ${lasted(bar.late)} late` : ""}${bar.to > now ? "" : ", over"}`;
  }

  #click(event) {
    const bar = event.target.closest(".bar");
    const label = event.target.closest(".truck");
    if (bar && state.cases.has(bar.dataset.case)) state.select(bar.dataset.case, "panel");
    else if (label) {
      state.select(null, "panel");
      state.selectTruck(label.parentElement.dataset.truck, "panel");
    }
  }

  #drag(event) {
    const bar = event.target.closest(".bar");
    const one = bar && state.cases.get(bar.dataset.case);
    if (!one || !mayAct() || event.button !== 0) return;
    const start = [event.clientX, event.clientY];
    const row = () => document.elementsFromPoint(last[0], last[1]).find((each) => each.classList?.contains("row"));
    let last = start;
    let over = null;
    const move = (moved) => {
      last = [moved.clientX, moved.clientY];
      if (!this.dragging && Math.abs(last[1] - start[1]) < 8) return;
      this.dragging = true;
      bar.style.translate = `0 ${last[1] - start[1]}px`;
      bar.classList.add("dragged");
      over?.classList.remove("drop");
      over = row();
      over?.classList.add("drop");
    };
    const end = async (ended) => {
      removeEventListener("pointermove", move);
      removeEventListener("pointerup", end);
      removeEventListener("pointercancel", end);
      bar.style.translate = "";
      bar.classList.remove("dragged");
      over?.classList.remove("drop");
      const was = this.dragging;
      this.dragging = false;
      const truck = over?.dataset.truck;
      if (!was || ended.type === "pointercancel" || !truck || truck === one.help?.truck) return;
      const under = one.help && ["offered", "promised"].includes(one.help.state);
      await act(under ? "send" : "pin", one, { truck, reason: "dragged there" });
    };
    addEventListener("pointermove", move);
    addEventListener("pointerup", end);
    addEventListener("pointercancel", end);
  }
}
