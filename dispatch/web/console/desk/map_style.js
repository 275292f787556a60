// How the map that the operator brings (`--map`) looks, in the page's own inks, and what draws it: shared by every page that shows one.
// Its tiles come from this service: no internet. It has no names of its own, which would want letters from elsewhere.

import { colour } from "./ink.js";

// What layers are called by the three schemas in use: Protomaps, OpenMapTiles, Shortbread.
const AREAS = [
  ["map", ["earth", "land_base"]],
  ["map-green", ["landcover", "landuse", "park", "land", "sites"]],
  ["map-water", ["water", "ocean", "water_polygons"]],
  ["map-built", ["buildings", "building"]],
];
const LINES = [
  ["map-water", ["waterway", "water_lines"], 1],
  ["muted", ["boundaries", "boundary"], 0.6],
];
const ROADS = ["roads", "transportation", "streets"];
const KIND = ["to-string", ["coalesce", ["get", "kind_detail"], ["get", "class"], ["get", "kind"], ""]];
const RANKS = [
  ["motor", 5, 6, ["motorway", "motorway_link", "highway"]],
  ["main", 4.2, 8, ["trunk", "trunk_link", "primary", "primary_link", "major_road"]],
  ["mid", 3.2, 10, ["secondary", "secondary_link", "tertiary", "tertiary_link", "medium_road"]],
];
const QUIET = ["path", "footway", "cycleway", "pedestrian", "steps", "track", "rail", "ferry", "transit", "pier"];
const SOURCE = "brought";

let library = null;

// Fetches what draws it, once. Fails where this browser cannot draw it, and fetches nothing then.
export function mapLibre(brought) {
  library ??= drawer(brought);
  return library;
}

async function drawer(brought) {
  if (!drawable()) throw new Error("this browser has no WebGL");
  await Promise.all([fetched("script", { src: brought.script }), fetched("link", { rel: "stylesheet", href: brought.style })]);
  return globalThis.maplibregl;
}

function fetched(tag, members) {
  return new Promise((done, failed) => {
    const element = Object.assign(document.createElement(tag), members);
    element.onload = done;
    element.onerror = () => failed(new Error(`${members.src ?? members.href} was not sent`));
    document.head.append(element);
  });
}

function drawable() {
  const canvas = document.createElement("canvas");
  return Boolean(canvas.getContext("webgl2") ?? canvas.getContext("webgl"));
}

export function mapStyle(brought) {
  const { tiles, kind, min_zoom: minzoom, max_zoom: maxzoom, bounds } = brought;
  const source = { type: kind, tiles: [location.origin + tiles], minzoom, maxzoom, bounds, ...(kind === "raster" ? { tileSize: 256 } : {}) };
  const sea = kind === "vector" && brought.layers.some((one) => AREAS[0][1].includes(one));
  const paper = { id: "paper", type: "background", paint: { "background-color": sea && minzoom > 0 ? ["step", ["zoom"], colour("map"), minzoom, colour("map-water")] : colour(sea ? "map-water" : "map") } };
  return { version: 8, sources: { [SOURCE]: source }, layers: [paper, ...(kind === "raster" ? [{ id: "tiles", type: "raster", source: SOURCE }] : layers(brought.layers))] };
}

// Areas, then lines on them, then roads by rank; what is called otherwise is drawn as fine lines, but for what is mere names.
function layers(names) {
  const of = (wanted) => names.filter((name) => wanted.includes(name));
  const areas = AREAS.flatMap(([ink, wanted]) => of(wanted).map((name) => area(name, colour(ink), ink === "map-built" ? 13 : 0)));
  const lines = LINES.flatMap(([ink, wanted, width]) => of(wanted).map((name) => line(name, name, colour(ink), width)));
  const roads = of(ROADS).flatMap((name) => [
    line(`${name} minor`, name, colour("road-minor"), 1.6, 11, ["!", ["in", KIND, ["literal", [...RANKS.flatMap((one) => one[3]), ...QUIET]]]]),
    line(`${name} quiet`, name, colour("road-minor"), 0.7, 13, ["in", KIND, ["literal", QUIET]]),
    ...[...RANKS].reverse().map(([ink, width, from, kinds]) => line(`${name} ${ink}`, name, colour(`road-${ink}`), width, from, ["in", KIND, ["literal", kinds]])),
  ]);
  const known = [...AREAS, ...LINES].flatMap((one) => one[1]).concat(ROADS);
  const others = names.filter((name) => !known.includes(name) && !/place|poi|label|name|housenumber|peak|address/.test(name)).map((name) => line(name, name, colour("road-minor"), 0.6));
  return [...areas, ...lines, ...others, ...roads];
}

const POLYGON = ["==", ["geometry-type"], "Polygon"];
const area = (name, ink, minzoom) => ({ id: `${name} area`, type: "fill", source: SOURCE, "source-layer": name, minzoom, filter: POLYGON, paint: { "fill-color": ink } });

function line(id, name, ink, width, minzoom = 0, filter = ["!", POLYGON]) {
  const wide = ["interpolate", ["exponential", 1.35], ["zoom"], 8, width * 0.35, 13, width, 18, width * 4];
  return { id: `${id} line`, type: "line", source: SOURCE, "source-layer": name, minzoom, filter, layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": ink, "line-width": wide } };
}
