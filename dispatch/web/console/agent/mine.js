// The agent: ready or not, what they have in hand, which of it is on the screen, and the wrap-up behind it.

import { draftOf, forget, forgetOthers, keep } from "./drafts.js";
import { state, told } from "./state.js";

const FRESH_MS = 60_000; // a page that was away for longer is not ready by itself
const SETTINGS = { languages: [], reads: "en", simulated: told.demo, chats: 3 };
export const WRAP_UP_S = told.wrap_up_s || 30;
const EXPECTED_MS = 5000;
const SPOKEN = new Set(["phone", "ivr", "video", "branch"]);

class Mine extends EventTarget {
  constructor() {
    super();
    this.name = told.demo ? agentOfDemo() : told.name;
    this.settings = { ...SETTINGS, ...read(localStorage, this.#key()) };
    this.hand = new Map();
    this.lost = [];
    this.ended = new Map(); // call → its outcome, as long as it still is on the screen
    Object.assign(this, { chosen: null, wrap: null, expected: null, up: false, counts: true, known: false, reason: "" });
    const kept = read(sessionStorage, this.#key());
    this.wanted = kept.at > Date.now() - FRESH_MS ? kept.wanted : "off";
    this.reason = kept.reason ?? "";
    this.since = kept.since ?? state.now();
    setInterval(() => this.#keep(), 5000);
  }

  #key() {
    return `callahead-agent:${this.name}`;
  }

  #keep() {
    const { wanted, reason, since } = this;
    sessionStorage.setItem(this.#key(), JSON.stringify({ wanted, reason, since, at: Date.now() }));
  }

  #changed(name = "changed") {
    this.dispatchEvent(new Event("changed"));
    if (name !== "changed") this.dispatchEvent(new Event(name));
  }

  set(changes) {
    Object.assign(this.settings, changes);
    localStorage.setItem(this.#key(), JSON.stringify(this.settings));
    this.#changed("settings");
  }

  want(wanted, reason = "") {
    Object.assign(this, { wanted, reason, since: state.now() });
    this.#keep();
    this.#changed();
  }

  // off, ready, ringing, talking, wrapping, paused: the one word for how the agent is.
  get phase() {
    const voices = [...this.hand.values()].filter((one) => isSpoken(one));
    if (voices.some((one) => one.call.state === "connected")) return "talking";
    if (voices.length) return "ringing";
    if (this.hand.size) return "writing";
    if (this.wrap) return "wrapping";
    return this.wanted;
  }

  get one() {
    return this.hand.get(this.chosen) ?? (this.wrap?.one.call.call === this.chosen ? this.wrap.one : null) ?? null;
  }

  link(up) {
    this.up = up;
    this.#changed();
  }

  // The page's own feed: what the agent has in hand, all of it the first time.
  hear(said) {
    const before = this.phase;
    for (const [name, one] of Object.entries(said.changed ?? {})) {
      const isNew = !this.hand.has(name) || this.hand.get(name).call.attempt !== one.call.attempt;
      this.hand.set(name, one);
      if (isNew) this.#arrived(one);
    }
    this.#lost(said.lost);
    if (said.in_hand.includes(this.expected)) this.expected = null;
    for (const name of [...this.hand.keys()]) if (!said.in_hand.includes(name)) this.#over(name);
    if (!this.known) forgetOthers(this.name, [...this.hand.keys()]);
    this.known = true;
    if (this.phase !== before) this.since = state.now();
    this.#changed();
  }

  // What went to others while we were gone: whoever is back says so, before anything new comes.
  #lost(lost) {
    const since = Math.max(0, ...lost.map((one) => one.at));
    if (since > Math.max(0, ...this.lost.map((one) => one.at)) && this.wanted === "ready") this.want("off");
    this.lost = lost;
  }

  // The service gave us a call: until the feed has brought it, no other is asked for, which would end it.
  expect(call) {
    if (this.hand.has(call)) return;
    this.expected = call;
    setTimeout(() => {
      if (this.expected !== call) return;
      this.expected = null; // it was taken back before it came
      this.#changed();
    }, EXPECTED_MS);
  }

  #arrived(one) {
    this.wrapped();
    if (!this.hand.has(this.chosen) || isSpoken(one)) this.choose(one.call.call);
    this.dispatchEvent(new CustomEvent("arrived", { detail: one }));
  }

  #over(name) {
    const one = this.hand.get(name);
    this.hand.delete(name);
    const outcome = this.ended.get(name);
    this.ended.delete(name);
    if (outcome === undefined) {
      forget(this.name, name);
      this.dispatchEvent(new CustomEvent("taken", { detail: one }));
    } else this.wrap = { one: { ...one, outcome }, since: state.now() };
    if (this.chosen === name && this.hand.size) this.choose([...this.hand.keys()][0]);
    else if (this.chosen === name && outcome === undefined) this.chosen = null;
  }

  // This call was ended by us, with that outcome; the feed says so next.
  end(name, outcome) {
    this.ended.set(name, outcome);
  }

  takeBack(name) {
    this.ended.delete(name);
  }

  wrapped() {
    if (!this.wrap) return;
    forget(this.name, this.wrap.one.call.call);
    if (this.chosen === this.wrap.one.call.call) this.chosen = this.hand.keys().next().value ?? null;
    this.wrap = null;
    this.since = state.now();
    this.#changed("chosen");
  }

  choose(call) {
    if (this.chosen === call) return;
    this.chosen = call;
    this.#changed("chosen");
  }

  // What was written to us and is not on the screen.
  unread(one) {
    const last = one.lines.filter((line) => line.side === "customer").at(-1)?.at ?? 0;
    return one.call.call !== this.chosen && last > (draftOf(this.name, one.call.call).read ?? 0);
  }

  step(by) {
    const names = [...this.hand.keys()];
    if (names.length) this.choose(names[(names.indexOf(this.chosen) + by + names.length) % names.length]);
  }

  get draft() {
    return this.chosen ? draftOf(this.name, this.chosen) : {};
  }

  keep(changes, call = this.chosen) {
    if (call) keep(this.name, call, changes);
    this.#changed();
  }

  // Another page of this agent's was opened, which counts from now on; or this one again.
  count(counts) {
    this.counts = counts;
    this.#changed();
  }
}

export const isSpoken = (one) => SPOKEN.has(one.call.channel);

function read(store, key) {
  try {
    return JSON.parse(store.getItem(key) ?? "{}");
  } catch {
    return {};
  }
}

// Where nobody logs in, a page is whom its address says.
function agentOfDemo() {
  const named = new URLSearchParams(location.search).get("agent");
  return named && /^[\w-]{1,40}$/.test(named) ? named : "agent-desk";
}

export const mine = new Mine();
