// The case that was chosen: what broke and how sure that is, where, what the customer knows, who comes, what happened.

import { drawActs, mayAct, undo, undoes } from "./acts.js";
import { attribute, find, h, shown, text } from "./dom.js";
import { NEED_TITLE, SEVERITY, TRUCK_STATE, lateness, missesTarget, need, truckState } from "./needs.js";
import { severityIcon } from "./shapes.js";
import { state } from "./state.js";
import { ago, hour, lasted, when } from "./time.js";
import { contactWords, helpWords, needWords, percent, person, requestWords, short, sources } from "./words.js";

export class CasePane {
  constructor() {
    this.pane = find("#case");
    state.addEventListener("selected", () => this.draw());
    state.addEventListener("told", () => this.draw());
    state.addEventListener("details", () => this.#details());
    setInterval(() => this.#facts(), 1000);
    find("#case-close").addEventListener("click", () => state.select(null));
    this.draw();
  }

  draw() {
    const one = state.cases.get(state.selected);
    const truck = state.trucks.get(state.truck);
    shown(find("#case-none"), !state.selected && !truck);
    shown(find("#case-truck"), Boolean(truck) && !state.selected);
    shown(find("#case-body"), Boolean(state.selected));
    document.body.classList.toggle("has-case", Boolean(state.selected || truck));
    if (truck && !state.selected) this.#truck(truck);
    if (!state.selected) return;
    this.last = one ?? this.last;
    shown(find("#case-over"), !one && state.known);
    text(find("#case-over"), state.replay ? "It is not open at this hour." : "This case is closed.");
    shown(find("#facts"), Boolean(one) || !state.replay);
    if (!this.last || this.last.id !== state.selected) return;
    this.#head(this.last);
    this.#facts();
    drawActs(find("#acts"), one);
    if (!state.details) for (const id of ["#script", "#because", "#timeline"]) find(id).replaceChildren();
  }

  #head(one) {
    if (this.severity !== one.severity || this.shownCase !== one.id) {
      this.severity = one.severity;
      this.shownCase = one.id;
      find("#case-icon").replaceChildren(severityIcon(one.severity, 30));
    }
    text(find("#case-name"), one.name);
    text(find("#case-severity"), SEVERITY[one.severity]);
    attribute(find("#case-head"), "data-severity", SEVERITY[one.severity]);
    text(find("#case-sure"), `${percent(one.sure)} sure${one.ask ? ", asks first" : ""}`);
    text(find("#case-stop"), one.stop ? "Must not be driven" : "");
    text(find("#case-id"), `${one.id}${one.simulated ? " · simulated" : ""}`);
  }

  #facts() {
    const one = state.cases.get(state.selected);
    if (!one) return;
    const now = state.now();
    const heard = state.trucks.get(one.help?.truck)?.heard;
    const [name] = need(one, now);
    const misses = missesTarget(one, now);
    const late = lateness(one, now);
    const lines = [
      ["Needs", `${NEED_TITLE.get(name)}${name === "running" ? "" : `: ${needWords(one, name, now, state.zone, heard)}`}`, name === "running" ? "" : "strong"],
      ["Help", helpWords(one, now, state.zone, heard), late ? "late" : ""],
      one.help?.promised && ["Promised", `${hour(one.help.promised, state.zone)}${late ? `, now ${lasted(late)} later` : ""}`, late ? "late" : ""],
      one.truck_job && ["Target", `${hour(one.due, state.zone)}${misses === null ? "" : misses > 60 ? `, ${now < one.due ? "will be " : ""}missed by ${lasted(misses)}` : `, ${lasted(-misses)} to spare`}`, misses > 60 ? "late" : ""],
      one.pinned && ["Pinned", short(one.pinned), ""],
      one.booking && ["Workshop", `${short(one.booking.partner)}: ${requestWords(one.booking, state.zone)}`],
      one.order && ["Order", `${one.order.what} from ${short(one.order.partner)}: ${requestWords(one.order, state.zone)}`],
      ["Customer", `${one.who}${state.details?.phone ? ` · ${state.details.phone}` : ""}`],
      ["Knows", contactWords(one, now)],
      ["Where", one.place ? `${one.near} (±${one.place[2]} m, ${sources[one.place[4]] ?? one.place[4]}, ${ago(now - one.place[3])})` : "not known: has to be asked", one.place ? "" : "late"],
      one.doubt && ["But", `${sources[one.doubt[4]] ?? one.doubt[4]} tells another place`, "late"],
      ["Device", `${one.device}`],
      ["Open", `${lasted(now - one.opened)}, since ${when(one.opened, now, state.zone)}`],
      ...one.notes.map(([at, by, said]) => ["Note", `${said} (${person(by)}, ${hour(at, state.zone)})`]),
      one.before.length && ["Was", one.before.join(", then ")],
      one.also.length && ["Also", one.also.join(", ")],
      one.owner && ["Has it", `${person(one.owner)}${one.care === "given" ? ", has not acknowledged it yet" : ""}`],
      one.acknowledged_by && ["Seen by", `${person(one.acknowledged_by)}, ${ago(now - one.acknowledged_at)}`],
    ].filter(Boolean);
    this.#list(find("#facts"), lines);
    this.#lastAct(one, now);
  }

