// Is it them? By voice, which the line listens to; by questions; on their own telephone. One line says how it stands.

import { choose, send } from "./deeds.js";
import { ask, say } from "./dialogs.js";
import { attribute, find, h, shown, text } from "./dom.js";
import { mine } from "./mine.js";

const ACTS = [
  ["dispute", "A payment was not right"],
  ["answer_money", "What is to become of an unusual payment"],
  ["confirm_number", "The number is theirs"],
  ["enrol", "Their voice shall be known"],
];
const talk = () => ({ call: mine.one.call.call, attempt: mine.one.call.attempt });
const speaks = () => (mine.one?.call.state === "connected" ? mine.one.speaks : null);

export const mayAsk = () => Boolean(speaks()?.may_ask);
export const mayConfirm = () => speaks()?.state === "known";
export const mayTellCode = () => Boolean(speaks()?.asked.length);
export const mayEnrol = () => Boolean(speaks()?.may_enrol);

export function drawKnown(one) {
  const line = find("#known");
  const found = one.call.state === "connected" ? one.speaks : null;
  shown(line, Boolean(found));
  text(line, found?.words ?? "");
  attribute(line, "data-known", found?.state ?? null);
}

export function questions() {
  const of = talk();
  const answered = (right) => () => send("calls/questions", { ...of, right }, "Not noted");
  choose("How did they answer what only they can know? The first word holds for this call.", [["Rightly: it is them", answered(true)], ["Wrongly, or not at all", answered(false)]]);
}

export function confirm() {
  const of = talk();
  choose("A code comes to their own telephone. What for?", ACTS.map(([act, words]) => [words, () => sendCode({ ...of, act })]));
}

async function sendCode(body) {
  if (await send("calls/confirmations", body, "Not asked")) say("The code is on its way: press L when they tell it.");
}

export function tellCode() {
  const of = talk();
  const act = speaks().asked.at(-1);
  const input = h("input", { name: "code", required: true, pattern: "[0-9]{6}", inputMode: "numeric", autocomplete: "off", maxLength: 6 });
  ask("The code that came to their telephone", [h("label", {}, "Six digits", input)], async (form) => Boolean(await send("calls/confirmations/answers", { ...of, act, code: form.get("code") }, "Not confirmed")), "They told it");
}

// Biometric data: only by their explicit word, which is written down as given by telephone before anything is heard.
export function enrol() {
  const of = talk();
  const agreed = async () => {
    if (await send("calls/voice-print", of, "No voice print")) say("Speak with them: 20 seconds of what they say are wanted.");
  };
  choose("Ask: “May we know you by your voice from now on? You can take it back at any time.” What do they say?", [["Yes, in so many words", agreed], ["No, or anything else", () => {}]]);
}
