// What may help while they speak: at most three articles, asked for by a key, in the agent's language with the customer's beside it.

import { get, Refused } from "./api.js";
import { send } from "./deeds.js";
import { say } from "./dialogs.js";
import { find, h } from "./dom.js";
import { mine } from "./mine.js";
import { told } from "./state.js";

const MOST = 3;
const SAID = { used: "said from it", overridden: "you knew better", helpful: "it helped", not_helpful: "it did not help" };
const path = (one) => `calls/${one.call.call.split("/").map(encodeURIComponent).join("/")}/hints`;
let words = "";
let shownFor = "";

export async function showHints(way = "pulled") {
  const of = mine.one;
  if (shownFor !== of.call.call) words = "";
  shownFor = of.call.call;
  try {
    const query = new URLSearchParams({ q: words, language: mine.settings.reads, way });
    const found = await get(`${path(of)}?${query}`);
    if (mine.one?.call.call === of.call.call) draw(found, of);
  } catch (error) {
    if (!(error instanceof Refused) && !(error instanceof TypeError)) throw error;
    say(error instanceof Refused ? error.message : "No connection.", "refused");
  }
}

// Where the house shows them unasked: once for each conversation, as soon as they speak.
export function pushes() {
  const of = mine.one;
  if (told.hints !== "pushed" || of?.call.state !== "connected" || shownFor === of.call.call || document.querySelector("dialog[open]")) return;
  showHints("pushed");
}

function draw(found, of) {
  const box = find("#sheet");
  const asked = h("input", { name: "q", maxLength: 500, autocomplete: "off", dir: "auto", value: words });
  const form = h("form", { id: "hint-words" }, h("label", {}, "What they say, in their words; it is kept nowhere: ", asked), h("button", {}, "Look ", h("kbd", { "aria-hidden": "true" }, "↵")));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    words = asked.value.trim();
    showHints();
  });
  const none = found.policy === "none" ? "This house shows none." : "Nothing that is likely to help. Say it in other words, or hand on.";
  box.replaceChildren(
    h("h2", {}, "What may help"),
    form,
    h("ol", { class: "plain", id: "hint-list" }, found.hints.length ? found.hints.map((one, at) => hint(one, at, of)) : h("li", {}, none)),
    h("form", { method: "dialog" }, h("button", {}, "Close")));
  box.onkeydown = (event) => {
    if (event.target.closest?.("input") || event.ctrlKey || event.metaKey || event.altKey) return;
    const wanted = box.querySelector(`[data-number="${CSS.escape(event.key)}"]`);
    if (!wanted) return;
    event.preventDefault();
    wanted.click();
  };
  if (!box.open) box.showModal();
  (found.hints.length ? box.querySelector("[data-number]") : asked).focus();
}

function hint(one, at, of) {
  const act = (number, label, run) => h("button", { type: "button", data: { number }, onclick: run }, label, " ", h("kbd", { "aria-hidden": "true" }, String(number)));
  const beside = one.customer.language === one.agent.language ? null : texts(one.customer, "To the customer");
  return h("li", { data: { article: one.article } },
    texts(one.agent, `${Math.round(one.sure * 100)}%`),
    beside,
    one.said && h("p", { class: "told" }, `You said: ${SAID[one.said]}`),
    act(at + 1, "Said it: it helps", () => judge(of, one, { said: "used" })),
    act(at + 1 + MOST, "Not this", () => judge(of, one, { said: "overridden" })),
    act(at + 1 + 2 * MOST, "Write it to them", () => judge(of, one, { said: "used", tell_on: where(of) })));
}

// Where they write, or on their own page.
const where = (of) => (of.person.channels.includes(of.call.channel) ? of.call.channel : of.person.channels[0]);

function texts(text, mark) {
  return h("div", { lang: text.language, dir: "auto" },
    h("h3", {}, text.title, " ", h("span", { class: "mark quiet" }, text.translated ? mark : `${mark}; only in ${text.language}`)),
    h("ol", {}, text.answer.map((step) => h("li", {}, step))),
    h("p", {}, `${text.went_wrong} ${text.next_time}`));
}

async function judge(of, one, body) {
  const stored = await send(`${path(of)}/${encodeURIComponent(one.article)}`, { ...body, agent: mine.name }, "Not noted");
  if (!stored) return;
  find("#sheet").close();
  say(body.tell_on ? "Noted, and written to them." : body.said === "used" ? "Noted: it moves up." : "Noted: it moves down.");
}
