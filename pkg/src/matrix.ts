// Typed arrays on their way into a table: 64-bit floats, row-major, the target last.

import { refusal } from "./error.js";
import type { Info, Task } from "./protocol.js";

/** Beyond this count, whole numbers are taken for values rather than classes. */
const MOST_CLASSES = 50;

/** A matrix as the core reads it. */
export interface Matrix {
  bytes: Blob;
  nColumns: number;
  target: "number" | "category" | null;
  /** The labels that the codes of the target stand for, where they were texts. */
  labels: string[] | null;
}

/** Joins features and target. */
export function joinMatrix(
  x: Float32Array | Float64Array,
  nFeatures: number,
  y: ArrayLike<number | string> | null,
  task: Task | null,
): Matrix {
  if (!Number.isInteger(nFeatures) || nFeatures < 1 || x.length % nFeatures !== 0) {
    const message = `The matrix has ${x.length} numbers, which is no multiple of ${nFeatures} features.`;
    throw refusal("shape_mismatch", message, "nFeatures");
  }
  const nRows = x.length / nFeatures;
  if (y === null) {
    return { bytes: new Blob([Float64Array.from(x)]), nColumns: nFeatures, target: null, labels: null };
  }
  if (y.length !== nRows) {
    throw refusal("shape_mismatch", `There are ${nRows} rows and ${y.length} targets.`, "y");
  }
  const { values, labels } = encode(y);
  const nColumns = nFeatures + 1;
  const joined = new Float64Array(nRows * nColumns);
  for (let row = 0; row < nRows; row += 1) {
    const start = row * nColumns;
    joined.set(x.subarray(row * nFeatures, (row + 1) * nFeatures), start);
    joined[start + nFeatures] = values[row] ?? NaN;
  }
  const isCategory = labels !== null || task === "classification";
  return { bytes: new Blob([joined]), nColumns, target: isCategory ? "category" : "number", labels };
}

/**
 * What is to be learnt: what the algorithm can learn, and where it can learn both, classes if
 * the targets are texts or a few whole numbers.
 */
export function guessTask({ tasks }: Info, y: ArrayLike<number | string> | null): Task | null {
  if (y === null) return tasks.find((task) => task !== "classification" && task !== "regression") ?? null;
  const [canClassify, canRegress] = [tasks.includes("classification"), tasks.includes("regression")];
  if (canClassify && canRegress) return areClasses(y) ? "classification" : "regression";
  if (canClassify) return "classification";
  return canRegress ? "regression" : null;
}

function areClasses(y: ArrayLike<number | string>): boolean {
  const found = new Set<number | string>();
  for (let row = 0; row < y.length; row += 1) {
    const value = y[row];
    if (typeof value === "number" && !Number.isInteger(value)) return false;
    if (value !== undefined) found.add(value);
    if (found.size > MOST_CLASSES && typeof value === "number") return false;
  }
  return true;
}

function encode(y: ArrayLike<number | string>): { values: ArrayLike<number>; labels: string[] | null } {
  const isText = typeof y[0] === "string";
  for (let row = 0; row < y.length; row += 1) {
    if ((typeof y[row] === "string") === isText) continue;
    throw refusal("bad_target", "Targets must be all numbers or all texts.", "y");
  }
  if (!isText) return { values: y as ArrayLike<number>, labels: null };
  const texts = Array.from(y as ArrayLike<string>);
  const labels = [...new Set(texts)].sort(byCodePoint);
  const codeOf = new Map(labels.map((label, code) => [label, code]));
  return { values: texts.map((text) => codeOf.get(text) ?? NaN), labels };
}

function byCodePoint(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
