// Where they are: asked of the telephone when they say so, shown how well it is known, and sent when they say that it is right.

import { h } from "./dom.js";
import { number, word } from "./words.js";

export function askPlace(box, send) {
  const note = h("p", { role: "status" });
  const close = () => box.replaceChildren();
  const ask = h("button", { type: "button", class: "primary", onclick: () => locate() }, word("place_use"));
  const cancel = h("button", { type: "button", onclick: close }, word("cancel"));
  box.replaceChildren(note, ask, cancel);
  ask.focus();

  function locate() {
    ask.disabled = true;
    note.textContent = word("loading");
    if (!navigator.geolocation) return failed();
    navigator.geolocation.getCurrentPosition(found, failed, { enableHighAccuracy: true, timeout: 20000, maximumAge: 15000 });
  }

  function failed() {
    ask.disabled = false;
    note.textContent = word("place_denied");
  }

  function found({ coords }) {
    const place = { latitude: coords.latitude, longitude: coords.longitude, accuracy_m: Math.min(100000, Math.max(1, coords.accuracy)) };
    note.textContent = word("place_found", { metres: number(place.accuracy_m) });
    const yes = h("button", { type: "button", class: "primary", onclick: async () => (await send(place)) && close() }, word("place_send"));
    box.replaceChildren(note, yes, cancel);
    yes.focus();
  }
}
