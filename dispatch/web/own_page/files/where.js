// Where the truck is and where they are: on the map that the house brings, else, or where it cannot be drawn, drawn to scale.

import { h, shown, text } from "./dom.js";
import { cannotDraw, marked, ownMap } from "./own_map.js";
import { kilometres, sketch } from "./sketch.js";
import { number, word } from "./words.js";

const MARGIN = { top: 60, bottom: 30, left: 56, right: 56 }; // a name stands above its mark

export class Where {
  constructor() {
    this.box = h("div", { class: "map", role: "img" });
    this.said = h("p", { class: "quiet" });
    this.credit = h("p", { class: "quiet credit", dir: "auto" });
    this.drawing = h("div", { hidden: true }, this.box, this.said, this.credit);
    this.sketch = h("div", { hidden: true });
    this.element = h("div", {}, this.drawing, this.sketch);
  }

  show(one) {
    const truck = one.closed_at === null ? (one.truck?.place ?? null) : null;
    const here = one.closed_at === null ? one.place : null;
    const isMapped = !cannotDraw() && (truck !== null || here !== null);
    shown(this.drawing, isMapped);
    if (!isMapped) return sketch(this.sketch, one);
    const said = truck && here ? word("away", { km: number(kilometres(truck, here), 1) }) : "";
    text(this.said, said);
    shown(this.said, said !== "");
    this.box.setAttribute("aria-label", said || word(truck ? "truck" : "here"));
    this.#draw({ truck, here }, one);
  }

  async #draw(places, one) {
    this.places = places;
    this.map ??= ownMap(this.box, { centre: places.here ?? places.truck, interactive: false });
    try {
      const map = await this.map;
      if (this.isOver) return;
      text(this.credit, map.credit);
      this.#mark(map);
    } catch (error) {
      console.warn(`map: ${error.message}`);
      shown(this.drawing, false);
      sketch(this.sketch, one);
    }
  }

  // What moved is moved; the map shows both, and is let alone where it does already.
  #mark(map) {
    this.marks ??= {};
    for (const [name, place] of Object.entries(this.places)) {
      if (!place) {
        this.marks[name]?.remove();
        delete this.marks[name];
      } else if (this.marks[name]) this.marks[name].setLngLat([place.longitude, place.latitude]);
      else this.marks[name] = marked(map, place, name);
    }
    const key = JSON.stringify(Object.values(this.places));
    if (this.fitted === key) return;
    this.fitted = key;
    map.fit(Object.values(this.places).filter(Boolean), MARGIN);
  }

  end() {
    this.isOver = true;
    this.map?.then((map) => map.remove(), () => null);
  }
}
