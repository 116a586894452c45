// A file in, its predictions out: some to look at, all of them as CSV.
import type { ModelSummary, Predictions } from "../../pkg/src/protocol.ts";
import type { Predictor } from "../../pkg/src/predictor/predictor.ts";
import { count, percent, plural } from "../src/lib/format.ts";
import { said } from "./answer.ts";
import { byId, element, small } from "./dom.ts";

const PREVIEW = 8;

/** Takes files that are chosen, or dropped anywhere on the page. */
export function takeFiles(model: Predictor, sentence: (error: unknown) => string) {
  const take = (file: File | undefined) => void (file && predictFile(model, file, sentence));
  const chooser = byId<HTMLInputElement>("file");
  chooser.addEventListener("change", () => {
    const file = chooser.files?.[0];
    take(file);
    // The same file may be chosen again after it was changed.
    chooser.value = "";
  });
  addEventListener("dragover", (event) => {
    event.preventDefault();
    byId("drop").classList.add("over");
  });
  addEventListener("dragleave", () => byId("drop").classList.remove("over"));
  addEventListener("drop", (event) => {
    event.preventDefault();
    byId("drop").classList.remove("over");
    take(event.dataTransfer?.files[0]);
  });
}

async function predictFile(model: Predictor, file: File, sentence: (error: unknown) => string) {
  const status = byId("file-said");
  const answers = byId("answers");
  for (const link of answers.querySelectorAll("a")) URL.revokeObjectURL(link.href);
  answers.replaceChildren();
  status.className = "small";
  status.textContent = `Predicting ${file.name}…`;
  try {
    const bytes = new Uint8Array(await file.arrayBuffer());
    const { predictions, csv } = model.predictFile(bytes, { name: file.name, preview: PREVIEW, isFormulaSafe: true });
    status.textContent = [`${plural(predictions.n_rows, "row")} answered.`, ...predictions.notes].join(" ");
    const name = `${file.name.replace(/\.[^.]*$/, "")}-predicted.csv`;
    answers.append(preview(model.summary, predictions), download(name, csv, "text/csv", `Download ${plural(predictions.n_rows, "answer")}`));
    answers.append(small("With the file’s own columns. Text that a spreadsheet would run as a formula begins with an apostrophe."));
  } catch (error) {
    status.className = "error";
    status.textContent = sentence(error);
  }
}

/** A link that saves bytes as a file. */
export function download(name: string, bytes: Uint8Array, type: string, label: string): HTMLAnchorElement {
  const href = URL.createObjectURL(new Blob([Uint8Array.from(bytes)], { type }));
  return element("a", { class: "btn", href, download: name }, label);
}

function preview(summary: ModelSummary, { rows, n_rows }: Predictions): HTMLElement {
  const isSure = rows.some((row) => row.probabilities);
  const head = ["Row", "Answer", ...(isSure ? ["Sure"] : [])].map((text) => element("th", { scope: "col" }, text));
  const body = rows.map((row, index) => {
    const sure = row.probabilities && row.prediction !== null ? percent(Math.max(...row.probabilities), 0) : "";
    return element("tr", {}, element("th", { scope: "row" }, count(index + 1)), ...[said(summary, row), ...(isSure ? [sure] : [])].map((text) => element("td", {}, text)));
  });
  const caption = n_rows > rows.length ? `The first ${count(rows.length)} answers` : "The answers";
  return element("table", {}, element("caption", {}, caption), element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...body));
}
