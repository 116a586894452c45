// The whole way of an own file, and the model that comes out of it, on another day, without a network.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Page } from "@playwright/test";
import { artifact, choose, drop, heading, open, predictFile, problem, read, sample, saveModel, side, station, table, trained, visit } from "./support/page.ts";
import { SAMPLES } from "./support/places.ts";
import { expect, tell, test } from "./support/test.ts";

/** The rows as they come without answers. */
const ASKED = table("asked.csv", readFileSync(join(SAMPLES, "penguins.csv"), "utf8").replaceAll(/^[^,]*,/gm, ""));
const ALGORITHMS = ["Nearest neighbors", "Logistic regression", "Neural network"];

/** Chooses an algorithm, unless it is the one in use, and trains it to the end. */
async function take(page: Page, label: string): Promise<void> {
  await visit(page, "Train");
  const inUse = await side(page).getByRole("button", { name: /change/ }).innerText();
  if (!inUse.startsWith(label)) await choose(page, label);
  await trained(page);
}

/** What the form says of the typical penguin. */
async function ask(page: Page): Promise<string[]> {
  await visit(page, "Use");
  await page.getByRole("button", { name: "Typical row" }).click();
  // Typed while the row arrives, the number would be appended to the row's own.
  await expect(page.locator(".form header p")).toHaveText("the typical row");
  await page.getByLabel("bill_length_mm").fill("50.5");
  await expect(page.locator(".form header")).toContainText("started from the typical row, changed");
  await expect(page.locator(".answer")).toHaveAttribute("aria-busy", "false");
  // Read in one go: a list of locators is read in two, and the bars may change places in between.
  return page.locator(".answer").evaluate((answer) => [...answer.querySelectorAll("li")].map((bar) => bar.innerText));
}

test("penguins.csv is dropped: three algorithms train to the end and are judged beside a baseline", async ({ page }) => {
  await open(page);
  await drop(page, sample("penguins.csv"));
  await expect(heading(page)).toHaveText("penguins.csv");
  await expect(page.getByLabel("What to predict")).toHaveValue("column:species");
  await expect(page.getByText("cells separated by comma")).toBeVisible();
  for (const label of ALGORITHMS) {
    await take(page, label);
    await visit(page, "Judge");
    const accuracy = page.getByRole("row", { name: /^Accuracy/ });
    const cells = await accuracy.getByRole("cell").allInnerTexts();
    tell(label, cells.map((cell) => cell.replaceAll(/\s+/g, " ")).join(" | "));
    const [unseen = 0, , baseline = 0] = cells.map((cell) => Number.parseFloat(cell));
    expect(unseen).toBeGreaterThan(93);
    expect(baseline).toBeGreaterThan(30);
    expect(baseline).toBeLessThan(60);
  }
});

test("saved models predict the same after a reload, dropped, with the network off", async ({ page, context, watch }) => {
  await open(page);
  await read(page, sample("penguins.csv"));
  const before: { model: Buffer; row: string[]; file: string }[] = [];
  for (const label of ALGORITHMS) {
    await take(page, label);
    before.push({ model: await saveModel(page), row: await ask(page), file: await predictFile(page, ASKED) });
  }
  expect(before.map(({ file }) => file.trim().split("\n").length)).toEqual([345, 345, 345]);

  // From here on nothing can be fetched: even the page itself comes from its service worker.
  await page.evaluate(async () => void (await navigator.serviceWorker.ready));
  await context.setOffline(true);
  // The browser looks for a newer worker at every visit, in vain and by itself.
  watch.allow(/ERR_INTERNET_DISCONNECTED.*service-worker\.js/);
  await page.reload();
  await expect(station(page, "Judge")).toContainText("unseen rows");
  for (const [at, { model, row, file }] of before.entries()) {
    const name = `${at}.safetensors`;
    await drop(page, artifact(name, model));
    await expect(page.getByText(`${name} is loaded`)).toBeVisible();
    await expect(station(page, "Use")).toHaveAttribute("aria-current", "step");
    expect(await ask(page)).toEqual(row);
    expect(await predictFile(page, ASKED)).toBe(file);
    expect((await saveModel(page)).equals(model), "the model that is saved again").toBe(true);
  }
  await expect(problem(page)).toHaveCount(0);
});

test("a session without a network trains, too", async ({ page, context, watch }) => {
  await open(page);
  await page.evaluate(async () => void (await navigator.serviceWorker.ready));
  await context.setOffline(true);
  watch.allow(/ERR_INTERNET_DISCONNECTED.*service-worker\.js/);
  await open(page, { sample: "wine", algorithm: "logistic" });
  await trained(page);
  await expect(station(page, "Judge")).toContainText("unseen rows");
});
