import type { Reply } from "./core.js";
import { HandlensError, Trap, refusal } from "./error.js";
import { Ledger } from "./ledger.js";
import type { Deed } from "./ledger.js";
import type { Link, Opener } from "./links/link.js";
import type { Answers } from "./messages.js";
import type { Style } from "./protocol.js";
import { Replay } from "./replay.js";

/** How long a call that nobody waits for any more may keep the core from the next one. */
const PATIENCE_MS = 1000;

/** The requests that give out a new handle. */
const MAKERS = new Set<Deed["request"]["do"]>(["read", "read_matrix", "generate", "train", "load"]);

/** The code by which the starter refuses what only the whole core has. */
const BEYOND = "not_in_starter";

/** One call in the queue. */
interface Job {
  /** Does the work and tells the caller. */
  run(link: Link): Promise<void>;
  fail(error: unknown): void;
}

/**
 * The way to the core: calls wait in line, each can be aborted, and a core that stops is
 * replaced by a fresh one that is brought to the same point. So is the starter by the whole core:
 * a call that the starter refuses waits for it, the others go on.
 */
export class Bridge {
  readonly #opener: Opener;
  readonly #ledger = new Ledger();
  readonly #replay = new Replay(this.#ledger);
  readonly #queue: Job[] = [];
  /** Calls that wait for the whole core. */
  readonly #parked: Job[] = [];
  readonly #listeners = new Set<(reason: string) => void>();
  readonly #wholeListeners = new Set<() => void>();
  #link: Link | null;
  #isWhole: boolean;
  /** The whole core, there but not yet at work. */
  #next: Link | null = null;
  #fetching: Promise<void> | null = null;
  #isBusy = false;
  #isClosed = false;

  static async open(opener: Opener): Promise<Bridge> {
    try {
      // Where the starter cannot be loaded, the whole core may all the same.
      const starter = await opener.starter?.().catch(() => null);
      if (starter) return new Bridge(opener, starter, false);
      return new Bridge(opener, await opener.whole(false), true);
    } catch (error) {
      throw failureToStart(error);
    }
  }

  private constructor(opener: Opener, link: Link, isWhole: boolean) {
    this.#opener = opener;
    this.#link = link;
    this.#isWhole = isWhole;
    this.#version = link.version;
    this.#threads = link.threads;
  }

  #version: string;
  #threads: number;

  get version(): string {
    return this.#version;
  }

  get threads(): number {
    return this.#threads;
  }

  get isWhole(): boolean {
    return this.#isWhole;
  }

