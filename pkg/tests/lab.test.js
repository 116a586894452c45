// The package as a program in Node meets it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { HandlensError, Lab } from "handlens";

/** @type {Lab} */
let lab;
before(async () => {
  lab = await Lab.open();
});
after(() => lab.close());

/** Checks that a call is refused with a code, and with a place that has `place`'s entries. */
async function refused(promise, code, place = {}) {
  const error = await promise.then(
    () => assert.fail("was not refused"),
    (error) => error,
  );
  assert.ok(error instanceof HandlensError, String(error));
  assert.equal(error.code, code, error.message);
  for (const [key, value] of Object.entries(place)) assert.equal(error.place?.[key], value);
  assert.match(error.message, /[.!?]$/);
  return error;
}

async function trained(algorithm, target, extra = {}) {
  const table = await lab.sample("iris");
  const training = await table.train({ algorithm, target, ...extra });
  await training.finish();
  return { table, model: training };
}

test("opens in this thread, with a version", () => {
  assert.equal(lab.threads, 1);
  assert.match(lab.version, /^\d+\.\d+\.\d+/);
});

test("the catalogue names algorithms, samples and generators", async () => {
  const { algorithms, samples, generators, version } = await lab.catalogue();
  assert.equal(version, lab.version);
  for (const id of ["knn", "logistic", "linear", "mlp", "kmeans"]) {
    assert.ok(algorithms.some((info) => info.id === id), id);
  }
  assert.ok(samples.some(({ id }) => id === "iris"));
  assert.ok(generators.length > 0);
});

test("reads a sample and shows its rows", async () => {
  const iris = await lab.sample("iris");
  assert.equal(iris.summary.n_rows, 150);
  assert.equal(iris.summary.columns.length, 5);
  const [first] = await iris.rows(0, 1);
  assert.deepEqual(first, ["5.1", "3.5", "1.4", "0.2", "setosa"]);
  assert.equal((await iris.suggest({ target: "species" })).task, "classification");
  await iris.forget();
  await refused(iris.rows(), "not_found", { field: "table" });
});

test("reads bytes in every shape and leaves them as they are", async () => {
  const text = "a,b\n1,x\n2,y\n";
  const bytes = new TextEncoder().encode(text);
  for (const data of [text, bytes, bytes.buffer, new Blob([bytes])]) {
    const table = await lab.read(data, { name: "t.csv" });
    assert.equal(table.summary.n_rows, 2);
    assert.equal(table.summary.name, "t.csv");
  }
  assert.equal(bytes.length, text.length);
});

test("generates the same rows for the same seed", async () => {
  const { generators } = await lab.catalogue();
  const digest = async (seed) => (await lab.generate(generators[0].id, {}, seed)).summary.digest;
  assert.equal(await digest(1), await digest(1));
  assert.notEqual(await digest(1), await digest(2));
});

for (const [algorithm, target] of [
  ["knn", "species"],
  ["logistic", "species"],
  ["mlp", "species"],
  ["kmeans", null],
  ["linear", "petal_width_cm"],
]) {
  test(`${algorithm} trains, is judged, saved, loaded, and predicts the same`, async () => {
    const { table, model } = await trained(algorithm, target);
    assert.ok(model.isDone);
    assert.ok(model.history.length >= 1);
    const evaluation = await model.evaluate();
    assert.equal(evaluation.train.n_samples + (evaluation.test?.n_samples ?? 0), 150);
    const loaded = await lab.load(await model.save());
    const { record } = await model.exampleRecord(table, 7);
    assert.deepEqual(await loaded.predict([record]), await model.predict([record]));
    assert.equal((await loaded.inspect()).algorithm, algorithm);
    const { predictions, csv } = await loaded.predictTable(table, { preview: 3 });
    assert.equal(predictions.n_rows, 150);
    assert.equal(predictions.rows.length, 3);
    assert.equal(new TextDecoder().decode(csv).trim().split("\n").length, 151);
  });
}

test("the same spec makes the same model, however it is pulled", async () => {
  const table = await lab.sample("iris");
  const spec = { algorithm: "mlp", target: "species", seed: 7 };
  const [whole, sliced] = [await table.train(spec), await table.train(spec)];
  await whole.finish();
  let nSteps = 0;
  while (!sliced.isDone) {
    await sliced.step();
    nSteps += 1;
  }
  assert.equal(nSteps, whole.history.length);
  assert.deepEqual(await sliced.save(), await whole.save());
});

