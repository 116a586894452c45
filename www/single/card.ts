// The model card: what it predicts, from what, learnt where, how well, and where it ends.
import type { Metric, ModelSummary } from "../../pkg/src/protocol.ts";
import { count, headline, metricError, metricValue, number, plural, score, setting } from "../src/lib/format.ts";
import { element, small } from "./dom.ts";

/** Most weights that are listed. */
const MOST_WEIGHTS = 60;

export const LIMITS =
  "It knows nothing beyond the rows that it learnt from: an answer outside the ranges shown is a guess, and what moves an answer need not be what causes it.";

/** What it does, and how well, in two sentences. */
export function ledeOf({ task, target, algorithm_label, inputs, evaluation }: ModelSummary): string {
  const what: Record<string, string> = {
    classification: `tells the class “${target}”`,
    regression: `estimates the number “${target}”`,
    clustering: "tells the group of a row",
    projection: "places rows on fewer axes",
    anomaly: "tells how unusual a row is",
  };
  const judged = evaluation?.test ?? evaluation?.train;
  const metric = judged && headline(judged);
  const isKnown = judged && metric && metric.value !== null;
  const how = isKnown ? ` ${metric.label} ${score(metric)} on ${plural(judged.n_samples, "row")} that it had ${evaluation?.test ? "not seen" : "learnt from"}.` : "";
  return `${algorithm_label}: it ${what[task] ?? "predicts"} from ${plural(inputs.length, "column")}.${how}`;
}

/** Facts as pairs of term and description. */
export function facts(summary: ModelSummary): HTMLElement[] {
  const { provenance: from, settings } = summary;
  const pairs: [string, string][] = [
    ["Learnt from", `${from.table}: ${plural(from.n_train, "row")}, and ${count(from.n_test)} kept unseen`],
    ["Algorithm", summary.algorithm_label],
    ["Settings", Object.entries(settings).map(([name, value]) => `${name} ${setting(value)}`).join(", ") || "none"],
    ["Preparation", summary.steps.join(". ") || "none"],
    ...summary.facts.map(({ label, value }): [string, string] => [label, value]),
    ["Seed", String(from.seed)],
    ["Digest of the data", from.digest],
    ["Made with", `Handlens ${from.version}`],
  ];
  return pairs.flatMap(([term, text]) => [element("dt", {}, term), element("dd", {}, text)]);
}

/** Scores on unseen and seen rows with their error bars, beside the baseline. */
export function scores({ evaluation }: ModelSummary): HTMLElement {
  if (!evaluation) return small("No scores came with this model.");
  const { test, train } = evaluation;
  const main = test ?? train;
  const columns = ["Score", ...(test ? [`${count(test.n_samples)} unseen rows`] : []), `${count(train.n_samples)} seen rows`, "Baseline"];
  const rows = main.metrics.map((metric) => {
    const seen = train.metrics.find(({ id }) => id === metric.id);
    const cells = [...(test ? [valueOf(metric)] : []), seen ? valueOf(seen) : "", metric.baseline === null ? "" : metricValue(metric, metric.baseline)];
    return element("tr", {}, element("th", { scope: "row", title: metric.help }, metric.label), ...cells.map((text) => element("td", {}, text)));
  });
  return table("± is one standard error. The baseline looks at no column.", columns, rows);
}

function valueOf(metric: Metric): string {
  if (metric.value === null) return metric.reason ?? "not defined";
  return `${metricValue(metric)} ${metricError(metric)}`.trim();
}

/** The weights of a model that has some. */
export function weights({ coefficients }: ModelSummary): HTMLElement[] {
  if (!coefficients) return [];
  const rows = coefficients.slice(0, MOST_WEIGHTS).map(({ name, class: of, value }) => element("tr", {}, element("th", { scope: "row" }, of ? `${name} (${of})` : name), element("td", {}, number(value))));
  const rest = coefficients.length - rows.length;
  const what = coefficients.some((weight) => weight.class) ? "the log-odds of a class change" : "the answer changes";
  const caption = `How much ${what} for one more unit of a feature, the others staying${rest > 0 ? `; ${rest} more are not shown` : ""}.`;
  return [element("details", {}, element("summary", {}, "Its weights"), table(caption, ["Feature", "Weight"], rows))];
}

function table(caption: string, columns: string[], rows: HTMLElement[]): HTMLElement {
  const head = element("tr", {}, ...columns.map((text) => element("th", { scope: "col" }, text)));
  return element("table", {}, element("caption", {}, caption), element("thead", {}, head), element("tbody", {}, ...rows));
}
