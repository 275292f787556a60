// The wall: what is worst and what will be late, large enough to be read across a room. Nothing to click.

import { find, h, shown, text } from "./dom.js";
import { NEED_TITLE, needsPerson, ordered } from "./needs.js";
import { severityIcon } from "./shapes.js";
import { state } from "./state.js";
import { lasted } from "./time.js";
import { needWords } from "./words.js";

const LINES = 12;

export class Board {
  constructor() {
    this.box = find("#board-list");
    shown(find("#board-part"), true);
    state.addEventListener("told", () => this.draw());
    setInterval(() => this.draw(), 1000);
  }

  draw() {
    const now = state.now();
    const found = ordered(state.cases.values(), now).filter((one) => needsPerson(one.need)).slice(0, LINES);
    while (this.box.children.length < found.length) this.box.append(this.#line());
    while (this.box.children.length > found.length) this.box.lastChild.remove();
    found.forEach((item, number) => this.#fill(this.box.children[number], item, now));
    shown(find("#board-none"), state.known && !found.length);
  }

  #line() {
    return h("li", {}, h("span", { class: "icon" }), h("div", {}, h("b", {}), h("span", { class: "near" })), h("div", { class: "says" }, h("b", {}), h("span", {})), h("span", { class: "wait" }));
  }

  #fill(line, item, now) {
    const one = state.cases.get(item.id);
    if (line.dataset.severity !== String(one.severity)) {
      line.dataset.severity = one.severity;
      line.children[0].replaceChildren(severityIcon(one.severity, 30));
    }
    text(line.children[1].children[0], one.name);
    text(line.children[1].children[1], one.near || "place not known");
    text(line.children[2].children[0], NEED_TITLE.get(item.need));
    text(line.children[2].children[1], needWords(one, item.need, now, state.zone, state.trucks.get(one.help?.truck)?.heard));
    text(line.children[3], lasted(now - one.opened));
  }
}
