// What the page was told last, and the service's hour.

export const told = { page: null, me: null };
let ahead = 0;

export const now = () => Date.now() / 1000 + ahead;

export function take(said) {
  told.page = said.page;
  ahead = said.now - Date.now() / 1000;
}
