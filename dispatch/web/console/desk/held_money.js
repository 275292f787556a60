// Payments that wait for a person: disputes to decide, and what the bank is silent about or contradicts itself in.

import { get, post } from "./api.js";
import { ask, say } from "./dialogs.js";
import { h } from "./dom.js";
import { may, state } from "./state.js";
import { ago } from "./time.js";

const EVERY_MS = 3000;
const HELD = { bank_silent: "The bank says nothing, and may have paid", contradiction: "The bank contradicts itself", unknown_instruction: "The bank answers what nobody asked", booked_otherwise: "The bank booked otherwise than was asked", given_back: "What we collected was given back" };
const sum = (one) => (one.amount ? `${one.amount} ${one.currency}` : "a sum that is not known");

export class MoneyPanel {
  constructor(panel, changed) {
    Object.assign(this, { panel, changed, count: 0 });
    if (!may("decide-money")) return;
    this.look();
    setInterval(() => !state.replay && this.look(), EVERY_MS);
  }

  async look() {
    const found = await get("payments/to-see").catch(() => null);
    const key = JSON.stringify(found);
    if (found === null || key === this.key) return;
    this.key = key;
    this.count = found.disputes.length + found.held.length + found.left.length;
    this.#draw(found);
    this.changed();
  }

  #draw({ disputes, held, left, more }) {
    const on = this.panel.contains(document.activeElement);
    this.panel.replaceChildren(
      h("ul", { class: "letters" }, ...held.map((one) => this.#held(one)), ...disputes.map((one) => this.#dispute(one)), ...left.map((one) => this.#left(one))),
      h("p", { class: "nothing", hidden: this.count > 0 }, "No payment waits for a person."),
      h("p", { hidden: !more }, "There are more: the oldest are shown."));
    if (on) this.focus();
  }

  focus() {
    this.panel.querySelector("button")?.focus();
  }

  #dispute(one) {
    return h("li", { data: { payment: one.payment } }, h("b", {}, `Disputed: ${sum(one)} for ${one.category}`), ` ${one.device} paid ${one.payee}${one.words ? ` (${one.words})` : ""}; ${one.customer} says, ${ago(state.now() - one.disputed_at)}: ${one.why || "no reason"} `,
      h("button", { type: "button", onclick: () => this.#decide(one, "refund") }, "Refund…"), " ",
      h("button", { type: "button", onclick: () => this.#decide(one, "uphold") }, "It was right…"));
  }

  #held(one) {
    return h("li", { data: { held: one.name } }, h("b", {}, `Held: ${sum(one)}. ${HELD[one.reason]}`), ` ${one.name}: ${one.detail} (${ago(state.now() - one.at)}) `,
      one.may_say && h("button", { type: "button", onclick: () => this.#said(one, "ACSC") }, "The bank says: paid…"), " ",
      one.may_say && h("button", { type: "button", onclick: () => this.#said(one, "RJCT") }, "The bank says: not paid…"), " ",
      one.may_close && h("button", { type: "button", onclick: () => this.#close(one, "stands") }, "What is booked stands…"), " ",
      one.may_close && one.may_come_back && h("button", { type: "button", onclick: () => this.#close(one, "came_back") }, "The money came back…"));
  }

  #decide(one, decision) {
    const refund = decision === "refund";
    this.#ask(`${refund ? "Refund" : "Uphold"} ${sum(one)} of ${one.customer}`, refund ? "The money goes back to the customer." : "The payment stands; the customer reads why.", refund ? "Refund it" : "It was right", (why) => post("payments/disputes/decided", { payment: one.payment, decision, why }));
  }

  #said(one, status) {
    const isPaid = status === "ACSC";
    this.#ask(`The bank says of ${sum(one)}: ${isPaid ? "paid" : "not paid"}`, isPaid ? "It is booked as paid." : "The money is set free.", isPaid ? "It is paid" : "It is not paid", (why) => post("payments/bank-said", { name: one.name, status, why }));
  }

  // They were erased, and what was in their purse is theirs all the same.
  #left(one) {
    const send = (why) => post("payments/returned", { ...one, reference: `${one.customer}-${one.amount}-${Math.round(state.now())}`, why });
    return h("li", { data: { left: one.customer } }, h("b", {}, `Left in the purse of ${one.customer}, who was erased: ${sum(one)} `),
      h("button", { type: "button", onclick: () => this.#ask(`Paid back: ${sum(one)}`, "Transfer it first; it is booked as paid back.", "It is paid back", send) }, "Paid back…"));
  }

  #close(one, how) {
    const isBack = how === "came_back";
    this.#ask(`${HELD[one.reason]}: ${sum(one)}`, isBack ? "The customer has the money again." : "Nothing is booked; it is looked at, and closed.", isBack ? "It came back" : "It stands", (why) => post("payments/held/closed", { name: one.name, reason: one.reason, how, why }));
  }

  #ask(heading, comes, label, act) {
    ask(heading, [h("p", {}, comes), h("label", {}, "Why, or who said so", h("input", { name: "why", required: true, maxLength: 300, autocomplete: "off" }))], async (form) => {
      try {
        const { repeat } = await act(form.get("why").trim());
        say(repeat ? "It was decided before." : "Done.");
      } catch (error) {
        say(error.message, "refused");
        return false;
      }
      await this.look();
      return true;
    }, label);
  }
}
