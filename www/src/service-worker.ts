/// <reference lib="webworker" />
// Keeps the page whole and offline: every file of one build, checked by its digest, or none.
//
// It answers only for files of its own list and, with the page's model, what the page asks the paths
// of a REST service; it adds the security headers that a plain host does not send (so that threads
// work there too), and never touches another origin.
import { refusal, type Answered, type Asked } from "./lib/asked";
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
/** Below the scope: what `handlens serve` answers, too. */
const SERVICE = /^(v2(\/.*)?|predict|invocations|ping|health|version|openapi\.json|metrics)$/;
/** How long the page may take for an answer, in ms. */
const PATIENCE = 60_000;

const urls = new Set(ASSETS.map(([path]) => new URL(path, scope).href));

self.addEventListener("install", (event) => event.waitUntil(install()));

self.addEventListener("activate", (event) => event.waitUntil(activate()));

self.addEventListener("message", (event) => {
  // The page says it when no run is under way in any tab.
  if (event.data === "take over") event.waitUntil(self.skipWaiting());
});

self.addEventListener("fetch", (event) => {
  const path = servicePath(event.request);
  if (path !== null) return event.respondWith(serve(event, path));
  const url = fileOf(event.request);
  if (url !== null) event.respondWith(answer(url, event.request));
});

/** The path of the REST service that a request of a page means, with a slash in front, if any. */
function servicePath({ mode, url }: Request): string | null {
  if (mode === "navigate" || !url.startsWith(scope)) return null;
  const path = new URL(url).pathname.slice(new URL(scope).pathname.length);
  return SERVICE.test(path) ? `/${path}` : null;
}

/** Has the page that asks answer by its own model. Whoever else asks gets what the host has. */
async function serve({ clientId, request }: FetchEvent, path: string): Promise<Response> {
  const client = await self.clients.get(clientId);
  if (client === undefined || !isPage(client.url)) return fetch(request);
  const { method } = request;
  // A request that was given up has no body any more, and nobody reads the answer.
  const asked: Asked = { method, path, contentType: request.headers.get("Content-Type"), body: await request.arrayBuffer().catch(() => new ArrayBuffer()) };
  const { status, contentType, allow, body } = await passOn(client, asked);
  const all = new Headers({ ...headers, "Content-Type": contentType, ...(allow !== null && { Allow: allow }) });
  return new Response(method === "HEAD" ? null : body, { status, headers: all });
}

function isPage(address: string): boolean {
  const { origin, pathname } = new URL(address);
  return origin + pathname === scope || origin + pathname === new URL(PAGE, scope).href;
}

function passOn(client: Client, asked: Asked): Promise<Answered> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    const timer = setTimeout(() => resolve(refusal(504, "The page took too long to answer.")), PATIENCE);
    port1.onmessage = ({ data }: MessageEvent<Answered>) => {
      clearTimeout(timer);
      port1.close();
      resolve(data);
    };
    client.postMessage(asked, [port2, asked.body]);
  });
}

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
