// The predict-only entry, `handlens/predict`: a saved model in, answers out. It loads the small module
// that only predicts, and nothing of the rest of the package but its errors.

import { start } from "#predictor";
import { Predictor } from "./predictor/predictor.js";

export { HandlensError } from "./error.js";
export type { FileOptions, Predictor, Row } from "./predictor/predictor.js";
export type { Input, ModelSummary, Predictions, RowPrediction } from "./protocol.js";

/** Reads a model that was saved: the bytes of a `.safetensors` file. */
export async function loadModel(artifact: Uint8Array | ArrayBuffer): Promise<Predictor> {
  const bytes = artifact instanceof Uint8Array ? artifact : new Uint8Array(artifact);
  return new Predictor(await start(), bytes);
}
