// Every deed has a key. It stands on its button, and all of them under "?". Keys rest while somebody types.

import * as deeds from "./deeds.js";
import { canTakeDown, takeDown } from "./faults.js";
import { lookForCustomer, showDay, showFloor } from "./sheets.js";
import { attribute, find, h, shown } from "./dom.js";
import { showHints } from "./hints.js";
import { isSpoken, mine } from "./mine.js";
import * as offers from "./offers.js";
import { showMoney } from "./their_money.js";
import { state, told } from "./state.js";
import { picture } from "./picture.js";
import { softphone } from "./softphone.js";
import { hearNewest, isSpokenTo } from "./spoken.js";
import { nextTheme } from "./theme.js";
import { confirm, enrol, mayAsk, mayConfirm, mayEnrol, mayTellCode, questions, tellCode } from "./verify.js";
import { prefer } from "./wishes.js";

const has = () => Boolean(mine.one) && mine.hand.has(mine.chosen);
const rings = () => has() && mine.one.call.state === "assigned";
const byHand = () => !softphone.ringsHere && byHandAtAll();
const byHandAtAll = () => !told.telephony || Boolean(mine.one?.brief.telephone) || !isSpoken(mine.one);
const weRang = () => has() && isSpoken(mine.one) && mine.one.call.direction === "outbound";
const talks = () => has() && mine.one.call.state === "connected";
const asksHelp = () => has() && deeds.asksHelp(mine.one);
const asksWhere = () => has() && deeds.asksWhere(mine.one);
const mayTake = told.may.includes("take-calls");

// name, key, what it is called, when it makes sense, what it does, and where it stands under "?"
export const DEEDS = [
  ["ready", "r", "Ready for the next", () => mayTake && (mine.wanted !== "ready" || !mine.counts), () => (mine.counts ? deeds.ready() : location.reload()), "You"],
  ["wrapped", "e", "End the wrap-up", () => Boolean(mine.wrap), () => deeds.wrapped(), "You"],
  ["pause", "p", "Pause", () => mayTake && mine.wanted !== "paused", () => deeds.pause(), "You"],
  ["off", "0", "Not ready", () => mine.wanted !== "off", () => deeds.off(), "You"],
  ["day", "j", "My day", () => mayTake, () => showDay(), "You"],
  ["settings", ",", "Languages and screen", () => mayTake, () => deeds.settings(), "You"],
  ["sound", "o", "Sound here: calls ring in this page", () => mayTake && told.telephony && !softphone.sound, () => softphone.on(), "You"],
  ["silence", "O", "Sound off", () => Boolean(softphone.sound), () => softphone.off(), "You"],
  ["take", "a", "Take the call that rings", () => softphone.ringsHere, () => softphone.take(), "The conversation"],
  ["answered", "a", "They answer", () => rings() && byHand(), () => deeds.answered(), "The conversation"],
  ["informed", "i", "They know: done", talks, () => deeds.end("informed"), "The conversation"],
  ["declined", "d", "Want no help: call it off", talks, () => deeds.end("declined_help"), "The conversation"],
  ["no-answer", "n", "No answer", () => rings() && weRang() && byHand(), () => deeds.end("no_answer"), "The conversation"],
  ["voicemail", "v", "Voicemail: left word", weRang, () => deeds.end("voicemail"), "The conversation"],
  ["wrong-number", "w", "Wrong number", weRang, () => deeds.end("wrong_number"), "The conversation"],
  ["call-back", "b", "Call back at another time", () => has() && isSpoken(mine.one), () => deeds.callBack(), "The conversation"],
  ["transfer", "f", "Hand on to somebody", talks, () => deeds.transfer(), "The conversation"],
  ["picture", "k", "See their camera, or end it", () => talks() && mine.one.person.known, () => picture(), "The conversation"],
  ["hear", "V", "Hear their voice message, the newest; pause it", isSpokenTo, () => hearNewest(), "The conversation"],
  ["reason-is", "Y", "That is why they turn to us", () => has() && Boolean(mine.one.brief.reason?.known), () => deeds.reasonIs(), "The conversation"],
  ["reason-else", "W", "Why they turn to us: choose", () => has() && Boolean(mine.one.brief.reason), () => deeds.reasonElse(), "The conversation"],
  ["note", "t", "A note", () => Boolean(mine.one), () => find("#note").focus(), "The conversation"],
  ["message", "m", "Write to them", () => has() && !find("#compose").hidden, () => find("#message").focus(), "The conversation"],
  ["fault", "+", "Take down what is broken", () => talks() && canTakeDown(mine.one) && told.may.includes("report-faults"), () => takeDown(), "The conversation"],
  ["money", "$", "Their money: payments, why not paid, mandates", () => talks() && mine.one.person.known && told.may.includes("read-money"), () => showMoney(), "The conversation"],
  ["hints", "H", "What may help: articles for what they say", () => talks() && mayTake && told.hints !== "none", () => showHints(), "The conversation"],
  ["prefer", "=", "How they want to be reached", () => talks() && mine.one.person.known, () => prefer(), "The conversation"],
  ["consent", "s", "Stop messages, calls, orders", () => has() && mine.one.person.known && told.may.includes("change-consent"), () => deeds.consent(), "The conversation"],
  ["questions", "!", "They answered the questions", mayAsk, () => questions(), "Who speaks"],
  ["confirm", "C", "Have it confirmed on their telephone", mayConfirm, () => confirm(), "Who speaks"],
  ["code", "L", "The code that they tell", mayTellCode, () => tellCode(), "Who speaks"],
  ["enrol", "E", "May we know them by their voice?", mayEnrol, () => enrol(), "Who speaks"],
  ["abandoned", "u", "They hung up", () => has() && mine.one.call.direction === "inbound" && isSpoken(mine.one), () => deeds.end("abandoned"), "The conversation"],
  ["wants", "y", "Somebody shall come", asksHelp, () => deeds.wants(true), "What has to be asked"],
  ["wants-not", "x", "Nobody shall come", asksHelp, () => deeds.wants(false), "What has to be asked"],
  ["place-map", "l", "Where it is: on the map", asksWhere, () => deeds.placeOnMap(), "What has to be asked"],
  ["place-words", "g", "Where it is: in words", asksWhere, () => deeds.placeInWords(), "What has to be asked"],
  ["offer", "*", "Solved: may anything be offered?", () => talks() && offers.mayAsk(mine.one), () => offers.ask(), "What may be offered"],
  ["offer-yes", "T", "They take what is offered", () => talks() && offers.mayAnswer(mine.one), () => offers.answer("yes"), "What may be offered"],
  ["offer-later", "P", "They want to hear of it later", () => talks() && offers.mayAnswer(mine.one), () => offers.answer("later"), "What may be offered"],
  ["offer-no", "N", "They do not want it", () => talks() && offers.mayAnswer(mine.one), () => offers.answer("no"), "What may be offered"],
  ["said-next", ".", "Tick the next sentence as said", has, () => tickNext(), "The script"],
  ["next-hand", "]", "Next conversation", () => mine.hand.size > 1, () => mine.step(1), "Screen"],
  ["last-hand", "[", "Conversation before", () => mine.hand.size > 1, () => mine.step(-1), "Screen"],
  ["history", "h", "What was said", has, () => find("#history").focus(), "Screen"],
  ["search", "/", "Find a customer", () => told.may.includes("find-customers"), () => lookForCustomer(), "Screen"],
  ["floor", "q", "The floor: who waits, who is how", () => told.may.includes("take-over-calls"), () => showFloor(), "Screen"],
  ["fit", "z", "Map: the case and its truck", has, () => state.select(state.selected), "Screen"],
  ["theme", "c", "Light, dark, or as the system", () => true, nextTheme, "Screen"],
  ["help", "?", "Keys", () => true, () => help(), "Screen"],
];

