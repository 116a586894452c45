// What waits for the first training: nothing may delay its first step.
import { store } from "./store.svelte";

/** How long a step that was made takes to be seen, at most, in ms. */
const PAINTED = 100;

/** Calls `work` once the first step is seen, or nothing is left to wait for. */
export function afterFirstStep(work: () => void): void {
  const stop = $effect.root(() => {
    $effect(() => {
      if (!store.isUnderWay) return;
      // The step is painted first.
      setTimeout(() => {
        stop();
        work();
      }, PAINTED);
    });
  });
}
