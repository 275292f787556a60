// What the page was told last, and the service's hour.

export const told = { page: null, me: null, proof: null };
let ahead = 0;

export const now = () => Date.now() / 1000 + ahead;

// What stands behind the # of a link: what opens the page, and of a notification, which payment it proves to confirm.
export function opened(hash) {
  const [link, code, about] = hash.slice(1).split("~");
  if (code && about) told.proof = { code, payment: decodeURIComponent(about) };
  return link;
}

export function take(said) {
  told.page = said.page;
  ahead = said.now - Date.now() / 1000;
}