function tickNext() {
  const next = [...document.querySelectorAll("#say-list input")].find((one) => !one.checked);
  if (next) next.click();
}

export class Keys {
  constructor() {
    for (const button of document.querySelectorAll("[data-deed]")) this.#dress(button);
    addEventListener("keydown", (event) => this.#key(event));
    mine.addEventListener("changed", () => this.look());
    this.look();
  }

  #dress(button) {
    const found = DEEDS.find(([name]) => name === button.dataset.deed);
    if (!found) return button.remove();
    const [, key, label, sensible, run] = found;
    if (button.textContent.trim() !== key) button.append(" ", h("kbd", { "aria-hidden": "true" }, key));
    attribute(button, "aria-keyshortcuts", key);
    button.title = `${label} (${key})`;
    button.addEventListener("click", () => sensible() && run());
  }

  // Which buttons make sense. Whoever was on one that goes is put to the conversation, not nowhere.
  look() {
    for (const button of document.querySelectorAll("[data-deed]")) {
      const sensible = DEEDS.find(([name]) => name === button.dataset.deed)[3]();
      if (!sensible && document.activeElement === button) focusMain();
      shown(button, sensible);
    }
  }

  #key(event) {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.target.closest?.("#note-form, #compose")?.requestSubmit();
      return;
    }
    const field = event.target.closest?.("input:not([type=checkbox]), textarea, select");
    if (event.key === "Escape" && field && !field.closest("dialog")) {
      focusMain();
      return;
    }
    if (field || document.querySelector("dialog[open]") || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const number = Number(event.key);
    if (number >= 1 && number <= mine.hand.size && !event.target.closest?.("#map")) {
      event.preventDefault();
      mine.choose([...mine.hand.keys()][number - 1]);
      return;
    }
    const found = DEEDS.find(([, key, , sensible]) => key === event.key && sensible());
    if (!found) return;
    event.preventDefault();
    found[4]();
  }
}

export function focusMain() {
  const main = find("#talk").hidden ? find("#idle-box") : find("#talk");
  main.focus({ preventScroll: true });
}

function help() {
  const box = find("#help");
  const groups = [...new Set(DEEDS.map((one) => one[5]))];
  const lines = (group) => DEEDS.filter((one) => one[5] === group).flatMap(([, key, label]) => [h("dt", {}, h("kbd", {}, key)), h("dd", {}, label)]);
  const extra = [h("dt", {}, h("kbd", {}, "1"), "–", h("kbd", {}, "9")), h("dd", {}, "The conversation of that number"), h("dt", {}, h("kbd", {}, "Ctrl ↵")), h("dd", {}, "Send what is typed, write the note down"), h("dt", {}, h("kbd", {}, "Esc")), h("dd", {}, "Out of a field, to the keys")];
  box.replaceChildren(h("h2", {}, "Keys"), ...groups.flatMap((group) => [h("h3", {}, group), h("dl", { class: "keys" }, lines(group), group === "Screen" ? extra : [])]), h("form", { method: "dialog" }, h("button", {}, "Close")));
  box.showModal();
}
