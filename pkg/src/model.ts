import { platform } from "#platform";
import type { Client } from "./client.js";
import { expectKind } from "./client.js";
import { refusal } from "./error.js";
import { FigureView } from "./figure.js";
import type { FigureWish, ModelId } from "./names.js";
import type {
  Evaluation,
  ModelSummary,
  Predictions,
} from "./protocol.js";
import type { Table } from "./table.js";

/** A figure about a model, which is filled in. */
export type ModelFigure = FigureWish extends infer F
  ? F extends { model: ModelId }
    ? Omit<F, "model">
    : never
  : never;

/** Predictions of a matrix, row by row. */
export interface MatrixPrediction {
  /** `(nRows,)`: numbers of a regression; else indices, of `labels` or of clusters. */
  values: Float64Array;
  /** `(nRows, labels.length)`, row-major, where the model has probabilities. */
  probabilities: Float64Array | null;
  labels: string[];
}

/** A model in a form that other programs use. */
export interface ExportedFile {
  /** A name for the file. */
  name: string;
  /** Its media type. */
  type: string;
  bytes: Uint8Array<ArrayBuffer>;
}

/** What a model answers to a request of HTTP. */
export interface HttpAnswer {
  status: number;
  contentType: string;
  /** The methods that the path takes, where the request had another. */
  allow: string | null;
  body: Uint8Array<ArrayBuffer>;
}

/** A model held by the lab: in training, trained or loaded. */
export class Model {
  /** The handle, for {@link Lab.request}. */
  readonly id: ModelId;
  protected readonly client: Client;

  constructor(client: Client, id: ModelId) {
    this.client = client;
    this.id = id;
  }

  /** Everything there is to know of it. */
  inspect(signal?: AbortSignal): Promise<ModelSummary> {
    return this.client.ask("model", { do: "inspect", model: this.id }, { signal });
  }

  /** How good it is, on the rows it was trained on and on those kept unseen. */
  evaluate(signal?: AbortSignal): Promise<Evaluation> {
    return this.client.ask("evaluation", { do: "evaluate", model: this.id }, { signal });
  }

  /** How good it is on the rows of a table that has its target. */
  evaluateOn(table: Table, signal?: AbortSignal): Promise<Evaluation> {
    const request = { do: "evaluate_on", model: this.id, table: table.id } as const;
    return this.client.ask("evaluation", request, { signal });
  }

  /** Predicts rows given as objects by column name. */
  predict(records: Record<string, unknown>[], signal?: AbortSignal): Promise<Predictions>;
  /** Predicts a row-major matrix whose columns are the model's inputs, in order. */
  predict(matrix: Float64Array | Float32Array, signal?: AbortSignal): Promise<MatrixPrediction>;
  predict(
    rows: Record<string, unknown>[] | Float64Array | Float32Array,
    signal?: AbortSignal,
  ): Promise<Predictions | MatrixPrediction> {
    if (rows instanceof Float64Array || rows instanceof Float32Array) {
      return this.#predictMatrix(rows, signal);
    }
    const request = { do: "predict", model: this.id, records: rows } as const;
    return this.client.ask("predictions", request, { signal });
  }

  /**
   * Predicts every row of a table: some of them as a list, all of them as CSV with the columns
   * `prediction` and one `p_<class>` a class.
   */
  async predictTable(
    table: Table,
    options: { preview?: number; includesInput?: boolean; isFormulaSafe?: boolean } = {},
    signal?: AbortSignal,
  ): Promise<{ predictions: Predictions; csv: Uint8Array<ArrayBuffer> }> {
    const { preview = 100, includesInput = false, isFormulaSafe = false } = options;
    const request = {
      do: "predict_table",
      model: this.id,
      table: table.id,
      preview,
      includes_input: includesInput,
      is_formula_safe: isFormulaSafe,
    } as const;
    const reply = await this.client.bridge.request({ request, bytes: null }, signal);
    return { predictions: expectKind(reply, "predictions"), csv: reply.bytes ?? new Uint8Array() };
  }

  /** A row of a table, or the typical row, as an object that {@link Model.predict} takes. */
  async exampleRecord(
    table?: Table,
    row = 0,
  ): Promise<{ record: Record<string, unknown>; actual: string | null }> {
    const request = { do: "example_record", model: this.id, table: table?.id ?? null, row } as const;
    const { record, actual } = await this.client.ask("record", request);
    return { record, actual };
  }

  /** It as an artifact: the bytes that {@link Lab.load} takes. */
  async save(): Promise<Uint8Array<ArrayBuffer>> {
    return (await this.client.askBytes({ do: "save", model: this.id })).bytes;
  }

  /** It in a form that other programs use; the forms stand in the catalogue as `outlets`. */
  async export(outlet: string): Promise<ExportedFile> {
    const { outlets } = await this.client.ask("catalogue", { do: "catalogue" });
    const needsShell = outlets.some(({ id, needs_shell }) => id === outlet && needs_shell);
    const shell = needsShell ? await platform.readShell() : undefined;
    const reply = await this.client.askBytes({ do: "export", model: this.id, outlet }, shell);
    const { file_name: name, media_type: type } = expectKind(reply, "exported");
    return { name, type, bytes: reply.bytes };
  }

  /** Has it answer a request of HTTP, with the bytes that `handlens serve` answers. */
  async ask(
    { name, method, path, contentType }: { name: string; method: string; path: string; contentType: string | null },
    body: Uint8Array<ArrayBuffer>,
    signal?: AbortSignal,
  ): Promise<HttpAnswer> {
    const request = { do: "ask", model: this.id, name, method, path, content_type: contentType } as const;
    const reply = await this.client.bridge.request({ request, bytes: new Blob([body]) }, signal);
    const answered = expectKind(reply, "answered");
    return { status: answered.status, contentType: answered.content_type, allow: answered.allow, body: reply.bytes ?? new Uint8Array() };
  }

  /** Computes a figure about it. */
  figure(spec: ModelFigure, slot?: string, signal?: AbortSignal): Promise<FigureView> {
    const figure = { ...spec, model: this.id } as FigureWish;
    return FigureView.compute(this.client, slot ?? `${figure.show} ${this.id}`, figure, signal);
  }

  /** Frees it. */
  async forget(): Promise<void> {
    await this.client.ask("done", { do: "forget_model", model: this.id });
  }

  async #predictMatrix(
    matrix: Float64Array | Float32Array,
    signal?: AbortSignal,
  ): Promise<MatrixPrediction> {
    const { inputs, labels } = await this.inspect(signal);
    if (inputs.length === 0 || matrix.length % inputs.length !== 0) {
      throw refusal(
        "shape_mismatch",
        `The matrix has ${matrix.length} numbers, which is no multiple of the model's ${inputs.length} inputs.`,
      );
    }
    const nRows = matrix.length / inputs.length;
    const bytes = new Blob([Float64Array.from(matrix)]);
    const request = { do: "predict_matrix", model: this.id } as const;
    const reply = await this.client.bridge.request({ request, bytes }, signal);
    const answer = numbers(reply.bytes ?? new Uint8Array());
    return {
      values: answer.slice(0, nRows),
      probabilities: answer.length > nRows ? answer.slice(nRows) : null,
      labels,
    };
  }
}

/** Bytes as 64-bit floats, copied only where they do not lie on a boundary of eight. */
function numbers(bytes: Uint8Array<ArrayBuffer>): Float64Array {
  const { buffer, byteOffset, byteLength } = bytes.byteOffset % 8 === 0 ? bytes : bytes.slice();
  return new Float64Array(buffer, byteOffset, byteLength / 8);
}
