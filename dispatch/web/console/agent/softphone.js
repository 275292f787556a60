// The agent's telephone in this page, where calls are rung: on or off, what rings in it, and why there is no sound.

import { say } from "./dialogs.js";
import { attribute, find, shown, text } from "./dom.js";
import { mine } from "./mine.js";
import { Sound, soundLine } from "./sound.js";
import { told } from "./state.js";
import { ring } from "./tone.js";

const AGAIN_MS = [100, 400, 900, 1500, 2000];
const RINGS_EVERY_MS = 3000;
const MOST_BEHIND = 16_000; // bytes that the network does not take: what is said then is dropped, and not said late
const ELSEWHERE = 4409;
const FINAL = { 4403: "you may not take calls", 4401: "you are logged out", 1008: "you are logged out", 1009: "the service has had too much of it", 4400: "this page is of another version than the service: load it anew", [ELSEWHERE]: "it is in another page of yours" };
const REFUSED = { NotAllowedError: "the browser keeps the microphone from this page: allow it beside the address", NotFoundError: "there is no microphone", NotReadableError: "another program has the microphone" };
const KEY = `callahead-sound:${mine.name}`;

class Softphone extends EventTarget {
  constructor() {
    super();
    Object.assign(this, { state: "off", why: "", rings: null, speaks: null, sent: 0, unsent: 0, tries: 0 });
    setInterval(() => this.rings && ring(2), RINGS_EVERY_MS);
    if (told.telephony && sessionStorage.getItem(KEY) === "on") this.on();
  }

  // off, asking (for the microphone), joining, on, lost, refused
  #is(state, why = "") {
    if (why && (state !== this.state || why !== this.why)) say(`No sound: ${why}.`, "refused");
    Object.assign(this, { state, why });
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new CustomEvent("changed"));
    mine.dispatchEvent(new CustomEvent("changed"));
  }

  async on() {
    if (this.sound) return;
    if (!navigator.mediaDevices) return this.#is("refused", "browsers give the microphone to pages over HTTPS alone, or on this machine");
    this.#is("asking");
    const sound = (this.sound = new Sound((frame) => this.#says(frame)));
    try {
      await sound.open();
    } catch (error) {
      sound.close();
      if (this.sound !== sound) return;
      this.sound = null;
      return this.#is("refused", REFUSED[error.name] ?? error.message);
    }
    if (this.sound !== sound) return sound.close();
    sound.microphone.onended = () => this.off("the microphone is gone");
    sessionStorage.setItem(KEY, "on");
    this.#join();
  }

  off(why = "") {
    sessionStorage.removeItem(KEY);
    clearTimeout(this.again);
    if (this.line?.readyState === WebSocket.OPEN) this.line.send(JSON.stringify({ type: "off" }));
    this.line?.close();
    this.sound?.close();
    Object.assign(this, { line: null, sound: null, rings: null, speaks: null });
    this.#is(why ? "refused" : "off", why);
  }

  #join() {
    if (this.state !== "lost") this.#is("joining");
    const line = soundLine(`/agent/sound?agent=${encodeURIComponent(mine.name)}`, {
      told: (said) => this.line === line && this.#stands(said),
      heard: (frame) => this.sound?.say(frame),
      over: (code) => this.line === line && this.#lost(code),
    });
    this.line = line;
  }

  #stands(said) {
    const before = this.rings;
    this.tries = 0;
    this.rings = said.type === "rings" ? said.call : null;
    this.speaks = said.type === "speaks" ? said.call : null;
    if (this.rings && this.rings !== before) ring(2);
    this.#is("on");
  }

  #lost(code) {
    Object.assign(this, { rings: null, speaks: null });
    if (FINAL[code]) return this.off(FINAL[code]);
    this.#is("lost", "its connection is gone; it is tried again");
    this.again = setTimeout(() => this.#join(), AGAIN_MS[Math.min(this.tries++, AGAIN_MS.length - 1)]);
  }

  #says(frame) {
    if (!this.speaks || this.line?.readyState !== WebSocket.OPEN) return;
    if (this.line.bufferedAmount > MOST_BEHIND) this.unsent += 1;
    else {
      this.line.send(frame);
      this.sent += 1;
    }
  }

  // Only whose brief is on the screen is taken: it is here before the voice.
  take() {
    const one = mine.one;
    if (one && this.rings === one.call.call && this.line?.readyState === WebSocket.OPEN) this.line.send(JSON.stringify({ type: "take", call: this.rings }));
  }

  get ringsHere() {
    return this.rings !== null && mine.hand.has(mine.chosen) && mine.chosen === this.rings;
  }
}

const SAYS = { off: "no sound here", asking: "allow the microphone", joining: "sound: connecting", on: "sound is here", lost: "no sound: reconnecting", refused: "no sound" };

function show() {
  const mark = find("#sound");
  shown(mark, softphone.state !== "off"); // else the button says so
  text(mark, softphone.speaks ? "you are on the line" : softphone.rings ? "it rings here" : SAYS[softphone.state]);
  attribute(mark, "data-sound", softphone.state);
  mark.title = softphone.why && `No sound: ${softphone.why}.`;
}

export const softphone = new Softphone();
softphone.addEventListener("changed", show);
show();
