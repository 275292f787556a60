// The roads that arrivals are reckoned by, drawn as they are needed: no tiles, no internet.

import { leaflet as L } from "./leaflet.js";
import { colour } from "./ink.js";

const TILE = 256;
const CELL = 0.02;
// From the least to the most: class, from which zoom on, and how wide at zoom 14.
const STYLE = [
  ["living_street", 14, 1.4, "minor"],
  ["residential", 12, 1.6, "minor"],
  ["unclassified", 12, 1.8, "minor"],
  ["tertiary", 11, 2.6, "mid"],
  ["tertiary_link", 13, 1.8, "mid"],
  ["secondary", 10, 3.4, "mid"],
  ["secondary_link", 12, 2, "mid"],
  ["primary", 8, 4, "main"],
  ["primary_link", 11, 2.4, "main"],
  ["trunk", 6, 4.6, "main"],
  ["trunk_link", 11, 2.6, "main"],
  ["motorway", 6, 5, "motor"],
  ["motorway_link", 11, 3, "motor"],
];

// Where a place lies on a map of the world that is one wide and one high.
export function onWorld(latitude, longitude) {
  const sine = Math.sin((latitude * Math.PI) / 180);
  return [longitude / 360 + 0.5, 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)];
}

function indexed(feature) {
  const cells = new Map();
  for (const line of feature.geometry.coordinates) {
    const points = new Float64Array(line.length * 2);
    const names = new Set();
    line.forEach(([longitude, latitude], number) => {
      [points[2 * number], points[2 * number + 1]] = onWorld(latitude, longitude);
      names.add(`${Math.floor(longitude / CELL)},${Math.floor(latitude / CELL)}`);
    });
    for (const name of names) {
      if (!cells.has(name)) cells.set(name, []);
      cells.get(name).push(points);
    }
  }
  return cells;
}

const Roads = L.GridLayer.extend({
  initialize(collection, options) {
    L.GridLayer.prototype.initialize.call(this, options);
    this.cells = new Map(collection.features.map((one) => [one.properties.road, indexed(one)]));
  },

  createTile(at) {
    const tile = document.createElement("canvas");
    const ratio = window.devicePixelRatio || 1;
    tile.width = tile.height = TILE * ratio;
    const context = tile.getContext("2d");
    context.scale(ratio, ratio);
    context.lineCap = context.lineJoin = "round";
    const grown = Math.min(2.6, Math.max(0.62, 1.26 ** (at.z - 13.5)));
    for (const [name, from, width, ink] of STYLE) {
      if (at.z >= from && this.cells.has(name)) this.drawClass(context, at, this.cells.get(name), width * grown, colour(`road-${ink}`));
    }
    return tile;
  },

  drawClass(context, at, cells, width, ink) {
    const world = TILE * 2 ** at.z;
    const [left, top] = [at.x * TILE, at.y * TILE];
    const drawn = new Set();
    context.beginPath();
    for (const name of this.cellsOf(at)) {
      for (const points of cells.get(name) ?? []) {
        if (drawn.has(points)) continue;
        drawn.add(points);
        for (let one = 0; one < points.length; one += 2) {
          const [x, y] = [points[one] * world - left, points[one + 1] * world - top];
          if (one) context.lineTo(x, y);
          else context.moveTo(x, y);
        }
      }
    }
    context.lineWidth = width;
    context.strokeStyle = ink;
    context.stroke();
  },

  *cellsOf(at) {
    const bounds = this._tileCoordsToBounds(at);
    const [west, east] = [bounds.getWest(), bounds.getEast()].map((one) => Math.floor(one / CELL));
    const [south, north] = [bounds.getSouth(), bounds.getNorth()].map((one) => Math.floor(one / CELL));
    for (let column = west - 1; column <= east + 1; column++) {
      for (let row = south - 1; row <= north + 1; row++) yield `${column},${row}`;
    }
  },
});

export async function loadRoads() {
  const answer = await fetch("/api/v1/roads");
  if (!answer.ok) return null;
  const collection = await answer.json();
  const layer = new Roads(collection, { tileSize: TILE, updateWhenZooming: false, keepBuffer: 2, attribution: "" });
  let [south, west, north, east] = [90, 180, -90, -180];
  for (const feature of collection.features) {
    for (const line of feature.geometry.coordinates) {
      for (const [longitude, latitude] of [line[0], line.at(-1)]) {
        south = Math.min(south, latitude);
        north = Math.max(north, latitude);
        west = Math.min(west, longitude);
        east = Math.max(east, longitude);
      }
    }
  }
  return { layer, attribution: collection.attribution, bounds: [[south, west], [north, east]] };
}
