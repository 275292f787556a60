// The map that the operator brings (`--map`), drawn by MapLibre beneath everything else; it moves as Leaflet does, and hears nothing.

import { leaflet as L } from "./leaflet.js";
import { mapLibre, mapStyle } from "./map_style.js";
import { told } from "./state.js";

export async function baseMap() {
  await mapLibre(told.map);
  return new Base();
}

const Base = L.Layer.extend({
  onAdd(map) {
    this.box = L.DomUtil.create("div", "base-map", map.getPane("tilePane"));
    this.box.setAttribute("aria-hidden", "true");
    this.fit();
    this.drawn = new globalThis.maplibregl.Map({ container: this.box, style: mapStyle(told.map), interactive: false, attributionControl: false, fadeDuration: 0, trackResize: false, ...this.where() });
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
    this.drawn.setStyle(mapStyle(told.map));
  },
});
