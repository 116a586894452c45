// A model as one .html file, opened from the disk without a network, beside the native command.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type axe from "axe-core";
import type { Browser, BrowserContextOptions, Page } from "@playwright/test";
import { drop, saved, table } from "./support/page.ts";
import { NATIVE, RESULTS, ROOT } from "./support/places.ts";
import { expect, expectNoOverflow, listen, tell, test } from "./support/test.ts";

const { source } = createRequire(import.meta.url)("axe-core") as typeof axe;
declare global {
  interface Window {
    axe: typeof axe;
  }
}

/** What page and module may weigh, in bytes, beside the model. */
const MOST_BYTES = 400_000;
const N_ROWS = 1000;
/** The page before a model is in it. */
const SHELL = join(ROOT, "pkg/wasm/single/single.html");
/** Names and levels that would be markup, script or a part of every object elsewhere. */
const HOSTILE = "</script><img src=x onerror=alert(1)>";
const LEVELS = [HOSTILE, '"quoted"', "__proto__", "plain & simple"];

/** Rows that depend on nothing but their number. */
function csvOf(nRows: number): string {
  const cell = (text: string) => `"${text.replaceAll('"', '""')}"`;
  const lines = [[HOSTILE, "__proto__", "constructor", 'a "b"', "kind", "size"].map(cell).join(",")];
  for (let row = 0; row < nRows; row += 1) {
    const [a, b, c] = [(row * 37) % 101, (row * 53) % 89, (row * 29) % 97];
    const level = LEVELS[(row * 7) % 4] ?? "";
    const kind = a + b > 95 ? `<b>${HOSTILE}</b>` : c > 50 ? "constructor" : "low";
    lines.push([a, b / 8, c * 1.5, cell(level), cell(kind), a * 2 - b + (row % 4)].join(","));
  }
  return `${lines.join("\n")}\n`;
}

interface Spec {
  algorithm: string;
  task: string;
  parameters?: string[];
}

interface Info {
  id: string;
  tasks: string[];
  takes_negatives: boolean;
}

const TARGETS: Record<string, string | null> = { classification: "kind", regression: "size", clustering: null, projection: null, anomaly: null };
/** Fewer rounds say the same of reading and predicting. */
const SHORTER: Record<string, string[]> = { tsne: ["max_iter=300"], umap: ["n_epochs=60"], mlp: ["max_iter=20"] };
const LOGISTIC: Spec = { algorithm: "logistic", task: "classification" };

const native = (...args: string[]) => execFileSync(NATIVE, args, { maxBuffer: 1 << 28, stdio: "pipe" });
const catalogue = () => JSON.parse(native("algorithms", "--json").toString()) as Info[];

interface Exported {
  csv: string;
  model: string;
  html: string;
}

/** Trains and exports with the native command, into the folder of the test. */
function exported({ algorithm, task, parameters = SHORTER[algorithm] ?? [] }: Spec, place: (name: string) => string, takesNegatives = true): Exported {
  const name = `${algorithm}-${task}`;
  const [csv, model, html, recipe] = [place("rows.csv"), place(`${name}.safetensors`), place(`${name}.html`), place("recipe.json")];
  const target = TARGETS[task] ?? null;
  writeFileSync(csv, csvOf(N_ROWS));
  writeFileSync(recipe, JSON.stringify({ settings: { impute: "mean", scale: takesNegatives ? "standard" : "min_max" }, columns: {} }));
  const wish = [...(target === null ? [] : ["--target", target]), ...parameters.flatMap((parameter) => ["-p", parameter])];
  native("train", csv, "--algorithm", algorithm, "--task", task, "--recipe", recipe, ...wish, "--out", model);
  native("export", model, "--to", "html", "--out", html);
  return { csv, model, html };
}

/** Opens a file in a context that has no network, and reports what must not be. */
async function withPage(browser: Browser, html: string, use: (page: Page) => Promise<void>, options: BrowserContextOptions = {}): Promise<void> {
  const context = await browser.newContext({ ...options, offline: true });
  const found: string[] = [];
  const { href } = pathToFileURL(html);
  await listen(context, (problem) => found.push(problem));
  context.on("request", (request) => {
    if (request.url() !== href && !/^(blob|data):/.test(request.url())) found.push(`a request: ${request.url()}`);
  });
  const page = await context.newPage();
  await page.goto(href);
  await expect(page.locator("#said")).toBeVisible();
  await use(page);
  await expectNoOverflow(page);
  await context.close();
  expect(found).toEqual([]);
}

const downloadOf = (page: Page) => saved(page, page.getByRole("link", { name: "Download 1,000 answers" }));

