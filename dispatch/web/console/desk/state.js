// How everything stands, as it was told, and what the person who looks has chosen. Parts of the page hear of changes.

const PARTS = ["cases", "trucks", "calls", "bars", "planned", "replans"];
const PAGES = { "/board": "-board", "/agent": "-agent" }; // a wall is filtered by nobody
const CHOSEN = {
  theme: "auto",
  sounds: true,
  keys: true,
  tab: "gantt",
  only: { text: "", severity: [], skill: [], need: [], inView: false, mine: false, area: null },
  areas: {},
  folded: ["running"],
  follow: false,
  layers: { devices: true, routes: true, circles: true, names: true },
  view: null,
};

export const told = JSON.parse(document.querySelector("#told").textContent);

class State extends EventTarget {
  constructor() {
    super();
    for (const part of PARTS) this[part] = new Map();
    Object.assign(this, { zone: "UTC", status: {}, totals: {}, silent: { count: 0, latest: [], devices: 0 }, muted: [], alerts: [], places: [], targets: {} });
    Object.assign(this, { up: false, known: false, selected: null, truck: null, details: null, replay: null, view: {}, lostAt: 0 });
    this.clock = { at: Date.now() / 1000, rate: 1, since: performance.now() };
    this.key = `callahead${PAGES[location.pathname] ?? ""}:${told.name}`;
    this.chosen = { ...CHOSEN, ...read(this.key) };
    this.chosen.only = { ...CHOSEN.only, ...this.chosen.only };
    this.chosen.layers = { ...CHOSEN.layers, ...this.chosen.layers };
  }

  // The service's time now, POSIX seconds.
  now() {
    return this.clock.at + ((performance.now() - this.clock.since) / 1000) * this.clock.rate;
  }

  // Is it a story's clock: faster than ours, or far from it?
  get story() {
    if (this.replay) return false;
    return Math.abs(this.clock.rate - 1) > 0.01 || Math.abs(this.now() - Date.now() / 1000) > 600;
  }

  hear(said) {
    if (said.now !== undefined) this.clock = { at: said.now, rate: said.replay ? said.replay.rate : said.rate, since: performance.now() };
    if (said.details !== undefined) this.#details(said);
    if (said.view) this.#set("view", said.view);
    if (said.reading) this.#set("reading", said.reading);
    if (said.trouble) this.dispatchEvent(new CustomEvent("trouble", { detail: said.trouble }));
    const changed = this.#parts(said);
    for (const name of ["status", "totals", "silent", "places", "zone", "targets", "muted", "alerts", "deaf", "seq", "row_at"]) {
      if (said[name] !== undefined) this[name] = said[name];
    }
    if (said.whole) {
      this.known = true;
      this.reading = null;
      this.replay = said.replay ?? null;
    } else if (said.replay) this.replay = said.replay;
    this.dispatchEvent(new CustomEvent("told", { detail: { changed, whole: Boolean(said.whole), said } }));
  }

  #parts(said) {
    const changed = {};
    for (const part of PARTS) {
      if (said.whole) this[part] = new Map();
      if (!said[part]) continue;
      changed[part] = Object.keys(said[part]);
      for (const [name, fact] of Object.entries(said[part])) {
        if (fact === null) this[part].delete(name);
        else this[part].set(name, { ...this[part].get(name), ...fact, id: name });
      }
    }
    return changed;
  }

  #details(said) {
    if (said.open !== this.selected) return;
    this.details = said.details;
    this.dispatchEvent(new Event("details"));
  }

  #set(name, value) {
    this[name] = value;
    this.dispatchEvent(new Event(name));
  }

  link(up) {
    this.up = up;
    this.lostAt = up ? 0 : this.lostAt || Date.now() / 1000;
    this.dispatchEvent(new Event("link"));
  }

  select(id, from = "") {
    if (id !== this.selected) {
      this.selected = id;
      this.details = null;
    }
    this.truck = null;
    this.dispatchEvent(new CustomEvent("selected", { detail: from }));
  }

  selectTruck(name, from = "") {
    this.truck = name;
    this.dispatchEvent(new CustomEvent("selected", { detail: from }));
  }

  choose(changes) {
    Object.assign(this.chosen, changes);
    localStorage.setItem(this.key, JSON.stringify(this.chosen));
    this.dispatchEvent(new CustomEvent("chosen", { detail: changes }));
  }

  filter(changes) {
    this.choose({ only: { ...this.chosen.only, ...changes } });
  }
}

function read(key) {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "{}");
  } catch {
    return {};
  }
}

export const state = new State();
export const may = (permission) => told.may.includes(permission);
