// The starter and the whole core behind one bridge: what the page begins with.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { Bridge } from "../dist/bridge.js";
import { LocalLink } from "../dist/links/local.js";

const IRIS = new Blob([await readFile(new URL("../samples/iris.csv", import.meta.url))]);
const NET = { algorithm: "mlp", settings: { max_iter: 12 }, target: "species", seed: 3 };

let nInstances = 0;
async function open(part) {
  const glue = await import(`../wasm/${part}/handlens.js?starter-test=${++nInstances}`);
  glue.initSync({ module: await readFile(new URL(`../wasm/${part}/handlens_bg.wasm`, import.meta.url)) });
  return new LocalLink(glue);
}

async function withBridge(use, whole = () => open("plain")) {
  const bridge = await Bridge.open({ starter: () => open("starter"), whole });
  try {
    await use(bridge);
  } finally {
    bridge.close();
  }
}

const ask = async (bridge, request, bytes = null) => (await bridge.request({ request, bytes })).response;
const read = async (bridge) => (await ask(bridge, { do: "read", name: "iris.csv", options: {} }, IRIS)).table;
const begin = async (bridge, table, spec = NET) => (await ask(bridge, { do: "train", spec: { ...spec, table } })).model;
const advance = (bridge, model, maxSteps = 100) => bridge.advance(model, { budgetMs: Infinity, maxSteps });
const save = async (bridge, model) => Buffer.from((await bridge.request({ request: { do: "save", model }, bytes: null })).bytes);

test("the starter trains and writes the same bytes as the whole core", () =>
  withBridge(async (bridge) => {
    const model = await begin(bridge, await read(bridge));
    await advance(bridge, model);
    const bytes = await save(bridge, model);
    assert.equal(bridge.isWhole, false);
    await bridge.whole();
    const again = await begin(bridge, await read(bridge));
    await advance(bridge, again);
    assert.ok(bytes.equals(await save(bridge, again)));
  }));

test("a call beyond the starter waits for the whole core, under the same handles, and the others go on", () =>
  withBridge(async (bridge) => {
    const reasons = [];
    bridge.onRestart((reason) => reasons.push(reason));
    const table = await read(bridge);
    const net = await begin(bridge, table);
    const { reports } = await advance(bridge, net, 3);
    const knn = begin(bridge, table, { algorithm: "knn", target: "species" });
    reports.push(...(await advance(bridge, net, 2)).reports);
    await advance(bridge, await knn);
    assert.equal(bridge.isWhole, true);
    reports.push(...(await advance(bridge, net)).reports);
    const straight = await begin(bridge, table);
    assert.deepEqual(reports, (await advance(bridge, straight)).reports);
    assert.ok((await save(bridge, net)).equals(await save(bridge, straight)));
    assert.deepEqual(reasons, []);
  }));

test("the whole core takes over when no training is under way, and not before", () =>
  withBridge(async (bridge) => {
    let nTold = 0;
    bridge.onWhole(() => (nTold += 1));
    const model = await begin(bridge, await read(bridge));
    await advance(bridge, model, 2);
    await bridge.fetchWhole();
    await advance(bridge, model, 2);
    assert.equal(bridge.isWhole, false);
    await advance(bridge, model);
    await ask(bridge, { do: "inspect", model });
    assert.equal(bridge.isWhole, true);
    assert.equal(nTold, 1);
    const figure = await ask(bridge, { do: "figure", slot: "s", figure: { show: "confusion", model } });
    assert.equal(figure.is, "figure");
  }));

test("a starter that stops is followed by the whole core", () =>
  withBridge(async (bridge) => {
    const table = await read(bridge);
    const model = await begin(bridge, table);
    await advance(bridge, model, 4);
    await assert.rejects(bridge.crash(), /stopped in the middle/);
    assert.equal(bridge.isWhole, true);
    assert.equal((await advance(bridge, model)).reports.at(-1).progress.is_done, true);
  }));

test("where the whole core cannot be had, the call says so and the starter goes on", async () => {
  let isLost = true;
  const whole = () => (isLost ? Promise.reject(new Error("no network")) : open("plain"));
  await withBridge(async (bridge) => {
    const table = await read(bridge);
    const knn = { algorithm: "knn", target: "species" };
    await assert.rejects(begin(bridge, table, knn), /no network/);
    await advance(bridge, await begin(bridge, table), 2);
    isLost = false;
    await advance(bridge, await begin(bridge, table, knn));
  }, whole);
});
