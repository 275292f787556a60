// What is open: who comes and when, what we know, what they can do, and what they may answer by a tap.

import { post, reference } from "./api.js";
import { attribute, find, h, shown, text } from "./dom.js";
import { askPlace } from "./place.js";
import { problem, say } from "./said.js";
import { now, told } from "./state.js";
import { Where } from "./where.js";
import { figures, hour, number, word } from "./words.js";

const made = new Map();
const FIRST = ["has_stopped", "wants_help", "needs_no_call", "understood"];

export function showCases() {
  const { cases } = told.page;
  const box = find("#cases");
  for (const [name, article] of made) {
    if (cases.some((one) => one.case === name)) continue;
    article.end();
    made.delete(name);
  }
  cases.forEach((one, at) => {
    const article = made.get(one.case) ?? add(one.case);
    if (box.children[at] !== article.element) box.insertBefore(article.element, box.children[at] ?? null);
    article.show(one);
  });
  shown(find("#none"), !cases.some((one) => one.closed_at === null));
}

// Minutes pass while nothing is told.
export function tick() {
  for (const article of made.values()) article.tick();
}

// In another language everything is said anew.
export function forgetCases() {
  for (const article of made.values()) article.end();
  made.clear();
}

function add(name) {
  const article = new Case();
  made.set(name, article);
  return article;
}

class Case {
  constructor() {
    this.title = h("h2");
    this.call = h("p", { class: "quiet call" });
    this.eta = h("div", { class: "eta" });
    this.where = new Where();
    this.groups = Object.fromEntries(["do", "comes", "know"].map((tone) => [tone, { title: h("h3"), list: h("ul") }]));
    this.answers = h("fieldset", { class: "answers" });
    this.place = h("div", { class: "place" });
    const said = Object.values(this.groups).flatMap(({ title, list }) => [title, list]);
    this.element = h("article", { class: "card" }, this.title, ...said.slice(0, 2), this.eta, ...said.slice(2, 4), this.call, this.answers, this.place, this.where.element, ...said.slice(4));
  }

  show(one) {
    this.one = one;
    text(this.title, one.closed_at === null ? one.name : `${one.name} - ${word("over")}`);
    attribute(this.element, "data-case", one.case);
    this.element.classList.toggle("must", one.must_stop && one.closed_at === null);
    for (const [tone, { title, list }] of Object.entries(this.groups)) this.sentences(tone, title, list);
    this.tick();
    this.answer();
  }

  end() {
    this.where.end();
    this.asks?.();
    this.element.remove();
  }

  sentences(tone, title, list) {
    const said = this.one.said.filter((sentence) => sentence.tone === tone).map((sentence) => figures(sentence.text));
    text(title, word(tone));
    shown(title, said.length > 0);
    while (list.children.length > said.length) list.lastChild.remove();
    said.forEach((sentence, at) => text(list.children[at] ?? list.appendChild(h("li", { class: tone === "do" && this.one.must_stop ? "stop" : "" })), sentence));
  }

  tick() {
    const { truck, call, closed_at: closed, time_zone: zone } = this.one;
    shown(this.eta, truck !== null && closed === null);
    if (truck !== null) this.arrival(truck, zone);
    this.where.show(this.one);
    const calls = { waits: () => word("call_waits"), later: () => word("call_later", { time: hour(call.not_before, zone) }), speaking: () => word("call_speaking") };
    const said = calls[call?.state]?.() ?? "";
    text(this.call, said);
    shown(this.call, said !== "");
  }

  arrival(truck, zone) {
    attribute(this.eta, "data-state", truck.state);
    const minutes = Math.round(Math.abs(truck.eta - now()) / 60);
    const figure = word("minutes", { minutes: number(Math.max(1, minutes)) });
    const overdue = truck.state === "on_way" && truck.eta <= now();
    const parts = {
      on_way: [word("arrives"), overdue ? word("any_moment") : figure, word("between", { from: hour(truck.eta_from, zone), to: hour(truck.eta_until, zone) })],
      sought: [word("truck"), word("is_sought"), ""],
      late: [word("is_late"), figure, ""],
      there: [word("truck"), word("is_there"), ""],
    }[truck.state];
    if (this.eta.children.length === 0) this.eta.append(h("span"), h("b"), h("span"));
    parts.forEach((part, at) => text(this.eta.children[at], part));
  }

  answer() {
    const { answers } = this.one;
    const key = JSON.stringify([answers, word("a_call_me")]);
    shown(this.answers, answers.length > 0);
    if (this.answered === key) return;
    this.answered = key;
    const primary = answers.find((one) => FIRST.includes(one)) ?? answers[0];
    const buttons = answers.map((one) => h("button", { type: "button", data: { answer: one }, class: one === primary ? "primary" : "", onclick: () => this.tap(one) }, word(`a_${one}`)));
    this.answers.replaceChildren(h("legend", {}, word("your_answer")), ...buttons);
    if (!answers.includes("place")) this.asks?.();
  }

  async tap(answer) {
    if (answer === "place") {
      this.asks?.();
      this.asks = askPlace(this.place, this.one, (place) => this.send(answer, place));
      return null;
    }
    return this.send(answer, null);
  }

  // The same reference as long as it has not gone through: a second tap, and a lost answer, do nothing twice.
  async send(answer, place) {
    const waiting = (this.waiting ??= {});
    const ref = (waiting[answer] ??= reference());
    const buttons = this.answers.querySelectorAll("button");
    for (const button of buttons) button.disabled = true;
    try {
      await post("/api/v1/me/answers", { ref, case: this.one.case, answer, ...(place ? { place } : {}) });
      delete waiting[answer];
      say(word("sent"));
      return true;
    } catch (error) {
      if (error.status >= 400 && error.status < 500) delete waiting[answer];
      problem(error);
      return false;
    } finally {
      for (const button of buttons) button.disabled = false;
    }
  }
}
