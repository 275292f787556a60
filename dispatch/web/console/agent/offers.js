// One thing may be offered, once the problem is solved: what, why, and what they said to it.

import { send } from "./deeds.js";
import { say } from "./dialogs.js";
import { attribute, find, shown, text } from "./dom.js";
import { mine } from "./mine.js";
import { lines } from "./patch.js";
import { told } from "./state.js";

const SAID = { yes: "They take it: it is carried out, and its terms are written to them.", later: "They said: later.", no: "They said no." };
const path = (one) => `calls/${encodeURI(one.call.call)}/offer`;

export const mayAsk = (one) => one.offers && told.may.includes("take-calls") && !one.offer?.name;
export const mayAnswer = (one) => Boolean(one.offer?.name) && !one.offer.answer;

export async function ask() {
  const one = mine.one;
  const body = { ref: crypto.randomUUID(), attempt: one.call.attempt, agent: mine.name };
  await send(`${path(one)}/ask`, body, "Nothing to offer");
}

export async function answer(said) {
  const one = mine.one;
  if (await send(path(one), { attempt: one.call.attempt, answer: said, agent: mine.name }, "Not noted")) say(SAID[said]);
}

export function showOffer(one) {
  const { offer } = one;
  shown(find("#offer-part"), Boolean(one.offers) && one.call.state === "connected");
  text(find("#offer-says"), offer ? offer.say || `Nothing: ${offer.why.join("; ")}.` : "");
  attribute(find("#offer-says"), "lang", offer?.name ? one.brief.language : null);
  text(find("#offer-beside small"), offer?.beside ?? "");
  lines(find("#offer-why"), offer?.name ? [...offer.why, ...(offer.answer ? [SAID[offer.answer]] : [])] : []);
}
