/// <reference lib="webworker" />
// Stands in for the service worker when it has to go: removes what it kept, and itself.
declare const self: ServiceWorkerGlobalScope;

self.addEventListener("install", (event) => event.waitUntil(self.skipWaiting()));

self.addEventListener("activate", (event) => event.waitUntil(leave()));

async function leave(): Promise<void> {
  for (const name of await caches.keys()) {
    if (name.startsWith("handlens-")) await caches.delete(name);
  }
  await self.registration.unregister();
}

export {};
