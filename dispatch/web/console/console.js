// The console's map: vector layers only, so that it works without the internet. Positions come from the HTTP API, which is
// asked again every other second; after a lost connection the next answer brings everything up to date.
(() => {
  const DOTS = window.callaheadDots; // of each kind of device: colour, radius, whether it lies above the others
  const OF_NO_KIND = { colour: "#64748b", radius: 2, above: false };
  const SEVERITY = { critical: "#7f1d1d", high: "#b91c1c", medium: "#b45309", low: "#475569" };
  const STALE_S = 900;

  // Whatever others told us is text: names of devices, of parts, of places and of what lies in a fridge.
  const ENTITIES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
  const text = (told) => String(told ?? "").replace(/[&<>"']/g, (one) => ENTITIES[one]);
  const isPlace = (latitude, longitude) => Number.isFinite(latitude) && Number.isFinite(longitude);

  function age(seconds) {
    if (seconds === null || seconds === undefined) return "never";
    if (seconds < 90) return `${Math.round(seconds)} s ago`;
    if (seconds < 5400) return `${Math.round(seconds / 60)} min ago`;
    return `${Math.round(seconds / 3600)} h ago`;
  }

  function graticule(map) {
    const group = L.layerGroup().addTo(map);
    const draw = () => {
      group.clearLayers();
      const bounds = map.getBounds();
      const span = bounds.getEast() - bounds.getWest();
      const step = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10].find((one) => span / one < 12) || 20;
      const style = { color: "#e2e8f0", weight: 1, interactive: false };
      for (let x = Math.floor(bounds.getWest() / step) * step; x < bounds.getEast(); x += step)
        L.polyline([[bounds.getSouth(), x], [bounds.getNorth(), x]], style).addTo(group);
      for (let y = Math.floor(bounds.getSouth() / step) * step; y < bounds.getNorth(); y += step)
        L.polyline([[y, bounds.getWest()], [y, bounds.getEast()]], style).addTo(group);
    };
    map.on("moveend", draw);
    draw();
  }

  function names(map, places) {
    for (const place of places) {
      const size = place.population > 200000 ? 15 : place.population > 20000 ? 12 : 10;
      const icon = L.divIcon({ className: "place-name", html: `<span style="font-size:${size}px">${text(place.name)}</span>` });
      L.marker([place.latitude, place.longitude], { icon, interactive: false, keyboard: false }).addTo(map);
    }
  }

  // Wide and pale for the large ones, narrow for streets, below everything that moves; and whose map it is.
  const ROADS = { motorway: 4, trunk: 4, primary: 3, secondary: 2.5, tertiary: 2 };

  async function roads(map) {
    const answer = await fetch("/api/v1/roads");
    if (!answer.ok) return; // the house reckons by great circle
    const { features, attribution } = await answer.json();
    map.createPane("roads").style.zIndex = 300;
    const renderer = L.canvas({ pane: "roads", padding: 0.3 });
    for (const { properties, geometry } of features) {
      const weight = ROADS[properties.road.replace("_link", "")] || 1;
      const lines = geometry.coordinates.map((line) => line.map(([longitude, latitude]) => [latitude, longitude]));
      L.polyline(lines, { renderer, pane: "roads", weight, color: weight > 1 ? "#cbd5e1" : "#e2e8f0", interactive: false }).addTo(map);
    }
    L.control.attribution({ prefix: false }).addAttribution(text(attribution)).addTo(map);
  }

  function start(map) {
    if (map.callahead) return;
    map.callahead = true;
    graticule(map);
    roads(map).catch(() => {}); // without them the map shows what it showed before
    L.control.scale({ imperial: false }).addTo(map);
    const canvas = L.canvas({ padding: 0.3 });
    const dots = new Map();
    const alerts = L.layerGroup().addTo(map);
    let fitted = false;

    function dot(feature) {
      const { device, kind, state, age_s, accuracy_m, job } = feature.properties;
      const [longitude, latitude] = feature.geometry.coordinates;
      if (!isPlace(latitude, longitude)) return;
      const shape = DOTS[kind] || OF_NO_KIND;
      const stale = age_s > STALE_S || state !== "online";
      const style = {
        renderer: canvas, radius: shape.radius, stroke: shape.above, color: "#ffffff",
        weight: 1.5, fillColor: shape.colour, fillOpacity: stale ? 0.35 : 0.9,
      };
      const label = `<b>${text(device)}</b> (${text(kind)}, ${text(state)})<br>position ${age(age_s)}, ±${Math.round(accuracy_m)} m${job ? `<br>on ${text(job)}` : ""}`;
      let marker = dots.get(device);
      if (!marker) {
        marker = L.circleMarker([latitude, longitude], style).bindTooltip(label).addTo(map);
        dots.set(device, marker);
      } else {
        marker.setLatLng([latitude, longitude]).setStyle(style).setTooltipContent(label);
      }
      if (shape.above) marker.bringToFront();
    }

    async function refresh() {
      try {
        const answer = await fetch("/api/v1/devices/positions");
        if (!answer.ok) throw new Error(answer.statusText);
        const { features } = await answer.json();
        features.forEach(dot);
        if (!fitted && features.length) {
          map.fitBounds(features.map((one) => [one.geometry.coordinates[1], one.geometry.coordinates[0]]), { padding: [20, 20], maxZoom: 14, animate: false });
          fitted = true;
        }
        document.body.classList.remove("stale-map");
      } catch (error) {
        document.body.classList.add("stale-map"); // shown on the page; the next round tries again
      }
      setTimeout(refresh, 2000);
    }

    window.callaheadCases = (cases) => {
      alerts.clearLayers();
      for (const one of cases) {
        if (!isPlace(one.latitude, one.longitude)) continue;
        const colour = SEVERITY[one.severity] || SEVERITY.low;
        L.circleMarker([one.latitude, one.longitude], { radius: 9, color: colour, weight: 3, fillOpacity: 0.15, fillColor: colour })
          .bindTooltip(`<b>${text(one.name)}</b><br>${text(one.near)}<br>${text(one.help)}`)
          .addTo(alerts);
        if (one.accuracy_m > 50)
          L.circle([one.latitude, one.longitude], { radius: one.accuracy_m, color: colour, weight: 1, dashArray: "4", fill: false, interactive: false }).addTo(alerts);
      }
    };
    refresh();
  }

  window.callaheadMap = { start, names };
})();
