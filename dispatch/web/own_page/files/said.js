// What came of something, said once to whoever sees and to whoever hears the page.

import { find, shown } from "./dom.js";
import { word } from "./words.js";

const STAYS_MS = 6000;
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
  const words = { "case-closed": "already_over", "unknown-case": "already_over" };
  const name = error.status === 429 ? "too_many" : words[error.name] ?? "failed";
  say(word(name), true);
}
