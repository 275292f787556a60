// The HTTP API, as the page uses it. What is refused says why, in the service's own words.

export class Refused extends Error {
  constructor(status, problem) {
    super(problem.detail ?? problem.title ?? `refused (${status})`);
    this.status = status;
    this.name = (problem.type ?? "").split(/[/:#]/).pop();
    this.problem = problem;
  }
}

async function answered(answer) {
  if (answer.status === 401) location.assign(`/log-in?next=${encodeURIComponent(location.pathname)}`);
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refused(answer.status, said);
  return said;
}

export const get = async (path) => answered(await fetch(`/api/v1/${path}`));

export async function post(path, body, signal) {
  const headers = { "content-type": "application/json" };
  return answered(await fetch(`/api/v1/${path}`, { method: "POST", headers, body: JSON.stringify(body ?? {}), signal }));
}
