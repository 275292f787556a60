// Puts the agent's page together.

import { focusMain, Keys } from "./keys.js";
import { reasonWords, wrapped } from "./deeds.js";
import { say } from "./dialogs.js";
import { announce, attribute, find, h, shown, text } from "./dom.js";
import { Feed } from "./feed.js";
import { leave } from "./header.js";
import { pushes } from "./hints.js";
import { DeskMap } from "./map.js";
import { isSpoken, mine } from "./mine.js";
import { channelName } from "./names.js";
import { SEVERITY } from "./needs.js";
import { Panes, wrapUpLeft } from "./panes.js";
import { keyed } from "./patch.js";
import { listens } from "./listening.js";
import { softphone } from "./softphone.js";
import { state, told } from "./state.js";
import { theme } from "./theme.js";
import { day, hourToTheSecond, lasted } from "./time.js";
import { ring } from "./tone.js";
import { Waits } from "./waits.js";

const NOT_ALLOWED = 4403;
const ELSEWHERE = 4409;
const PHASES = { off: "Not ready", ready: "Ready", ringing: "Ringing", talking: "Talking", writing: "Writing", wrapping: "Wrap-up", paused: "Paused" };

theme();
const feed = new Feed("/console/feed", (said) => state.hear(said), (up) => state.link(up));
state.map = new DeskMap(feed, { alone: true, known: () => onMap(mine.one) });
state.choose({ follow: true });
const own = new Feed(`/agent/feed?agent=${encodeURIComponent(mine.name)}`, (said) => hear(said), (up) => mine.link(up), over);
new Waits();
new Keys();
new Panes();
person();
setInterval(tick, 250);
mine.addEventListener("changed", () => [hands(), tick(), pushes()]);
mine.addEventListener("settings", () => own.ask({ type: "beside", language: mine.settings.reads }));
mine.addEventListener("chosen", () => state.select(mine.one?.brief.case ?? null));
mine.addEventListener("arrived", (event) => arrived(event.detail));
mine.addEventListener("taken", (event) => taken(event.detail));
own.ask({ type: "beside", language: mine.settings.reads });
tick();
Object.assign(window, { callahead: { state, mine, feed, own, softphone, listens } });

function hear(said) {
  mine.hear(said);
  if (state.selected !== (mine.one?.brief.case ?? null)) state.select(mine.one?.brief.case ?? null);
}

// Where it is by the brief itself: whoever is told of a call at once sees at once where it is.
function onMap(one) {
  const { case: id, place, where } = one?.brief ?? {};
  if (!id || !place) return null;
  const at = [place.latitude, place.longitude, Math.round(place.accuracy_m), place.fix_time];
  return { id, place: at, severity: SEVERITY.indexOf(one.severity), help: one.help, near: where };
}

// Why the service says that it is over for good.
function over(code) {
  if (code === ELSEWHERE) mine.count(false);
  if (code === NOT_ALLOWED) {
    mine.count(false);
    say(`You may not take calls: this needs take-calls, which ${told.name} has not.`, "refused");
  }
  return code === ELSEWHERE || code === NOT_ALLOWED;
}

function arrived(one) {
  announce(`${channelName(one.call.channel)}: ${one.brief.headline}, ${one.person.name}`);
  if (state.chosen.sounds) ring(isSpoken(one) ? 2 : 1);
  const busy = document.activeElement?.closest?.("input:not([type=checkbox]), textarea, select, dialog");
  if (!busy) focusMain();
}

function taken(one) {
  const why = one.call.withdrawn ? `: ${one.call.withdrawn.replaceAll("_", " ")}` : "";
  say(`${one.person.name || one.person.customer}: the call is no longer yours${why}. Hang up.`, "refused");
}

// The tabs of what is in hand, each with its number as its key.
function hands() {
  const some = [...mine.hand.values(), ...(mine.wrap ? [mine.wrap.one] : [])];
  const box = find("#hands");
  shown(box, some.length > 1);
  keyed(box, some, (one) => one.call.call, (one) => h("button", { type: "button", role: "tab", onclick: () => mine.choose(one.call.call) }), (tab, one) => {
    const number = [...mine.hand.keys()].indexOf(one.call.call) + 1;
    text(tab, `${mine.unread(one) ? "● " : ""}${number || "·"} ${channelName(one.call.channel)}: ${one.person.name || (one.person.known ? one.person.customer : "not known")}`);
    attribute(tab, "aria-selected", String(one.call.call === mine.chosen));
    attribute(tab, "tabindex", one.call.call === mine.chosen ? "0" : "-1");
  });
}

function person() {
  text(find("#who"), told.demo ? `no log-in - ${mine.name}` : `${told.name} - ${told.role}`);
  const links = [["/", "Dispatchers' page"], ...(told.demo ? [] : [["/account", "Your account"]]), ["/api/v1/docs", "The API"]];
  find("#who-menu").append(...links.map(([href, label]) => h("a", { href }, label)), told.demo ? h("p", {}, "Nobody has to log in here yet: anybody on this machine may do everything.") : h("button", { type: "button", onclick: leave }, "Log out"));
}

// Whoever types in the wrap-up is not cut short.
function mayEndWrapUp(left) {
  return left <= 0 && !document.activeElement?.closest?.("textarea, input:not([type=checkbox])") && !document.querySelector("dialog[open]");
}

function tick() {
  const now = state.now();
  text(find("#clock"), hourToTheSecond(now, state.zone));
  text(find("#clock-zone"), `${day(now, state.zone)} · ${state.zone.split("/").pop().replaceAll("_", " ")}`);
  shown(find("#story"), state.story && state.known);
  text(find("#story"), "story's clock");
  phase(now);
  link();
}

function phase(now) {
  const left = wrapUpLeft(now);
  if (mine.wrap && mayEndWrapUp(left)) wrapped();
  const name = mine.phase;
  text(find("#phase"), name === "paused" ? `Paused: ${reasonWords(mine.reason)}` : PHASES[name]);
  const since = mine.wrap && name === "wrapping" ? (left > 0 ? `${Math.ceil(left)} s left` : `${lasted(-left)} over`) : lasted(now - mine.since);
  text(find("#phase-since"), since);
  const marked = name === "ringing" ? "☎ " : name === "talking" ? "● " : "";
  document.title = `${marked}${PHASES[name]}: Callahead`;
}

function link() {
  const mark = find("#link");
  const up = mine.up && state.up;
  const said = !mine.counts ? "another page" : up ? "live" : mine.known ? "reconnecting…" : "connecting";
  attribute(mark, "data-link", up && mine.counts ? "ok" : "lost");
  text(mark, said);
  const banner = find("#banner");
  const lost = !mine.up && mine.known && mine.counts;
  shown(banner, lost || !mine.counts);
  if (lost) text(banner, "No connection to the service. It is tried again by itself; nothing that you typed is lost. What you have in hand stays yours for half a minute, and for as long as your telephone is on the line.");
  else if (!mine.counts) text(banner, "This page does not count: you have opened another one, or may not take calls. Press r to go on here.");
}
