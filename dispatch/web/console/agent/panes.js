// What the screen shows of the conversation that is chosen: who, what, where, what is on its way, what to say, what was said.

import * as deeds from "./deeds.js";
import { languageName, owes, purposeWords, reasonWords } from "./deeds.js";
import { attribute, find, h, shown, text } from "./dom.js";
import { isSpoken, mine, WRAP_UP_S } from "./mine.js";
import { channelName } from "./names.js";
import { SEVERITY } from "./needs.js";
import { showOffer } from "./offers.js";
import { facts, keyed, lines } from "./patch.js";
import { spoken } from "./spoken.js";
import { severityIcon } from "./shapes.js";
import { softphone } from "./softphone.js";
import { state, told } from "./state.js";
import { ago, hour, lasted, when } from "./time.js";
import { drawKnown } from "./verify.js";
import { short } from "./words.js";

const FACT = { place: "Where it is", wants_help: "Wants somebody to come", has_stopped: "The car stands" };
const SIDES = { customer: "Customer", house: "We", agent: "", robot: "Our robot" };

export class Panes {
  constructor() {
    mine.addEventListener("changed", () => this.draw());
    state.addEventListener("told", () => this.#live());
    setInterval(() => this.#live(), 500);
    find("#idle-box").tabIndex = -1;
    this.#forms();
    this.draw();
  }

  // Every letter is kept as it is typed.
  #forms() {
    const kept = [["#note", "note"], ["#concern", "concern"], ["#message", "message"], ["#on", "on"]];
    for (const [id, name] of kept) find(id).addEventListener("input", (event) => mine.keep({ [name]: event.target.value }));
    for (const [id, send] of [["#note-form", () => deeds.note()], ["#compose", () => deeds.write()]]) {
      find(id).addEventListener("submit", (event) => {
        event.preventDefault();
        send();
      });
    }
    this.kept = kept;
  }

  #typed() {
    const draft = mine.draft;
    for (const [id, name] of this.kept) {
      const wanted = draft[name] ?? (id === "#on" ? (deeds.channelsOf(mine.one)[0] ?? "") : "");
      if (find(id).value !== wanted) find(id).value = wanted;
    }
  }

  draw() {
    const one = mine.one;
    for (const id of ["#person", "#talk", "#side"]) shown(find(id), Boolean(one));
    shown(find("#idle"), !one);
    attribute(document.body, "data-phase", mine.phase);
    if (one) {
      this.#person(one);
      this.#talk(one);
      this.#compose(one);
      this.#history(one);
      this.#typed();
    }
    this.#live();
  }

