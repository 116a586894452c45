import type { Client } from "./client.js";
import { FigureView } from "./figure.js";
import type { TableId } from "./names.js";
import type { ColumnType, RunSpec, Suggestion, TableSummary, Task } from "./protocol.js";
import { Training } from "./training.js";

/** What to train: everything but the algorithm has a default. */
export type TrainOptions = Pick<RunSpec, "algorithm"> & Partial<Omit<RunSpec, "table" | "algorithm">>;

/** A table held by the lab. */
export class Table {
  readonly #client: Client;
  #summary: TableSummary;

  constructor(client: Client, summary: TableSummary) {
    this.#client = client;
    this.#summary = summary;
  }

  /** The handle, for {@link Lab.request}. */
  get id(): TableId {
    return this.#summary.table;
  }

  /** How it was read, what is dubious about it, and a profile of each column. */
  get summary(): TableSummary {
    return this.#summary;
  }

  /** Rows as text, one list a row; `null` is a missing cell. */
  async rows(start = 0, count = 100, signal?: AbortSignal): Promise<(string | null)[][]> {
    const request = { do: "rows", table: this.id, start, count } as const;
    return (await this.#client.ask("rows", request, { signal })).cells;
  }

  /** Reads a column again as another type. */
  async retype(column: string, columnType: ColumnType): Promise<TableSummary> {
    const request = { do: "retype", table: this.id, column, column_type: columnType } as const;
    this.#summary = await this.#client.ask("table", request);
    return this.#summary;
  }

  /** What to predict, with what, and how to prepare the columns. */
  suggest(wish: { target?: string; task?: Task } = {}, signal?: AbortSignal): Promise<Suggestion> {
    const { target = null, task = null } = wish;
    return this.#client.ask("suggestion", { do: "suggest", table: this.id, target, task }, { signal });
  }

  /** Prepares the data and starts a training; no step is done yet. */
  async train(options: TrainOptions, signal?: AbortSignal): Promise<Training> {
    // The core fills in what is absent; the declared type knows only the whole.
    const spec = { ...options, table: this.id } as RunSpec;
    const summary = await this.#client.ask("training", { do: "train", spec }, { signal });
    return new Training(this.#client, summary);
  }

  /** How the values of a column are spread. */
  histogram(column: string, slot = `histogram ${this.id}`): Promise<FigureView> {
    return FigureView.compute(this.#client, slot, { show: "histogram", table: this.id, column });
  }

  /** Two columns against each other, colored by a third; telling ones where absent. */
  scatter(
    columns: { x?: string; y?: string; color?: string } = {},
    slot = `scatter ${this.id}`,
  ): Promise<FigureView> {
    const { x = null, y = null, color = null } = columns;
    return FigureView.compute(this.#client, slot, { show: "scatter", table: this.id, x, y, color });
  }

  /** Frees it. Models trained on it stay. */
  async forget(): Promise<void> {
    await this.#client.ask("done", { do: "forget_table", table: this.id });
  }
}
