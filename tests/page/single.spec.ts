// A model as one .html file, opened from the disk without a network, beside the native command.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import type axe from "axe-core";
import type { Browser, BrowserContextOptions, Page } from "@playwright/test";
import { saved, table } from "./support/page.ts";
import { NATIVE } from "./support/places.ts";
import { expect, expectNoOverflow, listen, tell, test } from "./support/test.ts";

const { source } = createRequire(import.meta.url)("axe-core") as typeof axe;
declare global {
  interface Window {
    axe: typeof axe;
  }
}

/** What page and module may weigh, in bytes, beside the model. */
const MOST_BYTES = 400 * 1024;
const N_ROWS = 1000;
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

const SPECS: { algorithm: string; target: string | null; parameters?: string[] }[] = [
  { algorithm: "logistic", target: "kind" },
  { algorithm: "knn", target: "kind" },
  { algorithm: "mlp", target: "size", parameters: ["max_iter=10"] },
  { algorithm: "random_forest", target: "kind", parameters: ["n_estimators=10"] },
  { algorithm: "hist_gradient_boosting", target: "size", parameters: ["max_iter=20"] },
  { algorithm: "kmeans", target: null },
  { algorithm: "isolation_forest", target: null, parameters: ["n_estimators=20"] },
];

const native = (...args: string[]) => execFileSync(NATIVE, args, { maxBuffer: 1 << 28 });

interface Exported {
  csv: string;
  model: string;
  html: string;
}

/** Trains and exports with the native command, into the folder of the test. */
function exported({ algorithm, target, parameters = [] }: (typeof SPECS)[number], place: (name: string) => string): Exported {
  const [data, model, html] = [place("rows.csv"), place(`${algorithm}.safetensors`), place(`${algorithm}.html`)];
  writeFileSync(data, csvOf(N_ROWS));
  const wish = [...(target === null ? [] : ["--target", target]), ...parameters.flatMap((parameter) => ["-p", parameter])];
  native("train", data, "--algorithm", algorithm, ...wish, "--out", model);
  native("export", model, "--to", "html", "--out", html);
  return { csv: data, model, html };
}

/** Opens a file in a context that has no network, and reports what must not be. */
async function withPage(browser: Browser, html: string, use: (page: Page) => Promise<void>, options: BrowserContextOptions = {}): Promise<void> {
  const context = await browser.newContext({ ...options, offline: true });
  const found: string[] = [];
  await listen(context, (problem) => found.push(problem));
  context.on("request", (request) => {
    if (!/^(file|blob|data):/.test(request.url())) found.push(`a request: ${request.url()}`);
  });
  const page = await context.newPage();
  await page.goto(pathToFileURL(html).href);
  await expect(page.locator("#said")).toBeVisible();
  await use(page);
  await expectNoOverflow(page);
  await context.close();
  expect(found).toEqual([]);
}

for (const spec of SPECS) {
  test(`${spec.algorithm}: a file is predicted as the native command does, byte for byte`, async ({ browser }, info) => {
    const { csv, model, html } = exported(spec, (name) => info.outputPath(name));
    const expected = native("predict", model, csv, "--with-input", "--formula-safe");
    await withPage(browser, html, async (page) => {
      await page.getByLabel("A file of rows").setInputFiles(table("rows.csv", readFileSync(csv)));
      await expect(page.locator("#file-said")).toContainText("1,000 rows answered.");
      const { name, bytes } = await saved(page, page.getByRole("link", { name: "Download the answers" }));
      expect(name).toBe("rows-predicted.csv");
      expect(bytes.equals(expected)).toBe(true);
    });
  });
}

test("a row by the form is answered as by the native command, and names stay text", async ({ browser }, info) => {
  const { model, html } = exported({ algorithm: "logistic", target: "kind" }, (name) => info.outputPath(name));
  const row = info.outputPath("row.csv");
  writeFileSync(row, csvOf(1).replace(/\n.*\n$/, '\n90,10,12,"__proto__","low",0\n'));
  const [head = "", line = ""] = native("predict", model, row).toString().trim().split("\n");
  await withPage(browser, html, async (page) => {
    await page.getByLabel(HOSTILE).fill("90");
    await page.locator("label", { hasText: /^__proto__$/ }).locator("xpath=following-sibling::input").fill("10");
    await page.getByLabel("constructor").fill("12");
    await page.getByLabel('a "b"').selectOption("__proto__");
    await page.getByLabel("size").fill("0");
    expect(await page.getByLabel('a "b"').locator("option").allTextContents()).toEqual(expect.arrayContaining(LEVELS));
    const said = await page.locator("#said").textContent();
    expect(line.startsWith(said ?? "?") || line.startsWith(`"${said}"`), `${said} against ${head} ${line}`).toBe(true);
    await expect(page.getByLabel("Probabilities").getByRole("meter")).toHaveCount(3);
    expect(await page.locator("img").count()).toBe(0);
  });
});

test("page and module weigh little beside the model", ({}, info) => {
  const { model, html } = exported({ algorithm: "kmeans", target: null }, (name) => info.outputPath(name));
  const shell = readFileSync(html).length - Math.ceil(readFileSync(model).length / 3) * 4;
  tell("one page without its model", `${Math.ceil(shell / 1024)} KB`);
  expect(shell).toBeLessThan(MOST_BYTES);
});

test("nothing is held against it by axe, in both themes, wide and on a phone", async ({ browser }, info) => {
  const { html } = exported({ algorithm: "logistic", target: "kind" }, (name) => info.outputPath(name));
  for (const colorScheme of ["light", "dark"] as const) {
    for (const width of [1280, 360]) {
      const look = async (page: Page) => {
        await page.evaluate(source);
        const problems = await page.evaluate(async () => (await window.axe.run()).violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`));
        expect(problems, `${colorScheme}, ${width}`).toEqual([]);
      };
      await withPage(browser, html, look, { colorScheme, viewport: { width, height: 800 } });
    }
  }
});
