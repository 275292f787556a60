// Money of whom one speaks with: what waits for their word, what they paid and why not, what their devices may pay. By keys.

import { get, Refused } from "./api.js";
import { send } from "./deeds.js";
import { ask, say } from "./dialogs.js";
import { find, h } from "./dom.js";
import { mine } from "./mine.js";
import { state } from "./state.js";
import { hour } from "./time.js";

const MOST = 9;
const STATES = { asked: "is being decided", confirming: "waits for their word", reserved: "set aside, the bank is paying", settled: "paid", voided: "not paid", refused: "not paid", disputed: "disputed, to be decided", refunded: "given back", upheld: "disputed, and was right" };
const WHY = {
  mandate: "no mandate lets it be paid",
  payee: "their mandate names others to be paid",
  currency: "it is in another currency than the mandate",
  key: "the device could not prove that it is theirs",
  amount: "the amount made no sense",
  balance: "there was not enough on their balance",
  limit: "it is more than they agreed, and they want no messages",
  unusual: "it was unusual, and they want no messages",
  strong: "they had to be asked, and want no messages",
  said_no: "they said no, or let devices pay no more",
  no_answer: "they were asked and did not answer in time",
  called_off: "it was called off",
  again: "the device asked for it twice",
};
const ODD = {
  daily_orders: "it orders more often than usual",
  amount: "the amount is unusual",
  place: "it paid where it is not",
  price_drift: "the price went up",
  unused: "it is paid and nobody uses it",
  two_payees: "two are paid for one thing",
};
const asked = (one) => `${one.at_most ? "up to " : ""}${money(one.amount, one.currency)}`;
const money = (amount, currency) => new Intl.NumberFormat("en", { style: "currency", currency, currencyDisplay: "code" }).format(amount);
const device = (one) => (one === null ? "the house, for them" : one.called ? `${one.kind} ${one.called}` : one.device);
const path = (what) => `customers/${encodeURIComponent(mine.one.person.customer)}/${what}`;

export async function showMoney() {
  const of = mine.one;
  try {
    const found = await get(path("money"));
    if (mine.one === of) draw(found, of);
  } catch (error) {
    if (!(error instanceof Refused) && !(error instanceof TypeError)) throw error;
    say(error instanceof Refused ? error.message : "No connection.", "refused");
  }
}

function draw(found, of) {
  const box = find("#sheet");
  const payments = found.payments.slice(0, MOST);
  const parts = [
    found.questions.map((one) => h("li", { class: "late", data: { question: one.ref } }, `Asked, and not answered: ${device(one.device)}, ${ODD[one.what]}. `, h("q", { dir: "auto" }, one.words), " They answer on their page.")),
    found.waiting.map((one) => h("li", { class: "late" }, `${asked(one)} to ${one.payee} waits for their word until ${hour(one.until, state.zone)}: they answer on their page, with the code that comes to their telephone.`)),
    found.due.filter((one) => one.fails).map((one) => h("li", { class: "late" }, `Soon due: ${money(one.amount, one.currency)} to ${one.payee}. ${{ purse: `${one.short} ${one.currency} will be missing`, limit: "over what they agreed: they will be asked", mandate: "no mandate lets it be paid" }[one.fails]}.`)),
  ].flat();
  box.replaceChildren(
    h("h2", {}, `Money of ${of.person.name || of.person.customer}`),
    h("p", {}, found.balances.length ? `Balance ${found.balances.map((one) => money(one.amount, one.currency)).join(", ")}` : "They have no money with us."),
    h("ul", { class: "plain" }, parts),
    h("h3", {}, "Payments of the week: press the number of one that they dispute"),
    h("ol", { class: "plain", id: "payments" }, payments.length ? payments.map((one, at) => payment(one, at + 1)) : h("li", {}, "None.")),
    h("h3", {}, "What their devices may pay"),
    h("ul", { class: "plain", id: "mandates" }, found.mandates.length ? found.mandates.map(mandate) : h("li", {}, "Nothing.")),
    h("form", { method: "dialog" }, h("button", {}, "Close")));
  box.onkeydown = (event) => {
    const wanted = !event.ctrlKey && !event.metaKey && !event.altKey && box.querySelector(`[data-number="${CSS.escape(event.key)}"]`);
    if (!wanted) return;
    event.preventDefault();
    wanted.click();
  };
  if (!box.open) box.showModal();
}

function payment(one, number) {
  const why = one.why ? `: ${WHY[one.why] ?? "the bank did not pay it"} (${one.reason}${one.reason_words ? `, ${one.reason_words}` : ""})` : "";
  const said = `${hour(one.at, state.zone)} ${device(one.device)}: ${asked(one)} for ${one.category} to ${one.payee} - ${STATES[one.state]}${why} `;
  return h("li", { data: { state: one.state } }, said, one.may_dispute && h("button", { type: "button", data: { number }, onclick: () => dispute(one) }, "Dispute… ", h("kbd", { "aria-hidden": "true" }, String(number))));
}

function mandate(one) {
  const limits = one.limits.map((limit) => `${money(limit.used, one.currency)} of ${money(limit.allowed, one.currency)} used in this ${limit.period.toLowerCase()}`);
  const until = one.valid_to === null ? "until they end it" : `until ${new Intl.DateTimeFormat("en", { dateStyle: "medium", timeZone: one.time_zone }).format(new Date(one.valid_to * 1000))}`;
  const payees = one.payees.map(({ payee, name }) => name || payee).join(", ") || "anybody";
  const isOn = ["active", "to_come", "suspended"].includes(one.state);
  return h("li", { data: { state: one.state } }, `${device(one.device)} may pay ${payees} for ${one.category}, at most ${[`${money(one.per_payment, one.currency)} a time`, ...limits].join(", ")}, ${until} (${one.state.replace("_", " ")}) `,
    isOn && one.device && h("button", { type: "button", onclick: () => stop(one.device) }, "Stop this device…"));
}

function dispute(one) {
  find("#sheet").close();
  ask(
    `Dispute ${money(one.amount, one.currency)} to ${one.payee}`,
    [h("label", {}, "Why, as they say it", h("textarea", { name: "why", rows: 3, maxLength: 500 }))],
    async (form) => {
      const stored = await send(path("payments/disputes"), { payment: one.payment, why: form.get("why").trim() }, "Not disputed");
      if (stored) say(stored.repeat ? "It was disputed before." : "Disputed: a colleague decides, and they are told.");
      return Boolean(stored);
    },
    "Dispute it",
  );
}

function stop(which) {
  find("#sheet").close();
  ask(
    `${device(which)} shall pay nothing any more`,
    [h("p", {}, "All that it may pay is ended, for good; they can let it pay anew on their page."), h("label", {}, "Why, in a few words", h("input", { name: "why", maxLength: 200, autocomplete: "off" }))],
    async (form) => {
      const stored = await send(path("mandates/stops"), { device: which.device, reason: form.get("why").trim() }, "Not stopped");
      if (stored) say(stored.revoked.length ? "It pays nothing any more." : "It may pay nothing already.");
      return Boolean(stored);
    },
    "Stop it",
  );
}
