// Undo and redo: the plans that were, in order.
import type { Plan } from "./plan";

const MOST = 200;
/** Changes closer together than this, as a slider makes them, are one step, in ms. */
const ONE_GESTURE = 700;

export class Past {
  #plans = $state.raw<Plan[]>([]);
  #at = $state(-1);
  #addedAt = -Infinity;

  get canUndo(): boolean {
    return this.#at > 0;
  }

  get canRedo(): boolean {
    return this.#at < this.#plans.length - 1;
  }

  add(plan: Plan): void {
    const now = performance.now();
    const isSameGesture = now - this.#addedAt < ONE_GESTURE && this.#at > 0 && isTweak(this.#plans[this.#at], plan);
    const kept = this.#plans.slice(0, this.#at + (isSameGesture ? 0 : 1)).slice(-MOST);
    this.#plans = [...kept, plan];
    this.#at = this.#plans.length - 1;
    this.#addedAt = now;
  }

  undo(): Plan | null {
    return this.canUndo ? (this.#plans[--this.#at] ?? null) : null;
  }

  redo(): Plan | null {
    return this.canRedo ? (this.#plans[++this.#at] ?? null) : null;
  }
}

/** Whether only dials moved between two plans. */
function isTweak(a: Plan | undefined, b: Plan): boolean {
  return a !== undefined && a.source === b.source && a.target === b.target && a.algorithm === b.algorithm;
}
