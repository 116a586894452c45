import type { Core, Glue } from "./core.js";
import { HandlensError, Trap, failureOf, refusal } from "./error.js";
import type { Failure } from "./error.js";
import type { Answers, Call, CallOf } from "./messages.js";
import type { StepReport } from "./protocol.js";

/** Runs calls on a core, in whatever thread it lives. */
export class Engine {
  readonly #glue: Glue;
  readonly #core: Core;

  constructor(glue: Glue) {
    this.#glue = glue;
    this.#core = new glue.Core();
  }

  /** Answers a call. Throws {@link HandlensError} for a refusal and {@link Trap} for the end. */
  run(call: Exclude<Call, { kind: "open" }>): Answers[Call["kind"]] {
    try {
      switch (call.kind) {
        case "request":
          return this.#core.handle(call.request, call.bytes);
        case "advance":
          return this.#advance(call);
        case "draw":
          return this.#draw(call);
        case "crash":
          this.#core.crash();
          return {};
      }
    } catch (thrown) {
      throw this.#sorted(thrown);
    }
  }

  #advance({ model, budgetMs, maxSteps }: CallOf<"advance">): Answers["advance"] {
    const reports: StepReport[] = [];
    const end = performance.now() + budgetMs;
    while (reports.length < maxSteps) {
      let failure: Failure | null = null;
      try {
        const { response } = this.#core.handle({ do: "step", model });
        if (response.is === "progress") reports.push(response);
      } catch (thrown) {
        failure = failureOf(thrown);
        if (failure === null) throw thrown;
      }
      if (failure !== null) return { reports, failure };
      if (reports.at(-1)?.progress.is_done !== false || performance.now() >= end) break;
    }
    return { reports, failure: null };
  }

  #draw({ slot, style }: CallOf<"draw">): Answers["draw"] {
    if (typeof OffscreenCanvas === "undefined") {
      throw refusal("drawing", "There is no canvas here to draw on. Ask for the figure as SVG.");
    }
    const canvas = new OffscreenCanvas(1, 1);
    this.#core.draw(slot, style, canvas);
    try {
      return { bitmap: canvas.transferToImageBitmap() };
    } catch (error) {
      // The browser's failure, not the core's: a picture too large, or memory for it.
      throw refusal("drawing", `The browser cannot hold the picture: ${String(error)}`);
    }
  }

  /** Tells what the core refused from what stopped it: only the former is a plain object. */
  #sorted(thrown: unknown): HandlensError | Trap {
    const failure = failureOf(thrown);
    if (failure !== null) return new HandlensError(failure);
    return new Trap(this.#panic() ?? String(thrown));
  }

  #panic(): string | undefined {
    try {
      return this.#glue.lastPanic();
    } catch {
      // Even reading may fail on a dead instance.
      return undefined;
    }
  }
}

/** The buffers that an answer gives away instead of copying. */
export function transferables(answer: Answers[Call["kind"]]): Transferable[] {
  if ("bitmap" in answer) return [answer.bitmap];
  if ("bytes" in answer && answer.bytes) return [answer.bytes.buffer];
  return [];
}
