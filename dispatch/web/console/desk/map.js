// The map: roads, what broke by shape and colour, trucks as arrows, their ways, how well a place is known, other devices in view.

import { baseMap } from "./base_map.js";
import { say } from "./dialogs.js";
import { find, h, shown, text } from "./dom.js";
import { matches } from "./filters.js";
import { colour } from "./ink.js";
import { leaflet as L } from "./leaflet.js";
import { SEVERITY, TRUCK_STATE, overdue, truckState } from "./needs.js";
import { loadRoads } from "./roads.js";
import { drawCase, drawTruck } from "./shapes.js";
import { state, told } from "./state.js";
import { ago, hour, lasted } from "./time.js";
import { helpWords, short } from "./words.js";

const INKS = ["critical", "high", "medium", "low", "halo", "focus", "truck-free", "truck-asked", "truck-driving", "truck-scene", "truck-off", "ink", "muted", "route", "late", "circle", "crowd", "silent", "place-ink", "place-halo"];
const REACH = 16;
const CLUSTER = 46;
const TOGETHER = 4;
const STALE_S = 120;
const STEP_PX = 20;

export class DeskMap {
  // alone: what is chosen is shown and nothing beside it. known: what the page itself knows of it, as long as the picture of everything,
  // which another process makes, does not tell of it.
  constructor(feed, { alone = false, known = () => null } = {}) {
    Object.assign(this, { feed, alone, known });
    this.map = L.map("map", { zoomControl: false, attributionControl: false, zoomAnimation: false, fadeAnimation: false, markerZoomAnimation: false, keyboard: true, minZoom: 3, maxZoom: 18, zoomSnap: 0.5, wheelPxPerZoomLevel: 90 });
    L.control.zoom({ position: "bottomright" }).addTo(this.map);
    L.control.scale({ imperial: false, position: "bottomleft" }).addTo(this.map);
    this.canvas = h("canvas", { class: "facts" });
    this.map.getPane("overlayPane").append(this.canvas);
    this.tip = find("#map-tip");
    this.hits = [];
    this.touched = false;
    this.#inks();
    this.#start();
    this.map.on("move resize", () => this.soon());
    this.map.on("moveend", () => this.#moved());
    this.map.on("click", (event) => this.#click(event.containerPoint));
    this.map.on("mousemove", (event) => this.#hover(event.containerPoint));
    this.map.on("mouseout", () => shown(this.tip, false));
    for (const name of ["pointerdown", "wheel", "keydown"]) find("#map").addEventListener(name, () => (this.touched = true), { passive: true });
    state.addEventListener("told", (event) => this.#told(event.detail));
    state.addEventListener("view", () => this.soon());
    state.addEventListener("selected", (event) => this.#selected(event.detail));
    state.addEventListener("chosen", () => this.#chosen());
    setInterval(() => this.soon(), 5000);
    new ResizeObserver(() => this.resized()).observe(find("#map"));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.inked());
  }

  // One that nobody saw so far, as on a telephone, shows everything once it is seen.
  resized() {
    this.map.invalidateSize({ animate: false });
    const seen = this.map.getSize().x > 0;
    if (seen && !this.seen && !this.touched) this.fit();
    this.seen = seen;
  }

  #start() {
    const kept = state.chosen.view;
    if (kept) {
      this.map.setView(kept.slice(0, 2), kept[2], { animate: false });
      this.touched = true;
    } else this.map.setView([30, 10], 3, { animate: false });
  }

  #inks() {
    this.colours = Object.fromEntries(INKS.map((one) => [one, colour(one)]));
  }

  // The theme is another: everything is drawn anew.
  inked() {
    this.#inks();
    this.roads?.layer.redraw();
    this.base?.redraw();
    this.soon();
  }

  #chosen() {
    this.#moved(false);
    this.inkedFor ??= state.chosen.theme;
    if (this.inkedFor !== state.chosen.theme) {
      this.inkedFor = state.chosen.theme;
      this.inked();
    }
    this.soon();
  }

  async #told({ whole }) {
    await this.#ground();
    this.#credit();
    if (!this.touched && (whole || !this.fitted)) this.fit();
    if (state.chosen.follow) this.#follow();
    this.soon();
  }

  // What everything lies on, asked for once: the map that the operator brings, else the roads that arrivals are reckoned by.
  async #ground() {
    if (told.map && !this.brought) {
      this.brought = true;
      try {
        this.base = (await baseMap()).addTo(this.map);
      } catch (error) {
        this.brought = "cannot be drawn";
        say(`The map that this house brings cannot be drawn: ${error.message}. Roads are drawn instead.`, "refused");
      }
    }
    if (this.base || this.asked || !state.status.roads || this.brought === true) return;
    this.asked = true;
    this.roads = await loadRoads();
    if (!this.roads) return;
    this.roads.layer.addTo(this.map);
    if (!this.touched) this.fit();
  }