  #compose(one) {
    const channels = deeds.channelsOf(one);
    shown(find("#compose"), channels.length > 0 && !one.outcome);
    keyed(find("#on"), channels, (channel) => channel, (channel) => h("option", { value: channel }, channelName(channel)));
    const last = one.lines.filter((line) => line.side === "customer").at(-1)?.at ?? 0;
    if (last > (mine.draft.read ?? 0)) mine.keep({ read: last });
    if (one.call.state === "assigned" && !isSpoken(one)) this.#take(one);
  }

  // Who wrote is answered by being read: nothing rings.
  #take(one) {
    const name = `${one.call.call} ${one.call.attempt}`;
    if (this.takes === name) return;
    this.takes = name;
    deeds.answered(one);
  }

  // What changes by itself, because time passes.
  #live() {
    const now = state.now();
    const one = mine.one;
    if (!one) return this.#idle(now);
    facts(find("#person-facts"), personFacts(one, now));
    const help = helpNow(one);
    const eta = find("#eta");
    shown(eta, Boolean(help));
    if (help) {
      text(eta, `${etaWords(help, now, one.person.zone || state.zone)} (${one.person.zone ? "their time" : "our time"}, ${town(one.person.zone || state.zone)})`);
      attribute(eta, "data-late", help.state === "promised" && now > help.eta + 60 ? "yes" : null);
    }
  }

  #idle(now) {
    const waiting = [...state.calls.values()].filter((call) => call.state === "queued" && call.not_before <= now);
    const heads = { off: "You are not ready", paused: `Paused: ${reasonWords(mine.reason)}`, ready: "Ready: the next conversation comes by itself" };
    text(find("#idle-head"), heads[mine.wanted] ?? "");
    const lost = lostWords(now);
    shown(find("#idle-lost"), lost !== "");
    text(find("#idle-lost"), lost);
    text(find("#idle-says"), mine.wanted === "ready" ? "Its brief is here before you hear a voice." : "Nothing is given to you until you press Ready.");
    const oldest = Math.min(...waiting.map((call) => call.queued ?? call.due ?? now));
    facts(find("#idle-queue"), [
      ["Waiting", waiting.length ? `${waiting.length}${Number.isFinite(oldest) && oldest < now ? `, the first for ${lasted(now - oldest)}` : ""}` : "nobody"],
      ["You speak", mine.settings.languages.map(languageName).join(", ") || "not said yet"],
      ["Customers", mine.settings.simulated ? "simulated" : "real"],
    ]);
  }

  #person(one) {
    text(find("#name"), one.person.name || (one.person.known ? one.person.customer : "Not known"));
    keyed(find("#marks"), marksOf(one), ([said]) => said, ([said, kind]) => h("span", { class: `mark ${kind}` }, said));
    lines(find("#on-the-way"), one.brief.on_the_way, "Nobody is on the way.");
    lines(find("#told-list"), one.told.map(toldWords), "Nothing so far.");
    shown(find("#others-part"), one.others.length > 0);
    lines(find("#others"), one.others.map(otherWords));
    lines(find("#consents"), Object.entries(one.person.agrees).map(([purpose, given]) => [`${given ? "May" : "Must not"} ${purposeWords(purpose)}`, given || deeds.ASKED_FIRST.has(purpose) ? "" : "late"]), "Not known: they are not registered.");
    const verify = verifyLines(one.brief);
    lines(find("#verify"), verify);
    shown(find("#verify-part"), verify.length > 0);
    const some = one.person.candidates;
    shown(find("#candidates"), some.length > 0);
    keyed(find("#candidates"), some, ([customer]) => customer, ([customer, name]) => h("button", { type: "button", onclick: () => deeds.identify(customer) }, `It is ${name} (${customer})`));
  }

  #talk(one) {
    const { brief, call } = one;
    const severity = SEVERITY.indexOf(one.severity);
    if (this.severity !== severity) {
      this.severity = severity;
      find("#talk-icon").replaceChildren(...(severity < 0 ? [] : [severityIcon(severity, 30)]));
    }
    text(find("#talk-who"), one.person.name || (one.person.known ? one.person.customer : "Not known"));
    text(find("#channel-line"), channelWords(one));
    text(find("#headline"), brief.headline);
    text(find("#sure"), brief.broke);
    const warned = [brief.again, brief.gave ? `They ${brief.gave}.` : "", brief.wrong_number ? "Somebody else answered at this number before: make sure whom you speak with." : "", brief.concern ? `With care: ${brief.concern}.` : "", telephoneWords(one)].filter(Boolean).join(" ");
    const ears = one.call.listeners ?? [];
    shown(find("#listened"), ears.length > 0);
    drawKnown(one);
    text(find("#listened"), ears.length ? `${ears.join(" and ")} listen${ears.length > 1 ? "" : "s"} in: the customer agreed to it.` : "");
    shown(find("#again"), warned !== "");
    text(find("#again"), warned);
    shown(find("#reason-part"), Boolean(brief.reason));
    lines(find("#reason"), reasonLines(brief.reason));
    shown(find("#struggle-part"), Boolean(brief.struggle));
    lines(find("#struggle"), struggleLines(brief.struggle));
    shown(find("#robot-part"), brief.robot.length > 0);
    lines(find("#robot"), brief.robot);
    this.#owed(one);
    showOffer(one);
    text(find("#say-head"), `What to say, in ${languageName(brief.language)}`);
    this.#script(one);
    lines(find("#notes"), brief.notes.map((each) => `${each.text} (${each.by ?? "somebody"}, ${ago(state.now() - each.at)})`));
    lines(find("#why"), [...brief.why, ...(brief.decides ? [`Asked: ${brief.decides}`] : [])]);
    shown(find("#why-part"), brief.why.length > 0);
    attribute(find("#talk"), "data-state", call.state);
  }

  #owed(one) {
    const draft = mine.draft;
    const over = Boolean(one.outcome);
    shown(find("#owed"), !over && (deeds.asksHelp(one) || deeds.asksWhere(one)));
    shown(find("#owed-help"), deeds.asksHelp(one));
    shown(find("#owed-where"), deeds.asksWhere(one));
    const owed = owes(one, draft);
    find("#owed-help").classList.toggle("done", !owed.includes("help"));
    find("#owed-where").classList.toggle("done", !owed.includes("where"));
    text(find("#wants-said"), draft.wants === undefined ? "" : draft.wants ? "Yes: somebody shall come." : "No: nobody shall come.");
    text(find("#place-said"), draft.place ? `${draft.place[3]}: ${draft.place[0].toFixed(4)}, ${draft.place[1].toFixed(4)} (±${draft.place[2]} m)` : "");
    attribute(find("[data-deed=wants]"), "aria-pressed", String(draft.wants === true));
    attribute(find("[data-deed=wants-not]"), "aria-pressed", String(draft.wants === false));
  }

  #script(one) {
    const said = new Set(mine.draft.said ?? []);
    const list = find("#say-list");
    attribute(list, "dir", null);
    keyed(list, one.script, (line) => `${one.call.call} ${line.text}`, (line) => this.#sentence(line, one.brief.language), (element, line) => {
      element.querySelector("input").checked = said.has(line.text);
      text(element.querySelector("small"), line.beside);
    });
  }

  #sentence(line, language) {
    const tick = h("input", { type: "checkbox", onchange: () => tickSaid(line.text, tick.checked) });
    const open = line.before_known && mine.one.brief.opening.length > 0;
    const kind = line.must ? "must" : line.asks ? "asks" : "";
    return h("li", { class: kind }, h("label", {}, tick, h("span", { class: "sentence" }, line.must ? h("b", { class: "mark must" }, "word for word") : null, open ? h("b", { class: "mark" }, "before you know who speaks") : null, h("span", { class: "says", lang: language, dir: "auto" }, line.text), h("small", {}))));
  }

  #history(one) {
    const box = find("#history");
    text(find("#history-clock"), `(hours of ${town(state.zone)})`);
    const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 30 || this.shownOf !== one.call.call;
    const count = box.children.length;
    keyed(box, one.lines, (line) => `${one.person.customer} ${line.at} ${line.side} ${line.text} ${line.voice_s}`, utterance, (element, line) => text(element.querySelector(".status"), statusWords(line)));
    if (atEnd && (box.children.length !== count || this.shownOf !== one.call.call)) box.scrollTop = box.scrollHeight;
    this.shownOf = one.call.call;
  }
}

