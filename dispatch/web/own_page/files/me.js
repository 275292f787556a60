// The customer's own page: comes in by the link, shows what it is told, tells what is answered and written.

import { get, post } from "./api.js";
import { askedForVideo } from "./camera.js";
import { forgetCases, showCases, tick } from "./cases.js";
import { attribute, find, shown, text } from "./dom.js";
import { showInvitation } from "./invited.js";
import { showMoney } from "./money.js";
import { showSettings } from "./settings.js";
import { opened, take, told } from "./state.js";
import { beginTalk, showTalk } from "./talk.js";
import { beginVoice, endVoice } from "./voice.js";
import { preferred, language, speak, word } from "./words.js";

const TICK_MS = 5000, USED_MS = 60000, LONGEST_MS = 15000;
const LOGGED_OUT = 4401;
let socket = null, tries = 0, over = false, usedAt = 0;

async function begin() {
  await speak(preferred());
  const link = opened(location.hash);
  if (link) history.replaceState(null, "", location.pathname);
  const isIn = link ? await enter(link) : true;
  const me = await get("/api/v1/me").catch((error) => (error.status ? null : undefined));
  if (me === undefined) return void setTimeout(() => location.reload(), LONGEST_MS);
  if (!me?.page) return gone(isIn ? "" : "old", link);
  told.me = me;
  await show(me);
  beginTalk();
  beginVoice();
  shown(find("#loading"), false);
  shown(find("main"), true);
  document.body.dataset.state = "shown";
  find("#lines").scrollTop = find("#lines").scrollHeight;
  connect();
  setInterval(tick, TICK_MS);
}

// Another link is opened where the page stands: of a payment, or, where nothing is shown any more, to come in anew.
function linked() {
  if (over || !told.page) return void location.reload();
  opened(location.hash);
  history.replaceState(null, "", location.pathname);
  showMoney();
}

// A link that is old may still be of somebody whose session goes on.
async function enter(link) {
  return post("/me/enter", { link }).then(() => true, () => false);
}

async function show(said) {
  take(said);
  if (said.page.language !== language()) {
    await speak(said.page.language);
    forgetCases();
    standing();
  }
  showCases();
  showInvitation();
  showMoney();
  showTalk();
  showSettings();
  askedForVideo(said.video === true);
}

function connect() {
  socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/me/live`);
  socket.onopen = () => {
    tries = 0;
    standing();
  };
  socket.onmessage = ({ data }) => show(JSON.parse(data));
  socket.onclose = ({ code }) => {
    socket = null;
    if (over) return;
    if (code === LOGGED_OUT) return gone("left");
    standing();
    setTimeout(connect, Math.min(LONGEST_MS, 500 * 2 ** tries++));
  };
}

function standing() {
  const isLive = socket?.readyState === WebSocket.OPEN;
  attribute(find("#link"), "data-link", isLive ? "live" : "lost");
  text(find("#link"), word(isLive ? "live" : "offline"));
}

// Nothing of theirs is shown any more. Whether a link was ever anybody's is told to nobody.
function gone(why, link = "") {
  over = true;
  socket?.close();
  endVoice();
  find("main").remove();
  shown(find("#loading"), false);
  shown(find("#link"), false);
  const box = find("#old");
  text(box.querySelector("h2"), word(why === "old" ? "old_title" : "title"));
  text(find("#old-text"), word({ old: "old_text" }[why] ?? (why ? "left" : "need_link")));
  const again = find("#old-send");
  shown(again, why === "old");
  again.onclick = () => renew(again, link);
  shown(box, true);
  box.focus();
  document.body.dataset.state = "gone";
}

async function renew(button, link) {
  button.disabled = true;
  const { sent } = await post("/me/renew", { link }).catch(() => ({ sent: "nowhere" }));
  shown(button, false);
  text(find("#old-after"), word(sent === "nowhere" ? "old_ring" : "old_sent"));
  shown(find("#old-after"), true);
}

function used() {
  if (Date.now() - usedAt < USED_MS || socket?.readyState !== WebSocket.OPEN) return;
  usedAt = Date.now();
  socket.send("used");
}

for (const kind of ["pointerdown", "keydown", "visibilitychange"]) document.addEventListener(kind, used);
addEventListener("hashchange", linked);
document.addEventListener("gone", ({ detail }) => gone(detail));
find("#leave").addEventListener("click", async () => {
  over = true;
  await post("/log-out").catch(() => null);
  gone("left");
});
begin();
