// Sound beside the page: what the microphone hears as frames of 20 ms at 8 kHz, and frames as what the loudspeaker says.
// Whatever lets through more than half of 8 kHz stands before and behind it; here is only where between two samples one lies.

const RATE_HZ = 8000;
const FRAME = 160;
const CUSHION = 3; // frames that are waited for before anything is said: they come unevenly
const MOST = 10; // frames that wait; older ones are late, and dropped
const TOLD_EVERY = 50; // frames

class Microphone extends AudioWorkletProcessor {
  constructor() {
    super();
    this.step = sampleRate / RATE_HZ;
    this.at = 0; // of the next sample at 8 kHz, in the block that comes, 0 being the last sample before it
    this.last = 0;
    this.frame = new Int16Array(FRAME);
    this.filled = 0;
  }

  process([input]) {
    const block = input[0];
    if (!block) return true;
    for (; this.at < block.length; this.at += this.step) {
      const before = Math.floor(this.at);
      const one = before === 0 ? this.last : block[before - 1];
      this.#put(one + (block[before] - one) * (this.at - before));
    }
    this.at -= block.length;
    this.last = block[block.length - 1];
    return true;
  }

  #put(sample) {
    this.frame[this.filled++] = Math.max(-32768, Math.min(32767, Math.round(sample * 32767)));
    if (this.filled < FRAME) return;
    this.port.postMessage(this.frame.buffer, [this.frame.buffer]);
    this.frame = new Int16Array(FRAME);
    this.filled = 0;
  }
}

class Loudspeaker extends AudioWorkletProcessor {
  constructor() {
    super();
    this.step = RATE_HZ / sampleRate;
    this.frames = [];
    this.told = { frames: 0, late: 0, dry: 0 };
    this.speaks = false;
    this.at = 0; // in the frame that is said, between the sample before and the one at it
    this.index = 0;
    this.before = 0;
    this.port.onmessage = ({ data }) => this.#came(new Int16Array(data));
  }

  #came(frame) {
    this.frames.push(frame);
    this.told.frames += 1;
    if (this.frames.length > MOST) {
      this.frames.shift();
      this.told.late += 1;
    }
    if (this.told.frames % TOLD_EVERY === 0) this.port.postMessage(this.told);
  }

  process(_, [output]) {
    const block = output[0];
    if (!this.speaks && this.frames.length >= CUSHION) this.speaks = true;
    for (let index = 0; index < block.length && this.speaks; index += 1) block[index] = this.#next();
    return true;
  }

  #next() {
    while (this.at >= 1 && this.speaks) this.#step();
    if (!this.speaks) return 0;
    const sample = this.before + (this.#current() - this.before) * this.at;
    this.at += this.step;
    return sample;
  }

  #current() {
    return this.frames[0][this.index] / 32768;
  }

  #step() {
    this.at -= 1;
    this.before = this.#current();
    this.index = this.index + 1;
    if (this.index < FRAME) return;
    this.index = 0;
    this.frames.shift();
    if (this.frames.length) return;
    this.speaks = false;
    this.told.dry += 1;
  }
}

registerProcessor("microphone", Microphone);
registerProcessor("loudspeaker", Loudspeaker);