test("a training is iterated, and leaving the loop is pausing", async () => {
  const table = await lab.sample("iris");
  const training = await table.train({ algorithm: "mlp", target: "species" });
  await training.step();
  for await (const reports of training) {
    assert.ok(reports.length > 0);
    break;
  }
  const soFar = training.history.length;
  assert.ok(soFar >= 2);
  await training.predict([(await training.exampleRecord()).record]);
  assert.equal(training.history.length, soFar);
});

test("fits matrices of both widths, and predicts them", async () => {
  const x = [0, 0, 0, 1, 1, 0, 1, 1, 9, 9, 9, 8, 8, 9, 8, 8];
  const y = ["near", "near", "near", "near", "far", "far", "far", "far"];
  for (const matrix of [Float32Array.from(x), Float64Array.from(x)]) {
    const model = await lab.fit(matrix, 2, y, "knn", { settings: { n_neighbors: 3 } });
    const { values, labels, probabilities } = await model.predict(matrix);
    assert.deepEqual(Array.from(values, (code) => labels[code]), y);
    assert.equal(probabilities.length, 16);
  }
  const line = await lab.fit(Float64Array.of(0, 1, 2, 3), 1, [1, 3, 5, 7], "linear");
  const { values } = await line.predict(Float64Array.of(10));
  assert.ok(Math.abs(values[0] - 21) < 1e-9);
  const groups = await lab.fit(Float64Array.from(x), 2, null, "kmeans", { settings: { n_clusters: 2 } });
  assert.equal(new Set((await groups.predict(Float64Array.from(x))).values).size, 2);
  await refused(lab.fit(Float64Array.of(1, 2, 3), 2, [1], "linear"), "shape_mismatch", { field: "nFeatures" });
  await refused(lab.fit(Float64Array.of(1, 2), 1, [1], "linear"), "shape_mismatch", { field: "y" });
});

test("errors have a code and a place", async () => {
  await refused(lab.read(new Uint8Array()), "not_a_table");
  const table = await lab.sample("iris");
  await refused(table.train({ algorithm: "knn", target: "nope" }), "unknown_column", { column: "nope" });
  const wild = { algorithm: "knn", target: "species", settings: { n_neighbors: -1 } };
  await refused(table.train(wild), "bad_setting", { field: "n_neighbors" });
  await refused(table.train({ algorithm: "magic" }), "bad_setting", { field: "algorithm" });
  await refused(lab.request({ do: "magic" }), "bad_request");
  await refused(lab.request({ do: "rows", table: table.id }), "bad_request");
  await refused(lab.request({ do: "step", model: 4_000_000 }), "not_found");
  await refused(lab.load(new Uint8Array(64)), "bad_artifact");
  await refused(lab.sample("magic"), "not_found");
  await refused(Lab.open({ threads: "on" }), "bad_request");
});

test("columns may be named like the innards of JavaScript", async () => {
  const names = ["__proto__", "constructor", "toString", "10", "2"];
  const rows = Array.from({ length: 24 }, (_, i) => [i, i % 5, i % 3, i % 7, -i, i < 12 ? "a" : "b"]);
  const csv = [[...names, "hasOwnProperty"], ...rows].map((row) => row.join(",")).join("\n");
  const table = await lab.read(csv, { name: "hostile.csv" });
  assert.deepEqual(table.summary.columns.map(({ name }) => name), [...names, "hasOwnProperty"]);
  const columns = JSON.parse('{"__proto__": {"role": "feature", "settings": {"scale": "none"}}}');
  const training = await table.train({
    algorithm: "knn",
    target: "hasOwnProperty",
    recipe: { settings: {}, columns },
  });
  assert.deepEqual(Object.keys(training.summary.spec.recipe.columns), ["__proto__"]);
  await training.finish();
  const { record } = await training.exampleRecord(table, 2);
  assert.equal(Object.getOwnPropertyDescriptor(record, "__proto__")?.value, 2);
  const loaded = await lab.load(await training.save());
  assert.deepEqual(await loaded.predict([record]), await training.predict([record]));
  assert.deepEqual((await loaded.inspect()).inputs.map(({ name }) => name).sort(), [...names].sort());
  assert.equal({}.polluted, undefined);
});

test("figures have words, a table, and a picture as SVG", async () => {
  const { table, model } = await trained("knn", "species");
  const confusion = await model.figure({ show: "confusion" });
  assert.ok(confusion.title.length > 0 && confusion.description.length > 0);
  assert.match(await confusion.svg({ width: 300, height: 200 }), /^<svg[\s\S]*<\/svg>\s*$/);
  assert.ok((await confusion.table()).rows.length >= 3);
  const histogram = await table.histogram("petal_width_cm");
  await histogram.probe({}, 100, 100);
  await refused(lab.svg("no such slot"), "not_found");
  await refused(confusion.draw({}, {}), "drawing");
});
