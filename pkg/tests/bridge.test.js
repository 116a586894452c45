// Aborts, faults and the way back: what the bridge promises.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Lab } from "handlens";

const SPEC = { algorithm: "mlp", target: "species", seed: 3 };

async function withLab(use) {
  const lab = await Lab.open();
  try {
    await use(lab);
  } finally {
    lab.close();
  }
}

test("an aborted call rejects with the reason, in line or under way", () =>
  withLab(async (lab) => {
    const table = await lab.sample("iris");
    const training = await table.train(SPEC);
    const abort = new AbortController();
    const underWay = training.advance(50, abort.signal);
    const inLine = table.rows(0, 1, abort.signal);
    const other = table.rows(0, 1);
    abort.abort(new Error("enough"));
    await assert.rejects(underWay, /enough/);
    await assert.rejects(inLine, /enough/);
    assert.equal((await other).length, 1);
    await assert.rejects(training.step(abort.signal), /enough/);
    // The steps that were under way are done and reported all the same.
    assert.ok(training.history.length > 0);
    const straight = await table.train(SPEC);
    await Promise.all([training.finish(), straight.finish()]);
    assert.deepEqual(training.history, straight.history);
  }));

test("after a fault everything is there again, under the same handles", () =>
  withLab(async (lab) => {
    const reasons = [];
    const unlisten = lab.onRestart((reason) => reasons.push(reason));
    const table = await lab.read("n,c,label\n" + "1,1,a\n2,2,b\n3,1,a\n4,2,b\n".repeat(5), { name: "t" });
    await table.retype("c", "category");
    const before = await lab.sample("iris");
    const done = await before.train(SPEC);
    await done.finish();
    const half = await before.train(SPEC);
    await half.step();
    await half.step();
    const loaded = await lab.load(await done.save());
    const small = await table.train({ algorithm: "knn", target: "label", test_size: 0 });
    await small.finish();
    await table.retype("n", "category");
    await before.forget();
    const confusion = await done.figure({ show: "confusion" });
    const memory = async () => [
      await table.rows(0, 3),
      await done.save(),
      await half.save(),
      await loaded.save(),
      await small.save(),
      await done.evaluate(),
      await confusion.svg(),
    ];
    const then = await memory();

    await assert.rejects(lab.crash(), { name: "HandlensError", code: "internal", message: /asked for/ });

    assert.deepEqual(await memory(), then);
    await half.finish();
    assert.deepEqual(half.history, done.history);
    assert.deepEqual(await half.save(), then[1]);
    assert.equal(reasons.length, 1);
    unlisten();
    await assert.rejects(lab.crash(), { code: "internal" });
    assert.equal(reasons.length, 1);
    assert.equal((await table.retype("n", "number")).table, table.id);
  }));

test("calls that wait when the core stops are answered by the next one", () =>
  withLab(async (lab) => {
    const table = await lab.sample("iris");
    const crash = lab.crash();
    const rows = table.rows(0, 2);
    await assert.rejects(crash, { code: "internal" });
    assert.equal((await rows).length, 2);
  }));

test("a closed lab refuses", async () => {
  const lab = await Lab.open();
  lab.close();
  await assert.rejects(lab.catalogue(), { name: "HandlensError", code: "bad_request" });
});
