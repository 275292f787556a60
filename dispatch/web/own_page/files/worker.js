// Shows messages of Web Push while the page is closed; a tap opens the page. It keeps nothing and answers for no request.

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("push", (event) => {
  const { title = "Callahead", body = "", lang = "", link = "", tag = "" } = read(event.data);
  const shown = { body, lang, dir: "auto", tag, data: { link }, requireInteraction: true };
  event.waitUntil(self.registration.showNotification(title, shown));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(opened(ours(event.notification.data?.link)));
});

function read(data) {
  try {
    const said = data?.json();
    return typeof said === "object" && said !== null ? said : {};
  } catch {
    return { body: data?.text() ?? "" };
  }
}

// A link leads to our own page, or it is none.
function ours(link) {
  try {
    const url = new URL(link, self.location.origin);
    return url.origin === self.location.origin && url.pathname === "/me" ? url.href : "/me";
  } catch {
    return "/me";
  }
}

async function opened(url) {
  const pages = await self.clients.matchAll({ type: "window" });
  const page = pages.find((one) => new URL(one.url).pathname === "/me");
  if (!page) return self.clients.openWindow(url);
  if (url.includes("~")) await page.navigate(url).catch(() => null); // it asks to confirm a payment
  return page.focus();
}
