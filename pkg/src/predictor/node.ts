import { readFile } from "node:fs/promises";

import * as glue from "../../wasm/predictor/handlens.js";
import type { PredictorGlue } from "./glue.js";

let started: Promise<PredictorGlue> | null = null;

/** Starts the module once, from the disk. */
export function start(): Promise<PredictorGlue> {
  return (started ??= instantiate());
}

async function instantiate(): Promise<PredictorGlue> {
  const file = new URL("../../wasm/predictor/handlens_bg.wasm", import.meta.url);
  glue.initSync({ module: await readFile(file) });
  return glue;
}
