// Runs beside the page (AudioWorklet): takes what the microphone hears down to 8,000 samples a second and hands it on in parts.

const RATE = 8000, PART = 800;

class Recorder extends AudioWorkletProcessor {
  constructor() {
    super();
    this.step = sampleRate / RATE;
    this.at = 0; // where the next sample of ours lies, counted in theirs from the first of this block
    this.before = 0;
    this.part = new Int16Array(PART);
    this.filled = 0;
    this.port.onmessage = () => this.rest();
  }

  process([[heard]]) {
    if (!heard) return true;
    for (; this.at < heard.length; this.at += this.step) {
      const low = Math.floor(this.at), share = this.at - low;
      const last = low > 0 ? heard[low - 1] : this.before;
      this.take(last + (heard[low] - last) * share);
    }
    this.at -= heard.length;
    this.before = heard[heard.length - 1];
    return true;
  }

  take(value) {
    this.part[this.filled++] = Math.max(-1, Math.min(1, value)) * 32767;
    if (this.filled === PART) this.hand(PART);
  }

  hand(count) {
    this.port.postMessage(this.part.slice(0, count));
    this.filled = 0;
  }

  // What is left when it ends, and that there is no more.
  rest() {
    if (this.filled > 0) this.hand(this.filled);
    this.port.postMessage(null);
  }
}

registerProcessor("recorder", Recorder);
