// Puts the page together.

import { Board } from "./board.js";
import { CasePane } from "./case.js";
import { Commands } from "./commands.js";
import { say } from "./dialogs.js";
import { find } from "./dom.js";
import { Feed } from "./feed.js";
import { buildFilters } from "./filters.js";
import { Header } from "./header.js";
import { DeskMap } from "./map.js";
import { Panels } from "./panels.js";
import { Queue } from "./queue.js";
import { Replay } from "./replay.js";
import { Sounds } from "./sounds.js";
import { state } from "./state.js";
import { theme } from "./theme.js";

theme();
const feed = new Feed("/console/feed", (said) => state.hear(said), (up) => state.link(up));
const isBoard = location.pathname === "/board";
document.body.classList.toggle("board", isBoard);

new Header();
const map = new DeskMap(feed);
state.map = map;
if (isBoard) new Board();
else {
  buildFilters();
  const queue = new Queue();
  new CasePane();
  const panels = new Panels();
  const sounds = new Sounds();
  new Commands({ queue, map, panels, replay: new Replay(feed), sounds });
  pages();
}
find("#follow").addEventListener("click", () => state.choose({ follow: !state.chosen.follow }));
find("#fit").addEventListener("click", () => map.fit());
state.addEventListener("chosen", () => find("#follow").setAttribute("aria-pressed", String(state.chosen.follow)));
state.addEventListener("trouble", (event) => say(event.detail, "refused"));
state.addEventListener("selected", () => {
  if (state.selected !== opened) {
    opened = state.selected;
    feed.ask({ type: "open", case: state.selected });
    history.replaceState(null, "", state.selected ? `#${encodeURIComponent(state.selected)}` : location.pathname);
  }
});
let opened = null;
if (location.hash.length > 1) state.select(decodeURIComponent(location.hash.slice(1)));
Object.assign(window, { callahead: { state, feed, map } });

// On a telephone, one of the three columns at a time.
function pages() {
  const show = (name) => {
    document.body.dataset.page = name;
    for (const button of find("#pages").children) button.setAttribute("aria-pressed", String(button.dataset.page === name));
    if (name === "map") map.resized();
  };
  for (const button of find("#pages").children) button.addEventListener("click", () => show(button.dataset.page));
  state.addEventListener("selected", (event) => {
    if (state.selected && ["queue", "panel", "map"].includes(event.detail)) show("case");
    else if (!state.selected && !state.truck) show(document.body.dataset.page === "case" ? "queue" : document.body.dataset.page);
  });
  show("queue");
}
