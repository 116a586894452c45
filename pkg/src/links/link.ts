import type { Trap } from "../error.js";
import type { Answers, Call, CallOf } from "../messages.js";

/** A way to one engine. Calls are answered in order; the bridge makes one at a time. */
export interface Link {
  readonly version: string;
  readonly threads: number;
  /**
   * Throws a `HandlensError` where the core refuses, and a `Trap` where it stopped: then the
   * link is of no further use.
   */
  call<K extends Call["kind"]>(call: CallOf<K>, transfer?: Transferable[]): Promise<Answers[K]>;
  /** Whether a call under way can be ended from outside. */
  readonly canInterrupt: boolean;
  /** Ends the engine at once, in the middle of a call too, which then throws `trap`. */
  end(trap: Trap): void;
}

/** Opens engines; again after each trap. */
export interface Opener {
  /** The whole core; `isBehind` where a starter is at work meanwhile. */
  whole(isBehind: boolean): Promise<Link>;
  /** The starter, where one is wanted and can be had. */
  starter: (() => Promise<Link>) | null;
}
