// The header: how much there is of what, whether we are told everything, and what hour it is.

import { attribute, find, h, shown, text } from "./dom.js";
import { missesTarget, need, needsPerson, truckState, waitsForTruck } from "./needs.js";
import { state, told } from "./state.js";
import { ago, day, hourToTheSecond, lasted } from "./time.js";

const NUMBERS = [
  ["open", "open", () => state.filter({ need: [] })],
  ["person", "need a person", null],
  ["waiting", "wait for a truck", () => state.filter({ need: ["no_truck", "no_place"] })],
  ["risk", "late or will be", () => state.choose({ tab: "late" })],
  ["calls", "calls waiting", () => state.choose({ tab: "calls" })],
  ["silent", "devices silent", () => state.choose({ tab: "silent" })],
];

export class Header {
  constructor() {
    this.numbers = new Map();
    for (const [name, title, act] of NUMBERS) {
      const number = h("b", {}, "–");
      const element = h(act ? "button" : "span", { class: "number", type: act ? "button" : undefined, onclick: act ?? undefined, data: { number: name } }, number, h("small", {}, title));
      find("#numbers").append(element);
      this.numbers.set(name, { number, element });
    }
    this.#person();
    state.addEventListener("told", () => this.#count());
    state.addEventListener("link", () => this.#tick());
    setInterval(() => this.#tick(), 250);
    setInterval(() => this.#count(), 5000);
    this.#tick();
  }

  #person() {
    text(find("#who"), told.demo ? `no log-in - ${told.name}` : `${told.name} - ${told.role}`);
    const links = [["/board", "Wall board"]];
    if (told.may.includes("take-calls")) links.unshift(["/agent", "Agents' page"]);
    if (!told.demo) links.push(["/account", "Your account"]);
    if (told.may.includes("give-access")) links.push(["/access", "Accounts and keys"]);
    links.push(["/api/v1/docs", "The API"]);
    find("#who-menu").append(
      ...links.map(([href, label]) => h("a", { href }, label)),
      told.demo
        ? h("p", {}, "Whoever is on this machine may do everything, until somebody has an account or a key.")
        : h("button", { type: "button", onclick: leave }, "Log out"),
    );
  }

  #count() {
    if (!state.known) return;
    const now = state.now();
    const found = { open: 0, person: 0, waiting: 0, risk: 0, calls: 0, silent: state.replay ? "–" : state.silent.count };
    for (const one of state.cases.values()) {
      found.open += 1;
      found.person += needsPerson(need(one, now)[0]);
      found.waiting += Boolean(waitsForTruck(one));
      found.risk += (missesTarget(one, now) ?? -1) > 60;
    }
    for (const call of state.calls.values()) found.calls += call.state === "queued" && call.not_before <= now;
    for (const [name, { number, element }] of this.numbers) {
      text(number, found[name]);
      element.classList.toggle("alert", ["person", "risk"].includes(name) && found[name] > 0);
    }
    this.#trucks();
    shown(find("#alerts"), state.alerts.length > 0 && !state.replay);
    text(find("#alerts"), state.alerts.slice(0, 3).join(" · ") + (state.alerts.length > 3 ? ` and ${state.alerts.length - 3} more` : ""));
    find("#alerts").title = state.alerts.join("\n");
    document.title = found.person ? `(${found.person}) Callahead` : "Callahead";
  }

  #trucks() {
    const skills = new Map();
    let off = 0;
    for (const truck of state.trucks.values()) {
      const at = truckState(truck, state.cases);
      if (at === "off") {
        off += 1;
        continue;
      }
      for (const skill of truck.skills) {
        const count = skills.get(skill) ?? [0, 0];
        count[at === "free" ? 0 : 1] += 1;
        skills.set(skill, count);
      }
    }
    const line = [...skills].sort().map(([skill, [free, busy]]) =>
      h("span", { class: free ? "skill" : "skill none", title: `${skill.replaceAll("_", " ")}: ${free} free, ${busy} busy` }, `${skill.replaceAll("_", " ")} `, h("b", {}, String(free)), `/${free + busy}`),
    );
    const key = line.map((one) => one.textContent).join() + off;
    if (key === this.skills) return;
    this.skills = key;
    find("#skills").replaceChildren(...(line.length ? [h("span", { class: "skill" }, "trucks free:")] : []), ...line, ...(off ? [h("span", { class: "skill off" }, `${off} off duty`)] : []));
  }

  #tick() {
    if (state.known) this.#clock(state.now(), state.zone); // until then neither the service's hour is known nor whose clock it goes by
    const story = find("#story");
    shown(story, state.story && state.known && !state.replay);
    text(story, state.clock.rate === 1 ? "story's clock" : `story's clock ×${Math.round(state.clock.rate * 10) / 10}`);
    this.#link();
    this.#condition();
  }

  #clock(now, zone) {
    text(find("#clock"), hourToTheSecond(now, zone));
    text(find("#clock-zone"), `${day(now, zone)} · ${zone.split("/").pop().replaceAll("_", " ")}`);
  }

  #link() {
    const link = find("#link");
    const broker = state.status.link;
    const [mark, said] = !state.up
      ? ["lost", state.known ? `no connection for ${lasted(Date.now() / 1000 - state.lostAt)}, shown as it was` : "connecting"]
      : state.deaf
        ? ["lost", "the service does not answer"]
        : broker && broker !== "ready"
          ? ["warn", `broker: ${broker}`]
          : ["ok", "live"];
    attribute(link, "data-link", mark);
    text(link, said);
    document.body.classList.toggle("stale", !state.up && state.known);
  }

  // Red is for what is broken; that a story's clock runs faster than a machine can is no fault of anybody's.
  #condition() {
    const { condition = "ok", reasons = [] } = state.status;
    const banner = find("#banner");
    const bad = condition !== "ok" && !state.replay; // of that hour nobody knows
    shown(banner, bad);
    if (!bad) return;
    const fast = state.story && condition === "overloaded";
    attribute(banner, "data-condition", fast ? "story" : condition);
    text(banner, fast ? `The story runs faster than this machine follows: ${reasons.join("; ")}` : `${condition === "degraded" ? "Degraded" : "Overloaded"}: ${reasons.join("; ")}`);
  }
}

export async function leave() {
  const left = await fetch("/log-out", { method: "POST" });
  location.assign(left.url);
}
