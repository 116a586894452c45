import type { Client } from "./client.js";
import { HandlensError, refusal } from "./error.js";
import { Model } from "./model.js";
import type { StepReport, TrainingSummary } from "./protocol.js";

/** How long the core trains between two looks of an iteration: a frame at 30 a second. */
const SLICE_MS = 33;

/**
 * A training that is pulled: every step is asked for. Pausing is not asking, canceling is
 * forgetting, and the model can be used at any time.
 */
export class Training extends Model {
  /** The spec with everything filled in, and what the recipe did. */
  readonly summary: TrainingSummary;
  readonly #history: StepReport[] = [];

  constructor(client: Client, summary: TrainingSummary) {
    super(client, summary.model);
    this.summary = summary;
  }

  /** Every step so far. */
  get history(): readonly StepReport[] {
    return this.#history;
  }

  /** Whether further steps change nothing. */
  get isDone(): boolean {
    return this.#history.at(-1)?.progress.is_done ?? false;
  }

  /** Does one step. */
  async step(signal?: AbortSignal): Promise<StepReport> {
    const [report] = await this.#advance(0, 1, signal);
    if (report === undefined) throw refusal("internal", "A step was not reported.");
    return report;
  }

  /** Steps until `budgetMs` milliseconds are used up or the training is done. */
  advance(budgetMs: number, signal?: AbortSignal): Promise<StepReport[]> {
    return this.#advance(budgetMs, Number.MAX_SAFE_INTEGER, signal);
  }

  /** Steps to the end; returns the last report. */
  async finish(signal?: AbortSignal): Promise<StepReport> {
    let last = this.#history.at(-1);
    while (!this.isDone) last = (await this.advance(SLICE_MS, signal)).at(-1) ?? last;
    if (last === undefined) throw refusal("internal", "A training ended without a step.");
    return last;
  }

  /** The steps of about a frame at a time, to the end. Leaving the loop is pausing. */
  async *[Symbol.asyncIterator](): AsyncGenerator<StepReport[], void, undefined> {
    while (!this.isDone) yield await this.advance(SLICE_MS);
  }

  async #advance(budgetMs: number, maxSteps: number, signal?: AbortSignal): Promise<StepReport[]> {
    const limits = { budgetMs, maxSteps };
    const record = ({ reports }: { reports: StepReport[] }) => void this.#history.push(...reports);
    // The steps under way when the caller gives up are done all the same.
    const answer = await this.client.bridge.advance(this.id, limits, signal, record);
    const { reports, failure } = answer;
    record(answer);
    if (failure !== null) throw new HandlensError(failure);
    return reports;
  }
}
