import type { Glue } from "../core.js";
import { Engine } from "../engine.js";
import type { Trap } from "../error.js";
import type { Answers, Call, CallOf } from "../messages.js";
import type { Link } from "./link.js";

/** A core in the caller's own thread: in Node, and in pages that ask for it. */
export class LocalLink implements Link {
  readonly version: string;
  readonly threads = 1;
  readonly canInterrupt = false;
  readonly #engine: Engine;
  #trap: Trap | null = null;

  constructor(glue: Glue) {
    this.version = glue.version();
    this.#engine = new Engine(glue);
  }

  async call<K extends Call["kind"]>(call: CallOf<K>): Promise<Answers[K]> {
    // Between two slices of a training the caller's own timers and aborts get their turn.
    if (call.kind === "advance") await new Promise((resolve) => setTimeout(resolve));
    if (this.#trap !== null) throw this.#trap;
    const answer = this.#engine.run(call as Exclude<Call, { kind: "open" }>);
    return answer as Answers[K];
  }

  end(trap: Trap): void {
    this.#trap = trap;
  }
}
