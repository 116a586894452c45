// What an answer hangs on: each input is tried over all that training saw of it, while the others
// stay as they are. The model itself is asked, so this holds for every kind of model; what two
// inputs do together is not seen.
import type { Input, ModelSummary, Predictions, RowPrediction } from "../../pkg/src/protocol.ts";
import { said } from "./answer.ts";

/** Numbers are tried at so many places of their range, both ends included. */
const N_PLACES = 13;
/** Of more levels than this, the first are tried. */
const MOST_LEVELS = 12;
/** The page stays responsive: after so many milliseconds it gets its turn. */
const SLICE = 24;

export type Row = ReadonlyMap<string, unknown>;

/** What one input does to an answer. */
export interface Effect {
  input: Input;
  /** What the row has. */
  value: unknown;
  tried: unknown[];
  /** One number a trial: what the measure says; `null` where there is no answer. */
  numbers: (number | null)[];
  /** One answer in words a trial. */
  words: string[];
  /** The number and the words for what is typical of the input. */
  typical: { number: number | null; words: string };
  /** How far the answer moves; 0 where the input says nothing. */
  size: number;
}

/** What is followed while an input is tried. */
export interface Measure {
  kind: "chance" | "number" | "score" | "distance" | "words";
  /** The class or group that it is the chance of. */
  of: string;
  now: number | null;
  numberOf(row: RowPrediction): number | null;
}

/** What can be followed of an answer: a number where it has one, else its words. */
export function measureOf(summary: ModelSummary, answer: RowPrediction): Measure {
  const { prediction, probabilities, coordinates, score } = answer;
  const of = said(summary, answer);
  const measured = (kind: Measure["kind"], numberOf: Measure["numberOf"]): Measure => ({ kind, of, now: numberOf(answer), numberOf });
  if (coordinates) return measured("distance", (row) => (row.coordinates ? Math.hypot(...row.coordinates.map((at, axis) => at - (coordinates[axis] ?? 0))) : null));
  if (typeof score === "number") return measured("score", (row) => row.score ?? null);
  if (probabilities) {
    const place = summary.labels.length === 0 ? Number(prediction) : summary.labels.indexOf(String(prediction));
    if (probabilities[place] !== undefined) return measured("chance", (row) => row.probabilities?.[place] ?? null);
  }
  if (summary.task === "regression") return measured("number", (row) => (typeof row.prediction === "number" ? row.prediction : null));
  return measured("words", () => null);
}

/** The effects of all inputs on an answer, largest first; `null` once it is no longer asked for. */
export async function effectsOf(summary: ModelSummary, row: Row, measure: Measure, predict: (rows: Row[]) => Predictions, isAsked: () => boolean): Promise<Effect[] | null> {
  const effects: Effect[] = [];
  let start = performance.now();
  for (const input of summary.inputs) {
    const tried = trialsOf(input);
    if (tried.length > 0) effects.push(effectOf(summary, input, row, tried, measure, predict));
    if (performance.now() - start < SLICE) continue;
    await new Promise((resume) => setTimeout(resume));
    if (!isAsked()) return null;
    start = performance.now();
  }
  return effects.toSorted((a, b) => b.size - a.size);
}

function effectOf(summary: ModelSummary, input: Input, row: Row, tried: unknown[], measure: Measure, predict: (rows: Row[]) => Predictions): Effect {
  const { rows } = predict([...tried, input.typical].map((value) => new Map(row).set(input.name, value)));
  const numbers = rows.map(measure.numberOf);
  const words = rows.map((answer) => said(summary, answer));
  const typical = { number: numbers.pop() ?? null, words: words.pop() ?? "" };
  return { input, value: row.get(input.name), tried, numbers, words, typical, size: measure.kind === "words" ? shareOther(words, measure.of) : spread(numbers, measure.now) };
}

function trialsOf({ range, levels, column_type }: Input): unknown[] {
  if (column_type === "boolean") return [false, true];
  if (range === null) return levels.slice(0, MOST_LEVELS);
  const [low, high] = range;
  if (low === high) return [low];
  // Of an end alone, so that no rounding leads beyond what was seen.
  return Array.from({ length: N_PLACES }, (_, at) => (at === N_PLACES - 1 ? high : low + ((high - low) * at) / (N_PLACES - 1)));
}

function spread(numbers: (number | null)[], now: number | null): number {
  const known = [...numbers, now].filter((value) => value !== null);
  return known.length === 0 ? 0 : Math.max(...known) - Math.min(...known);
}

const shareOther = (words: string[], now: string) => words.filter((other) => other !== now).length / words.length;
