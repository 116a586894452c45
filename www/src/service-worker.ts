/// <reference lib="webworker" />
// Keeps the page whole and offline: every file of one build, checked by its digest, or none.
//
// It answers only for files of its own list, adds the security headers that a plain host does
// not send (so that threads work there too), and never touches another origin.
import headers from "../headers.json" with { type: "json" };

declare const self: ServiceWorkerGlobalScope;
/** Every file of the site with the SHA-256 of its bytes; put in by the build. */
declare const ASSETS: [path: string, digest: string][];
/** A digest of that list. */
declare const BUILD: string;

const PREFIX = "handlens-";
const CACHE = PREFIX + BUILD;
const PAGE = "index.html";

const scope = self.registration.scope;
const urls = new Set(ASSETS.map(([path]) => new URL(path, scope).href));

self.addEventListener("install", (event) => event.waitUntil(install()));

self.addEventListener("activate", (event) => event.waitUntil(activate()));

self.addEventListener("message", (event) => {
  // The page says it when no run is under way in any tab.
  if (event.data === "take over") event.waitUntil(self.skipWaiting());
});

self.addEventListener("fetch", (event) => {
  const url = fileOf(event.request);
  if (url !== null) event.respondWith(answer(url, event.request));
});

/** The listed file that a request means, if any. */
function fileOf(request: Request): string | null {
  if (request.method !== "GET") return null;
  const url = new URL(request.url);
  url.hash = "";
  if (request.mode === "navigate") {
    // A link carries its state behind the question mark; the file is the same.
    url.search = "";
    if (url.href === scope) url.href = new URL(PAGE, scope).href;
  }
  return urls.has(url.href) ? url.href : null;
}

async function answer(url: string, request: Request): Promise<Response> {
  const cached = await (await caches.open(CACHE)).match(url);
  // The browser may have evicted what we kept; the host still has it.
  return cached ?? withHeaders(await fetch(request), url);
}

async function install(): Promise<void> {
  try {
    const cache = await caches.open(CACHE);
    await Promise.all(ASSETS.map((asset) => keep(cache, asset)));
  } catch (error) {
    // Half a build is worse than none: the next visit tries again.
    await caches.delete(CACHE);
    throw error;
  }
}

async function keep(cache: Cache, [path, digest]: [string, string]): Promise<void> {
  const url = new URL(path, scope).href;
  // Most files are the same as in the build before.
  const known = await caches.match(url);
  if (known !== undefined && (await digestOf(known)) === digest) return cache.put(url, known);
  const response = await fetch(url, { cache: "reload", credentials: "omit" });
  if (!response.ok) throw new Error(`${path} could not be loaded (${response.status}).`);
  if ((await digestOf(response)) !== digest) throw new Error(`${path} is of another build.`);
  return cache.put(url, withHeaders(response, url));
}

async function digestOf(response: Response): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", await response.clone().arrayBuffer());
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function withHeaders(response: Response, url: string): Response {
  if (!response.ok) return response;
  const all = new Headers(headers);
  // A plain host may not know the type, without which the module is not compiled as it comes.
  const type = url.endsWith(".wasm") ? "application/wasm" : response.headers.get("Content-Type");
  if (type !== null) all.set("Content-Type", type);
  return new Response(response.body, { status: response.status, headers: all });
}

async function activate(): Promise<void> {
  for (const name of await caches.keys()) {
    if (name.startsWith(PREFIX) && name !== CACHE) await caches.delete(name);
  }
  await self.clients.claim();
}
