// How they want to be reached, what they agree to, and what is kept of them.

import { get, post, reference } from "./api.js";
import { find, h } from "./dom.js";
import { confirm } from "./confirm.js";
import { canPush, endpoint, pushes, startPush, stopPush } from "./push.js";
import { problem, say } from "./said.js";
import { told } from "./state.js";
import { language, languageName, languages, word } from "./words.js";

const TASKS = ["tell", "say_where", "follow"];
const CHANNELS = ["app", "push", "sms", "social", "email"];
const AT_EASE = ["phone", "chat", "sms", "email", "video", "branch"];
let drawn = "";

// Drawn anew where something is another, but never under somebody's hands.
export async function showSettings() {
  const { preference, agrees, reach } = told.page;
  const key = JSON.stringify([preference, agrees, reach, language()]);
  if (key === drawn || find("#settings").contains(document.activeElement)) return;
  drawn = key;
  find("#settings > div").replaceChildren(...wishes(preference, reach), await browserButton());
  find("#consents > div").replaceChildren(...Object.entries(agrees).map(([purpose, given]) => consent(purpose, given)));
  find("#yours > div").replaceChildren(...yours());
}

function wishes(preference, reach) {
  const order = ranked(preference, reach);
  const avoided = new Set(preference.avoid);
  const chosen = select(languages().map((one) => [one, languageName(one)]), preference.language || language());
  chosen.id = "wish-language";
  const [begins, ends] = /^(\d\d:\d\d)-(\d\d:\d\d)@/.exec(preference.quiet)?.slice(1) ?? ["22:00", "07:00"];
  const quiet = check(word("quiet"), preference.quiet !== "");
  const from = h("input", { type: "time", value: begins }), until = h("input", { type: "time", value: ends });
  const agent = check(word("same_agent"), preference.same_agent);
  const tasks = TASKS.map((task) => [task, select([["", word("no_matter")], ...AT_EASE.map((one) => [one, word(`c_${one}`)])], preference.technology[task] ?? "")]);
  const list = h("div");
  const draw = () => list.replaceChildren(...order.map((one, at) => rank(order, at, avoided, draw)));
  draw();
  const save = () => saved({
    channels: order.filter((one) => !avoided.has(one)),
    avoid: [...avoided],
    language: chosen.value,
    quiet: quiet.input.checked && from.value && until.value && from.value !== until.value ? `${from.value}-${until.value}@${zone()}` : "",
    same_agent: agent.input.checked,
    technology: Object.fromEntries(tasks.filter(([, one]) => one.value).map(([task, one]) => [task, one.value])),
  });
  return [
    field(word("language"), chosen),
    order.length > 0 && h("fieldset", { class: "answers" }, h("legend", {}, word("order")), list),
    quiet.element,
    h("div", { class: "hours" }, field(word("quiet_from"), from), field(word("quiet_until"), until)),
    agent.element,
    ...tasks.map(([task, one]) => field(word(`task_${task}`), one)),
    h("button", { type: "button", class: "primary", id: "save", onclick: save }, word("save")),
  ].filter(Boolean);
}

const zone = () => told.page.cases[0]?.time_zone || Intl.DateTimeFormat().resolvedOptions().timeZone;

function ranked(preference, reach) {
  const known = [...preference.channels, ...preference.avoid, ...CHANNELS.filter((one) => reach.includes(one))];
  return [...new Set(known)];
}

function rank(order, at, avoided, draw) {
  const one = order[at];
  const swap = (to) => {
    [order[at], order[to]] = [order[to], order[at]];
    draw();
  };
  const name = word(`c_${one}`);
  const not = check(word("avoid"), avoided.has(one));
  not.input.addEventListener("change", () => (not.input.checked ? avoided.add(one) : avoided.delete(one)));
  return h("div", { class: "ranked", role: "group", "aria-label": name },
    h("span", {}, name),
    h("button", { type: "button", "aria-label": `${word("earlier")}: ${name}`, disabled: at === 0, onclick: () => swap(at - 1) }, "↑"),
    h("button", { type: "button", "aria-label": `${word("later")}: ${name}`, disabled: at === order.length - 1, onclick: () => swap(at + 1) }, "↓"),
    not.element);
}

