// The model card: what it predicts, from what, learnt where, how well, and where it ends.
import type { Metric, ModelSummary, Scores } from "../../pkg/src/protocol.ts";
import { number } from "../src/lib/format.ts";
import { element } from "./dom.ts";

/** Most weights that are listed. */
const MOST_WEIGHTS = 60;

export function ledeOf({ task, target, algorithm_label, inputs }: ModelSummary): string {
  const what: Record<string, string> = {
    classification: `tells the class “${target}”`,
    regression: `estimates the number “${target}”`,
    clustering: "tells the group of a row",
    projection: "places rows on fewer axes",
    anomaly: "tells how unusual a row is",
  };
  return `${algorithm_label}: it ${what[task] ?? "predicts"} from ${inputs.length} ${inputs.length === 1 ? "column" : "columns"}.`;
}

/** Facts as pairs of term and description. */
export function facts(summary: ModelSummary): HTMLElement[] {
  const { provenance: from, settings } = summary;
  const pairs: [string, string][] = [
    ["Learnt from", `${from.table}: ${from.n_train.toLocaleString("en-US")} rows, and ${from.n_test.toLocaleString("en-US")} kept unseen`],
    ["Algorithm", summary.algorithm_label],
    ["Settings", Object.entries(settings).map(([name, value]) => `${name} ${String(value)}`).join(", ") || "none"],
    ["Preparation", summary.steps.join(". ") || "none"],
    ...summary.facts.map(({ label, value }): [string, string] => [label, value]),
    ["Seed", String(from.seed)],
    ["Digest of the data", from.digest],
    ["Made with", `Handlens ${from.version}`],
  ];
  return pairs.flatMap(([term, text]) => [element("dt", {}, term), element("dd", {}, text)]);
}

/** Scores on unseen rows with their error bars, beside the baseline. */
export function scores({ evaluation }: ModelSummary): HTMLElement {
  const judged: Scores | null | undefined = evaluation?.test ?? evaluation?.train;
  if (!judged) return element("p", { class: "small" }, "No scores came with this model.");
  const where = evaluation?.test ? "rows that it had not seen" : "the rows that it learnt from";
  const head = ["Score", "Value", "Baseline"].map((text) => element("th", { scope: "col" }, text));
  const rows = judged.metrics.map((metric) =>
    element("tr", {}, element("th", { scope: "row", title: metric.help }, metric.label), element("td", {}, valueOf(metric)), element("td", {}, number3(metric.baseline))),
  );
  const caption = `Measured on ${judged.n_samples.toLocaleString("en-US")} ${where}; ± is one standard error.`;
  return element("table", {}, element("caption", {}, caption), element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...rows));
}

function valueOf({ value, std_error, reason }: Metric): string {
  if (value === null) return reason ?? "not defined";
  return std_error === null ? number(value, 4) : `${number(value, 4)} ± ${number(std_error, 2)}`;
}

const number3 = (value: number | null) => (value === null ? "" : number(value, 4));

/** Why it answers as it does: its weights where it has some, else in words. */
export function explanation({ coefficients, algorithm_label }: ModelSummary): HTMLElement {
  if (coefficients === null) {
    return element("p", { class: "small" }, `${algorithm_label} has no weights that could be read one by one. To see what an answer hangs on, change one field above and watch it.`);
  }
  const items = coefficients.slice(0, MOST_WEIGHTS).map(({ name, class: of, value }) => element("tr", {}, element("th", { scope: "row" }, of ? `${name} (${of})` : name), element("td", {}, number(value, 4))));
  const rest = coefficients.length - items.length;
  const caption = `Its weights: how the answer${coefficients.some((c) => c.class) ? "’s log-odds" : ""} change for one more unit of a feature${rest > 0 ? `; ${rest} more are not shown` : ""}.`;
  return element("details", {}, element("summary", {}, "Why it answers as it does"), element("table", {}, element("caption", {}, caption), element("tbody", {}, ...items)));
}

export const LIMITS =
  "It knows nothing beyond its training rows: an answer outside the ranges shown is a guess, and a pattern that held there need not cause anything. Nothing that you enter leaves this page.";
