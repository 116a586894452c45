// A finished model and what it answers, on whatever platform the small module was started.

import { failureOf, HandlensError } from "../error.js";
import type { ModelSummary, Predictions } from "../protocol.js";
import type { LoadedModel, PredictorGlue } from "./glue.js";

/** A row by column name: numbers, texts, truth values, or `null` where a cell is empty. */
export type Row = Record<string, unknown>;

/** How a file is predicted. */
export interface FileOptions {
  /** A hint to the format where the content could be more than one. */
  name?: string;
  /** How many predictions to list beside the CSV; 0 by default. */
  preview?: number;
  /** Whether text that a spreadsheet would run as a formula gets a leading apostrophe. */
  isFormulaSafe?: boolean;
}

/** A finished model. Every answer is the one that the whole core gives, to the bit. */
export class Predictor {
  /** What it predicts, of which inputs, how well, and where it comes from. */
  readonly summary: ModelSummary;
  readonly #model: LoadedModel;

  /** Programs call `loadModel` instead. */
  constructor({ LoadedModel }: PredictorGlue, artifact: Uint8Array) {
    const model = call(() => new LoadedModel(artifact));
    this.#model = model;
    this.summary = parsed(() => model.inspect());
  }

  /** Predicts rows, one answer each, in their order. */
  predict(rows: Row[]): Predictions {
    return parsed(() => this.#model.predict(JSON.stringify(rows)));
  }

  /** Predicts every row of a file: its own columns come back, the answers behind them. */
  predictFile(file: Uint8Array | string, options: FileOptions = {}): { predictions: Predictions; csv: Uint8Array } {
    const { name = "", preview = 0, isFormulaSafe = false } = options;
    const bytes = typeof file === "string" ? new TextEncoder().encode(file) : file;
    const predictions: Predictions = parsed(() => this.#model.predictFile(name, bytes, preview, isFormulaSafe));
    return { predictions, csv: this.#model.takeCsv() };
  }

  /** Frees its memory; it is of no use afterwards. */
  close(): void {
    this.#model.free();
  }
}

function parsed<T>(ask: () => string): T {
  return JSON.parse(call(ask)) as T;
}

/** The module throws a failure as JSON text, and anything else where it is broken. */
function call<T>(ask: () => T): T {
  try {
    return ask();
  } catch (thrown) {
    const failure = typeof thrown === "string" ? failureOf(JSON.parse(thrown)) : null;
    if (failure !== null) throw new HandlensError(failure);
    throw thrown;
  }
}