async function saved(wanted) {
  try {
    await post("/api/v1/me/preference", wanted);
    document.activeElement?.blur();
    say(word("saved"));
  } catch (error) {
    problem(error);
  }
}

async function browserButton() {
  if (!canPush(told.me.push_key)) return h("span", { hidden: true });
  const isOn = await pushes();
  const act = async () => {
    try {
      await (isOn ? stopPush() : startPush(told.me.push_key, told.page.customer));
      say(word("saved"));
    } catch (error) {
      if (error.status) problem(error);
      else say(word("push_denied"), true);
    }
    drawn = "";
    document.activeElement?.blur();
    showSettings();
  };
  const made = h("button", { type: "button", id: "push", onclick: act }, word(isOn ? "push_off" : "push_on"));
  return isOn && told.page.money.mandates.length ? h("span", {}, made, " ", ...confirming()) : made;
}

// With a code by SMS this browser is theirs, and confirms what their devices pay.
function confirming() {
  const box = h("div", { class: "place" });
  const path = `/api/v1/customers/${encodeURIComponent(told.page.customer)}`;
  const begin = async () => {
    const here = await endpoint();
    if (here) await confirm(box, `${path}/codes`, { browser: here }, (code) => post(`${path}/push/strong`, { endpoint: here, code })).catch(problem);
  };
  return [h("button", { type: "button", id: "confirms", onclick: begin }, word("m_confirms")), box];
}

function consent(purpose, given) {
  const { element, input } = check(word(`consent_${purpose}`), given);
  input.addEventListener("change", async () => {
    try {
      await post(`/api/v1/customers/${encodeURIComponent(told.page.customer)}/consent`, { purpose, given: input.checked, way: "link" });
      say(word("saved"));
    } catch (error) {
      input.checked = !input.checked;
      problem(error);
    }
  });
  const why = word(`why_${purpose}`);
  return why === `why_${purpose}` ? element : h("div", {}, element, h("p", { class: "quiet" }, why));
}

function yours() {
  const path = `/api/v1/customers/${encodeURIComponent(told.page.customer)}`;
  const sure = h("div", { hidden: true, class: "place" }, h("p", {}, word("erase_sure")), h("button", { type: "button", class: "danger", id: "erase-yes", onclick: () => askToErase(sure) }, word("erase_yes")), h("button", { type: "button", onclick: () => (sure.hidden = true) }, word("cancel")));
  return [
    h("button", { type: "button", id: "export", onclick: () => download(path) }, word("export")),
    h("button", { type: "button", class: "danger", id: "erase", onclick: () => (sure.hidden = false) }, word("erase")),
    sure,
  ];
}

async function download(path) {
  try {
    const kept = await get(`${path}/export`);
    const url = URL.createObjectURL(new Blob([JSON.stringify(kept, null, 1)], { type: "application/json" }));
    h("a", { href: url, download: "callahead.json" }).click();
    setTimeout(() => URL.revokeObjectURL(url), 60000);
  } catch (error) {
    problem(error);
  }
}

async function askToErase(sure) {
  try {
    await post("/api/v1/me/messages", { ref: reference(), text: word("erase_request") });
    sure.hidden = true;
    say(word("saved"));
  } catch (error) {
    problem(error);
  }
}

function check(label, checked) {
  const input = h("input", { type: "checkbox", checked });
  return { input, element: h("label", { class: "check" }, input, h("span", {}, label)) };
}

const field = (label, control) => h("label", { class: "field" }, h("span", {}, label), control);

function select(options, chosen) {
  return h("select", {}, ...options.map(([value, name]) => h("option", { value, selected: value === chosen }, name)));
}
