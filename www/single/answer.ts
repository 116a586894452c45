// What the model says of a row, and how sure it is.
import type { ModelSummary, Predictions, RowPrediction, Setting } from "../../pkg/src/protocol.ts";
import { chance, number, setting } from "../src/lib/format.ts";
import { element, small } from "./dom.ts";

/** More bars than this are not read. */
const MOST_BARS = 10;
const KICKERS: Record<string, string> = { clustering: "group", projection: "place on the plane", anomaly: "beside the rows it has seen" };

/** The answer to one row as the parts of its card. */
export function answerParts(summary: ModelSummary, { rows, notes }: Predictions): HTMLElement[] {
  const row = rows[0];
  if (row === undefined) return [];
  const parts: HTMLElement[] = [small(KICKERS[summary.task] ?? summary.target ?? "answer"), element("p", { class: "said", id: "said" }, said(summary, row))];
  if (row.prediction === null && !row.coordinates) parts.push(small("A value is missing, and such rows are left out. Fill the gap to get an answer."));
  if (typeof row.score === "number") parts.push(small(`Score ${number(row.score, 3)}: the higher, the more unusual.`));
  if (row.probabilities && row.prediction !== null) parts.push(bars(summary, row.probabilities, said(summary, row)));
  return parts.concat(notes.map(small));
}

/** An answer in words. */
export function said({ task }: ModelSummary, { prediction, coordinates }: RowPrediction): string {
  if (coordinates) return coordinates.map((at) => number(at, 3)).join(", ");
  if (prediction === null) return "no answer";
  if (task === "clustering" && prediction === -1) return "none: noise";
  if (task === "anomaly") return prediction === true ? "unusual" : "usual";
  return setting(prediction as Setting);
}

function bars({ labels }: ModelSummary, probabilities: number[], top: string): HTMLElement {
  const sorted = probabilities.map((share, index) => ({ label: labels[index] ?? String(index), share })).toSorted((a, b) => b.share - a.share);
  const items = sorted.slice(0, MOST_BARS).map(({ label, share }) => {
    // A meter needs no style of its own, which the page's policy would refuse.
    const meter = element("meter", { min: "0", max: "1", value: String(share), "aria-label": label });
    return element("li", label === top ? { class: "best" } : {}, element("span", { title: label }, label), meter, element("b", { class: "num" }, chance(share)));
  });
  const rest = sorted.length - MOST_BARS;
  if (rest > 0) items.push(element("li", { class: "small" }, `and ${rest} less likely ones`));
  return element("ul", { "aria-label": "Probabilities" }, ...items);
}
