// Where they are: asked of the telephone when they say so, or marked on the map by a tap or the arrow keys; shown how well it is known,
// and sent when they say that it is right.

import { h, shown, text } from "./dom.js";
import { cannotDraw, marked, ownMap } from "./own_map.js";
import { number, word } from "./words.js";

const FINGER_PX = 20; // so well is a place hit
const STEP_PX = 16, LEAP = 5;
const LEAST_M = 5, MOST_M = 100000;
const ZOOM_KNOWN = 15, ZOOM_FOUND = 16;
const ARROWS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };
const EARTH_M = 40075017, TILE_PX = 512;

// Returns what closes it.
export function askPlace(box, one, send) {
  const asked = new Asked(box, one, send);
  return () => asked.close();
}

class Asked {
  constructor(box, one, send) {
    Object.assign(this, { box, one, sends: send, place: null });
    this.note = h("p", { role: "status" }, cannotDraw() ? "" : word("place_tap"));
    this.use = h("button", { type: "button", class: "primary", onclick: () => this.locate() }, word("place_use"));
    this.yes = h("button", { type: "button", class: "primary", hidden: true, onclick: () => this.send() }, word("place_send"));
    this.map = h("div", { class: "map picking", role: "application", tabIndex: 0, "aria-label": word("place_map"), onkeydown: (event) => this.key(event) });
    this.credit = h("p", { class: "quiet credit", dir: "auto" });
    box.replaceChildren(this.use, this.map, this.credit, this.note, this.yes, h("button", { type: "button", onclick: () => this.close() }, word("cancel")));
    this.use.focus();
    this.draw();
  }

  async draw() {
    shown(this.map, !cannotDraw());
    shown(this.credit, !cannotDraw());
    if (cannotDraw()) return;
    const near = this.one.place ?? this.one.truck?.place ?? null;
    this.drawing = ownMap(this.map, { centre: near, zoom: ZOOM_KNOWN, interactive: true });
    try {
      const map = await this.drawing;
      if (this.isOver) return;
      this.drawn = map;
      text(this.credit, map.credit);
      map.on("click", ({ lngLat }) => this.mark(lngLat.lat, lngLat.lng));
      if (this.place) this.show();
    } catch {
      shown(this.map, false);
      shown(this.credit, false);
      text(this.note, "");
    }
  }

  // What is marked by hand is known as well as the map is near.
  mark(latitude, longitude) {
    const metres = (EARTH_M * Math.cos((latitude * Math.PI) / 180)) / (TILE_PX * 2 ** this.drawn.getZoom());
    this.take({ latitude, longitude, accuracy_m: metres * FINGER_PX }, "place_marked");
  }

  take({ latitude, longitude, accuracy_m }, said) {
    this.place = { latitude, longitude, accuracy_m: Math.min(MOST_M, Math.max(LEAST_M, Math.ceil(accuracy_m))) };
    text(this.note, word(said, { metres: number(this.place.accuracy_m) }));
    shown(this.yes, true);
    if (this.drawn) this.show();
  }

  show() {
    const at = [this.place.longitude, this.place.latitude];
    if (this.marker) this.marker.setLngLat(at);
    else {
      this.marker = marked(this.drawn, this.place, "here").setDraggable(true);
      this.marker.on("dragend", () => this.mark(this.marker.getLngLat().lat, this.marker.getLngLat().lng));
    }
    if (!this.drawn.getBounds().contains(at)) this.drawn.jumpTo({ center: at });
  }

  key(event) {
    const by = ARROWS[event.key];
    if (!this.drawn || event.ctrlKey || event.metaKey || event.altKey) return;
    if (by) this.step(by.map((one) => one * STEP_PX * (event.shiftKey ? LEAP : 1)));
    else if (["+", "="].includes(event.key)) this.nearer(1);
    else if (event.key === "-") this.nearer(-1);
    else if (event.key === "Enter" && this.place) this.send();
    else return;
    event.preventDefault();
  }

  // The first key puts the mark in the middle.
  step([right, down]) {
    const at = this.place ? this.drawn.project([this.place.longitude, this.place.latitude]) : this.drawn.project(this.drawn.getCenter());
    const { lat, lng } = this.drawn.unproject(this.place ? [at.x + right, at.y + down] : [at.x, at.y]);
    this.mark(lat, lng);
  }

  nearer(by) {
    const { lat, lng } = this.place ? { lat: this.place.latitude, lng: this.place.longitude } : this.drawn.getCenter();
    this.drawn.jumpTo({ center: [lng, lat], zoom: this.drawn.getZoom() + by });
    if (this.place) this.mark(lat, lng);
  }

  locate() {
    this.use.disabled = true;
    text(this.note, word("loading"));
    if (!navigator.geolocation) return this.failed();
    navigator.geolocation.getCurrentPosition((found) => this.found(found), () => this.failed(), { enableHighAccuracy: true, timeout: 20000, maximumAge: 15000 });
  }

  failed() {
    if (this.isOver) return;
    this.use.disabled = false;
    text(this.note, cannotDraw() ? word("place_denied") : `${word("place_denied")} ${word("place_tap")}`);
  }

  found({ coords }) {
    if (this.isOver) return;
    this.use.disabled = false;
    this.drawn?.jumpTo({ center: [coords.longitude, coords.latitude], zoom: ZOOM_FOUND });
    this.take({ latitude: coords.latitude, longitude: coords.longitude, accuracy_m: coords.accuracy }, "place_found");
    this.yes.focus();
  }

  async send() {
    if (await this.sends(this.place)) this.close();
  }

  close() {
    if (this.isOver) return;
    this.isOver = true;
    this.drawing?.then((map) => map.remove(), () => null);
    this.box.replaceChildren();
  }
}
