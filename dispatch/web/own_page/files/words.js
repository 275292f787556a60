// What the page says, in the reader's language; hours and numbers as they write them.

let known = { language: "en", direction: "ltr", words: {} };
const SPOKEN = ["en", "lv", "ru", "uk", "fa", "zh"];

export const language = () => known.language;
export const languages = () => SPOKEN;

// The first of the browser's languages that we speak.
export function preferred() {
  const wanted = navigator.languages.map((one) => one.split("-")[0].toLowerCase());
  return wanted.find((one) => SPOKEN.includes(one)) ?? SPOKEN[0];
}

export async function speak(wanted) {
  if (wanted === known.language && known.words.title) return;
  const made = document.body.dataset.files.split("/").pop();
  const answer = await fetch(`/me/words/${made}/${wanted}`);
  if (!answer.ok) return;
  known = await answer.json();
  Object.assign(document.documentElement, { lang: known.language, dir: known.direction });
  for (const element of document.querySelectorAll("[data-word]")) element.textContent = word(element.dataset.word);
  document.title = `${word("title")} - Callahead`;
}

export function word(name, values = {}) {
  return (known.words[name] ?? name).replace(/\{(\w+)\}/g, (_, one) => values[one] ?? "");
}

export const number = (value, digits = 0) => new Intl.NumberFormat(known.language, { maximumFractionDigits: digits }).format(value);

// Digits as people type them, Persian and Arabic ones too, as machines read them.
export const ascii = (text) => text.replace(/[\u0660-\u0669\u06f0-\u06f9]/g, (digit) => String(digit.charCodeAt(0) & 0xf));

// Figures in sentences of the service's, as the reader writes them; names that stand apart stay as they are.
export function figures(text) {
  if (known.language !== "fa") return text;
  return text.replace(/\u2068[^\u2069]*\u2069|\d/g, (found) => (found.length > 1 ? found : String.fromCharCode(0x06f0 + Number(found))));
}

// The hour by the customer's own clock, wherever the reader's telephone is; the day, where it is another.
export function hour(at, zone) {
  const when = new Date(at * 1000);
  const options = zone ? { timeZone: zone } : {};
  const day = (moment) => new Intl.DateTimeFormat("en-CA", options).format(moment);
  const more = day(when) === day(new Date()) ? {} : { day: "numeric", month: "short" };
  return new Intl.DateTimeFormat(known.language, { ...options, ...more, hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(when);
}

export const languageName = (code) => {
  const name = new Intl.DisplayNames([code], { type: "language" }).of(code);
  return name.charAt(0).toLocaleUpperCase(code) + name.slice(1);
};
