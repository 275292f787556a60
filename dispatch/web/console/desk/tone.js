// A sound of two tones, once or more often. Made here: nothing is loaded.

const AT_MOST_EVERY_MS = 1500;
let context = null;
let last = -Infinity;

export function ring(times) {
  if (performance.now() - last < AT_MOST_EVERY_MS) return;
  last = performance.now();
  try {
    context ??= new AudioContext();
    if (context.state === "suspended") context.resume().catch(() => {});
    for (let one = 0; one < times; one++) tone(context.currentTime + one * 0.28);
  } catch {
    // no sound card: there is the title, and what the page shows
  }
}

function tone(at) {
  const [sound, volume] = [context.createOscillator(), context.createGain()];
  sound.frequency.setValueAtTime(740, at);
  sound.frequency.setValueAtTime(988, at + 0.09);
  volume.gain.setValueAtTime(0.0001, at);
  volume.gain.exponentialRampToValueAtTime(0.12, at + 0.02);
  volume.gain.exponentialRampToValueAtTime(0.0001, at + 0.22);
  sound.connect(volume).connect(context.destination);
  sound.start(at);
  sound.stop(at + 0.24);
}
