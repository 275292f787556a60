// What is looked up beside a conversation: one's own day, a customer, and for supervisors the floor.

import { get, Refused } from "./api.js";
import { identify, languageName, ready, reasonWords, send } from "./deeds.js";
import { say } from "./dialogs.js";
import { find, h, shown, text } from "./dom.js";
import { mine } from "./mine.js";
import { channelName } from "./names.js";
import { facts, keyed, lines } from "./patch.js";
import { state, told } from "./state.js";
import { ago, hour, lasted } from "./time.js";
import { percent, short } from "./words.js";
import { listenIn } from "./listening.js";

const FLOOR_EVERY_MS = 2000;
const sheet = () => find("#sheet");

function open(heading, ...parts) {
  sheet().replaceChildren(h("h2", {}, heading), ...parts, h("form", { method: "dialog" }, h("button", {}, "Close")));
  if (!sheet().open) sheet().showModal();
}

async function asked(path) {
  try {
    return await get(path);
  } catch (error) {
    if (!(error instanceof Refused) && !(error instanceof TypeError)) throw error;
    say(error instanceof Refused ? error.message : "No connection.", "refused");
    return null;
  }
}

export async function showDay() {
  const found = await get(`agents/${encodeURIComponent(mine.name)}`).catch(() => null);
  if (!found) {
    open("My day", h("p", {}, "Your day begins when you are ready for the first time."));
    return;
  }
  const { day } = found;
  const list = h("dl", { class: "facts" });
  facts(list, [
    ["Since", hour(Date.parse(day.began) / 1000, state.zone)],
    ["Conversations", `${day.conversations}`],
    ["In vain", `${day.unanswered}`],
    ["Talk", lasted(day.talk_s)],
    ["Wrap-up", lasted(day.wrap_up_s)],
    ...Object.entries(day.paused_s).map(([reason, span]) => [reasonWords(reason), lasted(span)]),
    ["Customers gave", scoreWords(found.scores)],
  ]);
  open("My day", list);
}

// What customers gave within 30 days: of few answers nothing is said.
function scoreWords(one) {
  if (!one || !one.asked) return "nobody was asked yet";
  const count = `${one.answered} of ${one.asked} answered`;
  if (one.mean === null) return `${count}: too few to say`;
  return `${one.mean.toFixed(1)} of 5 (${one.low.toFixed(1)} to ${one.high.toFixed(1)}), ${count}`;
}

export function lookForCustomer() {
  const list = h("ul", { class: "found" });
  const input = h("input", { type: "search", id: "sought", placeholder: "Name, part of the number, plate, contract, device", autocomplete: "off", "aria-label": "Find a customer", maxLength: 100 });
  let last = 0;
  input.addEventListener("input", async () => {
    const mark = (last += 1);
    if (input.value.trim().length < 2) return list.replaceChildren();
    const some = await get(`customers/search?q=${encodeURIComponent(input.value.trim())}`).catch((error) => [{ says: error.message }]);
    if (mark === last) keyed(list, some.length ? some : [{ says: "Nobody of that name, number, plate or contract." }], (one) => one.customer ?? one.says, foundCustomer);
  });
  open("Find a customer", input, list);
  input.focus();
}

function foundCustomer(one) {
  if (!one.customer) return h("li", {}, one.says);
  const cars = one.cars.map((car) => [car.model, car.plate].filter(Boolean).join(" ")).filter(Boolean).join("; ");
  const unknown = mine.one && !mine.one.person.known && mine.hand.has(mine.chosen);
  const says = [one.phone, languageName(one.language), one.contract && `contract ${one.contract}`, cars, one.open_cases.length ? `${one.open_cases.length} open` : "nothing open", one.wrong_number ? "wrong number" : ""];
  return h("li", {}, h("b", {}, one.name || one.customer), ` ${says.filter(Boolean).join(" · ")}`, unknown && h("button", { type: "button", onclick: () => [sheet().close(), identify(one.customer)] }, "It is them"));
}

// --- the floor --------------------------------------------------------------------------------------------------------

