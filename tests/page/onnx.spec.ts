// Our graphs in another engine of the browser: onnxruntime-web, in WebAssembly, says what the native
// program says. It has all operators that we use in double precision, trees and loops among them.
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { compareInPage, serveRuntime, type Columns, type Runtime } from "./support/onnxruntime.ts";
import { NATIVE } from "./support/places.ts";
import { expect, tell, test } from "./support/test.ts";

const N_TRAINED = 250;
const N_ASKED = 20_000;
const NUMBERS = ["length", "width"];
const TEXTS = ["color", "is_old"];
const TARGETS: Record<string, string> = { classification: "kind", regression: "grams" };
/** What no graph is written for. */
const REFUSED = ["tsne", "umap"];

interface Listed {
  id: string;
  tasks: string[];
}

/** Evenly drawn numbers from 0 to 1, the same every time. */
function* draws(seed: number): Generator<number, never> {
  for (let state = seed; ; ) yield (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

function rowsOf(n: number, seed: number, isAsked: boolean): (string | number | null)[][] {
  const source = draws(seed);
  const draw = () => source.next().value;
  const gap = <T>(cell: T) => (draw() < 0.05 ? null : cell);
  return Array.from({ length: n }, () => {
    const colors = isAsked && draw() < 0.05 ? ["never seen", "RED"] : ["red", "grün", "<blue>"];
    const color = colors[Math.floor(draw() * colors.length)] ?? "";
    const length = Math.round(2000 + 400 * (draw() + draw() + draw() - 1.5)) / 100;
    const width = draw();
    const score = length / 4 - 3 * width + Number(color === "red");
    const cells = [gap(length), gap(width), gap(color), gap(draw() < 0.5 ? "true" : "false")];
    return isAsked ? cells : [...cells, 3 * score + draw(), score < 3.5 ? "a" : score < 4.3 ? "bé" : "c"];
  });
}

/** Rows never seen, then those of the training over and over: places where distances are 0, ties, and thresholds. */
function askedRows(trained: (string | number | null)[][]): (string | number | null)[][] {
  const unseen = rowsOf(N_ASKED / 2, 2, true);
  return [...unseen, ...Array.from({ length: N_ASKED / 2 }, (_, at) => (trained[at % trained.length] ?? []).slice(0, 4))];
}

const asCsv = (names: string[], rows: (string | number | null)[][]) => [names, ...rows].map((row) => row.map((cell) => cell ?? "").join(",")).join("\n") + "\n";

let folder: string;
let runtime: Runtime;

async function native(...options: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(NATIVE, options, { cwd: folder, maxBuffer: 1 << 26 });
  return stdout;
}

test.beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "handlens-onnx-"));
  const trained = rowsOf(N_TRAINED, 1, false);
  const asked = askedRows(trained);
  const names = [...NUMBERS, ...TEXTS];
  await writeFile(join(folder, "train.csv"), asCsv([...names, "grams", "kind"], trained));
  await writeFile(join(folder, "asked.csv"), asCsv(names, asked));
  const columns: Columns = Object.fromEntries(names.map((name, at) => [name, asked.map((row) => row[at] ?? null)]));
  await writeFile(join(folder, "asked.json"), JSON.stringify(columns));
  runtime = await serveRuntime(folder);
});

test.afterAll(async () => {
  await runtime.close();
  await rm(folder, { recursive: true });
});

/** Trains, and lays the graph and what the program says beside it. */
async function prepare(name: string, algorithm: string, task: string, outlet: string): Promise<void> {
  const target = TARGETS[task];
  const ignored = [...Object.values(TARGETS).filter((other) => other !== target), ...(outlet === "onnx-matrix" ? TEXTS : [])];
  await writeFile(join(folder, `${name}.recipe`), JSON.stringify({ columns: Object.fromEntries(ignored.map((of) => [of, { role: "ignore" }])) }));
  const aim = target === undefined ? [] : ["--target", target];
  await native("train", "train.csv", "--algorithm", algorithm, "--task", task, ...aim, "--test-size", "0", "--recipe", `${name}.recipe`, "--out", name);
  await native("export", name, "--to", outlet, "--out", `${name}.onnx`);
  const [head = "", ...lines] = (await native("predict", name, "asked.csv")).trimEnd().split("\n");
  const cells = lines.map((line) => line.split(","));
  const isWord = (of: string) => of === "prediction" && (task === "classification" || task === "anomaly");
  // Places are named by the algorithm there, and numbered in a graph.
  const nameOf = (of: string, at: number) => (task === "projection" ? `axis_${at + 1}` : of);
  const answers = head.split(",").map((of, at) => [nameOf(of, at), cells.map((row) => (isWord(of) ? row[at] : Number(row[at])))]);
  const { inputs } = JSON.parse(await native("inspect", name, "--json")) as { inputs: { name: string }[] };
  await writeFile(join(folder, `${name}.json`), JSON.stringify({ columns: inputs.map((input) => input.name), answers: Object.fromEntries(answers) }));
}

for (const outlet of ["onnx", "onnx-matrix"]) {
  test(`every algorithm says the same in onnxruntime-web: ${outlet}`, async ({ page, watch }) => {
    watch.allow(/another origin/);
    await page.goto(runtime.address);
    const listed = JSON.parse(await native("algorithms", "--json")) as Listed[];
    const cases = listed.filter(({ id }) => !REFUSED.includes(id)).flatMap(({ id, tasks }) => tasks.map((task) => [id, task] as const));
    let largest = 0;
    for (const [algorithm, task] of cases) {
      const name = `${algorithm}-${task}-${outlet}`;
      await prepare(name, algorithm, task, outlet);
      const found = await compareInPage(page, name).catch((error: unknown) => String(error));
      expect.soft(found, name).toMatchObject({ rows: N_ASKED, differing: 0 });
      if (typeof found === "string") continue;
      // Nets compute in 32 bits, here and there in another order of sums.
      expect.soft(found.largest, name).toBeLessThan(algorithm === "mlp" ? 1e-5 : 1e-9);
      if (algorithm !== "mlp") largest = Math.max(largest, found.largest);
    }
    tell("answers in onnxruntime-web", `${cases.length} models, ${N_ASKED} rows each, in 64 bits at most ${largest.toExponential(0)} apart`);
  });
}
