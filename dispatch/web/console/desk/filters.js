// Which cases are listed and drawn: by words, severity, skill, need, and area: what the map shows, or a part of it that was kept
// under a name. Kept for each person.

import { askName } from "./dialogs.js";
import { find, h, shown, text } from "./dom.js";
import { NEEDS, SEVERITY, need, needsPerson } from "./needs.js";
import { state, told } from "./state.js";

export function matches(one, now) {
  const only = state.chosen.only;
  if (only.severity.length && !only.severity.includes(one.severity)) return false;
  if (only.skill.length && !only.skill.includes(one.skill)) return false;
  if (only.need.length && !only.need.includes(need(one, now)[0])) return false;
  if (only.inView && !isWithin(one, state.box)) return false;
  if (only.area && !isWithin(one, state.chosen.areas[only.area])) return false;
  if (only.mine && one.owner !== told.actor) return false;
  return !only.text || words(one).includes(only.text.toLowerCase());
}

function words(one) {
  const said = [one.name, one.who, one.near, one.device, one.customer, one.skill, one.help?.truck, one.id, SEVERITY[one.severity]];
  return said.filter(Boolean).join(" ").toLowerCase();
}

function isWithin(one, box) {
  if (!box || !one.place) return !box;
  const [south, west, north, east] = box;
  return one.place[0] >= south && one.place[0] <= north && one.place[1] >= west && one.place[1] <= east;
}

export function buildFilters() {
  const box = find("#search");
  box.value = state.chosen.only.text;
  box.addEventListener("input", () => state.filter({ text: box.value.trim() }));
  const panel = find("#filters");
  const draw = () => panel.replaceChildren(...groups());
  state.addEventListener("chosen", draw);
  let skills = "";
  state.addEventListener("told", () => {
    const known = knownSkills().join();
    if (known !== skills) {
      skills = known;
      draw();
    }
  });
  find("#filters-toggle").addEventListener("click", () => toggle());
  draw();
  state.addEventListener("chosen", badge);
  badge();
}

export function toggle() {
  const panel = find("#filters");
  shown(panel, panel.hidden);
  find("#filters-toggle").setAttribute("aria-expanded", String(!panel.hidden));
}

export function clear() {
  find("#search").value = "";
  state.filter({ text: "", severity: [], skill: [], need: [], inView: false, mine: false, area: null });
}

// Lists what is in an area that was kept, and shows it; once more: everywhere.
export function toArea(name) {
  const area = state.chosen.only.area === name ? null : name;
  state.filter({ area });
  if (area) state.map.show(state.chosen.areas[area]);
}

export function keepArea() {
  if (!state.box) return;
  askName("Keep what the map shows as an area", "What it is called", (name) => state.choose({ areas: { ...state.chosen.areas, [name]: state.box }, only: { ...state.chosen.only, area: name, inView: false } }));
}

function forget(name) {
  const { [name]: _, ...areas } = state.chosen.areas;
  state.choose({ areas, only: { ...state.chosen.only, area: null } });
}

function badge() {
  const { severity, skill, need: needs, inView, mine, area } = state.chosen.only;
  const count = severity.length + skill.length + needs.length + inView + mine + Boolean(area);
  text(find("#filters-toggle"), count ? `Filter (${count})` : "Filter");
}

const knownSkills = () => [...new Set([...state.cases.values()].filter((one) => one.truck_job).map((one) => one.skill))].sort();

function groups() {
  const only = state.chosen.only;
  const many = (title, name, values) =>
    values.length > 0 &&
    h(
      "fieldset",
      {},
      h("legend", {}, title),
      values.map(([value, label]) => chip(label, only[name].includes(value), () => flip(name, value))),
    );
  return [
    many("Severity", "severity", SEVERITY.map((label, value) => [value, label]).reverse()),
    many("Skill", "skill", knownSkills().map((one) => [one, one.replaceAll("_", " ")])),
    many("Needs", "need", NEEDS),
    h(
      "fieldset",
      {},
      h("legend", {}, "Area and people"),
      Object.keys(state.chosen.areas).map((name) => chip(name, only.area === name, () => toArea(name))),
      chip("what the map shows", only.inView, () => state.filter({ inView: !only.inView })),
      chip("mine", only.mine, () => state.filter({ mine: !only.mine })),
      chip("what needs a person", needed(only), onlyNeeded),
      h("button", { type: "button", class: "quiet", onclick: keepArea }, "Keep this area…"),
      only.area && h("button", { type: "button", class: "quiet", onclick: () => forget(only.area) }, `Forget ${only.area}`),
      h("button", { type: "button", class: "quiet", onclick: clear }, "Clear all"),
    ),
  ].filter(Boolean);
}

export const onlyNeeded = () => state.filter({ need: needed(state.chosen.only) ? [] : NEEDED });
const NEEDED = NEEDS.map(([name]) => name).filter(needsPerson);
const needed = (only) => only.need.join() === NEEDED.join();

function chip(label, on, onclick) {
  return h("button", { type: "button", class: "chip", "aria-pressed": String(on), onclick }, label);
}

function flip(name, value) {
  const values = new Set(state.chosen.only[name]);
  if (!values.delete(value)) values.add(value);
  state.filter({ [name]: [...values] });
}