let looking = null;

export function showFloor() {
  const level = h("p", { id: "floor-level" });
  const waiting = h("ul", { class: "plain", id: "floor-lines" });
  const agents = h("ul", { class: "plain", id: "floor-agents" });
  const scores = h("ul", { class: "plain", id: "floor-scores" });
  open("The floor", level, h("h3", {}, "Who waits"), waiting, h("h3", {}, "Agents"), agents, h("h3", {}, "What customers gave"), scores);
  const look = async () => {
    const found = await asked("floor");
    if (!found || !level.isConnected) return;
    text(level, levelWords(found));
    lines(waiting, found.lines.map(lineWords), "Nobody waits.");
    keyed(agents, found.agents, (one) => one.agent, floorAgent, (element, one) => drawAgent(element, one, found.at));
    lines(scores, found.scores.map((one) => `${one.group}: ${scoreWords(one)}`), "Nobody was asked yet.");
  };
  look();
  clearInterval(looking);
  looking = setInterval(look, FLOOR_EVERY_MS);
  sheet().addEventListener("close", () => clearInterval(looking), { once: true });
}

function levelWords(found) {
  const share = found.within_20_s === null ? "nobody rang in" : `${percent(found.within_20_s)} of ${found.calls} callers answered within 20 s`;
  return `${share}; ${found.given_up} gave up. Agents are busy for ${found.occupancy === null ? "–" : percent(found.occupancy)} of their time.`;
}

const lineWords = (one) => `${channelName(one.channel)}, ${languageName(one.language)}: ${one.theirs} wait for us, ${one.ours} to be rung; the longest for ${lasted(one.longest_s)}`;

const floorAgent = () => h("li", {}, h("b"), h("span", { class: "state" }), h("p", { class: "late" }), h("ul", { class: "plain held" }));

// Signs of life: that none comes any more, and what went to others meanwhile.
function signWords(one, now) {
  if (one.lost.length) return `Vanished at ${hour(one.lost[0].since, state.zone)} in mid-conversation: ${one.lost.map((each) => each.name || short(each.customer)).join(", ")} went to another agent. Nothing new comes to them until they are back.`;
  return one.unseen_since && one.held.length ? `No sign of life for ${lasted(now - one.unseen_since)}.` : "";
}

function drawAgent(element, one, now) {
  text(element.querySelector("b"), one.agent);
  const why = one.reason ? ` (${reasonWords(one.reason)})` : "";
  const sign = signWords(one, now);
  text(element.querySelector(".state"), ` ${one.state.replaceAll("_", " ")}${why} for ${lasted(now - one.since)} · ${one.conversations} conversations · ${one.occupancy === null ? "–" : percent(one.occupancy)} busy · last heard ${ago(now - one.seen)}`);
  text(element.querySelector(".late"), sign);
  shown(element.querySelector(".late"), sign !== "");
  keyed(element.querySelector(".held"), one.held, (held) => `${held.call} ${held.attempt} ${held.state}`, (held) => heldLine(held, one.agent), (line, held) => text(line.querySelector("span"), `${channelName(held.channel)}: ${held.name || short(held.customer)}, ${held.state} for ${lasted(now - held.since)} `));
}

function heldLine(held, agent) {
  const takes = held.state === "connected" && agent !== mine.name;
  const listens = takes && told.telephony && told.may.includes("listen-in") && held.channel === "phone";
  return h("li", {}, h("span"), listens && h("button", { type: "button", onclick: () => [sheet().close(), listenIn(held.call, agent)] }, "Listen in"), takes && h("button", { type: "button", onclick: () => takeOver(held, agent) }, "Take it over"));
}

// It is handed to the supervisor, who gets it as any call: with its brief, and nothing asked twice.
async function takeOver(held, agent) {
  const body = { call: held.call, attempt: held.attempt, to_agent: mine.name, text: `${mine.name} takes over from ${agent}`, agent };
  if (await send("calls/transfer", body, "Not taken over")) {
    sheet().close();
    if (mine.wanted !== "ready") ready();
  }
}
