// The bare wasm modules in a browser, without the page: a server for them, isolated from other
// origins so that both can be used, and training in a worker of their own.
import { createReadStream, statSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize, resolve } from "node:path";
import type { Page } from "@playwright/test";
import { RECIPE, SEED, TEST_SIZE, type Spec } from "./elsewhere.ts";
import { ROOT, SAMPLES } from "./places.ts";

const TYPES: Record<string, string> = { ".js": "text/javascript", ".wasm": "application/wasm", ".csv": "text/csv" };
const HEADERS = { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" };
const FOLDERS: Record<string, string> = { wasm: resolve(ROOT, "pkg/wasm"), samples: SAMPLES };

/** Trains specs one after the other and answers with the digest of each artifact. */
const WORKER = `
self.onmessage = async ({ data: { variant, threads, runs } }) => {
  const module = await import("/wasm/" + variant + "/handlens.js");
  await module.default();
  if (variant === "threads") await module.initThreadPool(threads);
  for (const { sample, spec } of runs) {
    try {
      const core = new module.Core();
      const ask = (request, bytes) => core.handle(request, bytes);
      const file = await fetch("/samples/" + sample + ".csv").then((response) => response.arrayBuffer());
      const { table } = ask({ do: "read", name: sample + ".csv", options: {} }, new Uint8Array(file)).response;
      const { model } = ask({ do: "train", spec: { ...spec, table } }).response;
      while (!ask({ do: "step", model }).response.progress.is_done);
      ask({ do: "evaluate", model });
      const { bytes } = ask({ do: "save", model });
      const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
      self.postMessage([...digest].map((byte) => byte.toString(16).padStart(2, "0")).join(""));
      core.free();
    } catch (error) {
      self.postMessage("failed: " + (error?.message ?? String(error)));
    }
  }
};`;

export type Variant = "starter" | "plain" | "threads";

export interface Modules {
  address: string;
  close(): Promise<void>;
}

export async function serveModules(): Promise<Modules> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    if (pathname === "/") return void response.writeHead(200, { ...HEADERS, "content-type": "text/html" }).end("<!doctype html><title>modules</title><link rel=icon href=data:,>");
    if (pathname === "/worker.js") return void response.writeHead(200, { ...HEADERS, "content-type": "text/javascript" }).end(WORKER);
    const [, folder = "", ...rest] = normalize(pathname).split("/");
    const path = join(FOLDERS[folder] ?? ROOT, ...rest);
    if (!(folder in FOLDERS) || statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return void response.writeHead(404).end();
    response.writeHead(200, { ...HEADERS, "content-type": TYPES[extname(path)] ?? "application/octet-stream" });
    createReadStream(path).pipe(response);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  return { address: `http://127.0.0.1:${port}/`, close: () => new Promise((done) => (server.close(() => done()), server.closeAllConnections())) };
}

/** Digests of the artifacts of `specs`, from one module on so many threads. */
export async function digestsInModule(page: Page, variant: Variant, threads: number, specs: Spec[]): Promise<string[]> {
  const runs = specs.map(({ sample, settings = {}, recipe = RECIPE, ...rest }) => ({ sample, spec: { ...rest, settings, recipe, test_size: TEST_SIZE, seed: SEED } }));
  return page.evaluate(
    (job) =>
      new Promise<string[]>((resolve, reject) => {
        const worker = new Worker("/worker.js", { type: "module" });
        const digests: string[] = [];
        worker.onerror = (event) => reject(new Error(event.message));
        worker.onmessage = ({ data }) => {
          digests.push(data as string);
          if (digests.length < job.runs.length) return;
          worker.terminate();
          resolve(digests);
        };
        worker.postMessage(job);
      }),
    { variant, threads, runs },
  );
}
