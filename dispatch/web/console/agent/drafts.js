// What an agent typed or ticked and has not sent: kept in the tab until the conversation is over, so that no word is lost.

const PREFIX = "callahead-draft";

const named = (agent, call) => `${PREFIX}:${agent}:${call}`;

export function draftOf(agent, call) {
  try {
    return JSON.parse(sessionStorage.getItem(named(agent, call)) ?? "{}");
  } catch {
    return {};
  }
}

export function keep(agent, call, changes) {
  const draft = { ...draftOf(agent, call), ...changes };
  sessionStorage.setItem(named(agent, call), JSON.stringify(draft));
  return draft;
}

export function forget(agent, call) {
  sessionStorage.removeItem(named(agent, call));
}

// Of conversations that are no longer in hand.
export function forgetOthers(agent, calls) {
  const kept = new Set(calls.map((call) => named(agent, call)));
  for (const name of Object.keys(sessionStorage)) if (name.startsWith(`${PREFIX}:`) && !kept.has(name)) sessionStorage.removeItem(name);
}
