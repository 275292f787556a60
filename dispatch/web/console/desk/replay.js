// Any hour of the past on the same page, told from the ledger; nothing can be done in it.

import { find, h, shown, text } from "./dom.js";
import { state } from "./state.js";
import { fromField, hourToTheSecond, toField, when } from "./time.js";

const RATES = [0, 1, 10, 60, 300];
const BACK_S = 3600;

export class Replay {
  constructor(feed) {
    this.feed = feed;
    this.bar = find("#replay");
    this.field = find("#replay-at");
    this.slider = find("#replay-slider");
    find("#replay-open").addEventListener("click", () => this.toggle());
    find("#replay-live").addEventListener("click", () => this.live());
    find("#replay-rates").append(...RATES.map((rate) => h("button", { type: "button", data: { rate }, onclick: () => this.#ask(this.#at(), rate) }, rate ? `×${rate}` : "Pause")));
    this.field.addEventListener("change", () => {
      const at = fromField(this.field.value, state.zone);
      if (at !== null) this.#ask(at, 0);
    });
    this.slider.addEventListener("change", () => this.#ask(this.end - BACK_S * 6 + Number(this.slider.value), state.replay?.rate ?? 0));
    for (const name of ["told", "reading"]) state.addEventListener(name, () => this.#show());
    setInterval(() => this.#show(), 1000);
  }

  toggle() {
    if (!this.bar.hidden) return this.live();
    shown(this.bar, true);
    this.end = state.now();
    this.#ask(Math.max(0, this.end - 600), 0);
  }

  live() {
    shown(this.bar, false);
    this.asked = null;
    this.feed.ask({ type: "past", at: null });
  }

  #at() {
    return state.replay ? state.now() : (this.asked ?? state.now());
  }

  #ask(at, rate) {
    this.asked = at;
    this.feed.ask({ type: "past", at, rate });
  }

  #show() {
    const on = Boolean(state.replay);
    document.body.classList.toggle("replaying", on);
    if (!on) {
      if (!this.bar.hidden) text(find("#replay-says"), state.reading ? "Reading the ledger…" : "");
      return;
    }
    const now = state.now();
    text(find("#replay-says"), `${when(now, this.end ?? now, state.zone)}:${hourToTheSecond(now, state.zone).slice(-2)}, not now. Nothing can be done here.`);
    if (document.activeElement !== this.field) this.field.value = toField(now, state.zone);
    if (document.activeElement !== this.slider && this.end) this.slider.value = String(Math.round(now - this.end + BACK_S * 6));
    for (const button of find("#replay-rates").children) button.setAttribute("aria-pressed", String(Number(button.dataset.rate) === state.replay.rate));
  }
}
