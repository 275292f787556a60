// Each time that the plan became another: what made it so, which cases moved, what it cost before and after, how long it took.

import { attribute, h, shown, text } from "./dom.js";
import { state } from "./state.js";
import { hour, lasted } from "./time.js";
import { short } from "./words.js";

const NAMED = 2;

export class PlanPanel {
  constructor(panel) {
    this.list = h("ol", { class: "replans" });
    this.nothing = h("p", { class: "nothing" });
    panel.replaceChildren(this.list, this.nothing);
    this.nodes = new Map();
  }

  draw() {
    const found = [...state.replans.values()].sort((a, b) => b.at - a.at || (b.number ?? 0) - (a.number ?? 0));
    shown(this.nothing, !found.length);
    text(this.nothing, state.targets.plan === "nearest" ? "Each case gets the nearest truck that is free: this house plans nothing ahead (plan in its policy)." : "The plan has not become another yet.");
    const wanted = new Set(found.map((one) => one.id));
    for (const [name, node] of this.nodes) {
      if (!wanted.has(name)) {
        node.element.remove();
        this.nodes.delete(name);
      }
    }
    found.forEach((one, number) => {
      const node = this.nodes.get(one.id) ?? this.#made(one);
      if (this.list.children[number] !== node.element) this.list.insertBefore(node.element, this.list.children[number] ?? null);
      text(node.took, one.why ? "" : took(one));
    });
  }

  #made(one) {
    const parts = { took: h("span", { class: "took" }) };
    const heading = [
      h("time", {}, hour(one.at, state.zone)),
      h("b", {}, one.why ? "a proposed plan was not taken" : one.trigger),
      h("span", { class: "cost" }, one.why ? "" : cost(one)),
      parts.took,
      h("span", { class: "moves" }, one.why ?? summary(one)),
    ];
    const element = h("li", {}, one.moved?.length ? h("details", {}, h("summary", {}, heading), h("ul", {}, one.moved.map((each) => h("li", {}, choose(each))))) : h("div", { class: "plain" }, heading));
    const node = { element, ...parts };
    attribute(element, "data-replan", one.id);
    this.nodes.set(one.id, node);
    return node;
  }
}

const truck = (name) => (name === null ? "nobody" : short(name));
const called = (id) => state.cases.get(id)?.name ?? short(id);

function summary(one) {
  const named = one.moved.slice(0, NAMED).map(([id, from, to]) => `${called(id)}: ${truck(from)} → ${truck(to)}`);
  const more = one.moved.length - named.length;
  const turned = one.turned.length ? [`${one.turned.map(short).join(", ")} turned round`] : [];
  return [...(named.length ? named : ["no case moved"]), ...(more > 0 ? [`${more} more`] : []), ...turned].join("; ");
}

function choose([id, from, to]) {
  const said = `${called(id)}: ${truck(from)} → ${truck(to)}`;
  return state.cases.has(id) ? h("button", { type: "button", class: "quiet", onclick: () => state.select(id, "panel") }, said) : `${said} (closed)`;
}

// In hours of one customer's waiting, all who wait together: what was won or lost by it is what is read.
function cost(one) {
  const saved = one.before - one.after;
  const total = (seconds) => (seconds / 3600).toLocaleString("en", { maximumFractionDigits: seconds < 36_000 ? 2 : 1 });
  const by = Math.abs(saved) < 1 ? "no better" : `${lasted(Math.abs(saved))} ${saved > 0 ? "less" : "more"}`;
  return `${by} (${total(one.before)} → ${total(one.after)} h)`;
}

// Milliseconds are the machine's: the ledger has none, so what was planned before the service was started has none either.
function took(one) {
  const routes = `${one.routes.toLocaleString("en")} routes`;
  return one.ms === null ? routes : `${one.ms < 10 ? one.ms.toFixed(1) : Math.round(one.ms)} ms, ${routes}`;
}