  #credit() {
    const said = [this.base && told.map.credit, this.roads?.attribution, state.places.length ? "Place names: GeoNames, CC BY 4.0" : ""].filter(Boolean).join(" · ");
    text(find("#credit"), said);
  }

  // Everything that has a place; the roads, where they are known.
  fit() {
    const points = [...state.cases.values()].filter((one) => one.place).map((one) => one.place.slice(0, 2));
    points.push(...[...state.trucks.values()].map((one) => one.at.slice(0, 2)));
    if (!points.length && !this.roads && !this.base) return;
    this.fitted = points.length > 0;
    const [west, south, east, north] = told.map?.bounds ?? [];
    const empty = this.roads?.bounds ?? [[south, west], [north, east]];
    const bounds = L.latLngBounds(points.length ? middle(points) : empty);
    this.map.fitBounds(bounds, { padding: [36, 36], maxZoom: 15, animate: false });
    shown(find("#map-empty"), false);
  }

  #moved(ask = true) {
    const bounds = this.map.getBounds();
    state.box = [bounds.getSouth(), bounds.getWest(), bounds.getNorth(), bounds.getEast()];
    if (ask) {
      if (this.touched) {
        const middle = this.map.getCenter();
        state.choose({ view: [middle.lat, middle.lng, this.map.getZoom()] });
      } else this.soon();
    }
    const wanted = state.chosen.layers.devices && !this.alone ? state.box.map((one) => Math.round(one * 1e5) / 1e5) : null;
    const key = JSON.stringify(wanted);
    if (key !== this.askedBox) {
      this.askedBox = key;
      clearTimeout(this.asking);
      this.asking = setTimeout(() => this.feed.ask({ type: "view", box: wanted && wanted.map((one, at) => (at % 2 ? Math.max(-360, Math.min(360, one)) : one)) }), 200);
    }
  }

  soon() {
    this.waiting ??= requestAnimationFrame(() => {
      this.waiting = null;
      this.draw();
    });
  }

  draw() {
    const size = this.map.getSize();
    const ratio = window.devicePixelRatio || 1;
    const { canvas } = this;
    if (canvas.width !== size.x * ratio || canvas.height !== size.y * ratio) {
      canvas.width = size.x * ratio;
      canvas.height = size.y * ratio;
      canvas.style.width = `${size.x}px`;
      canvas.style.height = `${size.y}px`;
    }
    L.DomUtil.setPosition(canvas, this.map.containerPointToLayerPoint([0, 0]));
    const context = canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, size.x, size.y);
    this.size = size;
    this.hits = [];
    const now = state.now();
    const cases = [...state.cases.values(), ...this.#foreknown()].filter((one) => one.place && (one.id === state.selected || (!this.alone && matches(one, now))));
    if (state.chosen.layers.names) this.#names(context);
    if (!this.alone) this.#devices(context, now);
    if (state.chosen.layers.routes) for (const one of cases) this.#route(context, one, now);
    this.#cases(context, cases);
    this.#trucks(context, now);
    shown(find("#map-empty"), state.known && !cases.length && !state.trucks.size && !this.roads && !this.base);
  }

  #at(latitude, longitude) {
    const { x, y } = this.map.latLngToContainerPoint([latitude, longitude]);
    return x > -60 && y > -60 && x < this.size.x + 60 && y < this.size.y + 60 ? [x, y] : null;
  }

  #names(context) {
    const taken = [];
    const zoom = this.map.getZoom();
    for (const [name, latitude, longitude, people] of state.places) {
      if (people < 4e6 / 2.2 ** (zoom - 5)) continue;
      const at = this.#at(latitude, longitude);
      if (!at) continue;
      const big = people > 100_000;
      context.font = `${big ? 600 : 500} ${big ? 14 : 12}px system-ui, sans-serif`;
      const wide = context.measureText(name).width / 2 + 6;
      if (taken.some(([x, y, other]) => Math.abs(x - at[0]) < wide + other && Math.abs(y - at[1]) < 18)) continue;
      taken.push([at[0], at[1], wide]);
      write(context, name, at[0], at[1], this.colours["place-ink"], this.colours["place-halo"], big ? 600 : 500, big ? 14 : 12);
    }
  }

  #devices(context, now) {
    const { each = [], crowds = [] } = state.replay ? {} : state.view;
    for (const [name, kind, latitude, longitude, accuracy, fix, standing] of each) {
      const at = this.#at(latitude, longitude);
      if (!at) continue;
      const dot = told.kinds[kind] ?? { colour: "#64748b", radius: 2 };
      context.globalAlpha = Math.max(0.25, 1 - (now - fix) / 14_400);
      context.beginPath();
      context.arc(...at, dot.radius, 0, 2 * Math.PI);
      context.fillStyle = dot.colour;
      context.fill();
      if (standing === "silent") {
        context.globalAlpha = 1;
        context.beginPath();
        context.moveTo(at[0] - 4, at[1] - 4);
        context.lineTo(at[0] + 4, at[1] + 4);
        context.strokeStyle = this.colours.silent;
        context.lineWidth = 2;
        context.stroke();
      }
      context.globalAlpha = 1;
      this.hits.push({ x: at[0], y: at[1], reach: 6, device: [name, kind, accuracy, fix, standing] });
    }
    for (const [latitude, longitude, count, silent] of crowds) {
      const at = this.#at(latitude, longitude);
      if (!at) continue;
      context.beginPath();
      context.arc(...at, Math.min(9, 1.5 + Math.sqrt(count) / 2), 0, 2 * Math.PI);
      context.fillStyle = this.colours.crowd;
      context.globalAlpha = 0.55;
      context.fill();
      context.globalAlpha = 1;
      this.hits.push({ x: at[0], y: at[1], reach: 8, crowd: [count, silent] });
    }
  }

  #route(context, one, now) {
    const truck = one.help && ["promised", "offered"].includes(one.help.state) ? state.trucks.get(one.help.truck) : null;
    if (!truck) return;
    const chosen = one.id === state.selected || one.help.truck === state.truck;
    const ahead = one.route ? remaining(one.route, truck.at) : [truck.at, one.place];
    context.beginPath();
    ahead.forEach(([latitude, longitude], number) => {
      const { x, y } = this.map.latLngToContainerPoint([latitude, longitude]);
      if (number) context.lineTo(x, y);
      else context.moveTo(x, y);
    });
    context.lineJoin = "round";
    context.setLineDash(one.help.state === "offered" ? [3, 5] : one.route ? [] : [8, 5]);
    context.globalAlpha = chosen ? 1 : 0.55;
    context.lineWidth = chosen ? 5 : 2.5;
    context.strokeStyle = overdue(one, now) ? this.colours.late : this.colours.route;
    context.stroke();
    context.setLineDash([]);
    context.globalAlpha = 1;
    if (chosen) {
      const at = this.#at(...one.place);
      if (at) write(context, `${short(one.help.truck)} ${hour(Math.max(one.help.eta, now), state.zone)}`, at[0], at[1] - 22, this.colours.ink, this.colours.halo, 600);
    }
  }

  #cases(context, cases) {
    const zoom = this.map.getZoom();
    const cells = new Map();
    const alone = [];
    for (const one of cases) {
      const at = this.#at(one.place[0], one.place[1]);
      if (!at) continue;
      const spot = { one, x: at[0], y: at[1] };
      if (one.id === state.selected) {
        alone.push(spot);
        continue;
      }
      const name = `${Math.floor(at[0] / CLUSTER)},${Math.floor(at[1] / CLUSTER)}`;
      if (!cells.has(name)) cells.set(name, []);
      cells.get(name).push(spot);
    }
    for (const some of cells.values()) {
      if (some.length >= TOGETHER && zoom < 17) this.#cluster(context, some);
      else alone.push(...some);
    }
    alone.sort((a, b) => a.one.severity - b.one.severity);
    for (const spot of alone) this.#case(context, spot, zoom);
  }

  #case(context, { one, x, y }, zoom) {
    const chosen = one.id === state.selected;
    const radius = this.#pixels(one.place[2], one.place[0]);
    if ((chosen || (state.chosen.layers.circles && zoom >= 13)) && radius > 10) {
      context.beginPath();
      context.arc(x, y, Math.min(radius, 4000), 0, 2 * Math.PI);
      context.fillStyle = this.colours.circle;
      context.globalAlpha = chosen ? 0.35 : 0.18;
      context.fill();
      context.globalAlpha = 1;
    }
    const helped = Boolean(one.help && ["promised", "on_scene", "too_late", "done"].includes(one.help.state)) || Boolean(one.order);
    drawCase(context, x, y, one.severity, { radius: chosen ? 11 : 8, helped, chosen, colours: this.colours });
    if (one.doubt && chosen) this.#doubt(context, one, x, y);
    this.hits.push({ x, y, reach: REACH, id: one.id });
  }

  #doubt(context, one, x, y) {
    const at = this.#at(one.doubt[0], one.doubt[1]);
    if (!at) return;
    context.beginPath();
    context.moveTo(x, y);
    context.lineTo(...at);
    context.setLineDash([2, 4]);
    context.strokeStyle = this.colours.late;
    context.lineWidth = 2;
    context.stroke();
    context.setLineDash([]);
    write(context, `? ${one.doubt[4]}`, at[0], at[1], this.colours.late, this.colours.halo, 600);
  }

  #pixels(metres, latitude) {
    const perPixel = (40_075_016.686 * Math.cos((latitude * Math.PI) / 180)) / (256 * 2 ** this.map.getZoom());
    return metres / perPixel;
  }

  #cluster(context, some) {
    const x = some.reduce((sum, one) => sum + one.x, 0) / some.length;
    const y = some.reduce((sum, one) => sum + one.y, 0) / some.length;
    const worst = Math.max(...some.map((one) => one.one.severity));
    const radius = 13 + Math.min(9, Math.sqrt(some.length));
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.fillStyle = this.colours.halo;
    context.fill();
    context.lineWidth = 3;
    context.strokeStyle = this.colours[SEVERITY[worst]];
    context.stroke();
    context.font = "700 13px system-ui, sans-serif";
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillStyle = this.colours.ink;
    context.fillText(String(some.length), x, y);
    drawCase(context, x + radius * 0.75, y - radius * 0.75, worst, { radius: 6, colours: this.colours });
    this.hits.push({ x, y, reach: radius, cluster: some });
  }

  #trucks(context, now) {
    const close = this.map.getZoom() >= 13;
    for (const truck of state.trucks.values()) {
      if (this.alone && (!state.selected || truck.case !== state.selected)) continue;
      const at = this.#at(truck.at[0], truck.at[1]);
      if (!at) continue;
      const standing = truckState(truck, state.cases);
      const stale = Math.min(1, Math.max(0, (now - truck.heard - STALE_S) / ((state.targets.silent_s ?? 300) * 2)));
      const chosen = truck.id === state.truck || (state.selected !== null && truck.case === state.selected);
      drawTruck(context, ...at, { state: standing, heading: truck.heading, chosen, stale, colours: this.colours });
      if (close || chosen) write(context, short(truck.id), at[0], at[1] + 19, this.colours.ink, this.colours.halo, 500, 11);
      this.hits.push({ x: at[0], y: at[1], reach: REACH, truck: truck.id });
    }
  }

  #hit({ x, y }) {
    let best = null;
    for (const hit of this.hits) {
      const far = Math.hypot(hit.x - x, hit.y - y);
      if (far <= hit.reach && (!best || far <= best.far || hit.id || hit.truck)) best = { ...hit, far };
    }
    return best;
  }

  #click(point) {
    const hit = this.#hit(point);
    if (hit?.id) state.select(hit.id, "map");
    else if (hit?.truck) {
      const carries = state.trucks.get(hit.truck)?.case;
      if (carries) state.select(carries, "map");
      else state.select(null, "map");
      state.selectTruck(hit.truck, "map");
    } else if (hit?.cluster) {
      this.touched = true;
      const spots = hit.cluster.map(({ one }) => one.place.slice(0, 2));
      this.map.fitBounds(L.latLngBounds(spots), { padding: [60, 60], maxZoom: Math.max(17, this.map.getZoom() + 1), animate: false });
    }
  }

  #hover(point) {
    const hit = this.#hit(point);
    find("#map").classList.toggle("over", Boolean(hit && !hit.crowd));
    const said = hit ? this.#tipOf(hit) : "";
    shown(this.tip, said !== "");
    if (!said) return;
    text(this.tip, said);
    this.tip.style.left = `${Math.min(point.x + 14, this.size.x - this.tip.offsetWidth - 8)}px`;
    this.tip.style.top = `${Math.min(point.y + 14, this.size.y - this.tip.offsetHeight - 8)}px`;
  }

  #tipOf(hit) {
    const now = state.now();
    if (hit.id) {
      const one = state.cases.get(hit.id);
      if (!one) return this.known()?.near ?? "";
      if (!one) return "";
      return `${SEVERITY[one.severity]}: ${one.name}\n${one.who} · ${one.near}\n${helpWords(one, now, state.zone, state.trucks.get(one.help?.truck)?.heard)}\nopen for ${lasted(now - one.opened)} · ±${one.place[2]} m, ${ago(now - one.place[3])}`;
    }
    if (hit.truck) {
      const truck = state.trucks.get(hit.truck);
      return truck ? `${truck.id}: ${TRUCK_STATE[truckState(truck, state.cases)]}\n${truck.skills.join(", ").replaceAll("_", " ")}\nheard ${ago(now - truck.heard)}` : "";
    }
    if (hit.device) return `${hit.device[0]} (${hit.device[1]}): ${hit.device[4]}\n±${hit.device[2]} m, ${ago(now - hit.device[3])}`;
    if (hit.crowd) return `${hit.crowd[0]} devices${hit.crowd[1] ? `, ${hit.crowd[1]} silent` : ""}`;
    return `${hit.cluster.length} cases: click to see them`;
  }

  #selected(from) {
    this.soon();
    if (this.alone) this.#fitChosen();
    if (from === "map" || this.alone) return;
    const spot = this.#spot();
    if (!spot) return;
    const inside = this.map.getBounds().pad(-0.1).contains(spot);
    if (!inside || state.chosen.follow) this.map.setView(spot, Math.max(this.map.getZoom(), 13), { animate: false });
  }

  #spot() {
    const truck = state.trucks.get(state.truck);
    if (truck) return truck.at.slice(0, 2);
    return state.cases.get(state.selected)?.place?.slice(0, 2) ?? null;
  }

  #foreknown() {
    const one = state.cases.has(state.selected) ? null : this.known();
    return one?.id === state.selected ? [one] : [];
  }

  get #chosenCase() {
    return state.cases.get(state.selected) ?? this.#foreknown()[0];
  }

  #follow() {
    const one = this.#chosenCase;
    const truck = state.trucks.get(state.truck ?? one?.help?.truck);
    if (!one?.place && !truck) return;
    const spots = [one?.place?.slice(0, 2), truck?.at.slice(0, 2)].filter(Boolean);
    const bounds = L.latLngBounds(spots);
    if (!this.map.getBounds().pad(-0.08).contains(bounds)) this.map.fitBounds(bounds, { padding: [70, 70], maxZoom: 16, animate: false });
  }

  #fitChosen() {
    this.touched = Boolean(state.selected);
    const one = this.#chosenCase;
    const spots = [one?.place, state.trucks.get(one?.help?.truck)?.at].filter(Boolean).map((at) => at.slice(0, 2));
    if (spots.length) this.map.fitBounds(L.latLngBounds(spots), { padding: [70, 70], maxZoom: 15, animate: false });
  }

  show([south, west, north, east]) {
    this.touched = true;
    this.map.fitBounds([[south, west], [north, east]], { animate: false });
  }

  goTo(latitude, longitude, zoom = 14) {
    this.touched = true;
    this.map.setView([latitude, longitude], zoom, { animate: false });
  }

  // Has the person point at a place; resolves with it, or with null where they think better of it.
  pick(said) {
    const hint = find("#map-pick");
    text(hint, said);
    shown(hint, true);
    find("#map").classList.add("picking");
    return new Promise((done) => {
      const over = (where) => {
        shown(hint, false);
        find("#map").classList.remove("picking");
        this.map.off("click", clicked);
        removeEventListener("keydown", keyed, true);
        done(where);
      };
      const clicked = (event) => over([event.latlng.lat, event.latlng.lng]);
      const keyed = (event) => {
        const act = { Escape: () => over(null), Enter: () => over(Object.values(this.map.getCenter())), "+": () => this.map.zoomIn(), "-": () => this.map.zoomOut() }[event.key];
        const by = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[event.key];
        if (!act && !by) return;
        event.stopPropagation();
        event.preventDefault();
        if (act) act();
        else this.map.panBy(by.map((one) => one * (event.shiftKey ? STEP_PX * 5 : STEP_PX)), { animate: false });
      };
      this.map.on("click", clicked);
      addEventListener("keydown", keyed, true);
    });
  }
}

