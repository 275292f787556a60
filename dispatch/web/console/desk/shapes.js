// Severities and trucks by shape as well as by colour, as SVG for rows and as paths for the map.

import { svg } from "./dom.js";
import { SEVERITY } from "./needs.js";

// Within a square of -1 to 1: an octagon, a triangle, a diamond, a ring.
const OCTAGON = [...Array(8).keys()].map((one) => [Math.cos((one + 0.5) * (Math.PI / 4)), Math.sin((one + 0.5) * (Math.PI / 4))]);
const TRIANGLE = [[0, -1], [1, 0.8], [-1, 0.8]];
const DIAMOND = [[0, -1], [1, 0], [0, 1], [-1, 0]];
const ARROW = [[0, -1], [0.75, 0.85], [0, 0.45], [-0.75, 0.85]];
const POINTS = [null, DIAMOND, TRIANGLE, OCTAGON];

export function severityIcon(severity, size = 18) {
  const name = SEVERITY[severity];
  const points = POINTS[severity];
  const made = svg("svg", { viewBox: "-1.25 -1.25 2.5 2.5", width: size, height: size, class: `shape ${name}`, "aria-hidden": "true" });
  made.append(points ? svg("polygon", { points: points.map((one) => one.join(",")).join(" ") }) : svg("circle", { r: 0.8, class: "ring" }));
  if (severity === 3) made.append(svg("path", { d: "M0-.6V.15M0 .5V.52", class: "mark" }));
  if (severity === 2) made.append(svg("path", { d: "M0-.35V.25M0 .52V.54", class: "mark" }));
  return made;
}

function trace(context, points, x, y, radius) {
  context.beginPath();
  for (const [number, [dx, dy]] of points.entries()) {
    if (number) context.lineTo(x + dx * radius, y + dy * radius);
    else context.moveTo(x + dx * radius, y + dy * radius);
  }
  context.closePath();
}

// A case on the map: filled where nobody is on the way, with a hole where somebody is.
export function drawCase(context, x, y, severity, { radius = 8, helped = false, chosen = false, colours }) {
  const points = POINTS[severity];
  context.lineJoin = "round";
  if (points) trace(context, points, x, y, radius);
  else {
    context.beginPath();
    context.arc(x, y, radius * 0.85, 0, 2 * Math.PI);
  }
  context.lineWidth = chosen ? 6 : 3.5;
  context.strokeStyle = chosen ? colours.focus : colours.halo;
  context.stroke();
  context.lineWidth = 2.5;
  context.strokeStyle = colours[SEVERITY[severity]];
  context.fillStyle = helped ? colours.halo : colours[SEVERITY[severity]];
  context.fill();
  context.stroke();
}

// A truck on the map: an arrow where it looks, or a square where that is not known; hollow while it is free.
export function drawTruck(context, x, y, { state, heading, chosen = false, stale = 0, colours }) {
  context.save();
  context.globalAlpha = 1 - 0.65 * stale;
  context.translate(x, y);
  if (heading !== null && heading !== undefined) context.rotate((heading * Math.PI) / 180);
  const radius = state === "off" ? 5 : 9;
  const points = heading === null || heading === undefined ? [[-0.7, -0.7], [0.7, -0.7], [0.7, 0.7], [-0.7, 0.7]] : ARROW;
  trace(context, points, 0, 0, radius);
  context.lineJoin = "round";
  context.lineWidth = chosen ? 7 : 4;
  context.strokeStyle = chosen ? colours.focus : colours.halo;
  context.stroke();
  context.lineWidth = 2;
  if (stale >= 1) context.setLineDash([3, 2]);
  const ink = colours[`truck-${state === "busy" ? "driving" : state}`];
  context.strokeStyle = ink;
  context.fillStyle = state === "free" ? colours.halo : ink;
  context.fill();
  context.stroke();
  if (state === "scene") {
    context.beginPath();
    context.arc(0, 0, 3, 0, 2 * Math.PI);
    context.fillStyle = colours.halo;
    context.fill();
  }
  context.restore();
}
