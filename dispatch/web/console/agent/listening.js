// Listening in on a call: heard, never spoken; the agent sees it, and the customer agreed to it, or it is refused.

import { post, Refused } from "./api.js";
import { say } from "./dialogs.js";
import { find, h, shown } from "./dom.js";
import { Sound, soundLine } from "./sound.js";

let ear = null;

export async function listenIn(call, agent) {
  stop();
  try {
    const may = await post("calls/listen", { call });
    await begin(may, agent);
  } catch (error) {
    if (!(error instanceof Refused) && !(error instanceof TypeError)) throw error;
    say(error instanceof Refused ? error.message : "No connection.", "refused");
  }
}

async function begin(may, agent) {
  const sound = new Sound();
  await sound.open();
  let why = "";
  const line = soundLine(`/agent/listening?listening=${encodeURIComponent(may.listening)}`, {
    told: (said) => (why = said.why),
    heard: (frame) => sound.say(frame),
    over: () => ear?.line === line && over(why || "it has ended"),
  });
  ear = { line, sound, call: may.call };
  const box = find("#listening");
  box.replaceChildren(`You listen in on ${agent}, who sees that. `, h("button", { type: "button", id: "listen-no-more", onclick: stop }, "Listen no more"));
  shown(box, true);
}

function over(why) {
  stop();
  say(`You listen no more: ${why}.`, "refused");
}

export function stop() {
  if (!ear) return;
  const { line, sound } = ear;
  ear = null;
  line.close();
  sound.close();
  shown(find("#listening"), false);
}

export const listens = () => ear;
