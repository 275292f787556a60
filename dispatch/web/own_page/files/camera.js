// An agent asks to see what they see: they are asked first, nothing is shown before they say yes, and a tap ends it.

import { find, h, shown } from "./dom.js";
import { say } from "./said.js";
import { videoCall } from "./video.js";
import { word } from "./words.js";

let call = null;
let refused = false;

export function askedForVideo(asked) {
  if (!asked) {
    refused = false;
    if (call) end();
  }
  const box = find("#video");
  const isWanted = asked && !refused;
  if (box.hidden === !isWanted) return;
  shown(box, isWanted);
  if (isWanted) ask(box);
}

function ask(box) {
  const yes = h("button", { type: "button", class: "primary", onclick: () => begin(box) }, word("video_yes"));
  const no = h("button", { type: "button", onclick: () => refuse(box) }, word("video_no"));
  box.replaceChildren(h("h2", {}, word("video")), h("p", {}, word("video_asked")), h("p", { class: "quiet" }, word("video_how")), yes, no);
}

function refuse(box) {
  refused = true;
  shown(box, false);
}

async function begin(box) {
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: { facingMode: "environment" } });
    const own = h("video", { autoplay: true, muted: true, playsInline: true, srcObject: stream, "aria-hidden": "true" });
    const theirs = h("audio", { autoplay: true });
    call = videoCall("/me/video", { stream, calls: true, show: (found) => (theirs.srcObject = found), said: (state) => became(box, state) });
    box.replaceChildren(h("h2", {}, word("video")), own, theirs, h("p", { role: "status" }), h("button", { type: "button", class: "danger", onclick: () => (end(), refuse(box)) }, word("video_end")));
  } catch {
    refuse(box);
    say(word("video_failed"), true);
  }
}

function became(box, state) {
  const note = box.querySelector("[role=status]");
  if (state === "connected" && note) note.textContent = word("video_on");
  if (["failed", "not_allowed", "too_much"].includes(state)) {
    end();
    refuse(box);
    say(word("video_failed"), true);
  }
}

function end() {
  call?.end();
  call = null;
}
