// What the page asks in a window of its own, and what it says at its foot.

import { announce, find, h } from "./dom.js";

export const dialog = () => find("#act");

// Asks something with a form; doIt gets what was said, and keeps it open by returning false.
export function ask(heading, body, doIt, label = "Do it") {
  const box = dialog();
  const go = h("button", { type: "submit", class: "primary" }, label);
  const form = h("form", { method: "dialog" }, h("h2", {}, heading), ...body, h("div", { class: "answer" }), h("div", { class: "buttons" }, h("button", { type: "button", onclick: () => box.close() }, "Leave it"), go));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    go.disabled = true;
    const done = await doIt(new FormData(form)).catch((error) => say(String(error), "refused"));
    go.disabled = false;
    if (done !== false) box.close();
  });
  box.replaceChildren(form);
  if (!box.open) box.showModal();
  form.querySelector("input, textarea, select")?.focus();
}

// A name for something of one's own, that nobody else hears of.
export function askName(heading, label, keep) {
  ask(heading, [h("label", {}, label, h("input", { name: "name", required: true, maxLength: 40, autocomplete: "off" }))], async (form) => keep(form.get("name").trim()), "Keep it");
}

// Says something at the foot of the page, for as long as it takes to read it and to think better of it.
export function say(what, kind = "done", again = null, label = "Undo") {
  const box = kind === "refused" && dialog().open ? dialog().querySelector(".answer") : find("#said");
  if (box.classList.contains("answer")) box.replaceChildren();
  const close = () => line.remove();
  const line = h("div", { class: `said ${kind}`, role: kind === "refused" ? "alert" : "status" }, h("span", {}, what));
  if (again) {
    line.append(
      h("button", {
        type: "button",
        onclick: () => {
          close();
          again();
        },
      }, label),
    );
  }
  line.append(h("button", { type: "button", class: "quiet", "aria-label": "Close", onclick: close }, "×"));
  box.append(line);
  while (box.children.length > 3) box.firstChild.remove();
  if (!box.classList.contains("answer")) setTimeout(close, kind === "refused" ? 20_000 : 12_000);
  announce(what);
}
