// A model as one page: it reads the model that the page carries and answers, without a network.
import "../src/styles/tokens.css";
import "../src/styles/base.css";
import "./single.css";
import init, * as glue from "../../pkg/wasm/predictor/handlens.js";
import type { RowPrediction } from "../../pkg/src/protocol.ts";
import { Predictor } from "../../pkg/src/predictor/predictor.ts";
import { answerParts } from "./answer.ts";
import { decode } from "./ascii85.ts";
import { facts, ledeOf, LIMITS, scores, weights } from "./card.ts";
import { byId, element, small } from "./dom.ts";
import { effectsOf, measureOf, type Row } from "./effects.ts";
import { download, takeFiles } from "./file.ts";
import { fields } from "./form.ts";
import { hangsParts } from "./hangs.ts";

/** What an answer hangs on is worked out once nobody has typed for so many milliseconds. */
const REST = 120;

const bytesOf = (id: string) => decode(byId(id).textContent.trim());

const sentence = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** The module lies in the page compressed. */
async function start(artifact: Uint8Array): Promise<Predictor> {
  if (artifact.length === 0) throw new Error("This page carries none: an export puts it in.");
  const packed = new Blob([bytesOf("core")]).stream().pipeThrough(new DecompressionStream("gzip"));
  await init({ module_or_path: await new Response(packed).arrayBuffer() });
  return new Predictor(glue, artifact);
}

function showCard({ summary }: Predictor, artifact: Uint8Array) {
  const name = summary.name || summary.algorithm_label;
  document.title = byId("title").textContent = name;
  byId("lede").textContent = ledeOf(summary);
  byId("facts").append(...facts(summary));
  byId("scores").append(scores(summary));
  byId("weights").append(...weights(summary));
  byId("limits").textContent = LIMITS;
  byId("model-file").append(download(`${name}.safetensors`, artifact, "application/octet-stream", "Download the model"));
}

function showForm(model: Predictor) {
  const { summary } = model;
  let row: Row = new Map();
  let timer = 0;

  const ask = () => {
    clearTimeout(timer);
    try {
      const predictions = predictRows(model, [row]);
      byId("answer").replaceChildren(...answerParts(summary, predictions));
      timer = setTimeout(() => void explain(model, row, predictions.rows[0], (asked) => asked === row), REST);
    } catch (error) {
      byId("answer").replaceChildren(element("p", { class: "error" }, sentence(error)));
    }
  };
  const begin = () => {
    // A map, since a column may be called like a part of every object.
    row = new Map(summary.inputs.map(({ name, typical }) => [name, typical]));
    const change = (name: string, value: unknown) => {
      row = new Map(row).set(name, value);
      ask();
    };
    byId("fields").replaceChildren(...fields(summary.inputs, change));
    ask();
  };
  byId("form").addEventListener("submit", (event) => event.preventDefault());
  byId("typical").addEventListener("click", begin);
  begin();
}

const predictRows = (model: Predictor, rows: Row[]) => model.predict(rows.map((row) => Object.fromEntries(row)));

async function explain(model: Predictor, row: Row, answer: RowPrediction | undefined, isAsked: (row: Row) => boolean) {
  const section = byId("hangs");
  if (answer === undefined || (answer.prediction === null && !answer.coordinates)) {
    return section.replaceChildren(small("Without an answer there is nothing to explain."));
  }
  try {
    const measure = measureOf(model.summary, answer);
    const effects = await effectsOf(model.summary, row, measure, (rows) => predictRows(model, rows), () => isAsked(row));
    if (effects !== null) section.replaceChildren(...hangsParts(effects, measure));
  } catch (error) {
    section.replaceChildren(element("p", { class: "error" }, sentence(error)));
  }
}

try {
  const artifact = bytesOf("model");
  const model = await start(artifact);
  showCard(model, artifact);
  showForm(model);
  takeFiles(model, sentence);
  byId("use").hidden = false;
} catch (error) {
  byId("lede").textContent = "";
  byId("trouble").textContent = `The model cannot be used. ${sentence(error)}`;
  byId("trouble").hidden = false;
}
