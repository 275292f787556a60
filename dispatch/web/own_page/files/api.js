// The HTTP API, as the page uses it. What is sent has a reference of its own, so that a second tap does nothing twice.

export class Refused extends Error {
  constructor(status, problem) {
    super(problem.detail ?? problem.title ?? `refused (${status})`);
    this.status = status;
    this.name = (problem.type ?? "").split(":").pop();
  }
}

async function answered(answer) {
  if (answer.status === 204) return null;
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refused(answer.status, said);
  return said;
}

const asked = (method, path, body) =>
  fetch(path, { method, headers: body === undefined ? {} : { "content-type": "application/json" }, body: body === undefined ? undefined : JSON.stringify(body) });

export const get = async (path) => answered(await asked("GET", path));
export const post = async (path, body) => answered(await asked("POST", path, body));

export function reference() {
  const drawn = crypto.getRandomValues(new Uint8Array(12));
  return [...drawn].map((one) => one.toString(16).padStart(2, "0")).join("");
}
