// Loads a wasm module where the browser fetches it: bundlers follow these imports.

import type { Glue, ThreadsGlue } from "./core.js";
import { refusal } from "./error.js";
import type { Part, Threads } from "./messages.js";
import { startTrusted } from "./trust.js";

/** Beyond this count the loops of the core gain little. */
const MOST_THREADS = 8;
/** A pool that has not started by then never will. */
const POOL_PATIENCE_MS = 10_000;

/** A module ready for use, and how many threads it runs on. */
export interface Loaded {
  glue: Glue;
  threads: number;
}

/**
 * The starter; or else the threaded module where it is wanted and the page is isolated, and the
 * plain one everywhere else.
 */
export async function load(part: Part, threads: Threads): Promise<Loaded> {
  if (part === "starter") return { glue: await loadStarter(), threads: 1 };
  const priority = part === "behind" ? "low" : "auto";
  const nThreads = Math.min(navigator.hardwareConcurrency || 1, MOST_THREADS);
  const isIsolated = globalThis.crossOriginIsolated && typeof SharedArrayBuffer !== "undefined";
  if (threads === "on" && !isIsolated) {
    throw refusal(
      "bad_request",
      "Threads need a page that is isolated from other origins. Serve it with the headers Cross-Origin-Opener-Policy and Cross-Origin-Embedder-Policy, or leave threads at \u201cauto\u201d.",
      "threads",
    );
  }
  if (threads !== "off" && isIsolated && (nThreads > 1 || threads === "on")) {
    try {
      return { glue: await loadThreads(nThreads, priority), threads: nThreads };
    } catch (error) {
      // Some devices refuse a shared memory of this size; the results are the same without.
      if (threads === "on") throw error;
      console.warn("handlens: threads are not available, going on without", error);
    }
  }
  return { glue: await loadPlain(priority), threads: 1 };
}

async function loadStarter(): Promise<Glue> {
  const glue = await import("../wasm/starter/handlens.js");
  const file = new URL("../wasm/starter/handlens_bg.wasm", import.meta.url);
  await glue.default({ module_or_path: file });
  return glue as unknown as Glue;
}

async function loadPlain(priority: RequestPriority): Promise<Glue> {
  const glue = await import("../wasm/plain/handlens.js");
  const file = new URL("../wasm/plain/handlens_bg.wasm", import.meta.url);
  await glue.default({ module_or_path: fetch(file, { priority }) });
  return glue as unknown as Glue;
}

async function loadThreads(nThreads: number, priority: RequestPriority): Promise<Glue> {
  const module = await import("../wasm/threads/handlens.js");
  const file = new URL("../wasm/threads/handlens_bg.wasm", import.meta.url);
  await module.default({ module_or_path: fetch(file, { priority }) });
  const glue = module as unknown as ThreadsGlue;
  // The pool's scripts are started before the first await inside.
  const pool = startTrusted(() => glue.initThreadPool(nThreads));
  await Promise.race([pool, rejectAfter(POOL_PATIENCE_MS, "The threads did not start.")]);
  return glue;
}

function rejectAfter(ms: number, message: string): Promise<never> {
  return new Promise((_, reject) => setTimeout(() => reject(new Error(message)), ms));
}
