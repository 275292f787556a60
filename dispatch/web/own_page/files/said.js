// What came of something, said once to whoever sees and to whoever hears the page.

import { find, shown } from "./dom.js";
import { word } from "./words.js";

const STAYS_MS = 6000;
const WORDS = {
  "case-closed": "already_over",
  "unknown-case": "already_over",
  "voice-empty": "voice_empty",
  "voice-silent": "voice_silent",
  "voice-too-long": "voice_too_long",
  "not-asked": "already_over",
  "not-paid": "already_over",
  "too-large": "voice_too_long",
  "bad-iban": "m_bad_iban",
  "voice-type": "voice_bad",
  "voice-damaged": "voice_bad",
  "too-many-voice-messages": "voice_many",
};
let leaves = 0;

export function say(text, bad = false) {
  const box = find("#said");
  box.toggleAttribute("data-bad", bad);
  box.textContent = text;
  shown(box, true);
  clearTimeout(leaves);
  leaves = setTimeout(() => shown(box, false), STAYS_MS);
}

// In the reader's words: what the service says of a refusal is for engineers.
export function problem(error) {
  const name = WORDS[error.name] ?? (error.status === 429 ? "too_many" : "failed");
  say(word(name), true);
}
