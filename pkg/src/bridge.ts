import type { Reply } from "./core.js";
import { HandlensError, Trap, refusal } from "./error.js";
import { Ledger } from "./ledger.js";
import type { Deed } from "./ledger.js";
import type { Link, OpenLink } from "./links/link.js";
import type { Answers } from "./messages.js";
import type { Style } from "./protocol.js";
import { Replay } from "./replay.js";

/** How long a call that nobody waits for any more may keep the core from the next one. */
const PATIENCE_MS = 1000;

/** The requests that give out a new handle. */
const MAKERS = new Set<Deed["request"]["do"]>(["read", "read_matrix", "generate", "train", "load"]);

/** One call in the queue. */
interface Job {
  /** Does the work and tells the caller. */
  run(link: Link): Promise<void>;
  fail(error: unknown): void;
}

/**
 * The way to the core: calls wait in line, each can be aborted, and a core that stops is
 * replaced by a fresh one that is brought to the same point.
 */
export class Bridge {
  readonly #openLink: OpenLink;
  readonly #ledger = new Ledger();
  readonly #replay = new Replay(this.#ledger);
  readonly #queue: Job[] = [];
  readonly #listeners = new Set<(reason: string) => void>();
  #link: Link | null;
  #isBusy = false;
  #isClosed = false;

  static async open(openLink: OpenLink): Promise<Bridge> {
    try {
      return new Bridge(openLink, await openLink());
    } catch (error) {
      throw error instanceof Trap ? refusal("internal", `The core did not start: ${error.message}`) : error;
    }
  }

  private constructor(openLink: OpenLink, link: Link) {
    this.#openLink = openLink;
    this.#link = link;
    this.version = link.version;
    this.threads = link.threads;
  }

  readonly version: string;
  readonly threads: number;

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

  /** Calls `listener` with the reason whenever a fresh core has taken over. */
  onRestart(listener: (reason: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Ends the core. Calls that wait are refused. */
  close(): void {
    this.#isClosed = true;
    this.#link?.end(new Trap("The lab was closed.", true));
    this.#link = null;
    for (const job of this.#queue.splice(0)) job.fail(closed());
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
        const place = this.#queue.indexOf(job);
        if (place >= 0) this.#queue.splice(place, 1);
        if (isRunning) patience = setTimeout(() => this.#interrupt(), PATIENCE_MS);
      };
      const job: Job = {
        run: async (link) => {
          isRunning = true;
          try {
            const result = await work(link);
            if (signal?.aborted) onOrphan?.(result);
            resolve(result);
          } finally {
            clearTimeout(patience);
            signal?.removeEventListener("abort", onAbort);
            isRunning = false;
          }
        },
        fail: reject,
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
    for (let job = this.#queue.shift(); job !== undefined; job = this.#queue.shift()) {
      try {
        this.#link ??= await this.#openLink();
        await job.run(this.#link);
      } catch (error) {
        if (!(error instanceof Trap)) job.fail(error);
        else if (this.#isClosed) job.fail(closed());
        else await this.#restart(error, job);
      }
    }
    this.#isBusy = false;
  }

  async #restart(trap: Trap, job: Job): Promise<void> {
    this.#link?.end(trap);
    this.#link = null;
    this.#ledger.forgetCore();
    let outlook = "A fresh one has taken over; tables and models are still there.";
    try {
      this.#link = await this.#openLink();
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

function closed(): HandlensError {
  return refusal("bad_request", "The lab was closed. Open another one.");
}

/** The first line of a panic, ended as a sentence. */
function sentence(text: string): string {
  const line = text.trim().replace(/\s*\n\s*/g, " ");
  return /[.!?]$/.test(line) ? line : `${line}.`;
}
