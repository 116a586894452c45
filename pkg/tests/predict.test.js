// The predict-only entry as a program in Node meets it, beside the whole core.
import assert from "node:assert/strict";
import { readFile, stat } from "node:fs/promises";
import { test } from "node:test";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { Lab } from "handlens";
import { HandlensError, loadModel } from "handlens/predict";

const IRIS = await readFile(new URL("../samples/iris.csv", import.meta.url));
const ROW = { petal_length_cm: 1.4, petal_width_cm: 0.2, sepal_length_cm: 5.1, sepal_width_cm: 3.5, species: "setosa" };
const WASM = new URL("../wasm/predictor/handlens_bg.wasm", import.meta.url);
/** What the module may weigh; see the page of one file, which carries it. */
const MOST_KB = 700;
const MOST_PACKED_KB = 290;

const withLab = async (use) => {
  const lab = await Lab.open();
  try {
    await use(lab);
  } finally {
    lab.close();
  }
};

/** An answer of the whole core without the tag of the protocol. */
const untagged = ({ is: _, ...answer }) => answer;

/** A task and a target for every algorithm: what fits the flowers. */
function spec({ id, tasks }) {
  if (tasks.includes("classification")) return { algorithm: id, target: "species" };
  if (tasks.includes("regression")) return { algorithm: id, target: "petal_width_cm" };
  return { algorithm: id, target: null, task: tasks[0] };
}

test("every algorithm answers as in the whole core, row by row and as CSV", () =>
  withLab(async (lab) => {
    const table = await lab.read(new Blob([IRIS]), { name: "iris.csv" });
    const { algorithms } = await lab.catalogue();
    assert.ok(algorithms.length >= 30);
    for (const algorithm of algorithms) {
      const training = await table.train(spec(algorithm));
      for (let step = 0; step < 20 && !training.isDone; step += 1) await training.step();
      const model = await loadModel(await training.save());
      assert.deepEqual(model.predict([ROW]), untagged(await training.predict([ROW])), algorithm.id);
      const { predictions, csv } = model.predictFile(IRIS, { name: "iris.csv", preview: 3 });
      const whole = await training.predictTable(table, { includesInput: true, preview: 3 });
      assert.deepEqual(predictions, untagged(whole.predictions), algorithm.id);
      assert.ok(Buffer.from(csv).equals(Buffer.from(whole.csv)), algorithm.id);
      model.close();
      await training.forget();
    }
  }));

test("the summary is that of the whole core", () =>
  withLab(async (lab) => {
    const training = await (await lab.sample("iris")).train({ algorithm: "logistic", target: "species" });
    const bytes = await training.save();
    const { model: _, ...summary } = (await loadModel(bytes)).summary;
    const { model: __, ...whole } = untagged(await (await lab.load(bytes)).inspect());
    assert.deepEqual(summary, whole);
  }));

test("what cannot be is refused with code, sentence and place", () =>
  withLab(async (lab) => {
    await assert.rejects(loadModel(new Uint8Array(40)), (error) => error instanceof HandlensError && error.code === "bad_artifact");
    const training = await (await lab.sample("iris")).train({ algorithm: "knn", target: "species" });
    const model = await loadModel(await training.save());
    assert.throws(() => model.predict([]), { code: "bad_request", place: { line: null, column: null, field: "records" } });
    assert.throws(() => model.predict([{ petal_width_cm: 1 }]), { code: "unknown_column" });
    assert.throws(() => model.predictFile("no such column\n1\n"), HandlensError);
    assert.equal(model.predict([ROW]).rows[0].prediction, "setosa");
  }));

test("the module is small", async () => {
  const bytes = await readFile(WASM);
  const kilobytes = [bytes, gzipSync(bytes, { level: 9 }), brotliCompressSync(bytes)].map(({ length }) => Math.ceil(length / 1024));
  console.log("predictor: %d KB, %d KB gzip, %d KB brotli", ...kilobytes);
  assert.ok(kilobytes[0] <= MOST_KB && kilobytes[1] <= MOST_PACKED_KB, String(kilobytes));
  assert.ok((await stat(new URL("../wasm/plain/handlens_bg.wasm", import.meta.url))).size > 2 * bytes.length);
});
