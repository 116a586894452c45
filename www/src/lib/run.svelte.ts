// One run: a training under way, finished, or loaded from a file, with what is known of it.
import type { Evaluation, Model, ModelSummary, StepReport, Table, Training, TrainingSummary } from "handlens";
import type { Plan } from "./plan";

export type Status = "training" | "paused" | "done" | "failed" | "loaded";
export type Speed = "slow" | "normal" | "max";

/** Pause between steps, and what the worker may use of each turn, in ms. A class wants to watch. */
const PACE: Record<Speed, { wait: number; budget: number }> = {
  slow: { wait: 160, budget: 0 },
  normal: { wait: 16, budget: 0 },
  max: { wait: 0, budget: 40 },
};
/** A judgment may take at most one part in this many of the time. */
const JUDGE_SHARE = 6;

let lastId = 0;

export class Run {
  readonly id = ++lastId;
  name: string;
  readonly plan: Plan | null;
  readonly model: Model | Training;
  readonly table: Table | null;
  readonly training: TrainingSummary | null;
  readonly startedAt = performance.now();

  status = $state<Status>("paused");
  progress = $state.raw<StepReport | null>(null);
  /** Rises with every step that is worth drawing. */
  version = $state(0);
  evaluation = $state.raw<Evaluation | null>(null);
  summary = $state.raw<ModelSummary | null>(null);
  /** Time spent in steps, in ms. */
  took = $state(0);
  note = $state<string | null>(null);
  isSaved = $state(false);
  doneAt = 0;
  isGone = false;
  speed: Speed = "normal";

  #isLooping = false;
  #judgedAt = 0;
  #judgeTook = 0;
  #isJudging = false;

  constructor(name: string, plan: Plan | null, table: Table | null, model: Model | Training) {
    this.name = name;
    this.plan = plan;
    this.table = table;
    this.model = model;
    this.training = isTraining(model) ? model.summary : null;
    if (!isTraining(model)) this.status = "loaded";
  }

  get share(): number {
    const progress = this.progress?.progress;
    if (this.status === "done" || this.status === "loaded") return 1;
    return progress && progress.total > 0 ? Math.min(1, progress.position / progress.total) : 0;
  }

  /** Trains until done or paused. Resolves when it stops; throws what the core refuses. */
  async play(): Promise<void> {
    if (!isTraining(this.model) || this.status === "done") return;
    this.status = "training";
    // Paused and played again within one step: the loop has not noticed.
    if (this.#isLooping) return;
    this.#isLooping = true;
    try {
      while (this.status === "training" && !this.isGone) {
        const { wait, budget } = PACE[this.speed];
        const before = performance.now();
        await this.#advance(budget);
        const rest = wait - (performance.now() - before);
        await (document.hidden ? pause(50) : rest > 20 ? pause(rest) : frame());
      }
    } catch (error) {
      if (!this.isGone) this.status = "failed";
      throw error;
    } finally {
      this.#isLooping = false;
    }
  }

  pause(): void {
    if (this.status === "training") this.status = "paused";
  }

  async step(): Promise<void> {
    this.pause();
    await this.#advance(0);
  }

  async #advance(budget: number): Promise<void> {
    if (!isTraining(this.model) || this.isGone) return;
    const before = performance.now();
    const reports = await this.model.advance(budget);
    this.took += performance.now() - before;
    const last = reports.at(-1);
    if (this.isGone || last === undefined) return;
    this.progress = last;
    this.note = reports.findLast((report) => report.progress.note !== null)?.progress.note ?? this.note;
    this.version += 1;
    if (last.progress.is_done) {
      this.status = "done";
      this.doneAt = performance.now();
      await this.judge();
    } else if (this.#isJudgeDue()) void this.judge().catch(() => undefined);
  }

  #isJudgeDue(): boolean {
    return !this.#isJudging && performance.now() - this.#judgedAt > Math.max(400, JUDGE_SHARE * this.#judgeTook);
  }

  /** Scores on seen and unseen rows, and all there is to know of the model as it is now. */
  async judge(): Promise<void> {
    const before = performance.now();
    this.#isJudging = true;
    try {
      const [evaluation, summary] = await Promise.all([
        this.training === null ? null : this.model.evaluate(),
        this.model.inspect(),
      ]);
      if (this.isGone) return;
      this.evaluation = evaluation ?? summary.evaluation;
      this.summary = summary;
    } finally {
      this.#isJudging = false;
      this.#judgedAt = performance.now();
      this.#judgeTook = this.#judgedAt - before;
    }
  }

  /** Stops and gives the model's memory back. */
  forget(): void {
    this.isGone = true;
    this.pause();
    void Promise.resolve(this.model.forget()).catch(() => undefined);
  }
}

export function isTraining(model: Model | Training): model is Training {
  return "advance" in model;
}

function frame(): Promise<void> {
  return new Promise((resolve) => requestAnimationFrame(() => resolve()));
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
