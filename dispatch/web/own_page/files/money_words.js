// Sentences about money in the reader's language: sums, days, lists and plurals as they write them.

import { language, word } from "./words.js";

// Names in another script keep their own direction, and turn nothing around them.
const apart = (name) => `\u2068${name}\u2069`;
const known = (name, other) => (word(name) === name ? other : word(name));
const FORMS = { one: "one", few: "few" };

// The euro is written as a sign everywhere; of other currencies several have the same one.
const currencyDisplay = (currency) => (currency === "EUR" ? "narrowSymbol" : "symbol");
export const money = (amount, currency) => new Intl.NumberFormat(language(), { style: "currency", currency, currencyDisplay: currencyDisplay(currency) }).format(amount);
export const asked = (one) => (one.at_most ? word("m_up_to", { amount: money(one.amount, one.currency) }) : money(one.amount, one.currency));
export const sums = (all) => all.map((one) => money(one.amount, one.currency)).join(" + ");

export function counted(name, count, values = {}) {
  const form = FORMS[new Intl.PluralRules(language()).select(count)] ?? "other";
  return word(`${name}_${form}`, { ...values, count: new Intl.NumberFormat(language()).format(count) });
}

export function day(at, zone) {
  const when = new Date(at * 1000);
  const isNear = Math.abs(Date.now() / 1000 - at) < 180 * 86400;
  return new Intl.DateTimeFormat(language(), { ...(zone ? { timeZone: zone } : {}), day: "numeric", month: "long", ...(isNear ? {} : { year: "numeric" }) }).format(when);
}

export function device(one) {
  if (one === null) return word("m_house");
  const kind = known(`kind_${one.kind}`, word("m_device"));
  return one.called ? `${kind} (${apart(one.called)})` : kind;
}

export const purpose = (category) => word(`m_for_${category}`);
export const at = (payees) => (payees.length ? word("m_to", { payees: payees.map(apart).join(", ") }) : word("m_to_all"));

export function mandate(one) {
  const zone = one.time_zone;
  const each = [["m_once", one.per_payment], ...one.limits.map((limit) => [`m_in_${limit.period}`, limit.amount])];
  const said = {
    device: device(one.device),
    purpose: purpose(one.category),
    payees: at(one.payees.map(({ payee, name }) => name || payee)),
    sums: each.map(([name, amount]) => word(name, { amount: money(amount, one.currency) })).join(language() === "fa" ? "، " : language() === "zh" ? "，" : ", "),
    until: one.valid_to === null ? "" : word("m_until", { date: day(one.valid_to - 1, zone) }),
  };
  return word(one.category === "top_up" ? "m_topping" : "m_mandate", said);
}

export function used(limit, one) {
  return word("m_used", { used: money(limit.used, one.currency), allowed: money(limit.allowed, one.currency), date: day(limit.ends, one.time_zone) });
}

export function wants(one) {
  return word("m_wants", { device: device(one.device), amount: asked(one), purpose: purpose(one.category), payees: at([one.payee]) });
}

export const wasPaid = (one, when) => `${when}: ${money(one.amount, one.currency)} ${purpose(one.category)} ${at([one.payee])}`;

export function due(one, zone) {
  const said = word(one.source === "habit" ? "m_due" : `m_due_${one.source}`, { device: device(one.device), amount: money(one.amount, one.currency), purpose: purpose(one.category), payees: at([one.payee]), date: day(one.at, zone) });
  return one.fails ? `${said} ${word(`m_fails_${one.fails}`, { short: one.short ? money(one.short, one.currency) : "" })}` : said;
}

export function standing(one) {
  const why = one.why ? `: ${word(`m_w_${one.why}`)}` : "";
  const decision = one.decision ? ` - ${apart(one.decision)}` : "";
  return `${word(`m_st_${one.state}`)}${why}${decision}`;
}