// Without those few that are far from all the others: one wrong fix would make the map a world.
function middle(points) {
  const within = (at) => {
    const values = points.map((one) => one[at]).sort((a, b) => a - b);
    const [low, high] = [values[Math.floor(values.length * 0.02)], values[Math.ceil(values.length * 0.98) - 1]];
    return [low - (high - low) * 0.5 - 0.01, high + (high - low) * 0.5 + 0.01];
  };
  const [south, north] = within(0);
  const [west, east] = within(1);
  return points.filter(([latitude, longitude]) => latitude >= south && latitude <= north && longitude >= west && longitude <= east);
}

// What is left of a way, from where the truck is.
function remaining(route, at) {
  let best = 0;
  let least = Infinity;
  route.forEach(([latitude, longitude], number) => {
    const far = (latitude - at[0]) ** 2 + ((longitude - at[1]) * 0.55) ** 2;
    if (far < least) [best, least] = [number, far];
  });
  return [at, ...route.slice(best + (best < route.length - 1 ? 1 : 0))];
}

function write(context, said, x, y, ink, halo, weight = 500, size = 12) {
  context.font = `${weight} ${size}px system-ui, sans-serif`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.lineWidth = 3.5;
  context.lineJoin = "round";
  context.strokeStyle = halo;
  context.strokeText(said, x, y);
  context.fillStyle = ink;
  context.fillText(said, x, y);
}
