import type { Reply } from "./core.js";
import { Trap, refusal } from "./error.js";
import type { Ledger, Deed, ModelEntry, TableEntry } from "./ledger.js";
import type { Link } from "./links/link.js";
import type { Answers } from "./messages.js";
import { isAboutRows, mapHandles } from "./handles.js";
import type { TableId } from "./names.js";
import type { Request, Style } from "./protocol.js";

/**
 * Makes calls on a link under the caller's own handles, which stay the same whatever happens to
 * the core: what a call needs and the core does not have is brought back first.
 */
export class Replay {
  readonly #ledger: Ledger;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** Answers a request. */
  async request(link: Link, deed: Deed): Promise<Reply> {
    const { request } = deed;
    if (request.do === "forget_table" || request.do === "forget_model") {
      return this.#forget(link, request);
    }
    if ("slot" in request && request.do !== "figure") await this.#ensureSlot(link, request.slot);
    const inner = await this.#withInnerHandles(link, request);
    const before = performance.now();
    const reply = await send(link, { request: inner, bytes: deed.bytes });
    if (request.do === "step") countTime(this.#model(request.model), before);
    return { ...reply, response: this.#record(deed, reply) };
  }

  /** Trains on for a while. */
  async advance(link: Link, model: number, budgetMs: number, maxSteps: number): Promise<Answers["advance"]> {
    const entry = this.#model(model);
    const inner = await this.#ensureModel(link, entry, true);
    const before = performance.now();
    const answer = await link.call({ kind: "advance", model: inner, budgetMs, maxSteps });
    countTime(entry, before);
    for (const report of answer.reports) countStep(entry, report.progress.is_done);
    return answer;
  }

  /** Draws the figure of a slot. */
  async draw(link: Link, slot: string, style: Style): Promise<ImageBitmap> {
    await this.#ensureSlot(link, slot);
    return (await link.call({ kind: "draw", slot, style })).bitmap;
  }

  /** Keeps the artifact of a finished model, which brings it back faster than training. */
  async checkpoint(link: Link, model: number): Promise<void> {
    const entry = this.#ledger.models.get(model);
    if (entry?.training?.isDone !== true || entry.inner === null) return;
    if (entry.artifact !== null || entry.isFromArtifact) return;
    const { bytes } = await send(link, { request: { do: "save", model: entry.inner }, bytes: null });
    if (bytes) entry.artifact = new Blob([bytes]);
  }

  /** Enters what a request has made or changed; returns the response under the caller's handles. */
  #record(deed: Deed, { response, bytes }: Reply): Reply["response"] {
    const { request } = deed;
    switch (response.is) {
      case "table": {
        const parent = request.do === "retype" ? this.#table(request.table) : null;
        if (parent === null || request.do !== "retype") {
          const entry = { source: deed, retypes: [], inner: response.table };
          return { ...response, table: this.#ledger.addTable(entry) };
        }
        parent.retypes.push(request);
        parent.inner = response.table;
        return { ...response, table: request.table };
      }
      case "training": {
        if (request.do !== "train") return response;
        const { spec } = request;
        const table = this.#table(spec.table);
        const nRetypes = table.retypes.length;
        const model = this.#ledger.addModel({
          training: { spec, table, nRetypes, nSteps: 0, isDone: false, tookMs: 0 },
          artifact: null,
          // Empty: the artifact keeps the name that the core gave it.
          name: "",
          inner: response.model,
          isFromArtifact: false,
          isLost: false,
        });
        return { ...response, model, spec: { ...response.spec, table: spec.table } };
      }
      case "model": {
        if ("model" in request && typeof request.model === "number") {
          return { ...response, model: request.model };
        }
        const model = this.#ledger.addModel({
          training: null,
          artifact: deed.bytes,
          name: response.name,
          inner: response.model,
          isFromArtifact: true,
          isLost: false,
        });
        return { ...response, model };
      }
      case "progress":
        if (request.do === "step") countStep(this.#model(request.model), response.progress.is_done);
        return response;
      case "figure":
        if (request.do === "figure") {
          this.#ledger.slots.set(request.slot, { spec: request.figure, isComputed: true });
        }
        return response;
      default:
        if (request.do === "save" && bytes) {
          const entry = this.#model(request.model);
          if (entry.training?.isDone) entry.artifact = new Blob([bytes]);
        }
        return response;
    }
  }

  async #withInnerHandles(link: Link, request: Request): Promise<Request> {
    const needsRows = isAboutRows(request);
    return mapHandles(
      request,
      (table) => this.#ensureTable(link, this.#table(table)),
      (model) => this.#ensureModel(link, this.#model(model), needsRows),
    );
  }

  async #forget(
    link: Link,
    request: Extract<Request, { do: "forget_table" | "forget_model" }>,
  ): Promise<Reply> {
    if (request.do === "forget_table") {
      const entry = this.#table(request.table);
      const { inner } = entry;
      this.#ledger.tables.delete(request.table);
      // Models keep the entry as their origin: it must not name a handle that is gone.
      entry.inner = null;
      if (inner !== null) await send(link, { request: { ...request, table: inner }, bytes: null });
    } else {
      const { inner } = this.#model(request.model);
      this.#ledger.models.delete(request.model);
      if (inner !== null) await send(link, { request: { ...request, model: inner }, bytes: null });
    }
    return { response: { is: "done" } };
  }

  async #ensureSlot(link: Link, slot: string): Promise<void> {
    const entry = this.#ledger.slots.get(slot);
    // A slot that was never filled is refused by the core itself.
    if (entry === undefined || entry.isComputed) return;
    await this.request(link, { request: { do: "figure", slot, figure: entry.spec }, bytes: null });
  }

  async #ensureTable(link: Link, entry: TableEntry): Promise<TableId> {
    entry.inner ??= await makeTable(link, entry, entry.retypes.length);
    return entry.inner;
  }

  async #ensureModel(link: Link, entry: ModelEntry, needsRows: boolean): Promise<number> {
    const { training, artifact } = entry;
    const isEnough = !needsRows || !entry.isFromArtifact || training === null;
    if (entry.inner !== null && isEnough) return entry.inner;
    if (entry.isLost) {
      throw refusal("internal", "The core stopped when this model was to be brought back. Train it again.");
    }
    try {
      if (artifact !== null && (!needsRows || training === null)) {
        const { response } = await send(link, { request: { do: "load", name: entry.name }, bytes: artifact });
        if (response.is === "model") entry.inner = response.model;
        entry.isFromArtifact = true;
      } else if (training !== null) {
        entry.inner = await this.#retrain(link, training);
        entry.isFromArtifact = false;
      }
    } catch (error) {
      if (error instanceof Trap && !error.isAskedFor) entry.isLost = true;
      throw error;
    }
    if (entry.inner === null) throw refusal("internal", "This model cannot be brought back.");
    return entry.inner;
  }

  async #retrain(link: Link, training: NonNullable<ModelEntry["training"]>): Promise<number> {
    const { spec, table, nRetypes, nSteps } = training;
    // Columns may have changed their type since: the model was trained on them as they were.
    const isAsThen = nRetypes === table.retypes.length;
    const inner = isAsThen
      ? await this.#ensureTable(link, table)
      : await makeTable(link, table, nRetypes);
    const request: Request = { do: "train", spec: { ...spec, table: inner } };
    const { response } = await send(link, { request, bytes: null });
    if (response.is !== "training") throw new Trap("A training was not answered as one.");
    const { model } = response;
    if (nSteps > 0) {
      await link.call({ kind: "advance", model, budgetMs: Infinity, maxSteps: nSteps });
    }
    if (!isAsThen) await send(link, { request: { do: "forget_table", table: inner }, bytes: null });
    return model;
  }

  #table(table: TableId): TableEntry {
    const entry = this.#ledger.tables.get(table);
    if (entry !== undefined) return entry;
    throw refusal("not_found", `There is no table ${String(table)} here; it may have been forgotten.`, "table");
  }

  #model(model: number): ModelEntry {
    const entry = this.#ledger.models.get(model);
    if (entry !== undefined) return entry;
    throw refusal("not_found", `There is no model ${String(model)} here; it may have been forgotten.`, "model");
  }
}

function countStep(entry: ModelEntry, isDone: boolean): void {
  const { training } = entry;
  if (training === null || training.isDone) return;
  training.nSteps += 1;
  training.isDone = isDone;
}

function countTime({ training }: ModelEntry, since: number): void {
  if (training !== null) training.tookMs += performance.now() - since;
}

async function makeTable(link: Link, entry: TableEntry, nRetypes: number): Promise<TableId> {
  let { response } = await send(link, entry.source);
  for (const retype of entry.retypes.slice(0, nRetypes)) {
    if (response.is !== "table") break;
    const request: Request = { ...retype, table: response.table };
    response = (await send(link, { request, bytes: null })).response;
  }
  if (response.is !== "table") throw new Trap("A table was not answered as one.");
  return response.table;
}

async function send(link: Link, { request, bytes }: Deed): Promise<Reply> {
  const array = bytes === null ? null : new Uint8Array(await bytes.arrayBuffer());
  return link.call({ kind: "request", request, bytes: array }, array === null ? [] : [array.buffer]);
}
