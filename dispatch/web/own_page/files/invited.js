// Who struggles with the app is asked whether they want help: by a call, in the chat, later in writing, or not at all.

import { post } from "./api.js";
import { find, h, shown, text } from "./dom.js";
import { problem } from "./said.js";
import { told } from "./state.js";
import { word } from "./words.js";

const answered = new Set();

export function showInvitation() {
  const asked = told.page.invitation;
  const stands = Boolean(asked) && !answered.has(asked.invitation);
  shown(find("#invited"), stands);
  if (!stands) return;
  text(find("#invited p"), asked.text);
  find("#invited fieldset").replaceChildren(...asked.replies.map((reply) => button(asked.invitation, reply)));
}

function button(invitation, reply) {
  const said = async () => {
    try {
      await post("/api/v1/me/invitations", { invitation, reply });
      answered.add(invitation);
      showInvitation();
    } catch (error) {
      problem(error);
    }
  };
  return h("button", { type: "button", class: reply === "talk" ? "primary" : "", onclick: said }, word(`invited_${reply}`));
}
