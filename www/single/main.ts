// A model as one page: it reads the model that the page carries and answers, without a network.
import init, * as glue from "../../pkg/wasm/predictor/handlens.js";
import { Predictor } from "../../pkg/src/predictor/predictor.ts";
import { answerParts } from "./answer.ts";
import { explanation, facts, ledeOf, LIMITS, scores } from "./card.ts";
import { byId, bytesOf, element } from "./dom.ts";
import { field } from "./form.ts";

/** The module lies in the page compressed. */
async function start(): Promise<Predictor> {
  const packed = new Blob([bytesOf("core")]).stream().pipeThrough(new DecompressionStream("gzip"));
  await init({ module_or_path: await new Response(packed).arrayBuffer() });
  return new Predictor(glue, bytesOf("model"));
}

function showCard({ summary }: Predictor) {
  document.title = byId("title").textContent = summary.name || summary.algorithm_label;
  byId("lede").textContent = ledeOf(summary);
  byId("card").append(...facts(summary));
  byId("scores").append(scores(summary));
  byId("weights").append(explanation(summary));
  byId("limits").textContent = LIMITS;
}

function showForm(model: Predictor) {
  const { summary } = model;
  // A map, since a column may be called like a part of every object.
  const values = new Map<string, unknown>(summary.inputs.map(({ name, typical }) => [name, typical]));
  const ask = () => {
    try {
      byId("answer").replaceChildren(...answerParts(summary, model.predict([Object.fromEntries(values)])));
    } catch (error) {
      byId("answer").replaceChildren(element("p", { class: "error" }, sentence(error)));
    }
  };
  const fields = summary.inputs.map((input, index) =>
    field(input, `input-${index}`, (value) => {
      values.set(input.name, value);
      ask();
    }),
  );
  byId("fields").append(...fields);
  byId("fields").addEventListener("submit", (event) => event.preventDefault());
  ask();
}

function takeFiles(model: Predictor) {
  const chooser = byId<HTMLInputElement>("file");
  chooser.addEventListener("change", () => void predictFile(model, chooser.files?.[0]));
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    event.preventDefault();
    void predictFile(model, event.dataTransfer?.files[0]);
  });
}

async function predictFile(model: Predictor, file: File | undefined) {
  if (file === undefined) return;
  const link = byId<HTMLAnchorElement>("csv");
  const status = byId("file-said");
  URL.revokeObjectURL(link.href);
  link.hidden = true;
  try {
    const bytes = new Uint8Array(await file.arrayBuffer());
    const { predictions, csv } = model.predictFile(bytes, { name: file.name, isFormulaSafe: true });
    link.href = URL.createObjectURL(new Blob([Uint8Array.from(csv)], { type: "text/csv" }));
    link.download = `${file.name.replace(/\.[^.]*$/, "")}-predicted.csv`;
    link.hidden = false;
    status.textContent = [`${predictions.n_rows.toLocaleString("en-US")} rows answered.`, ...predictions.notes].join(" ");
  } catch (error) {
    status.textContent = sentence(error);
  }
}

const sentence = (error: unknown) => (error instanceof Error ? error.message : String(error));

try {
  const model = await start();
  showCard(model);
  showForm(model);
  takeFiles(model);
} catch (error) {
  byId("lede").textContent = "";
  byId("trouble").textContent = `The model cannot be used. ${sentence(error)}`;
  byId("trouble").hidden = false;
}
