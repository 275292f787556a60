// How a customer wants to be reached, as they say it on the telephone: it holds at once, as a whole.

import { languageName, send } from "./deeds.js";
import { ask, say } from "./dialogs.js";
import { h } from "./dom.js";
import { mine } from "./mine.js";
import { channelName } from "./names.js";
import { told } from "./state.js";

const WRITTEN = ["app", "push", "sms", "social", "email", "chat"];
const TASKS = [["tell", "Tell us of trouble"], ["say_where", "Say where they are"], ["answer", "Answer what we ask"], ["follow", "Follow who comes"]];
const ZONES = Intl.supportedValuesOf("timeZone");

const option = (value, words, chosen) => h("option", { value, selected: value === chosen }, words);
const channels = (some, none, chosen) => [option("", none, chosen ?? ""), ...some.map((each) => option(each, channelName(each), chosen))];

export function prefer() {
  const one = mine.one;
  const now = one.person.preference;
  const wanted = now.channels ?? [];
  const first = ["First", "Then", "Then"].map((words, place) => h("label", {}, words, h("select", { name: "channels" }, channels(WRITTEN, place ? "nothing more" : "as it was learned", wanted[place]))));
  const avoided = new Set(now.avoid ?? []);
  const avoid = WRITTEN.map((each) => h("label", { class: "check" }, h("input", { type: "checkbox", name: "avoid", value: each, checked: avoided.has(each) }), channelName(each)));
  const [from, until, zone] = (now.quiet || "").match(/^(\d\d:\d\d)-(\d\d:\d\d)(?:@(.+))?$/)?.slice(1) ?? [];
  const places = h("datalist", { id: "zones" }, ZONES.map((each) => h("option", { value: each })));
  const where = h("input", { name: "zone", value: zone ?? one.person.zone ?? "", autocomplete: "off", maxLength: 60 });
  where.setAttribute("list", "zones");
  const eased = now.technology ?? {};
  const tasks = TASKS.map(([task, words]) => h("label", {}, words, h("select", { name: `task ${task}` }, channels([...WRITTEN, "phone", "ivr", "video", "branch"], "as it was learned", eased[task]))));
  ask(
    "How do they want to be reached?",
    [
      h("fieldset", {}, h("legend", {}, "Write to them by"), first),
      h("fieldset", {}, h("legend", {}, "Never by"), avoid),
      h("label", {}, "Language", h("select", { name: "language" }, option("", "as they are registered", now.language || ""), told.languages.map((code) => option(code, languageName(code), now.language)))),
      h("fieldset", {}, h("legend", {}, "Left in peace, but for what cannot wait"), h("label", {}, "From", h("input", { type: "time", name: "from", value: from ?? "" })), h("label", {}, "until", h("input", { type: "time", name: "until", value: until ?? "" })), h("label", {}, "by the clock of", where), places),
      h("label", { class: "check" }, h("input", { type: "checkbox", name: "same", checked: Boolean(now.same_agent) }), "Whom they spoke with last shall have their next call"),
      h("fieldset", {}, h("legend", {}, "At ease with"), tasks),
    ],
    async (form) => {
      const body = read(form);
      if (typeof body === "string") return say(body, "refused") ?? false;
      const stored = await send(`customers/${encodeURIComponent(one.person.customer)}/preference`, body, "Not changed");
      if (stored) say(stored.repeat ? "It is so already." : "Noted: it holds from now on.");
      return Boolean(stored);
    },
    "It holds from now on",
  );
}

// What is said, or why it makes no sense.
function read(form) {
  const from = form.get("from");
  const until = form.get("until");
  const zone = form.get("zone").trim();
  if (Boolean(from) !== Boolean(until)) return "From when until when? Both, or neither.";
  if (from && zone && !ZONES.includes(zone)) return `${zone} is no place whose clock is known: as Europe/Riga.`;
  const technology = Object.fromEntries(TASKS.map(([task]) => [task, form.get(`task ${task}`)]).filter(([, channel]) => channel));
  return { channels: form.getAll("channels").filter(Boolean), avoid: form.getAll("avoid"), language: form.get("language"), quiet: from ? `${from}-${until}${zone ? `@${zone}` : ""}` : "", same_agent: form.get("same") !== null, technology, agent: mine.name };
}