for (const task of Object.keys(TARGETS)) {
  test(`${task}: every algorithm predicts a file as the native command does, byte for byte`, async ({ browser }, info) => {
    test.setTimeout(600_000);
    const algorithms = catalogue().filter(({ tasks }) => tasks.includes(task));
    for (const { id, takes_negatives } of algorithms) {
      await test.step(id, async () => {
        const { csv, model, html } = exported({ algorithm: id, task }, (name) => info.outputPath(name), takes_negatives);
        const expected = native("predict", model, csv, "--with-input", "--formula-safe");
        await withPage(browser, html, async (page) => {
          await expect(page.locator("#hangs").getByRole("row").nth(1)).toBeVisible();
          await page.getByLabel("Choose a file of rows").setInputFiles(table("rows.csv", readFileSync(csv)));
          await expect(page.getByRole("status")).toContainText("1,000 rows answered.");
          const { name, bytes } = await downloadOf(page);
          expect(name).toBe("rows-predicted.csv");
          expect(bytes.equals(expected), id).toBe(true);
        });
      });
    }
    tell(task, `${algorithms.length} algorithms, ${N_ROWS} rows each, the bytes of the native command`);
  });
}

test("a file may be dropped, a bad one is refused in words, and the page still works", async ({ browser }, info) => {
  const { csv, model, html } = exported(LOGISTIC, (name) => info.outputPath(name));
  const expected = native("predict", model, csv, "--with-input", "--formula-safe");
  await withPage(browser, html, async (page) => {
    await drop(page, table("other.csv", "x,y\n1,2\n"));
    await expect(page.getByRole("status")).toContainText("column");
    await expect(page.getByRole("link", { name: /answers/ })).toHaveCount(0);
    await drop(page, table("rows.csv", readFileSync(csv)));
    const { bytes } = await downloadOf(page);
    expect(bytes.equals(expected)).toBe(true);
    await expect(page.locator("#answers").getByRole("row")).toHaveCount(9);
  });
});

test("a row by the form is answered as by the native command, and names stay text", async ({ browser }, info) => {
  const { model, html } = exported(LOGISTIC, (name) => info.outputPath(name));
  const row = info.outputPath("row.csv");
  writeFileSync(row, csvOf(1).replace(/\n.*\n$/, '\n90,10,12,"__proto__","low",0\n'));
  const [answer] = JSON.parse(native("predict", model, row, "--json").toString()).rows as { prediction: string; probabilities: number[] }[];
  await withPage(browser, html, async (page) => {
    const field = (name: string) => page.locator("#form").getByLabel(name, { exact: true });
    for (const [name, value] of [[HOSTILE, "90"], ["__proto__", "10"], ["constructor", "12"], ["size", "0"]] as const) await field(name).fill(value);
    await field('a "b"').selectOption("__proto__");
    expect(await field('a "b"').locator("option").allTextContents()).toEqual(expect.arrayContaining(LEVELS));
    await expect(page.locator("#said")).toHaveText(answer?.prediction ?? "?");
    const meters = page.getByLabel("Probabilities").getByRole("meter");
    await expect(meters).toHaveCount(3);
    const shares = await meters.evaluateAll((all) => all.map((meter) => (meter as HTMLMeterElement).value));
    expect(shares).toEqual(answer?.probabilities.toSorted((a, b) => b - a));
    expect(await page.locator("img").count()).toBe(0);
  });
});

test("it shows what an answer hangs on, in the numbers of the native command", async ({ browser }, info) => {
  const { model, html } = exported({ algorithm: "linear", task: "regression" }, (name) => info.outputPath(name));
  const asked = info.outputPath("asked.csv");
  await withPage(browser, html, async (page) => {
    const row = page.locator("#hangs").getByRole("row").nth(1);
    // Twice as many a unit as any other, over the widest range.
    await expect(row.getByRole("rowheader")).toContainText(HOSTILE);
    await page.getByLabel(HOSTILE, { exact: true }).fill("77");
    await expect(row.getByRole("rowheader")).toContainText("77");
    const typical = (JSON.parse(native("inspect", model, "--json").toString()).inputs as { name: string; typical: unknown }[]).map((input) => [input.name, input.typical] as const);
    const names = typical.map(([name]) => `"${name.replaceAll('"', '""')}"`).join(",");
    const lines = [0, 100, Number(typical[0]?.[1])].map((first) => typical.map(([, value], at) => (at === 0 ? first : `"${String(value).replaceAll('"', '""')}"`)).join(","));
    writeFileSync(asked, `${[names, ...lines].join("\n")}\n`);
    const answers = (JSON.parse(native("predict", model, asked, "--json").toString()).rows as { prediction: number }[]).map(({ prediction }) => prediction);
    const [range = "", back = ""] = await row.getByRole("cell").nth(1).evaluate((cell) => [cell.textContent, cell.nextElementSibling?.textContent ?? ""]);
    const shown = [...range.split(" to "), back.split(": ").at(-1)].map((text) => Number(text?.replace("−", "-")));
    // Three digits are shown.
    shown.forEach((value, at) => expect(Math.abs(value - (answers[at] ?? Number.NaN))).toBeLessThanOrEqual(0.005 * Math.abs(value)));
  });
});

