// What the microphone hears, as a WAV file that every browser plays and the service can check: 16 bit, one channel, 8,000 a second.

export const RATE = 8000, MOST_S = 60;
const SPEECH_HZ = 3400; // what a telephone carries; what lies above would come back as noise at this rate
const HEAD = 44;

// Resolves once it hears; `end()` of what it gives resolves with the recording, `cancel()` forgets it. Both let the microphone go.
export async function record(files, { each = () => {}, full = () => {} } = {}) {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1, echoCancellation: true, noiseSuppression: true, autoGainControl: true } });
  const context = new AudioContext();
  const letGo = () => {
    for (const track of stream.getTracks()) track.stop();
    context.close();
  };
  try {
    await context.audioWorklet.addModule(`${files}/recorder.js`);
    await context.resume();
  } catch (error) {
    letGo();
    throw error;
  }
  const node = new AudioWorkletNode(context, "recorder", { numberOfOutputs: 0, channelCount: 1, channelCountMode: "explicit" });
  const low = () => new BiquadFilterNode(context, { type: "lowpass", frequency: SPEECH_HZ });
  [new MediaStreamAudioSourceNode(context, { mediaStream: stream }), low(), low(), node].reduce((from, to) => (from.connect(to), to));
  const parts = [];
  let count = 0, over = false;
  let whole;
  const done = new Promise((resolve) => (whole = resolve));
  node.port.onmessage = ({ data }) => {
    if (data === null) return whole();
    const room = RATE * MOST_S - count;
    const part = data.subarray(0, room);
    parts.push(part);
    count += part.length;
    each(count / RATE, loudest(part));
    if (count === RATE * MOST_S && !over) full();
  };
  return {
    async end() {
      over = true;
      node.port.postMessage("rest");
      await done;
      letGo();
      return { wav: wav(parts, count), seconds: count / RATE };
    },
    cancel() {
      over = true;
      letGo();
    },
  };
}

const loudest = (part) => part.reduce((most, one) => Math.max(most, Math.abs(one)), 0) / 32767;

function wav(parts, count) {
  const bytes = new DataView(new ArrayBuffer(HEAD + 2 * count));
  const write = (at, text) => [...text].forEach((letter, behind) => bytes.setUint8(at + behind, letter.charCodeAt(0)));
  write(0, "RIFF");
  bytes.setUint32(4, HEAD - 8 + 2 * count, true);
  write(8, "WAVEfmt ");
  [[16, 4], [1, 2], [1, 2], [RATE, 4], [2 * RATE, 4], [2, 2], [16, 2]].reduce((at, [value, size]) => {
    bytes[size === 4 ? "setUint32" : "setUint16"](at, value, true);
    return at + size;
  }, 16);
  write(36, "data");
  bytes.setUint32(40, 2 * count, true);
  let at = HEAD;
  for (const part of parts) for (const one of part) at = (bytes.setInt16(at, one, true), at + 2);
  return new Blob([bytes.buffer], { type: "audio/wav" });
}

// As the API takes it.
export function base64(blob) {
  return new Promise((done, failed) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = () => failed(reader.error);
    reader.readAsDataURL(blob);
  });
}
