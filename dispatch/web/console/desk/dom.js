// Elements by hand: what is put into them is text, whoever it comes from, and never markup.

const SVG = "http://www.w3.org/2000/svg";

export function h(tag, props = {}, ...children) {
  const made = document.createElement(tag);
  apply(made, props);
  made.append(...children.flat().filter((one) => one !== null && one !== undefined && one !== false));
  return made;
}

export function svg(tag, attributes = {}, ...children) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

function apply(element, props) {
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "class") element.className = value;
    else if (name === "data") Object.assign(element.dataset, value);
    else if (name in element && name !== "list" && name !== "form") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
}

// Touches the page only where something is another, so that nothing flickers and no selection is lost.
export function text(element, said) {
  const wanted = String(said);
  if (element.textContent !== wanted) element.textContent = wanted;
}

export function attribute(element, name, value) {
  if (value === null || value === undefined || value === false) {
    if (element.hasAttribute(name)) element.removeAttribute(name);
  } else if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value);
}

export function shown(element, isShown) {
  if (element.hidden === isShown) element.hidden = !isShown;
}

export const find = (selector) => document.querySelector(selector);

// Says something to whoever hears the page instead of seeing it.
export function announce(said) {
  const region = find("#announcer");
  if (region) region.textContent = said;
}
