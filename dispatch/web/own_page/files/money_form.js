// Lets a device pay: a short form whose first values are sane, confirmed by a code.

import { post, reference } from "./api.js";
import { confirm } from "./confirm.js";
import { find, h } from "./dom.js";
import * as said from "./money_words.js";
import { problem, say } from "./said.js";
import { told } from "./state.js";
import { ascii, language, word } from "./words.js";

const FOR = ["charging", "parking", "toll", "tow", "groceries", "media", "energy", "water", "subscription", "other"];
const ONCE = "20", MONTH = "100", A_YEAR_MS = 365 * 86400000;
let drawn = "";

export function showGive() {
  const { money, agrees } = told.page;
  const box = find("#give");
  const key = JSON.stringify([money.devices, agrees.payment, language()]);
  if (key === drawn || box.contains(document.activeElement)) return;
  drawn = key;
  box.hidden = money.devices.length === 0;
  box.querySelector("div").replaceChildren(form(money, agrees.payment));
}

function form(money, agrees) {
  const currency = money.mandates.at(-1)?.currency ?? money.balances[0]?.currency ?? "EUR";
  const device = select(money.devices.map((one) => [one.device, said.device(one)]));
  const purpose = select(FOR.map((one) => [one, said.purpose(one)]));
  const payee = h("input", { type: "text", maxlength: 200, dir: "auto" });
  const account = h("input", { type: "text", maxlength: 200, dir: "ltr" });
  const once = sum(ONCE), month = sum(MONTH);
  const until = h("input", { type: "date", value: new Date(Date.now() + A_YEAR_MS).toISOString().slice(0, 10) });
  const agree = h("input", { type: "checkbox", required: true });
  const box = h("div", { class: "place" });
  const asked = () => ({
    ref: reference(),
    device: device.value,
    category: purpose.value,
    currency,
    payees: account.value.trim() ? [{ payee: account.value.replace(/\s/g, ""), name: payee.value.trim() }] : [],
    per_payment: plain(once.value),
    limits: [{ period: "Month", alignment: "Consent", amount: plain(month.value) }],
    valid_to: until.value ? new Date(`${until.value}T23:59:59`).getTime() / 1000 : null,
    zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  });
  const element = h("form", {},
    field(word("m_f_device"), device), field(word("m_f_for"), purpose),
    field(word("m_f_payee"), payee), field(word("m_f_account"), account),
    h("div", { class: "hours" }, field(word("m_f_once", { currency }), once), field(word("m_f_month", { currency }), month)),
    field(word("m_f_until"), until),
    agrees ? null : h("label", { class: "check" }, agree, h("span", {}, word("m_f_agree"))),
    h("button", { class: "primary" }, word("m_give")), box);
  element.addEventListener("submit", (event) => {
    event.preventDefault();
    if (payee.value.trim() && !account.value.trim()) {
      say(word("m_need_account"), true);  // a name alone holds nobody off: whoever it is would be paid
      account.focus();
    } else give(box, asked(), agrees);
  });
  return element;
}

const path = (what) => `/api/v1/customers/${encodeURIComponent(told.page.customer)}/${what}`;

async function give(box, mandate, agrees) {
  const amounts = [mandate.per_payment, mandate.limits[0].amount];
  if (amounts.some((one) => !/^(0|[1-9]\d{0,12})(\.\d{1,5})?$/.test(one))) return say(word("m_bad_amount"), true);
  try {
    if (!agrees) await post(path("consent"), { purpose: "payment", given: true, way: "link" });
    await confirm(box, path("codes"), { mandate }, (code) => post(path("mandates"), { ...mandate, code }).then(() => done()));
  } catch (error) {
    if (error.name === "bad-amount") say(word("m_bad_amount"), true);
    else problem(error);
  }
}

function done() {
  drawn = "";
  find("#give").open = false;
  say(word("m_given"));
}

// As people write sums: with a comma, with their own digits.
const plain = (text) => ascii(text.trim()).replace(/[,٫]/, ".");

function sum(value) {
  const input = h("input", { type: "text", value, maxlength: 19, required: true, dir: "ltr" });
  input.inputMode = "decimal";
  return input;
}

const field = (label, control) => h("label", { class: "field" }, h("span", {}, label), control);
const select = (options) => h("select", {}, ...options.map(([value, name]) => h("option", { value }, name)));
