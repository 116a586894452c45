import { platform } from "#platform";

import { Bridge } from "./bridge.js";
import { Client } from "./client.js";
import type { Reply } from "./core.js";
import { refusal } from "./error.js";
import { FigureView, draw, figureTable, probe, svg } from "./figure.js";
import type { Look, Screen } from "./figure.js";
import { guessTask, joinMatrix } from "./matrix.js";
import type { Font, Threads } from "./messages.js";
import { Model } from "./model.js";
import type { FigureWish, Settings } from "./names.js";
import type {
  Catalogue,
  PickleReport,
  Probe,
  ReadOptions,
  Recipe,
  Request,
  Task,
} from "./protocol.js";
import { Table } from "./table.js";

/** Bytes in any of their usual shapes. They are copied: the caller's stay as they are. */
export type Bytes = Blob | ArrayBuffer | Uint8Array;

export interface OpenOptions {
  /** Whether the core runs in a worker of its own. Default: yes in a browser, no in Node. */
  worker?: boolean;
  /** Whether to use the module with threads; `auto` uses it where the page is isolated. */
  threads?: Threads;
  /**
   * Whether to begin with the starter: a module of half the size that trains a first net on a
   * delimited table. The whole core takes over when something else is asked for, or when
   * {@link Lab.fetchWhole} has brought it and nothing is under way. Only for a worker. Default: no.
   */
  starter?: boolean;
  /** Typefaces for the text of figures drawn in the worker. */
  fonts?: Font[];
}

export interface FitOptions {
  settings?: Settings;
  recipe?: Partial<Recipe>;
  seed?: number;
  /** Classes or numbers; guessed where absent. */
  task?: Task;
}

/** A core with its tables and models. */
export class Lab {
  readonly #bridge: Bridge;
  readonly #client: Client;
  #catalogue: Promise<Catalogue> | null = null;

  /** Loads the core. */
  static async open(options: OpenOptions = {}): Promise<Lab> {
    const { worker = null, threads = "auto", fonts = [], starter = false } = options;
    return new Lab(await Bridge.open(platform.opener({ worker, threads, fonts, starter })));
  }

  private constructor(bridge: Bridge) {
    this.#bridge = bridge;
    this.#client = new Client(bridge);
    bridge.onWhole(() => (this.#catalogue = null));
  }

  /** How many threads the core runs on. */
  get threads(): number {
    return this.#bridge.threads;
  }

  /** Version of the core. */
  get version(): string {
    return this.#bridge.version;
  }

  /** Whether the whole core is at work, not the starter. */
  get isWhole(): boolean {
    return this.#bridge.isWhole;
  }

  /** Loads the whole core behind the starter; it takes over when nothing is under way. */
  fetchWhole(): Promise<void> {
    return this.#bridge.fetchWhole();
  }

  /** Waits until the whole core is at work; it takes over as soon as it is there. */
  whole(signal?: AbortSignal): Promise<void> {
    return this.#bridge.whole(signal);
  }

  /** Calls `listener` when the whole core has taken over. Returns a function that ends it. */
  onWhole(listener: () => void): () => void {
    return this.#bridge.onWhole(listener);
  }

  /** Every algorithm with its settings (of the starter, those that it has), every step of a recipe, every sample and generator. */
  catalogue(): Promise<Catalogue> {
    this.#catalogue ??= this.#client.ask("catalogue", { do: "catalogue" }).catch((error: unknown) => {
      this.#catalogue = null;
      throw error;
    });
    return this.#catalogue;
  }

  /** Reads a table from bytes, or from text. */
  async read(
    data: Bytes | string,
    options: { name?: string } & Partial<ReadOptions> = {},
    signal?: AbortSignal,
  ): Promise<Table> {
    const { name = fileName(data) ?? "table", ...rest } = options;
    // The core fills in what is absent; the declared type knows only the whole.
    const request = { do: "read", name, options: rest as ReadOptions } as const;
    return this.#table(request, toBlob(data), signal);
  }

  /** Reads one of the shipped tables, by its id in the catalogue. */
  async sample(id: string, signal?: AbortSignal): Promise<Table> {
    const { samples } = await this.catalogue();
    const sample = samples.find((sample) => sample.id === id);
    if (sample === undefined) {
      const known = samples.map((sample) => sample.id).join(", ");
      throw refusal("not_found", `There is no sample \u201c${id}\u201d. Known are: ${known}.`, "id");
    }
    const bytes = await platform.readSample(sample.file);
    const request = { do: "read", name: sample.file, options: {} as ReadOptions } as const;
    return this.#table(request, bytes, signal);
  }

  /** Makes a two-dimensional table; the same seed makes the same rows. */
  generate(id: string, settings: Settings = {}, seed = 0, signal?: AbortSignal): Promise<Table> {
    return this.#table({ do: "generate", generator: id, settings, seed }, undefined, signal);
  }