  #lastAct(one, now) {
    const last = one.last_act;
    const button = find("#undo");
    const open = Boolean(last?.undo_until && last.undo_until > now && mayAct());
    shown(button, open);
    if (!open) return;
    text(button, `Undo ${undoes(last)} (${lasted(last.undo_until - now)})`);
    button.onclick = () => undo(one.id, last.ref);
  }

  #list(box, lines) {
    const titles = lines.map(([title]) => title).join();
    if (box.dataset.titles !== titles) {
      box.dataset.titles = titles;
      box.replaceChildren(...lines.flatMap(([title]) => [h("dt", {}, title), h("dd", {})]));
    }
    const values = box.querySelectorAll("dd");
    lines.forEach(([, said, kind], number) => {
      text(values[number], said);
      values[number].className = kind ?? "";
    });
  }

  #details() {
    const found = state.details;
    if (!found) return;
    find("#script").replaceChildren(...found.script.map(([said, english]) => h("li", {}, h("span", { dir: "auto", lang: found.language || undefined }, said), english !== said && h("small", {}, english))));
    shown(find("#script-part"), found.script.length > 0);
    const reasons = [
      ["Why", found.why.join("; ")],
      ["Against", found.against.join("; ")],
      ["Or else", found.else.map(([name, share]) => `${name} ${percent(share)}`).join(", ")],
      ["Decides", found.decides],
      ["Came back", found.relapse ? `${found.relapse} times` : ""],
      ["Part number", found.part_number],
    ].filter(([, said]) => said);
    find("#because").replaceChildren(...reasons.flatMap(([title, said]) => [h("dt", {}, title), h("dd", {}, said)]));
    this.#decision(found.decisions ?? []);
    this.#timeline(found.timeline);
    this.#facts();
  }

  #decision(decisions) {
    shown(find("#decision-part"), decisions.length > 0);
    find("#decision").replaceChildren(
      ...decisions.map((one) =>
        h(
          "li",
          {},
          h("b", {}, hour(one.at, state.zone)),
          ` ${one.said}${one.by ? `, by ${person(one.by)}` : ""}${one.reason ? `: ${one.reason}` : ""}`,
          one.candidates.length > 0 && h("ul", {}, one.candidates.map(([truck, standing, metres, eta]) => h("li", {}, `${short(truck)}: ${standing.replaceAll("_", " ")}, ${(metres / 1000).toFixed(1)} km, ${hour(eta, state.zone)}`))),
        ),
      ),
    );
  }

  #timeline(lines) {
    const box = find("#timeline");
    const now = state.now();
    if (box.dataset.case !== state.selected) {
      box.replaceChildren();
      box.dataset.case = state.selected;
    }
    const same = [...box.children].findIndex((one, number) => one.dataset.seq !== String(lines[number]?.[0]));
    while (same >= 0 && box.children.length > same) box.lastChild.remove();
    for (const [seq, at, kind, what] of lines.slice(box.children.length)) {
      box.append(h("li", { data: { kind, seq } }, h("time", { title: when(at, now, state.zone) }, hour(at, state.zone)), h("span", {}, what)));
    }
  }

  #truck(truck) {
    const now = state.now();
    const one = state.cases.get(truck.case);
    text(find("#truck-name"), truck.id);
    this.#list(find("#truck-facts"), [
      ["Is", TRUCK_STATE[truckState(truck, state.cases)]],
      ["Can", truck.skills.join(", ").replaceAll("_", " ") || "nothing said"],
      ["Job", one ? `${one.name}, ${one.who}` : "none"],
      ["Heard", `${ago(now - truck.heard)}`],
      ["Where", `${truck.at[0].toFixed(4)}, ${truck.at[1].toFixed(4)} (±${truck.at[2]} m, ${ago(now - truck.fix)})`],
    ]);
  }
}