  /** Makes a request of the protocol. */
  request(deed: Deed, signal?: AbortSignal): Promise<Reply> {
    const orphan = ({ response }: Reply) => {
      if (MAKERS.has(deed.request.do)) this.#forgetOrphan(response);
    };
    return this.#enqueue(
      async (link) => {
        const reply = await this.#replay.request(link, deed);
        if (reply.response.is === "progress" && deed.request.do === "step") {
          if (reply.response.progress.is_done) this.#checkpoint(deed.request.model);
        }
        return reply;
      },
      signal,
      orphan,
    );
  }

  /** Trains on until the time is used up, the steps are done, or the training is. */
  advance(
    model: number,
    { budgetMs, maxSteps }: { budgetMs: number; maxSteps: number },
    signal?: AbortSignal,
    onOrphan?: (answer: Answers["advance"]) => void,
  ): Promise<Answers["advance"]> {
    const work = async (link: Link) => {
      const answer = await this.#replay.advance(link, model, budgetMs, maxSteps);
      if (answer.reports.at(-1)?.progress.is_done) this.#checkpoint(model);
      return answer;
    };
    return this.#enqueue(work, signal, onOrphan);
  }

  /** Draws the figure of a slot. */
  draw(slot: string, style: Style, signal?: AbortSignal): Promise<ImageBitmap> {
    const orphan = (bitmap: ImageBitmap) => bitmap.close();
    return this.#enqueue((link) => this.#replay.draw(link, slot, style), signal, orphan);
  }

  /** Makes the core stop as a fault would. */
  async crash(): Promise<void> {
    await this.#enqueue((link) => link.call({ kind: "crash" }));
  }

  /** Loads the whole core behind the starter; it takes over when that disturbs nobody. */
  fetchWhole(): Promise<void> {
    if (this.#isWhole || this.#next !== null || this.#isClosed) return Promise.resolve();
    this.#fetching ??= this.#fetch().finally(() => (this.#fetching = null));
    return this.#fetching;
  }

  /** Waits until the whole core is at work. */
  whole(signal?: AbortSignal): Promise<void> {
    return this.#enqueue(async () => {
      if (!this.#isWhole) throw refusal(BEYOND, "The whole core is to be at work.");
    }, signal);
  }

  /** Calls `listener` when the whole core has taken over from the starter. */
  onWhole(listener: () => void): () => void {
    this.#wholeListeners.add(listener);
    return () => this.#wholeListeners.delete(listener);
  }

  /** Calls `listener` with the reason whenever a fresh core has taken over. */
  onRestart(listener: (reason: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Ends the core. Calls that wait are refused. */
  close(): void {
    this.#isClosed = true;
    for (const link of [this.#link, this.#next]) link?.end(new Trap("The lab was closed.", true));
    this.#link = this.#next = null;
    for (const job of [...this.#queue.splice(0), ...this.#parked.splice(0)]) job.fail(closed());
  }

  #enqueue<T>(
    work: (link: Link) => Promise<T>,
    signal?: AbortSignal,
    onOrphan?: (result: T) => void,
  ): Promise<T> {
    if (this.#isClosed) return Promise.reject(closed());
    if (signal?.aborted) return Promise.reject(signal.reason);
    return new Promise<T>((resolve, reject) => {
      let patience: ReturnType<typeof setTimeout> | undefined;
      let isRunning = false;
      const onAbort = () => {
        reject(signal?.reason);
        for (const line of [this.#queue, this.#parked]) {
          const place = line.indexOf(job);
          if (place >= 0) line.splice(place, 1);
        }
        if (isRunning) patience = setTimeout(() => this.#interrupt(), PATIENCE_MS);
      };
      const job: Job = {
        run: async (link) => {
          isRunning = true;
          try {
            const result = await work(link);
            if (signal?.aborted) onOrphan?.(result);
            signal?.removeEventListener("abort", onAbort);
            resolve(result);
          } finally {
            clearTimeout(patience);
            isRunning = false;
          }
        },
        fail: (error) => {
          signal?.removeEventListener("abort", onAbort);
          reject(error);
        },
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#queue.push(job);
      void this.#drain();
    });
  }

  /** Runs the jobs that wait, one at a time. */
  async #drain(): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    for (let job = this.#nextJob(); job !== undefined; job = this.#nextJob()) {
      try {
        this.#link ??= await this.#openWhole();
        await job.run(this.#link);
      } catch (error) {
        if (!this.#isWhole && isBeyondStarter(error)) this.#park(job);
        else if (!(error instanceof Trap)) job.fail(error);
        else if (this.#isClosed) job.fail(closed());
        else await this.#restart(error, job);
      }
    }
    this.#isBusy = false;
  }

  /** The call whose turn it is, after the whole core has taken over if it may. */
  #nextJob(): Job | undefined {
    if (this.#next !== null && (this.#parked.length > 0 || this.#ledger.mayMove())) {
      this.#link?.end(new Trap("The whole core has taken over.", true));
      this.#ledger.forgetCore();
      this.#begin(this.#next);
    }
    return this.#queue.shift();
  }

  /** The whole core goes to work, first on what waited for it. */
  #begin(link: Link): void {
    this.#link = link;
    this.#next = null;
    this.#version = link.version;
    this.#threads = link.threads;
    if (this.#isWhole) return;
    this.#isWhole = true;
    this.#queue.unshift(...this.#parked.splice(0));
    for (const listener of this.#wholeListeners) listener();
  }

  #park(job: Job): void {
    this.#parked.push(job);
    this.fetchWhole().catch((error: unknown) => {
      for (const waiting of this.#parked.splice(0)) waiting.fail(failureToStart(error));
    });
  }

  async #fetch(): Promise<void> {
    const link = await this.#opener.whole(true);
    if (this.#isClosed || this.#isWhole) return link.end(new Trap("It is not needed any more.", true));
    this.#next = link;
    void this.#drain();
  }

  async #openWhole(): Promise<Link> {
    this.#begin(this.#next ?? (await this.#opener.whole(false)));
    if (this.#link === null) throw closed();
    return this.#link;
  }

  async #restart(trap: Trap, job: Job): Promise<void> {
    this.#link?.end(trap);
    this.#link = null;
    this.#ledger.forgetCore();
    let outlook = "A fresh one has taken over; tables and models are still there.";
    try {
      await this.#openWhole();
    } catch {
      // The next call tries again and reports why.
      outlook = "A fresh one could not be started yet.";
    }
    const message = trap.isAskedFor
      ? `The core was stopped: ${sentence(trap.message)} ${outlook}`
      : `The core stopped in the middle of this call: ${sentence(trap.message)} ${outlook}`;
    job.fail(new HandlensError({ code: "internal", message, place: null }));
    for (const listener of this.#listeners) listener(message);
  }

  #interrupt(): void {
    if (this.#link?.canInterrupt) {
      this.#link.end(new Trap("the call was canceled and took too long to end.", true));
    }
  }

  #checkpoint(model: number): void {
    // Where the core can be interrupted it is worth the copy: a long training need not be
    // repeated. A failure here has no one to tell; the model is retrained if it comes to that.
    if (!this.#link?.canInterrupt) return;
    this.#enqueue((link) => this.#replay.checkpoint(link, model)).catch(() => undefined);
  }

  /** What was made for a caller who has gone is of no use to anyone. */
  #forgetOrphan(response: Reply["response"]): void {
    if (response.is === "table") this.#quietly({ do: "forget_table", table: response.table });
    if (response.is === "training" || response.is === "model") {
      this.#quietly({ do: "forget_model", model: response.model });
    }
  }

  #quietly(request: Deed["request"]): void {
    this.request({ request, bytes: null }).catch(() => undefined);
  }
}

/** Whether the starter has refused what only the whole core has. */
function isBeyondStarter(error: unknown): boolean {
  return error instanceof HandlensError && error.code === BEYOND;
}

function failureToStart(error: unknown): unknown {
  return error instanceof Trap ? refusal("internal", `The core did not start: ${error.message}`) : error;
}

function closed(): HandlensError {
  return refusal("bad_request", "The lab was closed. Open another one.");
}

/** The first line of a panic, ended as a sentence. */
function sentence(text: string): string {
  const line = text.trim().replace(/\s*\n\s*/g, " ");
  return /[.!?]$/.test(line) ? line : `${line}.`;
}
