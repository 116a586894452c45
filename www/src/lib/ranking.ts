// Runs that can be compared: the same rows, the same question, the same split.
import { headline } from "./format";
import type { Plan } from "./plan";
import type { Run } from "./run.svelte";

function question(plan: Plan | null): string {
  return plan === null ? "" : JSON.stringify([plan.source, plan.target, plan.task, plan.test_size, plan.seed]);
}

function value(run: Run): number {
  const scores = run.evaluation?.test ?? run.evaluation?.train;
  const metric = scores && headline(scores);
  if (!metric || metric.value === null) return -Infinity;
  return metric.is_higher_better ? metric.value : -metric.value;
}

/** The runs on the same question as `run`, best first. */
export function rank(runs: readonly Run[], run: Run): Run[] {
  const same = runs.filter((other) => question(other.plan) === question(run.plan));
  return same.toSorted((a, b) => value(b) - value(a));
}