const REPLIED = { talk: "they want to talk", chat: "they want to chat", later: "they would rather read about it", no: "they want no help" };
const spelt = (code) => code.replaceAll("_", " ");

// Why they are thought to turn to us, how sure that is, and by what; or that it is not known.
function reasonLines(reason) {
  if (!reason) return [];
  const [first, ...others] = reason.chances.map((one) => `${one.words} (${Math.round(one.p * 100)}%)`);
  return [
    reason.known ? `Most likely: ${first}` : `Not known: ask. It may be ${[first, ...others].join("; or ")}`,
    ...(reason.known && others.length ? [`Else: ${others.join("; ")}`] : []),
    `For: ${reason.why.join(", ")}`,
    ...(reason.told ? [`It was: ${told.reasons[reason.told]}`] : []),
  ];
}

// What they fight with in the app: where, what it said, in which version, and why, as far as it shows.
function struggleLines(struggle) {
  if (!struggle) return [];
  return [
    ...(struggle.fraud ? [["It looks like fraud: make sure who speaks, and that nobody tells them what to do, before anything is changed.", "late"]] : []),
    `${spelt(struggle.flow)}, at the page "${spelt(struggle.step)}", app ${struggle.app_version}`,
    ...(struggle.errors.length ? [`The app said: ${struggle.errors.map(spelt).join(", ")}`] : ["The app said nothing"]),
    `Most likely: ${spelt(struggle.reason)} (${Math.round(struggle.sure * 100)}%)`,
    ...(struggle.reply ? [`Invited: ${REPLIED[struggle.reply]}`] : []),
  ];
}

// Why nothing comes, to whoever is back.
function lostWords(now) {
  if (!mine.lost.length || mine.wanted === "ready") return "";
  const who = mine.lost.map((one) => one.who).join(", ");
  return `No sign of life came from here, so at ${hour(mine.lost[0].at, state.zone)} (${ago(now - mine.lost[0].at)}) ${who} went to another agent, with all that was said. Nothing new comes to you until you press Ready.`;
}

function tickSaid(sentence, isSaid) {
  const said = new Set(mine.draft.said ?? []);
  if (isSaid) said.add(sentence);
  else said.delete(sentence);
  mine.keep({ said: [...said] });
}

function utterance(line) {
  const who = line.side === "agent" ? line.who || "Agent" : SIDES[line.side];
  return h("li", { data: { side: line.side } }, h("p", { class: "from" }, h("b", {}, who), ` · ${channelName(line.channel)} · `, h("time", {}, when(line.at, state.now(), state.zone)), h("span", { class: "status" })), line.voice_s > 0 ? spoken(line) : null, h("p", { class: "words", dir: "auto" }, line.text));
}

const statusWords = (line) => (line.status && line.status !== "connected" && line.status.replaceAll("_", " ") !== line.text ? ` · ${line.status.replaceAll("_", " ")}${line.why ? `: ${line.why}` : ""}` : "");

