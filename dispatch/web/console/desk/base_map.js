// The map that the operator brings (`--map`), drawn by MapLibre beneath everything else; it moves as Leaflet does, and hears nothing.
// Its tiles come from this service: no internet. It has no names of its own, which would want letters from elsewhere.

import { leaflet as L } from "./leaflet.js";
import { colour } from "./shapes.js";
import { told } from "./state.js";

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

export async function baseMap() {
  await Promise.all([fetched("script", { src: told.map.script }), fetched("link", { rel: "stylesheet", href: told.map.style })]);
  if (!drawable()) throw new Error("this browser has no WebGL");
  return new Base();
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

const Base = L.Layer.extend({
  onAdd(map) {
    this.box = L.DomUtil.create("div", "base-map", map.getPane("tilePane"));
    this.box.setAttribute("aria-hidden", "true");
    this.fit();
    this.drawn = new globalThis.maplibregl.Map({ container: this.box, style: style(), interactive: false, attributionControl: false, fadeDuration: 0, trackResize: false, ...this.where() });
    this.drawn.on("error", ({ error }) => console.warn(`map: ${error?.message}`));
    map.on("move zoom resize viewreset", this.follow, this);
    map.on("resize", this.resized, this);
  },

  onRemove(map) {
    map.off("move zoom resize viewreset", this.follow, this);
    map.off("resize", this.resized, this);
    this.drawn.remove();
    this.box.remove();
  },

  // Leaflet counts zooms by tiles of 256, MapLibre by such of 512.
  where() {
    const { lat, lng } = this._map.getCenter();
    return { center: [lng, lat], zoom: this._map.getZoom() - 1 };
  },

  fit() {
    const { x, y } = this._map.getSize();
    Object.assign(this.box.style, { width: `${x}px`, height: `${y}px` });
    L.DomUtil.setPosition(this.box, this._map.containerPointToLayerPoint([0, 0]));
  },

  follow() {
    this.fit();
    this.drawn.jumpTo(this.where());
  },

  resized() {
    this.fit();
    this.drawn.resize();
  },

  redraw() {
    this.drawn.setStyle(style());
  },
});

function style() {
  const { tiles, kind, min_zoom: minzoom, max_zoom: maxzoom, bounds } = told.map;
  const source = { type: kind, tiles: [location.origin + tiles], minzoom, maxzoom, bounds, ...(kind === "raster" ? { tileSize: 256 } : {}) };
  const sea = kind === "vector" && told.map.layers.some((one) => AREAS[0][1].includes(one));
  const paper = { id: "paper", type: "background", paint: { "background-color": sea && minzoom > 0 ? ["step", ["zoom"], colour("map"), minzoom, colour("map-water")] : colour(sea ? "map-water" : "map") } };
  return { version: 8, sources: { [SOURCE]: source }, layers: [paper, ...(kind === "raster" ? [{ id: "tiles", type: "raster", source: SOURCE }] : layers(told.map.layers))] };
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
