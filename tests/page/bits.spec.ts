// The same table, spec and seed give the same bytes everywhere: in a page with threads, in one
// without, in Node, natively. And one model says the same of the same rows everywhere.
import { createHash } from "node:crypto";
import { type BrowserContext, type Page, type Request } from "@playwright/test";
import { Lab, type Task } from "handlens";
import { serveBare, type Bare } from "./support/bare.ts";
import { Native, predictInNode, toLink, trainInNode, type Spec } from "./support/elsewhere.ts";
import { digestsInModule, serveModules } from "./support/modules.ts";
import { artifact, drop, open, predictFile, sample, saveModel, trained } from "./support/page.ts";
import { expect, listen, tell, test } from "./support/test.ts";

const CLASSES = ["knn", "logistic", "mlp"];
const NUMBERS = ["knn", "linear", "ridge", "mlp"];
const spec = (sample: string, target: string | null, task: Task, algorithm: string): Spec => ({ sample, target, task, algorithm });

/** One line a table; the algorithms that fit its question, and those that ask none. */
const TABLES: { sample: string; specs: Spec[] }[] = [
  { sample: "penguins", specs: [...CLASSES.map((id) => spec("penguins", "species", "classification", id)), ...NUMBERS.map((id) => spec("penguins", "body_mass_g", "regression", id))] },
  { sample: "diabetes", specs: NUMBERS.map((id) => spec("diabetes", "disease_progression", "regression", id)) },
  { sample: "iris", specs: CLASSES.map((id) => spec("iris", "species", "classification", id)) },
  { sample: "digits", specs: CLASSES.map((id) => spec("digits", "digit", "classification", id)) },
];
for (const { sample, specs } of TABLES) specs.push(spec(sample, null, "clustering", "kmeans"), spec(sample, null, "projection", "pca"));

/** What is asked everywhere, and whether the answers are words or numbers. */
const ASKED: [Spec, "label" | "number"][] = [
  [spec("penguins", "species", "classification", "mlp"), "label"],
  [spec("penguins", "species", "classification", "logistic"), "label"],
  [spec("iris", "species", "classification", "knn"), "label"],
  [spec("diabetes", "disease_progression", "regression", "linear"), "number"],
  [spec("diabetes", "disease_progression", "regression", "mlp"), "number"],
  [spec("iris", null, "clustering", "kmeans"), "label"],
  [spec("iris", null, "projection", "pca"), "number"],
];

const digest = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex").slice(0, 16);

async function trainInPage(page: Page, spec: Spec): Promise<Buffer> {
  await open(page, toLink(spec));
  await trained(page);
  return saveModel(page);
}

/** The wasm modules that the pages of a context load from now on. */
function coresOf(context: BrowserContext): Set<string> {
  const names = new Set<string>();
  // The service worker fetches both, to keep them.
  const isLoaded = (request: Request) => request.url().endsWith(".wasm") && request.serviceWorker() === null;
  context.on("request", (request) => isLoaded(request) && names.add(new URL(request.url()).pathname));
  return names;
}

/** Where bytes differ first, and what stands there. */
function difference(a: Buffer, b: Buffer): string {
  if (a.equals(b)) return "";
  let at = 0;
  while (a[at] === b[at]) at += 1;
  const around = (bytes: Buffer) => JSON.stringify(bytes.toString("latin1", Math.max(0, at - 60), at + 40));
  return `differs at byte ${at} of ${a.length}/${b.length}: ${around(a)} | ${around(b)}`;
}

