import init, * as glue from "../../wasm/predictor/handlens.js";
import type { PredictorGlue } from "./glue.js";

let started: Promise<PredictorGlue> | null = null;

/** Starts the module once; where that fails, the next call tries again. */
export function start(): Promise<PredictorGlue> {
  started ??= instantiate().catch((error: unknown) => {
    started = null;
    throw error;
  });
  return started;
}

async function instantiate(): Promise<PredictorGlue> {
  await init({ module_or_path: new URL("../../wasm/predictor/handlens_bg.wasm", import.meta.url) });
  return glue;
}
