// A yes that counts: a code goes to their telephone, for this alone, and comes back by their hands.

import { post } from "./api.js";
import { h } from "./dom.js";
import { problem, say } from "./said.js";
import { ascii, word } from "./words.js";

const WORDS = { "wrong-code": "m_wrong_code", "old-code": "m_old_code", "too-many-codes": "m_too_many", "no-way-for-a-code": "m_no_code" };

// Shows in a box where the code is typed, once it is sent. Throws what forbids that one is sent at all.
export async function confirm(box, path, about, act) {
  const sent = await post(path, about).catch(toldWhy);
  if (!sent) return;
  if (sent.channel === "push") {
    const instead = h("button", { type: "button", data: { deed: "by-sms" }, onclick: () => confirm(box, path, { ...about, by: "sms" }, act) }, word("m_by_sms"));
    box.replaceChildren(h("p", {}, word("m_push_sent")), instead);
    instead.focus();
    return;
  }
  const input = h("input", { type: "text", id: "code", autocomplete: "one-time-code", maxlength: 6, pattern: "[0-9٠-٩۰-۹]{6}", required: true, dir: "ltr" });
  input.inputMode = "numeric";
  const send = h("button", { class: "primary" }, word("m_confirm"));
  const form = h("form", {}, h("p", {}, word(sent.channel === "email" ? "m_code_mailed" : "m_code_sent")), h("label", { class: "field" }, h("span", {}, word("m_code")), input), send);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    send.disabled = true;
    const code = ascii(input.value);
    try {
      await act(code);
      input.blur();
      box.replaceChildren();
      say(word("sent"));
    } catch (error) {
      if (!told(error)) problem(error);
      input.select();
    } finally {
      send.disabled = false;
    }
  });
  box.replaceChildren(form);
  input.focus();
}

// Says why a proof counts for nothing; throws what is something else.
export function toldWhy(error) {
  if (!told(error)) throw error;
}

function told(error) {
  const name = WORDS[error.name];
  if (name) say(word(name), true);
  return name !== undefined;
}