test("its card tells what it is, and it gives the model back", async ({ browser }, info) => {
  const { model, html } = exported(LOGISTIC, (name) => info.outputPath(name));
  await withPage(browser, html, async (page) => {
    const card = page.getByRole("region", { name: "What this model is" });
    for (const fact of ["rows.csv", "Logistic regression", "Seed", "Digest of the data", "unseen rows", "Baseline", "Its weights"]) await expect(card).toContainText(fact);
    await card.getByText("Its weights").click();
    await expect(card.getByRole("rowheader", { name: /^intercept/ }).first()).toBeVisible();
    const { name, bytes } = await saved(page, card.getByRole("link", { name: "Download the model" }));
    expect(name).toMatch(/\.safetensors$/);
    expect(bytes.equals(readFileSync(model))).toBe(true);
  });
});

test("everything is reached and done by keys", async ({ browser }, info) => {
  const { html } = exported(LOGISTIC, (name) => info.outputPath(name));
  await withPage(browser, html, async (page) => {
    const reached: string[] = [];
    // Behind the last the browser's own controls follow; the page then has nothing in hand.
    const active = () => page.evaluate(() => (document.activeElement === document.body ? null : document.activeElement?.id || document.activeElement?.textContent?.trim() || "")) as Promise<string | null>;
    for (let now: string | null = ""; now !== null && reached.length < 40; ) {
      await page.keyboard.press("Tab");
      now = await active();
      if (now !== null) reached.push(now);
    }
    expect(reached).toEqual(["input-0", "input-1", "input-2", "input-3", "input-4", "typical", "hangs", "file", "scores", "Its weights", "Download the model"]);
    const before = await page.getByLabel("Probabilities").textContent();
    await page.locator("#input-0").focus();
    await page.keyboard.press("ControlOrMeta+a");
    await page.keyboard.type("3");
    await expect(page.getByLabel("Probabilities")).not.toHaveText(before ?? "");
    await page.locator("#typical").focus();
    await page.keyboard.press("Enter");
    await expect(page.getByLabel("Probabilities")).toHaveText(before ?? "");
    // The dialog is caught from the moment somebody waits for it, so before the key can be pressed.
    const opened = page.waitForEvent("filechooser");
    await page.locator("#file").focus();
    await page.keyboard.press("Enter");
    expect((await opened).isMultiple()).toBe(false);
  });
});

test("its policy refuses whatever would load or run", async ({ browser }, info) => {
  const { html } = exported(LOGISTIC, (name) => info.outputPath(name));
  const context = await browser.newContext({ offline: true });
  const page = await context.newPage();
  await page.goto(pathToFileURL(html).href);
  await expect(page.locator("#said")).toBeVisible();
  const refused = await page.evaluate(async () => {
    const found = new Set<string>();
    addEventListener("securitypolicyviolation", (event) => found.add(event.effectiveDirective));
    await fetch("https://handlens.invalid/").catch(() => {});
    const image = document.createElement("img");
    image.src = "https://handlens.invalid/a.png";
    const script = document.createElement("script");
    try {
      script.text = "globalThis.ran = true";
    } catch {
      found.add("trusted types");
    }
    const style = document.createElement("style");
    style.textContent = "body { color: red }";
    const frame = document.createElement("iframe");
    frame.src = "https://handlens.invalid/";
    document.body.append(image, style, frame);
    await new Promise((resolve) => setTimeout(resolve, 500));
    return [...found].sort();
  });
  expect(refused).toEqual(expect.arrayContaining(["connect-src", "frame-src", "img-src", "style-src-elem", "trusted types"]));
  await context.close();
});

test("a shell without a model says so", async ({ browser }) => {
  const context = await browser.newContext({ offline: true });
  const page = await context.newPage();
  await page.goto(pathToFileURL(SHELL).href);
  await expect(page.getByRole("alert")).toHaveText("The model cannot be used. This page carries none: an export puts it in.");
  await context.close();
});

test("page and module weigh little beside the model", ({}, info) => {
  const { model, html } = exported({ algorithm: "kmeans", task: "clustering" }, (name) => info.outputPath(name));
  // Five characters tell four bytes.
  const shell = readFileSync(html).length - Math.ceil((readFileSync(model).length * 5) / 4);
  tell("one page without its model", `${(shell / 1000).toFixed(1)} KB of 1,000 bytes`);
  expect(shell).toBe(readFileSync(SHELL).length);
  expect(shell).toBeLessThanOrEqual(MOST_BYTES);
});

test("nothing is held against it by axe, in both themes, wide and on a phone", async ({ browser }, info) => {
  const { csv, html } = exported(LOGISTIC, (name) => info.outputPath(name));
  for (const colorScheme of ["light", "dark"] as const) {
    for (const [size, width] of [["wide", 1280], ["phone", 390]] as const) {
      const look = async (page: Page) => {
        await page.getByLabel("Choose a file of rows").setInputFiles(table("rows.csv", readFileSync(csv)));
        await expect(page.locator("#answers").getByRole("row").first()).toBeVisible();
        await page.screenshot({ path: join(RESULTS, "single", `${size}-${colorScheme}.png`), fullPage: true });
        await page.evaluate(source);
        const problems = await page.evaluate(async () => (await window.axe.run()).violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`));
        expect(problems, `${colorScheme}, ${size}`).toEqual([]);
      };
      await withPage(browser, html, look, { colorScheme, viewport: { width, height: 800 } });
    }
  }
});
