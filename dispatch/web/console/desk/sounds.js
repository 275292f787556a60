// A sound where something new needs a person; two where it is critical. Made here: nothing is loaded. Can be turned off.

import { say } from "./acts.js";
import { attribute, find, text } from "./dom.js";
import { need, needsPerson } from "./needs.js";
import { state } from "./state.js";

const AT_MOST_EVERY_MS = 1500;

export class Sounds {
  constructor() {
    this.known = null;
    this.last = 0;
    find("#sounds").addEventListener("click", () => this.toggle());
    state.addEventListener("told", (event) => this.#listen(event.detail));
    state.addEventListener("chosen", () => this.#show());
    this.#show();
  }

  toggle() {
    state.choose({ sounds: !state.chosen.sounds });
    if (state.chosen.sounds) this.#ring(1);
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
    this.#ring(Math.max(...fresh.map(([, severity]) => severity)) === 3 ? 2 : 1);
  }

  #ring(times) {
    if (performance.now() - this.last < AT_MOST_EVERY_MS) return;
    this.last = performance.now();
    try {
      this.context ??= new AudioContext();
      if (this.context.state === "suspended") this.context.resume().catch(() => {});
      for (let one = 0; one < times; one++) this.#tone(this.context.currentTime + one * 0.28);
    } catch {
      // no sound card: there is the title, and the queue
    }
  }

  #tone(at) {
    const [tone, volume] = [this.context.createOscillator(), this.context.createGain()];
    tone.frequency.setValueAtTime(740, at);
    tone.frequency.setValueAtTime(988, at + 0.09);
    volume.gain.setValueAtTime(0.0001, at);
    volume.gain.exponentialRampToValueAtTime(0.12, at + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.0001, at + 0.22);
    tone.connect(volume).connect(this.context.destination);
    tone.start(at);
    tone.stop(at + 0.24);
  }
}
