// Web Push: this browser agrees, and tells the service where to and with which keys.

import { post } from "./api.js";

const WORKER = "/me/worker.js", SCOPE = "/me";

export const canPush = (key) => Boolean(key) && "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;

const registered = () => navigator.serviceWorker.getRegistration(SCOPE);

export async function pushes() {
  const found = await registered();
  return Boolean(await found?.pushManager.getSubscription());
}

// Where this browser is reached; null: it takes no notifications.
export async function endpoint() {
  const found = await registered();
  return (await found?.pushManager.getSubscription())?.endpoint ?? null;
}

export async function startPush(key, customer) {
  if ((await Notification.requestPermission()) !== "granted") throw new Error("not granted");
  const worker = await navigator.serviceWorker.register(WORKER, { scope: SCOPE });
  const subscription = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(key) });
  const { endpoint, keys } = subscription.toJSON();
  await post(`/api/v1/customers/${encodeURIComponent(customer)}/push`, { endpoint, keys });
}

// The push service tells the house when it next has something to send.
export async function stopPush() {
  const found = await registered();
  const subscription = await found?.pushManager.getSubscription();
  await subscription?.unsubscribe();
}

function bytes(key) {
  const plain = atob(key.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}
