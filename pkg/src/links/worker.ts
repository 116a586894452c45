import { HandlensError, Trap } from "../error.js";
import type { Answers, Call, CallOf, Font, Outcome, Part, Question, Threads } from "../messages.js";
import { startTrusted } from "../trust.js";
import type { Link } from "./link.js";

interface Pending {
  resolve(answer: Answers[Call["kind"]]): void;
  reject(error: Error): void;
}

/** A core in a worker of its own. */
export class WorkerLink implements Link {
  version = "";
  threads = 1;
  readonly canInterrupt = true;
  readonly #worker: Worker;
  readonly #panics: BroadcastChannel | null;
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;
  #trap: Trap | null = null;

  /** Starts the worker and waits for its core. */
  static async open(part: Part, threads: Threads, fonts: Font[]): Promise<WorkerLink> {
    const link = new WorkerLink();
    try {
      const panicChannel = link.#panics?.name ?? null;
      const opened = await link.call({ kind: "open", part, threads, fonts, panicChannel });
      link.version = opened.version;
      link.threads = opened.threads;
      return link;
    } catch (error) {
      link.end(new Trap("The core did not start."));
      throw error;
    }
  }

  private constructor() {
    this.#worker = startTrusted(
      () => new Worker(new URL("../worker.js", import.meta.url), { type: "module", name: "handlens" }),
    );
    this.#worker.addEventListener("message", ({ data }: MessageEvent<Outcome>) => {
      this.#settle(data);
    });
    this.#worker.addEventListener("messageerror", () => this.end(new Trap("An answer could not be read.")));
    this.#worker.addEventListener("error", (event) => {
      event.preventDefault();
      this.end(new Trap(event.message || "The worker could not be loaded."));
    });
    // When a thread of the pool panics, the worker waits for it for ever.
    const hasChannels = typeof BroadcastChannel !== "undefined";
    this.#panics = hasChannels ? new BroadcastChannel(`handlens-${crypto.randomUUID()}`) : null;
    this.#panics?.addEventListener("message", ({ data }) => this.end(new Trap(String(data))));
  }

  call<K extends Call["kind"]>(
    call: CallOf<K>,
    transfer: Transferable[] = [],
  ): Promise<Answers[K]> {
    return new Promise((resolve, reject) => {
      if (this.#trap !== null) throw this.#trap;
      const id = ++this.#lastId;
      const question: Question = { id, call };
      this.#worker.postMessage(question, transfer);
      this.#pending.set(id, { resolve: (answer) => resolve(answer as Answers[K]), reject });
    });
  }

  end(trap: Trap): void {
    if (this.#trap !== null) return;
    this.#trap = trap;
    this.#worker.terminate();
    this.#panics?.close();
    for (const { reject } of this.#pending.values()) reject(trap);
    this.#pending.clear();
  }

  #settle(outcome: Outcome): void {
    const pending = this.#pending.get(outcome.id);
    if (pending === undefined) return;
    this.#pending.delete(outcome.id);
    if (outcome.is === "answer") pending.resolve(outcome.answer);
    else if (outcome.is === "failure") pending.reject(new HandlensError(outcome.failure));
    else {
      const trap = new Trap(outcome.text);
      pending.reject(trap);
      this.end(trap);
    }
  }
}
