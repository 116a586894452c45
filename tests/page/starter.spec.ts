// The starter begins, and the whole core takes over without a trace.
import { expect, type Page } from "@playwright/test";
import { choose, open, side, station, trained, visit } from "./support/page.ts";
import { test } from "./support/test.ts";

const position = async (page: Page) => Number((await page.locator(".play .where .num").textContent()) ?? 0);
const runs = (page: Page) => page.getByRole("contentinfo").getByRole("listitem");

test("the chooser has the whole catalogue in the middle of the first run, which goes on", async ({ page }) => {
  await open(page);
  const before = await position(page);
  await side(page).getByRole("button", { name: /change/ }).click();
  await expect(side(page).locator('[data-algorithm="random_forest"]')).toBeVisible();
  await expect(side(page).getByRole("status")).toHaveCount(0);
  expect(await position(page)).toBeGreaterThanOrEqual(before);
  await page.keyboard.press("Escape");
  await trained(page);
  await expect(runs(page)).toHaveCount(1);
});

test("what the starter lacks waits for the whole core: another station, another algorithm", async ({ page }) => {
  await open(page);
  await visit(page, "Data");
  await expect(page.getByRole("main").getByRole("row").nth(3)).toBeVisible();
  await visit(page, "Train");
  await choose(page, "Nearest neighbors");
  await trained(page);
  await expect(station(page, "Judge")).toContainText("unseen rows");
});

test("where the whole core cannot be had, the first run is trained and judged all the same", async ({ page, context, watch }) => {
  watch.allow(/handlens_bg|ERR_FAILED|Failed to load|threads are not available/);
  let isLost = true;
  let nModules = 0;
  // The first module that is asked for is the starter.
  await context.route(/[.]wasm$/, (route) => (nModules++ === 0 || !isLost ? route.continue() : route.abort()));
  await open(page);
  await trained(page);
  await expect(station(page, "Judge")).toContainText("unseen rows");
  await side(page).getByRole("button", { name: /change/ }).click();
  await expect(page.getByRole("main").getByRole("alert")).toContainText(/did not start|could not/);
  isLost = false;
  await page.keyboard.press("Escape");
  await choose(page, "Nearest neighbors");
  await trained(page);
});
