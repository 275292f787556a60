// The feed: one socket, whatever it says is deflated; lost, it is there again within two seconds and begins anew.

const AGAIN_MS = [100, 400, 900, 1500, 2000];
const SILENT_MS = 12_000;
const LOGGED_OUT = 4401;
const USED_EVERY_MS = 60_000;

async function inflated(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return new Response(stream).json();
}

export class Feed {
  // over(code): is it over for good, with this code of the service's? Then nothing is tried again.
  constructor(path, hear, changed, over = () => false) {
    this.url = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${path}`;
    this.hear = hear;
    this.changed = changed;
    this.over = over;
    this.tries = 0;
    this.wanted = new Map();
    this.bytes = 0;
    this.frames = 0;
    this.queue = Promise.resolve();
    setInterval(() => this.#look(), 1000);
    this.#stayLoggedIn();
    this.connect();
  }

  connect() {
    const socket = new WebSocket(this.url);
    this.socket = socket;
    this.heardAt = performance.now();
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      socket.send(JSON.stringify({ type: "used" }));
      for (const asked of this.wanted.values()) socket.send(JSON.stringify(asked));
    };
    socket.onmessage = (message) => this.#take(socket, message.data);
    socket.onclose = (event) => this.#lost(socket, event.code);
  }

  // Asked again after each loss: the last of each type.
  ask(asked) {
    this.wanted.set(asked.type, asked);
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(asked));
  }

  #take(socket, data) {
    this.heardAt = performance.now();
    this.bytes += data.byteLength;
    this.frames += 1;
    this.queue = this.queue
      .then(() => inflated(data))
      .then((said) => {
        if (socket !== this.socket) return;
        if (this.tries || !this.up) {
          this.tries = 0;
          this.up = true;
          this.changed(true);
        }
        this.hear(said);
      })
      .catch((error) => {
        console.error(error);
        socket.close();
      });
  }

  #lost(socket, code) {
    if (socket !== this.socket) return;
    if (code === LOGGED_OUT || code === 1008) {
      location.assign(`/log-in?next=${encodeURIComponent(location.pathname)}`);
      return;
    }
    this.up = false;
    this.changed(false);
    if (this.over(code)) return;
    setTimeout(() => this.connect(), AGAIN_MS[Math.min(this.tries, AGAIN_MS.length - 1)]);
    this.tries += 1;
    if (code === 1006 && this.tries === 4) this.#isLoggedOut();
  }

  // A handshake that is refused tells no browser why.
  async #isLoggedOut() {
    const answer = await fetch("/api/v1/me").catch(() => null);
    if (answer?.status === 401) location.assign(`/log-in?next=${encodeURIComponent(location.pathname)}`);
  }

  #look() {
    if (this.socket.readyState === WebSocket.OPEN && performance.now() - this.heardAt > SILENT_MS) this.socket.close();
  }

  #stayLoggedIn() {
    let last = performance.now();
    const used = () => {
      if (performance.now() - last < USED_EVERY_MS) return;
      last = performance.now();
      if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify({ type: "used" }));
    };
    for (const name of ["pointerdown", "keydown", "wheel"]) addEventListener(name, used, { passive: true });
  }
}
