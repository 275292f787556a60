// Speaking instead of writing: record, listen, perhaps write words with it, send; or think better of it. And hearing it again later.

import { post, reference } from "./api.js";
import { attribute, find, h, shown, text } from "./dom.js";
import { base64, MOST_S, record } from "./record.js";
import { problem, say } from "./said.js";
import { told } from "./state.js";
import { number, word } from "./words.js";

const SHORTEST_S = 0.5;
const MOST_WORDS = 2000;
let running = null, url = "";

export const canSpeak = () => Boolean(navigator.mediaDevices?.getUserMedia && globalThis.AudioWorkletNode && isSecureContext);

export function beginVoice() {
  const button = find("#speak");
  shown(button, canSpeak());
  button.addEventListener("click", start);
}

async function start() {
  const button = find("#speak");
  button.disabled = true;
  try {
    const box = find("#voice");
    const files = document.body.dataset.files;
    const note = h("p", { role: "timer" });
    const level = h("meter", { min: 0, max: 1, "aria-hidden": "true" });
    running = await record(files, {
      each(seconds, loud) {
        text(note, word("voice_recording", { seconds: number(Math.floor(seconds)), most: number(MOST_S) }));
        level.value = Math.sqrt(loud);
      },
      full: stop,
    });
    text(note, word("voice_recording", { seconds: number(0), most: number(MOST_S) }));
    const end = h("button", { type: "button", class: "primary", id: "voice-stop", onclick: stop }, word("voice_stop"));
    show(box, note, level, end, h("button", { type: "button", onclick: cancel }, word("cancel")));
    end.focus();
  } catch {
    running = null;
    close();
    say(word("voice_denied"), true);
  }
}

async function stop() {
  const recording = running;
  running = null;
  if (!recording) return;
  const { wav, seconds } = await recording.end();
  if (seconds < SHORTEST_S) {
    close();
    return say(word("voice_empty"), true);
  }
  listen(wav);
}

function listen(wav) {
  url = URL.createObjectURL(wav);
  const words = h("textarea", { id: "voice-words", rows: 2, maxLength: MOST_WORDS, dir: "auto" });
  const ref = reference();
  const send = h("button", { type: "button", class: "primary", id: "voice-send", onclick: () => sent(send, wav, ref, words.value.trim()) }, word("voice_send"));
  show(
    find("#voice"),
    h("p", {}, word("voice_listen")),
    h("audio", { controls: true, src: url, "aria-label": word("voice_yours") }),
    h("label", { class: "field" }, h("span", {}, word("voice_words")), words),
    send,
    h("button", { type: "button", onclick: again }, word("voice_again")),
    h("button", { type: "button", onclick: cancel }, word("cancel")),
  );
  send.focus();
}

// The same reference as long as it has not gone through: a second tap, and a lost answer, send nothing twice.
async function sent(button, wav, ref, words) {
  button.disabled = true;
  try {
    const open = told.page.cases.filter((one) => one.closed_at === null);
    await post("/api/v1/me/voice", { ref, type: wav.type, recording: await base64(wav), ...(words ? { text: words } : {}), ...(open.length === 1 ? { case: open[0].case } : {}) });
    close();
    say(word("sent"));
  } catch (error) {
    button.disabled = false;
    problem(error);
  }
}

function again() {
  close();
  start();
}

function cancel() {
  endVoice();
  close();
}

// Nobody is listened to on a page that is over.
export function endVoice() {
  running?.cancel();
  running = null;
}

// Whoever was in it is back where they began.
function close() {
  const box = find("#voice"), button = find("#speak");
  if (url) URL.revokeObjectURL(url);
  url = "";
  box.replaceChildren();
  shown(box, false);
  shown(button, true);
  button.disabled = false;
  button.focus();
}

function show(box, ...parts) {
  box.replaceChildren(h("h3", {}, word("voice")), ...parts);
  shown(box, true);
  shown(find("#speak"), false);
}

// A line of the conversation that was spoken: it is fetched when it is to be heard, and kept nowhere.
export function spoken(one) {
  const said = word("voice_line", { seconds: number(Math.round(one.voice_s)) });
  const button = h("button", { type: "button", class: "hear", "aria-label": `${word("voice_hear")}: ${said}` }, `▶ ${said}`);
  const box = h("div", { class: "spoken" }, button);
  button.addEventListener("click", () => hear(box, button, one, said));
  return box;
}

async function hear(box, button, one, said) {
  attribute(button, "disabled", "");
  try {
    const answer = await fetch(`/api/v1/me/voice?message=${encodeURIComponent(one.key)}`);
    if (!answer.ok) throw new Error(String(answer.status));
    const sound = URL.createObjectURL(await answer.blob());
    const player = h("audio", { controls: true, autoplay: true, src: sound, "aria-label": said });
    box.replaceChildren(player);
    player.focus();
  } catch {
    attribute(button, "disabled", null);
    say(word("voice_gone"), true);
  }
}
