// Lists that become others piece by piece: what stays is not touched, so nothing flickers and nobody loses their place.

import { h, shown, text } from "./dom.js";

// One element for each item, by its key, in the items' order. make(item) makes one, update(element, item) brings it up to date.
export function keyed(box, items, key, make, update = () => {}) {
  const before = new Map([...box.children].map((one) => [one.dataset.key, one]));
  let at = box.firstElementChild;
  for (const item of items) {
    const name = String(key(item));
    const element = before.get(name) ?? make(item);
    element.dataset.key = name;
    before.delete(name);
    update(element, item);
    if (element === at) at = at.nextElementSibling;
    else box.insertBefore(element, at);
  }
  for (const one of before.values()) one.remove();
}

// Titles and values; [title, value, class]. What has no value is left out.
export function facts(box, lines) {
  const wanted = lines.filter(([, value]) => value !== "" && value !== null && value !== undefined);
  const parts = wanted.flatMap(([title, value, kind]) => [["dt", title, title, ""], ["dd", title, value, kind ?? ""]]);
  keyed(box, parts, ([tag, title]) => `${tag} ${title}`, ([tag]) => h(tag), (element, [, , value, kind]) => {
    text(element, value);
    if (element.className !== kind) element.className = kind;
  });
}

// Lines of text, each with a class; what is said if there are none.
export function lines(box, said, none = "") {
  const wanted = said.length ? said : none ? [[none, "none"]] : [];
  const numbered = wanted.map((one, number) => [number, ...(Array.isArray(one) ? one : [one, ""])]);
  keyed(box, numbered, ([number]) => number, () => h("li"), (element, [, value, kind]) => {
    text(element, value);
    if (element.className !== kind) element.className = kind;
  });
  shown(box, wanted.length > 0);
}
