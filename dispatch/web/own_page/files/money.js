// Money: what waits for their word first, then what will be due, what devices may pay, and what they paid.

import { post } from "./api.js";
import { confirm, toldWhy } from "./confirm.js";
import { find, h, shown } from "./dom.js";
import { showGive } from "./money_form.js";
import * as said from "./money_words.js";
import { problem, say } from "./said.js";
import { told } from "./state.js";
import { figures, hour, language, word } from "./words.js";

const drawn = new Map();
const path = (what) => `/api/v1/customers/${encodeURIComponent(told.page.customer)}/${what}`;

export function showMoney() {
  const { money } = told.page;
  shown(find("#money"), money.devices.length > 0 || money.mandates.length > 0 || money.payments.length > 0);
  part("#money-waits", [money.waiting, told.proof], () => waits(money));
  part("#money-asks", [money.questions], () => asks(money));
  part("#money-balance", [money.balances], () => money.balances.length > 0 && [h("p", { class: "quiet" }, word("m_balance", { amount: said.sums(money.balances) }))]);
  part("#money-due", [money.due], () => money.due.length > 0 && [h("h3", {}, word("m_coming")), h("ul", {}, money.due.map(due))]);
  part("#money-may", [money.mandates], () => may(money));
  part("#money-paid", [money.payments, money.week], () => paid(money));
  showGive();
}

// Drawn anew where something is another, and never under somebody's hands.
function part(id, what, draw) {
  const box = find(id);
  const key = JSON.stringify([what, language()]);
  if (drawn.get(id) === key || box.querySelector("input")?.matches(":focus")) return;
  drawn.set(id, key);
  const on = box.contains(document.activeElement) ? document.activeElement.dataset.deed : null;
  box.replaceChildren(...(draw() || []));
  if (on) ([...box.querySelectorAll("[data-deed]")].find((one) => one.dataset.deed === on) ?? find("#money-title")).focus();
}

const zone = () => told.page.cases[0]?.time_zone || told.page.money.mandates[0]?.time_zone || "";

function button(deed, label, act, kind = "") {
  const made = h("button", { type: "button", class: kind, data: { deed }, onclick: () => doing(made, act) }, label);
  return made;
}

async function doing(made, act) {
  made.disabled = true;
  try {
    await act();
  } catch (error) {
    problem(error);
  } finally {
    made.disabled = false;
  }
}

function waits(money) {
  return money.waiting.length > 0 && [h("h3", {}, word("m_waits")), ...money.waiting.map(waiting)];
}

function waiting(one) {
  const box = h("div", { class: "place" });
  const proof = told.proof?.payment === one.payment ? told.proof.code : null;
  const sent = () => say(word("sent"));
  const yes = () => (proof ? answer(true, proof).then(sent).catch(toldWhy).finally(() => (told.proof = null)) : confirm(box, path("codes"), { payment: one.payment }, (code) => answer(true, code)));
  const answer = (agreed, code) => post(path("payments/answers"), { payment: one.payment, agreed, ...(code ? { code } : {}) });
  return h("article", { class: "asks", data: { payment: one.payment } },
    h("p", { class: "stop" }, said.wants(one)),
    h("p", {}, `${word(`m_asked_${one.asked_for}`)} ${word("m_until_hour", { time: hour(one.until, zone()) })}`),
    h("div", { class: "answers" },
      button(`yes ${one.payment}`, word(proof ? "m_confirm" : "m_yes"), yes, "primary"),
      button(`no ${one.payment}`, word("m_no"), () => answer(false).then(sent))),
    box);
}

// What looks unusual to us: one tap each, and the first of their answers holds.
const ANSWERS = [["fine", "primary"], ["stop", ""], ["stop_and_dispute", "danger"], ["unsure", ""]];

function asks(money) {
  return money.questions.length > 0 && [h("h3", {}, word("m_odd")), ...money.questions.map(question)];
}

function question(one) {
  const box = h("article", { class: "asks", data: { question: one.ref } });
  const answers = ANSWERS.map(([answer, kind]) => button(`${answer} ${one.ref}`, word(`m_q_${answer}`), () => answered(box, one, answer), kind));
  box.append(
    h("p", { class: "stop" }, `${said.device(one.device)}: ${figures(one.words)}`),
    h("ul", { class: "paid" }, one.payments.map((paid) => h("li", { class: "quiet" }, said.wasPaid(paid, hour(paid.at, zone()))))),
    h("div", { class: "answers" }, ...answers));
  return box;
}

async function answered(box, one, answer) {
  try {
    await post(path("payments/questions/answers"), { ref: one.ref, answer });
    say(word(`m_q_${answer}_done`));
  } catch (error) {
    if (!["not-asked", "answered-otherwise"].includes(error.name)) throw error;
    say(word("m_q_over"), true);
  }
  box.remove();
}

const due = (one) => h("li", { class: one.fails ? "stop" : "" }, said.due(one, zone()));

function may(money) {
  const shownNow = money.mandates.filter(({ state }) => !["revoked", "over"].includes(state));
  const devices = [...new Map(shownNow.map((one) => [one.device?.device ?? "", one.device]))];
  const each = devices.map(([name, device]) => h("div", { class: "payer", data: { device: name } },
    ...shownNow.filter((one) => (one.device?.device ?? "") === name).map(mandate),
    device && button(`stop ${name}`, word("m_stop"), () => post(path("mandates/stops"), { device: name }).then(() => say(word("m_stopped"))), "danger")));
  return [h("h3", {}, word("m_may")), ...(each.length ? each : [h("p", { class: "quiet" }, word("m_none"))])];
}

function mandate(one) {
  const change = (to) => post(path("mandates/changes"), { mandate: one.mandate, to }).then(() => say(word("saved")));
  const isOff = one.state === "suspended";
  return h("article", { class: "mandate", data: { mandate: one.mandate, state: one.state } },
    h("p", {}, said.mandate(one)),
    one.state !== "active" && h("p", { class: "quiet" }, word(`m_s_${one.state}`)),
    ...one.limits.map((limit) => limitOf(limit, one)),
    h("div", { class: "answers pair" },
      button(`${isOff ? "resume" : "suspend"} ${one.mandate}`, word(isOff ? "m_resume" : "m_suspend"), () => change(isOff ? "active" : "suspended")),
      button(`revoke ${one.mandate}`, word("m_revoke"), () => change("revoked"))));
}

function limitOf(limit, one) {
  const words = said.used(limit, one);
  return h("div", {}, h("progress", { max: Number(limit.allowed), value: Number(limit.used), "aria-label": words }), h("p", { class: "quiet" }, words));
}

function paid(money) {
  const settled = money.payments.filter(({ state }) => ["settled", "disputed", "upheld"].includes(state));
  const week = money.week.length ? said.counted("m_week", settled.length, { sums: said.sums(money.week) }) : word("m_nothing");
  return [h("h3", {}, word("m_paid")), h("p", {}, week), h("ul", { class: "paid" }, money.payments.filter(({ state }) => state !== "confirming").map(payment))];
}

function payment(one) {
  const dispute = () => post(path("payments/disputes"), { payment: one.payment, why: "" }).then(() => say(word("m_disputed")));
  return h("li", { data: { payment: one.payment, state: one.state } },
    h("p", {}, h("b", {}, said.asked(one)), ` ${said.purpose(one.category)} ${said.at([one.payee])}`),
    h("p", { class: "quiet" }, `${said.device(one.device)}, ${hour(one.at, zone())} - ${said.standing(one)}`),
    one.may_dispute && button(`dispute ${one.payment}`, word("m_dispute"), dispute));
}
