// Where the truck is and where they are, drawn to scale: no map is fetched from anywhere, so nothing waits for one.

import { shown, svg } from "./dom.js";
import { number, word } from "./words.js";

const WIDTH = 320, HEIGHT = 180, MARGIN = 30;
const EARTH_KM = 6371;

export function sketch(box, one) {
  const truck = one.closed_at === null ? one.truck?.place : null;
  const here = one.place;
  const key = truck && here ? JSON.stringify([truck.latitude, truck.longitude, here.latitude, here.longitude, word("here")]) : "";
  if (box.dataset.key === key) return;
  box.dataset.key = key;
  shown(box, key !== "");
  box.replaceChildren(...(key ? drawn(truck, here) : []));
}

function drawn(truck, here) {
  const said = word("away", { km: number(kilometres(truck, here), 1) });
  const [from, to] = fitted(truck, here);
  const mark = (at, ink, name) => [
    svg("circle", { cx: at.x, cy: at.y, r: 11, fill: `var(--${ink})`, stroke: "var(--card)", "stroke-width": 3 }),
    svg("text", { x: at.x > WIDTH / 2 + 1 ? at.x - 18 : at.x + 18, y: at.y + 5, "text-anchor": at.x > WIDTH / 2 + 1 ? "end" : "start", direction: "ltr" }, name),
  ];
  const line = svg("line", { x1: from.x, y1: from.y, x2: to.x, y2: to.y, stroke: "var(--truck)", "stroke-width": 3, "stroke-dasharray": "2 8", "stroke-linecap": "round" });
  const picture = svg("svg", { class: "sketch", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": said }, line, ...mark(from, "truck", word("truck")), ...mark(to, "here", word("here")));
  const words = document.createElement("p");
  words.className = "quiet";
  words.textContent = said;
  return [picture, words];
}

function fitted(truck, here) {
  const wide = Math.cos((here.latitude * Math.PI) / 180);
  const east = (truck.longitude - here.longitude) * wide, north = truck.latitude - here.latitude;
  const scale = Math.min((WIDTH - 2 * MARGIN) / Math.max(Math.abs(east), 1e-6), (HEIGHT - 2 * MARGIN) / Math.max(Math.abs(north), 1e-6));
  const at = (x, y) => ({ x: WIDTH / 2 + x * scale, y: HEIGHT / 2 - y * scale });
  return [at(east / 2, north / 2), at(-east / 2, -north / 2)];
}

export function kilometres(one, other) {
  const rad = (degrees) => (degrees * Math.PI) / 180;
  const high = rad(other.latitude - one.latitude), wide = rad(other.longitude - one.longitude);
  const part = Math.sin(high / 2) ** 2 + Math.cos(rad(one.latitude)) * Math.cos(rad(other.latitude)) * Math.sin(wide / 2) ** 2;
  return 2 * EARTH_KM * Math.asin(Math.sqrt(part));
}
