// What a caller tells of is taken down: who, of what, what they see, where, whether it drives, whether somebody shall come.

import { get } from "./api.js";
import { placeNamed, send } from "./deeds.js";
import { ask, say } from "./dialogs.js";
import { find, h, shown } from "./dom.js";
import { isSpoken, mine } from "./mine.js";
import { state } from "./state.js";
import { short } from "./words.js";

const STRANGER = "stranger/";
export const isStranger = (one) => one.person.customer.startsWith(STRANGER);
export const canTakeDown = (one) => one.person.known || isStranger(one);

let kinds = null;

// Once for the page: the catalogues do not change while the service runs.
async function known() {
  kinds ??= await get(`kinds?language=${encodeURIComponent(mine.settings.reads)}`).catch(() => null);
  return kinds;
}

export async function takeDown() {
  const one = mine.one;
  const some = await known();
  if (!some) return say("What can be broken is not known here now: no connection. Try again.", "refused");
  if (mine.one?.call.call !== one.call.call) return null;
  const form = new Form(one, some);
  return ask("Take down what is broken", [form.box], (said) => form.send(said), "Open a case");
}

const label = (words, ...fields) => h("label", {}, words, fields);
const choice = (value, words, chosen) => h("option", { value, selected: value === chosen }, words);

class Form {
  constructor(one, some) {
    Object.assign(this, { one, some, kept: mine.draft.fault ?? {} });
    this.what = h("select", { name: "what", required: true, onchange: () => this.#kind() }, this.#things());
    this.plate = label("Plate, where they know it", this.#field("plate", { maxLength: 20 }));
    this.narrow = h("input", { type: "search", "aria-label": "Narrow what they see", placeholder: "Type to narrow: start, smoke, door …", autocomplete: "off", maxLength: 60, oninput: () => this.#narrow() });
    this.signs = h("div", { class: "signs" });
    this.part = h("select", { name: "part" });
    this.drives = label("Does it drive?", h("select", { name: "drivable", required: true }, this.#yesNo("drivable", "not asked yet", "yes", "no: it must not be driven")));
    this.box = h("div", { class: "asked", oninput: () => this.#keep() }, this.#who(), label("Of what", this.what), this.plate, h("fieldset", {}, h("legend", {}, "What they see"), this.narrow, this.signs), label("The part, where it is clear", this.part), label("In their words", this.#field("words", { maxLength: 500 })), this.drives, this.#where(), label("Shall somebody come?", h("select", { name: "wants", required: true }, this.#yesNo("wants", "not asked yet", "yes", "no: they only tell of it"))));
    this.#kind();
  }

  #field(name, more = {}) {
    return h("input", { name, autocomplete: "off", value: this.kept[name] ?? "", ...more });
  }

  #yesNo(name, none, yes, no) {
    return [choice("", none, this.kept[name]), choice("yes", yes, this.kept[name]), choice("no", no, this.kept[name])];
  }

  #who() {
    if (!isStranger(this.one)) return [];
    const { name, phone } = this.one.person;
    return [label("Who it is", this.#field("name", { required: true, maxLength: 200, value: this.kept.name ?? name })), label("Where they can be rung", this.#field("phone", { type: "tel", required: true, maxLength: 40, value: this.kept.phone ?? phone }))];
  }

  // What is registered as theirs stands first; then whatever nobody registered, by its kind.
  #things() {
    const isMeant = (each) => this.some.find((kind) => kind.kind === each.kind)?.meant ?? false;
    const theirs = [...this.one.person.devices].sort((one, other) => isMeant(other) - isMeant(one));
    const own = theirs.map((each) => choice(`device ${each.device} ${each.kind}`, `${each.called || short(each.device)} (${each.kind})`, this.kept.what));
    const meant = [...this.some].sort((one, other) => other.meant - one.meant);
    const others = meant.map((each) => choice(`kind ${each.kind}`, own.length ? `another ${each.kind}` : `a ${each.kind}`, this.kept.what));
    return [...own, ...others];
  }

  #where() {
    const list = h("datalist", { id: "fault-places" }, ...state.places.map(([name]) => h("option", { value: name })));
    const marked = mine.draft.place;
    const field = this.#field("where", { maxLength: 200, placeholder: marked ? `as marked: ${marked[3]}` : "a place by its name, or degrees; left out, it is asked next (l: on the map)" });
    field.setAttribute("list", "fault-places");
    return label("Where it is", field, list);
  }

  get kind() {
    return this.some.find((each) => each.kind === this.what.value.split(" ").at(-1));
  }

  #kind() {
    const kept = new Set([this.kept.symptoms ?? []].flat());
    const kind = this.kind;
    this.signs.replaceChildren(...kind.symptoms.map((each) => h("label", { class: "check" }, h("input", { type: "checkbox", name: "symptoms", value: each.symptom, checked: kept.has(each.symptom) }), each.says.replace(/^the (driver|customer) (says that )?/, ""))));
    shown(this.signs.parentElement ?? this.signs, kind.symptoms.length > 0);
    this.part.replaceChildren(choice("", "nobody can tell: who helps in any case is sent", this.kept.part), ...kind.parts.map((each) => choice(each.part, each.name, this.kept.part)));
    shown(this.drives, kind.drives);
    this.drives.querySelector("select").disabled = !kind.drives;
    shown(this.plate, kind.drives && this.what.value.startsWith("kind "));
    this.#narrow();
  }

  #narrow() {
    const wanted = this.narrow.value.trim().toLowerCase();
    for (const each of this.signs.children) shown(each, each.textContent.toLowerCase().includes(wanted) || each.firstChild.checked);
  }

  // Every letter is kept as it is typed.
  #keep() {
    const said = new FormData(this.box.closest("form"));
    this.kept = { ...Object.fromEntries(said), symptoms: said.getAll("symptoms") };
    mine.keep({ fault: this.kept }, this.one.call.call);
  }

  async send(said) {
    const { one } = this;
    const where = said.get("where").trim();
    const place = where ? placeNamed(where) : mine.draft.place;
    if (where && !place) return say("No place of that name is known here. Try the next larger one, degrees, or leave it and mark it on the map.", "refused") ?? false;
    const fault = mine.draft.fault_ref ?? crypto.randomUUID();
    mine.keep({ fault_ref: fault }, one.call.call);
    const stored = await send("cases/reported", { ref: fault, ...this.#body(said, place) }, "Not taken down");
    if (!stored) return false;
    mine.keep({ fault: undefined, fault_ref: undefined }, one.call.call);
    say("Taken down: the case is open, and help is found as for any other.");
    queueMicrotask(() => find("#talk").focus());
    return true;
  }

  #body(said, place) {
    const { one } = this;
    const [sort, name] = said.get("what").split(" ");
    const body = sort === "device" ? { device: name } : { customer: one.person.customer, kind: name };
    const told = { words: said.get("words").trim(), symptoms: said.getAll("symptoms"), wants_help: said.get("wants") === "yes" };
    if (said.get("part")) told.part = said.get("part");
    if (said.get("drivable")) told.drivable = said.get("drivable") === "yes";
    if (sort === "kind" && said.get("plate")?.trim()) told.plate = said.get("plate").trim();
    if (isStranger(one)) Object.assign(told, { name: said.get("name").trim(), phone: said.get("phone").trim() });
    if (place) told.place = { latitude: place[0], longitude: place[1], accuracy_m: place[2] };
    if (isSpoken(one)) told.call = one.call.call;
    return { ...body, ...told, agent: mine.name };
  }
}
