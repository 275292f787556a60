// What a customer said into their page: fetched when it is to be heard, which the service writes down, and kept nowhere.

import { say } from "./dialogs.js";
import { find, h } from "./dom.js";
import { mine } from "./mine.js";

const PLAYED = new WeakMap(); // button → its player, as long as the line is on the screen
const long = (seconds) => `${Math.floor(Math.round(seconds) / 60)}:${String(Math.round(seconds) % 60).padStart(2, "0")}`;

export function spoken(line) {
  const said = `Voice message, ${long(line.voice_s)}`;
  const button = h("button", { type: "button", class: "hear", data: { message: line.key }, "aria-label": `Hear it: ${said}` }, `▶ ${said}`);
  const box = h("div", { class: "spoken" }, button);
  button.addEventListener("click", () => hear(box, button, line, said));
  return box;
}

async function hear(box, button, line, said) {
  const player = PLAYED.get(button);
  if (player) return player.paused ? player.play() : player.pause();
  button.disabled = true;
  try {
    const made = h("audio", { controls: true, src: URL.createObjectURL(await fetched(line)), "aria-label": said });
    PLAYED.set(button, made);
    made.addEventListener("ended", () => over(button, made));
    box.append(made);
    await made.play();
  } catch (error) {
    say(`Not heard: ${error.message}`, "refused");
  } finally {
    button.disabled = false;
  }
}

// Whoever hears it once more asks for it once more, so that this is written down, too.
function over(button, player) {
  if (document.activeElement === player) button.focus();
  PLAYED.delete(button);
  URL.revokeObjectURL(player.src);
  player.remove();
}

async function fetched(line) {
  const path = `/api/v1/conversations/${encodeURIComponent(mine.one.person.customer)}/voice`;
  const answer = await fetch(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ message: line.key, agent: mine.name }) });
  if (!answer.ok) throw new Error((await answer.json().catch(() => ({}))).detail ?? `refused (${answer.status})`);
  return answer.blob();
}

const newest = () => [...find("#history").querySelectorAll(".hear")].at(-1);

export const isSpokenTo = () => Boolean(mine.one?.lines.some((line) => line.voice_s > 0));

export function hearNewest() {
  const button = newest();
  button?.scrollIntoView({ block: "nearest" });
  button?.click();
}