function toldWords(one) {
  const to = one.to ? ` to ${one.to}` : "";
  return [`${FACT[one.fact] ?? one.fact}: ${one.said || "told"} (${channelName(one.channel)}${to}, ${ago(state.now() - one.at)})`, "told"];
}

function otherWords(one) {
  const over = one.closed_at ? `closed ${ago(state.now() - one.closed_at)}${one.ended ? `, ${one.ended.replaceAll("_", " ")}` : ""}` : `open for ${lasted(state.now() - one.opened_at)}`;
  return `${one.name}${one.near ? `, ${one.near}` : ""}: ${over}`;
}

function marksOf(one) {
  const marks = [];
  if (one.call.provenance === "simulated") marks.push(["simulated", "sim"]);
  if (one.stop) marks.push(["must not be driven", "bad"]);
  if (one.outcome) marks.push([`over: ${one.outcome.replaceAll("_", " ")}`, "quiet"]);
  return marks;
}

function personFacts(one, now) {
  const { person, brief } = one;
  return [
    ["Number", person.phone],
    ["Language", `${languageName(person.language)}${brief.language === person.language ? "" : `; the script is in ${languageName(brief.language)}`}`],
    ["Their time", person.zone ? `${hour(now, person.zone)} (${town(person.zone)})` : "not known"],
    ["Device", one.device ? short(one.device) : ""],
    ["Where", brief.where, brief.ask_where ? "late" : ""],
    ["Reached on", person.channels.map(channelName).join(", ")],
    ["Prefers", preferenceWords(person.preference)],
    ["At ease", easeWords(person.at_ease)],
    ["Id", person.customer],
  ];
}

// What the line does by itself, and what is done by hand.
function telephoneWords(one) {
  if (softphone.rings === one.call.call) return ["It rings here. Press a to take it; then theirs rings.", one.brief.telephone].filter(Boolean).join(" ");
  if (one.brief.telephone) return one.brief.telephone;
  return told.telephony && isSpoken(one) && one.call.state === "assigned" ? "Your telephone rings; when you answer, theirs does." : "";
}

function verifyLines(brief) {
  const cars = brief.cars.map((car) => [car.model, car.plate, car.drivers.length ? `drivers: ${car.drivers.join(", ")}` : ""].filter(Boolean).join(", ")).filter(Boolean);
  return [...(brief.contract ? [`Contract ${brief.contract}`] : []), ...cars];
}

function channelWords(one) {
  const { call, brief } = one;
  const waited = call.state === "assigned" ? `, waited ${lasted(state.now() - call.queued_at)}` : "";
  if (!isSpoken(one)) return `${channelName(call.channel)}: they wrote${waited}`;
  if (call.direction === "inbound") return `They ring us${waited}`;
  return `We ring them${brief.attempt > 1 ? `, attempt ${brief.attempt}` : ""}${waited}`;
}

// A truck that is to come.
const helpNow = (one) => (one.help && ["promised", "offered"].includes(one.help.state) ? one.help : null);

const town = (zone) => zone.split("/").pop().replaceAll("_", " ");

// By the customer's clock, as it is said to them.
function etaWords(help, now, zone) {
  const name = short(help.truck);
  if (help.state === "offered") return `${name} was asked and has not promised yet`;
  const wait = help.eta - now;
  const within = help.eta_from && help.eta_until > help.eta_from ? `, between ${hour(Math.max(help.eta_from, now), zone)} and ${hour(help.eta_until, zone)}` : "";
  if (wait < -60) return `${name} is ${lasted(-wait)} late, due at ${hour(help.eta, zone)}`;
  return wait < 30 ? `${name} is due now` : `${name} in ${lasted(wait)}, at ${hour(help.eta, zone)}${within}`;
}

function preferenceWords(preference) {
  const { channels = [], avoid = [], language, quiet, same_agent: same } = preference;
  const said = [channels.map(channelName).join(", then "), avoid.length ? `not ${avoid.map(channelName).join(", ")}` : "", language ? languageName(language) : "", quiet ? `quiet ${quiet}` : "", same ? "the same agent" : ""];
  return said.filter(Boolean).join("; ");
}

const TASKS = { tell: "tells by", say_where: "says where by", answer: "answers by", follow: "reads by" };

// What was learned of them, where they did it more than once.
function easeWords(ease) {
  return Object.entries(ease).filter(([, one]) => one.times > 1).map(([task, one]) => `${TASKS[task]} ${channelName(one.channel)} (${Math.round(one.share * 100)}%)`).join("; ");
}

export const wrapUpLeft = (now) => (mine.wrap ? WRAP_UP_S - (now - mine.wrap.since) : 0);
