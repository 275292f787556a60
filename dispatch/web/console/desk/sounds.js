// A sound where something new needs a person; two where it is critical. Can be turned off.

import { say } from "./dialogs.js";
import { attribute, find, text } from "./dom.js";
import { need, needsPerson } from "./needs.js";
import { state } from "./state.js";
import { ring } from "./tone.js";

export class Sounds {
  constructor() {
    this.known = null;
    find("#sounds").addEventListener("click", () => this.toggle());
    state.addEventListener("told", (event) => this.#listen(event.detail));
    state.addEventListener("chosen", () => this.#show());
    this.#show();
  }

  toggle() {
    state.choose({ sounds: !state.chosen.sounds });
    if (state.chosen.sounds) ring(1);
    say(state.chosen.sounds ? "Sounds are on." : "Sounds are off.");
  }

  #show() {
    const button = find("#sounds");
    attribute(button, "aria-pressed", String(state.chosen.sounds));
    text(button, state.chosen.sounds ? "Sound on" : "Sound off");
  }

  #listen({ whole }) {
    const now = state.now();
    const wanting = new Map();
    for (const one of state.cases.values()) {
      const [name] = need(one, now);
      if (needsPerson(name)) wanting.set(`${one.id} ${name}`, one.severity);
    }
    const fresh = this.known && !whole && !state.replay ? [...wanting].filter(([name]) => !this.known.has(name)) : [];
    this.known = new Set(wanting.keys());
    if (!fresh.length || !state.chosen.sounds) return;
    ring(Math.max(...fresh.map(([, severity]) => severity)) === 3 ? 2 : 1);
  }
}