  /** Loads an artifact; it keeps the name it was saved with unless another is given. */
  async load(data: Bytes, name = "", signal?: AbortSignal): Promise<Model> {
    const request = { do: "load", name } as const;
    const { model } = await this.#client.ask("model", request, { bytes: toBlob(data), signal });
    return new Model(this.#client, model);
  }

  /** Tells what a Python pickle would import and call, and lists its operations; it is not opened. */
  inspectPickle(data: Bytes, signal?: AbortSignal): Promise<PickleReport> {
    return this.#client.ask("pickle", { do: "inspect_pickle" }, { bytes: toBlob(data), signal });
  }

  /**
   * Trains on a row-major matrix to the end. All rows are learnt from, and numbers are taken as
   * they are unless the recipe says otherwise. Texts in `y` are classes; numbers are what the
   * algorithm learns, and where it learns both, classes if they are a few whole numbers.
   */
  async fit(
    x: Float32Array | Float64Array,
    nFeatures: number,
    y: ArrayLike<number | string> | null,
    algorithm: string,
    options: FitOptions = {},
    signal?: AbortSignal,
  ): Promise<Model> {
    await this.whole(signal);
    const info = (await this.catalogue()).algorithms.find(({ id }) => id === algorithm);
    const task = options.task ?? (info === undefined ? null : guessTask(info, y));
    const { bytes, nColumns, target, labels } = joinMatrix(x, nFeatures, y, task);
    const named = { do: "read_matrix", name: "matrix", n_columns: nColumns, names: null, target, labels };
    const table = await this.#table(named as Request, bytes, signal);
    try {
      const { settings = {}, seed = 42, recipe = {} } = options;
      const training = await table.train(
        {
          algorithm,
          settings,
          seed,
          task,
          target: target === null ? null : (table.summary.columns.at(-1)?.name ?? null),
          recipe: { columns: {}, ...recipe, settings: { scale: "none", ...recipe.settings } },
          test_size: 0,
        },
        signal,
      );
      await training.finish(signal);
      return training;
    } finally {
      await table.forget();
    }
  }

  /** Computes a figure and keeps it in a slot, in place of what was there. */
  figure(slot: string, spec: FigureWish, signal?: AbortSignal): Promise<FigureView> {
    return FigureView.compute(this.#client, slot, spec, signal);
  }

  /** Shows the figure of a slot on a canvas; `spec`, if given, is computed first. */
  async draw(
    slot: string,
    spec: FigureWish | null,
    style: Look,
    canvas: Screen,
    signal?: AbortSignal,
  ): Promise<void> {
    if (spec !== null) await this.figure(slot, spec, signal);
    await draw(this.#client, slot, style, canvas, signal);
  }

  /** The figure of a slot as a whole SVG document. */
  svg(slot: string, style: Look = {}): Promise<string> {
    return svg(this.#client, slot, style);
  }

  /** What lies at a place of the figure of a slot, in CSS pixels from the top left. */
  probe(slot: string, style: Look, x: number, y: number, signal?: AbortSignal): Promise<Probe | null> {
    return probe(this.#client, slot, style, { x, y }, signal);
  }

  /** The figure of a slot as a table. */
  figureTable(slot: string): Promise<{ headers: string[]; rows: string[][] }> {
    return figureTable(this.#client, slot);
  }

  /** Makes any request of the protocol. */
  request(request: Request, bytes?: Bytes, signal?: AbortSignal): Promise<Reply> {
    return this.#bridge.request({ request, bytes: bytes === undefined ? null : toBlob(bytes) }, signal);
  }

  /**
   * Calls `listener` whenever the core stopped and a fresh one took over: the call under way has
   * failed, tables and models are still there. Returns a function that ends it.
   */
  onRestart(listener: (reason: string) => void): () => void {
    return this.#bridge.onRestart(listener);
  }

  /** Ends the core and frees its memory. */
  close(): void {
    this.#bridge.close();
  }

  /**
   * Makes the core stop as a fault would.
   * @internal for tests of the recovery
   */
  crash(): Promise<void> {
    return this.#bridge.crash();
  }

  async #table(request: Request, bytes?: Blob, signal?: AbortSignal): Promise<Table> {
    const options = bytes === undefined ? { signal } : { bytes, signal };
    return new Table(this.#client, await this.#client.ask("table", request, options));
  }
}

/** A blob keeps the bytes as they are now and may keep them on disk. */
function toBlob(data: Bytes | string): Blob {
  return data instanceof Blob ? data : new Blob([data as BlobPart]);
}

function fileName(data: Bytes | string): string | null {
  return typeof File !== "undefined" && data instanceof File ? data.name : null;
}
