// Numbers and names as people read them.
import type { Metric, Scores, Setting, Task } from "handlens";

const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

/** `12,345` */
export function count(n: number): string {
  return whole.format(n);
}

/** `1 row`, `2 rows` */
export function plural(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}

/** A number with four significant digits, without a false zero. */
export function number(value: number, digits = 4): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e7 || size < 1e-4)) return value.toExponential(digits - 2).replace(/\.?0*e\+?/, "e").replace("-", "−");
  if (size >= 10 ** digits) return whole.format(value).replace("-", "−");
  return String(Number(value.toPrecision(digits))).replace("-", "−");
}

/** `98.6 %` */
export function percent(share: number, digits = 1): string {
  const text = (100 * share).toFixed(digits);
  return `${share === 1 || share === 0 ? Math.round(100 * share) : text} %`;
}

/** `100.0 %` only where it is all, `0 %` only where it is none. */
export function chance(share: number): string {
  if (share > 0.9995 && share < 1) return "> 99.9 %";
  return share > 0 && share < 0.0005 ? "< 0.1 %" : percent(share);
}

/** A share that is missing: tiny shares are not rounded to nothing. */
export function share(part: number, of: number): string {
  if (of === 0 || part === 0) return "0 %";
  const value = (100 * part) / of;
  return value < 0.1 ? "< 0.1 %" : `${value < 10 ? value.toFixed(1) : value.toFixed(0)} %`;
}

/** `12 ms`, `3.4 s`, `2 min` */
export function duration(ms: number): string {
  if (ms < 1) return "< 1 ms";
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
  return `${Math.round(ms / 60_000)} min`;
}

/** Not more digits than the error bar leaves meaning to. */
export function metricValue(metric: Metric, value: number | null = metric.value): string {
  if (value === null) return "–";
  if (metric.format === "percent") return percent(value, percentDigits(metric));
  if (hasError(metric)) return fixed(value, errorDigits(metric));
  // Beside numbers near 1, what is all but zero needs no power of ten.
  return Math.abs(value) < 0.0005 ? "0" : number(value, 3);
}

/** `± 1.1`; nothing where no honest estimate exists. */
export function metricError(metric: Metric): string {
  if (!hasError(metric) || metric.value === null) return "";
  return `± ${metric.format === "percent" ? (100 * metric.std_error).toFixed(percentDigits(metric)) : fixed(metric.std_error, errorDigits(metric))}`;
}

function hasError(metric: Metric): metric is Metric & { std_error: number } {
  return metric.std_error !== null && metric.std_error > 0;
}

/** One digit after the point; two where the error is smaller than that. */
function percentDigits(metric: Metric): number {
  return hasError(metric) && metric.std_error < 0.0005 ? 2 : 1;
}

/** Digits after the point up to the first of the error; two where it starts with a 1. */
function errorDigits(metric: Metric & { std_error: number }): number {
  const power = Math.floor(Math.log10(metric.std_error));
  const startsWithOne = metric.std_error / 10 ** power < 2;
  return Math.min(4, Math.max(0, -power + (startsWithOne ? 1 : 0)));
}

function fixed(value: number, digits: number): string {
  if (Math.abs(value) >= 1e7) return number(value, 3);
  return value.toLocaleString("en-US", { maximumFractionDigits: digits, minimumFractionDigits: digits }).replace("-", "−");
}

export function headline(scores: Scores): Metric | undefined {
  return scores.metrics.find((metric) => metric.id === scores.headline) ?? scores.metrics[0];
}

/** `98.6 ± 1.1 %` */
export function score(metric: Metric): string {
  const error = metricError(metric);
  const value = metricValue(metric);
  if (error === "") return value;
  return metric.format === "percent" ? `${value.replace(" %", "")} ${error} %` : `${value} ${error}`;
}

/** The score with its name, where the number alone does not tell it. */
export function namedScore(metric: Metric): string {
  return metric.format === "percent" ? score(metric) : `${metric.label} ${score(metric)}`;
}

export function setting(value: Setting | undefined): string {
  if (value === undefined) return "";
  if (typeof value === "number") return number(value);
  if (Array.isArray(value)) return value.length === 0 ? "none" : value.join(" · ");
  return String(value);
}

/** `bill_length_mm` → `bill length (mm)` is left to the core; here only underscores yield. */
export function words(name: string): string {
  return name.replaceAll("_", " ");
}

/** `a, b and c` */
export function list(names: readonly string[]): string {
  if (names.length < 2) return names.join("");
  return `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

export const TASK_WORDS: Record<Task, string> = {
  classification: "tell classes apart",
  regression: "estimate a number",
  clustering: "find groups",
  projection: "flatten to a plane",
  anomaly: "find unusual rows",
};