test.describe("the same bits", () => {
  let bare: Bare;
  let lab: Lab;
  let native: Native;
  let plain: Page;
  let context: BrowserContext;
  const found: string[] = [];

  test.beforeAll(async ({ browser }) => {
    [bare, lab, native] = await Promise.all([serveBare(), Lab.open(), Native.open()]);
    context = await browser.newContext({ baseURL: bare.address, serviceWorkers: "block" });
    // Without a service worker, which would isolate the page.
    const isMeant = (problem: string) => /Service Worker registration blocked|will not be available offline/.test(problem);
    await listen(context, (problem) => isMeant(problem) || found.push(problem));
    plain = await context.newPage();
  });
  test.afterAll(async () => {
    lab.close();
    await context.close();
    await Promise.all([bare.close(), native.close()]);
  });

  for (const { sample: name, specs } of TABLES) {
    test(`${name}: page, page without threads, Node and native write the same files`, async ({ page }) => {
      test.setTimeout(300_000);
      const modules = { page: coresOf(page.context()), plain: coresOf(context) };
      for (const spec of specs) {
        const what = `${name} ${spec.target ?? ""} ${spec.algorithm}`;
        const first = await trainInPage(page, spec);
        expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
        const others = { plain: await trainInPage(plain, spec), node: await trainInNode(lab, spec), native: await native.train(spec) };
        expect(await plain.evaluate(() => crossOriginIsolated)).toBe(false);
        const differences = Object.entries(others).map(([where, bytes]) => [where, difference(first, bytes)]).filter(([, text]) => text !== "");
        tell(what, `${digest(first)}, ${first.length} bytes${differences.length > 0 ? `, NOT in ${differences.map(([where]) => where).join(", ")}` : ""}`);
        expect.soft(Object.fromEntries(differences), what).toEqual({});
      }
      // The whole core: with threads where the page is isolated, without elsewhere. Before it, for
      // the net on the penguins, the starter.
      const started = [...modules.page].filter((name) => modules.plain.has(name));
      expect(started).toHaveLength(name === "penguins" ? 1 : 0);
      expect([modules.page.size, modules.plain.size]).toEqual([1 + started.length, 1 + started.length]);
      expect(found).toEqual([]);
    });
  }

  test("the starter writes the same files as the whole core", async ({ page, watch }) => {
    watch.allow(/another origin/);
    const nets = TABLES.flatMap(({ specs }) => specs).filter(({ algorithm }) => algorithm === "mlp");
    const solvers = ["adamw", "rmsprop", "nesterov", "sgd"].map((solver) => ({ ...spec("penguins", "species", "classification", "mlp"), settings: { solver, hidden_layer_sizes: [8, 4], dropout: 0.1, max_iter: 40 } }));
    const specs = [...nets, ...solvers];
    const modules = await serveModules();
    await page.goto(modules.address);
    const digests = await digestsInModule(page, "starter", 1, specs);
    await modules.close();
    for (const [at, spec] of specs.entries()) {
      const inNode = createHash("sha256").update(await trainInNode(lab, spec)).digest("hex");
      expect.soft(digests[at], `${spec.sample}, ${spec.target ?? ""} ${JSON.stringify(spec.settings ?? {})}`).toBe(inNode);
    }
    tell("the starter", `${specs.length} nets`);
  });

  for (const [spec, answer] of ASKED) {
    test(`${spec.sample}, ${spec.algorithm}: page, Node and native give the same answers`, async ({ page }) => {
      const model = await trainInNode(lab, spec);
      await open(page);
      await drop(page, artifact("model.safetensors", model));
      await expect(page.getByText("model.safetensors is loaded")).toBeVisible();
      const inPage = await predictFile(page, sample(`${spec.sample}.csv`), { repeatsInput: false });
      const rows = cells(inPage);
      for (const other of [await predictInNode(lab, model, spec.sample), await native.predict(model, spec.sample)]) {
        const theirs = cells(other);
        expect(theirs.length).toBe(rows.length);
        expect(theirs[0]).toEqual(rows[0]);
        const worst = Math.max(...rows.slice(1).flatMap((row, at) => row.map((cell, column) => gap(cell, theirs[at + 1]?.[column] ?? "", column === 0 && answer === "label"))));
        expect(worst).toBeLessThanOrEqual(1e-9);
      }
    });
  }
});

function cells(csv: string): string[][] {
  return csv.trim().split(/\r?\n/).map((line) => line.split(","));
}

/** How far two cells are from one another; labels are equal or infinitely far. */
function gap(a: string, b: string, isLabel: boolean): number {
  if (a === b) return 0;
  return isLabel ? Infinity : Math.abs(Number(a) - Number(b)) / Math.max(1, Math.abs(Number(a)));
}
