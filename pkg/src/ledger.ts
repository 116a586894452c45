// What the caller holds, kept so that a fresh core can be brought to the same point: for each
// table its bytes or generator and the retypes since, for each model its spec and number of
// steps, or its artifact. Training is deterministic, so the same steps make the same model.

import type { ModelId, TableId } from "./names.js";
import type { FigureSpec, Request, RunSpec } from "./protocol.js";

/** Training repeated unasked, at most. */
const MOST_REPEATED_MS = 1000;

/** A request that made or changed something, with the bytes it came with. */
export interface Deed {
  request: Request;
  bytes: Blob | null;
}

/** A table as the caller knows it. */
export interface TableEntry {
  source: Deed;
  retypes: Extract<Request, { do: "retype" }>[];
  /** Its handle in the running core, if it is there. */
  inner: TableId | null;
}

/** How a model was trained. */
export interface TrainingEntry {
  spec: RunSpec;
  table: TableEntry;
  nRetypes: number;
  nSteps: number;
  isDone: boolean;
  /** What the steps took, in ms: repeating them takes about as long. */
  tookMs: number;
}

/** A model as the caller knows it. */
export interface ModelEntry {
  /** How it was trained, unless it was loaded. */
  training: TrainingEntry | null;
  /** The finished model, as soon as it is known. */
  artifact: Blob | null;
  name: string;
  inner: ModelId | null;
  /** Whether the running core has it from its artifact, without the rows it was trained on. */
  isFromArtifact: boolean;
  /** Bringing it back stopped the core: not tried again. */
  isLost: boolean;
}

/** A figure as the caller knows it. */
export interface SlotEntry {
  spec: FigureSpec;
  isComputed: boolean;
}

/** Everything by the handle that the caller was given. */
export class Ledger {
  readonly tables = new Map<TableId, TableEntry>();
  readonly models = new Map<ModelId, ModelEntry>();
  readonly slots = new Map<string, SlotEntry>();
  #lastId = 0;

  addTable(entry: TableEntry): TableId {
    this.tables.set(++this.#lastId, entry);
    return this.#lastId;
  }

  addModel(entry: ModelEntry): ModelId {
    this.models.set(++this.#lastId, entry);
    return this.#lastId;
  }

  /**
   * Whether another core could take over unnoticed: no training is under way, and those that are
   * done are soon repeated.
   */
  mayMove(): boolean {
    const trainings = [...this.models.values()].flatMap(({ training }) => training ?? []);
    const tookMs = trainings.reduce((sum, training) => sum + training.tookMs, 0);
    return tookMs <= MOST_REPEATED_MS && trainings.every(({ nSteps, isDone }) => isDone || nSteps === 0);
  }

  /** The running core is gone and everything with it. */
  forgetCore(): void {
    for (const table of this.#allTables()) table.inner = null;
    for (const model of this.models.values()) model.inner = null;
    for (const slot of this.slots.values()) slot.isComputed = false;
  }

  /** Tables that the caller has forgotten live on as the origin of models. */
  *#allTables(): Generator<TableEntry> {
    yield* this.tables.values();
    for (const { training } of this.models.values()) if (training !== null) yield training.table;
  }
}
