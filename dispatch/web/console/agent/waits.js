// While the agent is ready and has room, one request waits for the next conversation. Whoever pauses hangs it up, which is heard.

import { post, Refused } from "./api.js";
import { say } from "./dialogs.js";
import { isSpoken, mine } from "./mine.js";

const WAIT_S = 50;
const AGAIN_MS = 2000;

export function mayTakeMore() {
  const some = [...mine.hand.values()];
  const room = !some.some(isSpoken) && (!some.length || some.length < mine.settings.chats);
  return mine.wanted === "ready" && mine.up && mine.counts && mine.known && !mine.wrap && !mine.expected && room;
}

export class Waits {
  constructor() {
    this.waiting = null;
    mine.addEventListener("changed", () => this.#look());
    addEventListener("pagehide", () => this.waiting?.abort());
  }

  #look() {
    if (mayTakeMore()) {
      if (!this.waiting && !this.resting) this.#wait();
    } else if (this.waiting && (mine.wanted !== "ready" || !mine.counts)) this.waiting.abort();
  }

  async #wait() {
    const hangUp = (this.waiting = new AbortController());
    const { languages, simulated, chats } = mine.settings;
    const asked = { languages, chats, holds: [...mine.hand.keys()], provenance: simulated ? "simulated" : "real", wait_s: WAIT_S };
    try {
      const brief = await post(`agents/${encodeURIComponent(mine.name)}/claim`, asked, hangUp.signal);
      if (brief.call) mine.expect(brief.call);
    } catch (error) {
      if (!hangUp.signal.aborted) this.#failed(error);
    }
    this.waiting = null;
    this.#look();
  }

  #failed(error) {
    if (error instanceof Refused) {
      say(`No conversation can be taken: ${error.message}`, "refused");
      mine.want("off");
      return;
    }
    this.resting = true;
    setTimeout(() => {
      this.resting = false;
      this.#look();
    }, AGAIN_MS);
  }
}
