// The one conversation: what was said on all channels, and a box to write in.

import { post, reference } from "./api.js";
import { find, h, text } from "./dom.js";
import { problem } from "./said.js";
import { told } from "./state.js";
import { spoken } from "./voice.js";
import { figures, hour, word } from "./words.js";

const MOST_SEEN = 64;
let drawn = [];
let pending = null;

export function showTalk() {
  const { lines, in_hand: inHand } = told.page;
  const list = find("#lines");
  const low = list.scrollHeight - list.scrollTop - list.clientHeight < 60;
  const wanted = lines.map((line) => JSON.stringify([line, word("you"), line === lines.at(-1)]));
  const same = drawn.findIndex((one, at) => one !== wanted[at]);
  const from = same < 0 ? drawn.length : same;
  while (list.children.length > from) list.lastChild.remove();
  list.append(...lines.slice(from).map(line));
  if (lines.length === 0) list.replaceChildren(h("li", { class: "quiet" }, word("nothing_said")));
  drawn = lines.length === 0 ? [] : wanted;
  if (low) list.scrollTop = list.scrollHeight;
  text(find("#in-hand"), inHand ? word("in_hand") : "");
  haveSeen();
}

function line(one) {
  const zone = told.page.cases.find((each) => each.case === one.case)?.time_zone ?? told.page.cases[0]?.time_zone ?? "";
  const who = word({ customer: "you", agent: "agent", house: "house", robot: "robot" }[one.side]);
  const where = one.channel === "chat" ? "" : `, ${word(`c_${one.channel}`)}`;
  return h("li", { class: "line", data: { side: one.side, sort: one.sort } }, one.voice_s > 0 ? spoken(one) : null, h("p", { dir: "auto" }, what(one)), h("small", {}, `${who}${where}, ${hour(one.at, zone)}`), choices(one));
}

// What a robot offers: a tap writes its number; the person stands last.
function choices(one) {
  if (!one.choices?.length || told.page.lines.at(-1)?.key !== one.key) return null;
  const [person, ...others] = one.choices.map((label, number) => h("button", { type: "button", onclick: () => post("/api/v1/me/messages", { ref: reference(), text: String(number) }).catch(problem) }, label));
  return h("fieldset", { class: "answers" }, ...others, person);
}

function what(one) {
  if (one.sort === "answer") return [word(one.answer === "place" ? "said_place" : `a_${one.answer}`), one.near].filter(Boolean).join(": ");
  if (one.sort === "written") return one.side === "house" || one.side === "robot" ? figures(one.text) : one.text;
  if (one.sort === "ended") return word(["no_answer", "unreachable"].includes(one.status) ? "l_missed" : "l_ended");
  return word(`l_${one.sort}`);
}

// What was read here need not be said once more elsewhere.
function haveSeen() {
  if (document.visibilityState !== "visible") return;
  const keys = told.page.lines.filter((one) => one.side !== "customer" && one.sort === "written" && one.key && one.status !== "read").map((one) => one.key);
  if (keys.length > 0) post("/api/v1/me/seen", { keys: keys.slice(-MOST_SEEN) }).catch(() => null);
}

export function beginTalk() {
  const box = find("#write");
  find("#composer").addEventListener("submit", (event) => {
    event.preventDefault();
    send(box);
  });
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      find("#composer").requestSubmit();
    }
  });
  document.addEventListener("visibilitychange", () => told.page && haveSeen());
}

// What is in the box stays there until the service has it, under one reference.
async function send(box) {
  const written = box.value.trim();
  if (!written || pending?.busy) return;
  if (pending?.text !== written) pending = { text: written, ref: reference() };
  pending.busy = true;
  try {
    const open = told.page.cases.filter((one) => one.closed_at === null);
    await post("/api/v1/me/messages", { ref: pending.ref, text: written, ...(open.length === 1 ? { case: open[0].case } : {}) });
    if (box.value.trim() === written) box.value = "";
    pending = null;
  } catch (error) {
    pending.busy = false;
    problem(error);
  }
  box.focus();
}
