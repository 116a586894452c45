import { readFile } from "node:fs/promises";

import type { Glue } from "../core.js";
import { refusal } from "../error.js";
import { LocalLink } from "../links/local.js";
import type { Platform } from "./platform.js";

interface NodeGlue extends Glue {
  initSync(options: { module: BufferSource }): unknown;
}

let nInstances = 0;

/** A fresh instance: the query makes Node load the glue anew, with memory of its own. */
async function instantiate(): Promise<Glue> {
  const url = new URL("../../wasm/plain/handlens.js", import.meta.url);
  url.searchParams.set("instance", String(++nInstances));
  const glue = (await import(url.href)) as NodeGlue;
  glue.initSync({
    module: await readFile(new URL("../../wasm/plain/handlens_bg.wasm", import.meta.url)),
  });
  return glue;
}

export const platform: Platform = {
  opener({ worker, threads }) {
    if (worker === true || threads === "on") {
      throw refusal("bad_request", "In Node the core runs in the caller's thread, without a pool.");
    }
    // The whole core is on the disk already.
    return { whole: async () => new LocalLink(await instantiate()), starter: null };
  },

  async readShell() {
    const shell = new URL("../../wasm/single/single.html", import.meta.url);
    try {
      return new Blob([await readFile(shell)]);
    } catch (cause) {
      throw refusal("not_found", `The page that the model goes into cannot be read: ${String(cause)}. A build of the page makes it.`);
    }
  },

  async readSample(file) {
    return new Blob([await readFile(new URL(`../../samples/${file}`, import.meta.url))]);
  },
};
