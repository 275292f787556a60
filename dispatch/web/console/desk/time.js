// Durations and hours. Ages are reckoned here, so that nothing has to be sent for time to pass.

const clocks = new Map();

function clock(zone, options) {
  const name = zone + JSON.stringify(options);
  if (!clocks.has(name)) clocks.set(name, new Intl.DateTimeFormat("en-GB", { timeZone: zone, ...options }));
  return clocks.get(name);
}

export function hour(at, zone) {
  return clock(zone, { hour: "2-digit", minute: "2-digit" }).format(at * 1000);
}

export function hourToTheSecond(at, zone) {
  return clock(zone, { hour: "2-digit", minute: "2-digit", second: "2-digit" }).format(at * 1000);
}

export function day(at, zone) {
  return clock(zone, { weekday: "short", day: "numeric", month: "short" }).format(at * 1000);
}

// With the day, where it is another than today.
export function when(at, now, zone) {
  const today = day(now, zone);
  return day(at, zone) === today ? hour(at, zone) : `${day(at, zone)} ${hour(at, zone)}`;
}

// 12 s, 4 min, 1 h 05: as long as it is; never less than nothing.
export function lasted(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 90) return `${whole} s`;
  const minutes = Math.round(whole / 60);
  if (minutes < 90) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${String(minutes % 60).padStart(2, "0")}` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

export const ago = (seconds) => (seconds < 10 ? "just now" : `${lasted(seconds)} ago`);

// The hour of a place, as a field of a form has it, and back. Twice, for summer time's sake.
export function toField(at, zone) {
  const parts = Object.fromEntries(
    clock(zone, { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit" })
      .formatToParts(at * 1000)
      .map((one) => [one.type, one.value]),
  );
  return `${parts.year}-${parts.month}-${parts.day}T${parts.hour}:${parts.minute}:${parts.second}`;
}

export function fromField(said, zone) {
  const asUtc = Date.parse(`${said}Z`) / 1000;
  if (Number.isNaN(asUtc)) return null;
  const off = (at) => Date.parse(`${toField(at, zone)}Z`) / 1000 - at;
  return asUtc - off(asUtc - off(asUtc));
}
