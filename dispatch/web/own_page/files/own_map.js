// The map that the house brings, as this page draws it: by MapLibre, fetched when one is to be seen, in this page's inks.

import { h } from "./dom.js";
import { mapLibre, mapStyle } from "./map_style.js";
import { word } from "./words.js";

const told = document.body.dataset.map ? JSON.parse(document.body.dataset.map) : null;
const ALONE_ZOOM = 14, NEAREST_ZOOM = 15;
const MARK_PX = 22;
const dark = matchMedia("(prefers-color-scheme: dark)");
let failed = told === null;

export const cannotDraw = () => failed;

// Resolves with the map; fails where this browser cannot draw it, and from then on nobody tries.
export async function ownMap(box, { centre, zoom = ALONE_ZOOM, interactive }) {
  try {
    const { Map: Drawn } = await mapLibre(told);
    const where = centre ? { center: [centre.longitude, centre.latitude], zoom } : { bounds: told.bounds };
    const locale = { "Map.Title": word("place_map"), "Marker.Title": word("here") };
    const map = new Drawn({ container: box, style: mapStyle(told), interactive, keyboard: false, dragRotate: false, touchPitch: false, attributionControl: false, fadeDuration: 0, maxZoom: 18, locale, ...where });
    map.on("error", ({ error }) => console.warn(`map: ${error?.message}`));
    map.touchZoomRotate.disableRotation();
    const inked = () => map.setStyle(mapStyle(told));
    dark.addEventListener("change", inked);
    map.on("remove", () => dark.removeEventListener("change", inked));
    map.credit = told.credit;
    map.fit = (places, padding) => fit(map, places, padding);
    return map;
  } catch (error) {
    failed = true;
    throw error;
  }
}

function fit(map, places, padding) {
  const [east, north] = [(one) => one.longitude, (one) => one.latitude].map((of) => places.map(of));
  const box = [[Math.min(...east), Math.min(...north)], [Math.max(...east), Math.max(...north)]];
  map.resize();
  map.fitBounds(box, { padding, maxZoom: places.length > 1 ? NEAREST_ZOOM : ALONE_ZOOM, animate: false });
}

// A mark with its name above it, "truck" or "here".
export function marked(map, { latitude, longitude }, name) {
  const element = h("div", { class: "mark", data: { mark: name } }, h("span", { class: "name", dir: "auto" }, word(name)), h("span", { class: "dot" }));
  const mark = new globalThis.maplibregl.Marker({ element, anchor: "bottom", offset: [0, MARK_PX / 2] }).setLngLat([longitude, latitude]).addTo(map);
  element.setAttribute("aria-label", word(name));
  return mark;
}
