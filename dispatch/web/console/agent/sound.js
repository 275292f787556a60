// Sound of this page: a microphone, a loudspeaker, and the websocket by which both are on the line. 20 ms of PCM, 16 bit, 8 kHz a message.

const SPEECH_HZ = 3400; // what a telephone carries
const WORKLET = new URL("./softphone_worklet.js", import.meta.url);
const HEARS = { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 };

export class Sound {
  // heard(frame): the microphone's, 320 bytes.
  constructor(heard = null) {
    this.heard = heard;
    this.late = 0; // frames that came too late to be said
    this.dry = 0; // how often there was nothing to say
    this.frames = 0;
  }

  // Throws what the browser throws: a microphone that is refused is a NotAllowedError, none at all a NotFoundError.
  async open() {
    if (this.heard) this.stream = await navigator.mediaDevices.getUserMedia({ audio: HEARS });
    this.context = new AudioContext({ latencyHint: "interactive" });
    await this.context.audioWorklet.addModule(WORKLET);
    if (this.closed) return this.close();
    this.speaker = new AudioWorkletNode(this.context, "loudspeaker", { numberOfInputs: 0, outputChannelCount: [1] });
    this.speaker.port.onmessage = ({ data }) => Object.assign(this, data);
    this.speaker.connect(this.#speech()).connect(this.context.destination);
    if (this.stream) this.#listen();
    this.#wake();
  }

  #speech() {
    return new BiquadFilterNode(this.context, { type: "lowpass", frequency: SPEECH_HZ });
  }

  #listen() {
    const node = new AudioWorkletNode(this.context, "microphone", { numberOfOutputs: 0, channelCount: 1, channelCountMode: "explicit" });
    node.port.onmessage = ({ data }) => this.heard(data);
    const twice = this.#speech();
    this.context.createMediaStreamSource(this.stream).connect(this.#speech()).connect(twice).connect(node);
    this.microphone = this.stream.getAudioTracks()[0];
  }

  // A browser says nothing before somebody touches the page.
  #wake() {
    const wake = () => this.context.state === "suspended" && this.context.resume().catch(() => {});
    for (const name of ["keydown", "pointerdown"]) addEventListener(name, wake);
    this.asleep = () => ["keydown", "pointerdown"].forEach((name) => removeEventListener(name, wake));
    wake();
  }

  say(frame) {
    this.speaker?.port.postMessage(frame, [frame]);
  }

  close() {
    this.closed = true;
    this.asleep?.();
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    if (this.context && this.context.state !== "closed") this.context.close();
  }
}

// told(said): what the service says; over(code): it is closed.
export function soundLine(path, { told, heard, over }) {
  const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${path}`);
  socket.binaryType = "arraybuffer";
  socket.onmessage = ({ data }) => (typeof data === "string" ? told(JSON.parse(data)) : heard(data));
  socket.onclose = ({ code }) => over(code);
  return socket;
}
