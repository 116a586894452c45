// Every algorithm of the catalogue, for each of its tasks on three tables: the plain module, the
// threaded one on one thread and on two, and the native program, optimized and not, write the
// same bytes.
import { createHash } from "node:crypto";
import { Lab, type Info, type Recipe, type Settings, type Task } from "handlens";
import { Native, RECIPE, type Spec } from "./support/elsewhere.ts";
import { digestsInModule, serveModules } from "./support/modules.ts";
import { NATIVE, NATIVE_DEBUG } from "./support/places.ts";
import { expect, tell, test } from "./support/test.ts";

type Question = readonly [sample: string, target: string | null];

const QUESTIONS: Record<Task, readonly Question[]> = {
  classification: [["penguins", "species"], ["wine", "cultivar"], ["iris", "species"]],
  regression: [["penguins", "body_mass_g"], ["diabetes", "disease_progression"], ["wine", "alcohol"]],
  clustering: [["penguins", null], ["wine", null], ["iris", null]],
  projection: [["penguins", null], ["wine", null], ["iris", null]],
  anomaly: [["penguins", null], ["wine", null], ["iris", null]],
};

/** What a debug build would take minutes for: fewer rounds say the same of the bits. */
const SHORTER: Record<string, Settings> = { tsne: { max_iter: 300 }, umap: { n_epochs: 60 }, mlp: { max_iter: 40 } };

/** Counts are never below 0. */
const COUNTED: Recipe = { ...RECIPE, settings: { ...RECIPE.settings, scale: "min_max" } };

function specsOf({ id, tasks }: Info): Spec[] {
  const recipe = id === "multinomial_nb" ? COUNTED : RECIPE;
  return tasks.flatMap((task) => QUESTIONS[task].map(([sample, target]) => ({ sample, target, task, algorithm: id, settings: SHORTER[id] ?? {}, recipe })));
}

async function digestsOfNative(program: string, threads: number, specs: Spec[]): Promise<string[]> {
  const native = await Native.open(program, { RAYON_NUM_THREADS: String(threads) });
  const digests: string[] = [];
  for (const spec of specs) {
    const bytes = await native.train(spec).catch((error: { stderr?: string }) => `failed: ${error.stderr ?? String(error)}`);
    digests.push(typeof bytes === "string" ? bytes : createHash("sha256").update(bytes).digest("hex"));
  }
  await native.close();
  return digests;
}

test("every algorithm writes the same bytes everywhere, on three tables", async ({ page, watch }) => {
  test.setTimeout(1_200_000);
  watch.allow(/another origin/);
  const lab = await Lab.open();
  const { algorithms } = await lab.catalogue();
  lab.close();
  const specs = algorithms.flatMap(specsOf);
  const modules = await serveModules();
  await page.goto(modules.address);
  const sides = {
    plain: await digestsInModule(page, "plain", 1, specs),
    "one thread": await digestsInModule(page, "threads", 1, specs),
    "two threads": await digestsInModule(page, "threads", 2, specs),
    native: await digestsOfNative(NATIVE, 1, specs),
    "native, two threads": await digestsOfNative(NATIVE, 2, specs),
    "native, unoptimized": await digestsOfNative(NATIVE_DEBUG, 2, specs),
  };
  await modules.close();
  specs.forEach(({ algorithm, task, sample }, at) => {
    const digests = Object.entries(sides).map(([side, found]) => [side, found[at] ?? "nothing"] as const);
    const expected = Object.fromEntries(digests.map(([side]) => [side, sides.plain[at]]));
    expect.soft(Object.fromEntries(digests), `${algorithm}, ${task} of ${sample}`).toEqual(expected);
    expect.soft(sides.plain[at], `${algorithm}, ${task} of ${sample}`).toMatch(/^[0-9a-f]{64}$/);
  });
  tell("the same bytes", `${specs.length} models of ${algorithms.length} algorithms on ${Object.keys(sides).length} sides`);
});
