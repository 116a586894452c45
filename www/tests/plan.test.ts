import { expect, test } from "vitest";
import { fromLink, own, toLink, type Plan } from "../src/lib/plan";

const plan: Plan = {
  source: { kind: "sample", id: "penguins" },
  target: "species",
  task: "classification",
  algorithm: "mlp",
  settings: { hidden_layer_sizes: [8, 4], alpha: 0.001, activation: "relu", shuffle: false },
  recipe: { settings: { scale: "robust" }, columns: { "a b&c": { role: "ignore", settings: {} } } },
  test_size: 0.3,
  seed: 7,
  axes: { by: "columns", x: "bill_length_mm", y: "body mass" },
};

test("a link says what the plan said", () => {
  const { source, plan: read, station } = fromLink(`#${toLink(plan, "judge")}`);
  expect({ ...read, source }).toEqual(plan);
  expect(station).toBe("judge");
});

test("a generator keeps its dials and seed", () => {
  const source = { kind: "generator", id: "moons", settings: { noise: 0.2 }, seed: 9 } as const;
  expect(fromLink(toLink({ ...plan, source }, "train")).source).toEqual(source);
});

test("an own file is named by its digest only", () => {
  const link = toLink({ ...plan, source: { kind: "file", name: "secret.csv", digest: "abc" } }, "train");
  expect(link).toContain("digest=abc");
  expect(link).not.toContain("secret");
});

test.each(["", "#", "#recipe={", "#test=9&seed=-1&task=magic&at=nowhere", "#axes=[1]", "#sample=&recipe=null"])(
  "a broken link %j is read as far as it goes",
  (hash) => expect(Object.keys(fromLink(hash).plan)).toEqual([]),
);

test("names of Object's own methods are ordinary names", () => {
  expect(own({}, "constructor")).toBeUndefined();
  const { plan: read } = fromLink("#algorithm=knn&p.__proto__=1&p.constructor=2");
  expect(Object.entries(read.settings ?? {})).toEqual([["__proto__", 1], ["constructor", 2]]);
  expect(({} as Record<string, unknown>)["1"]).toBeUndefined();
});
