// Without a mouse: the way of the tab key, the arrows along the stations, the space bar.
import { type Page } from "@playwright/test";
import { open, playButton, station, trained, visit } from "./support/page.ts";
import { expect, tell, test } from "./support/test.ts";

/** What has the focus, as a person hears it. */
const focused = (page: Page) =>
  page.evaluate(() => {
    const element = document.activeElement;
    return element === null || element === document.body ? "" : (element.getAttribute("aria-label") ?? element.textContent ?? "").trim().slice(0, 40) || element.tagName;
  });

/** Whether what has the focus shows it: an outline or a ring, and it lies in view. */
const isSeen = (page: Page) =>
  page.evaluate(() => {
    const element = document.activeElement;
    if (!(element instanceof HTMLElement)) return false;
    // A hidden input of a file is shown by its label.
    const shown = element.classList.contains("visually-hidden") ? (element.closest("label") ?? element) : element;
    const style = getComputedStyle(shown);
    const hasRing = (style.outlineStyle !== "none" && Number.parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none";
    const { top, bottom, width } = shown.getBoundingClientRect();
    return hasRing && bottom > 0 && top < innerHeight && width > 0;
  });

test("the tab key reaches every part of the page in order, and shows where it is", async ({ page }) => {
  await open(page);
  await trained(page);
  await page.getByRole("link", { name: "Skip to the stage" }).focus();
  // Back and forth, so that it is the keyboard that came here.
  await page.keyboard.press("Tab");
  await page.keyboard.press("Shift+Tab");
  const way: string[] = [];
  const unseen: string[] = [];
  for (let name = await focused(page); name !== "" && way.length < 150; name = await focused(page)) {
    way.push(name);
    if (!(await isSeen(page))) unseen.push(name);
    await page.keyboard.press("Tab");
  }
  tell("stops of the tab key", `${way.length}`);
  expect(unseen).toEqual([]);
  const at = (pattern: RegExp) => way.findIndex((name) => pattern.test(name));
  const order = [/^Skip to the stage/, /^Share link/, /^Train/, /^Train again/, /change/, /Neural network 8/].map(at);
  expect(order, way.join(" | ")).not.toContain(-1);
  expect(order, way.join(" | ")).toEqual(order.toSorted((a, b) => a - b));
});

test("arrows lead along the stations", async ({ page }) => {
  await open(page);
  await station(page, "Train").focus();
  await page.keyboard.press("ArrowDown");
  await expect(station(page, "Judge")).toHaveAttribute("aria-current", "step");
  await expect(station(page, "Judge")).toBeFocused();
  await page.keyboard.press("End");
  await expect(station(page, "Use")).toBeFocused();
  await page.keyboard.press("Home");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Penguins");
});

test("space pauses and goes on, but not in a field", async ({ page }) => {
  await open(page, { sample: "digits", algorithm: "mlp", "p.tol": "0" });
  await visit(page, "Train");
  await expect(playButton(page, "Pause")).toBeVisible();
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
  await page.keyboard.press("Space");
  await expect(playButton(page, "Play")).toBeVisible();
  const where = page.locator(".play .where");
  const before = await where.innerText();
  await page.keyboard.press("Space");
  await expect(playButton(page, "Pause")).toBeVisible();
  await expect(where).not.toHaveText(before);
});

test("undo and redo by keys", async ({ page }) => {
  await open(page, { sample: "iris", algorithm: "knn" });
  await trained(page);
  const neighbors = page.getByLabel("Neighbors", { exact: true }).first();
  const before = await neighbors.inputValue();
  await neighbors.fill("9");
  await page.keyboard.press("Tab");
  await expect(page.getByRole("contentinfo")).toContainText("k = 9");
  await trained(page);
  await page.keyboard.press("Control+z");
  await expect(neighbors).toHaveValue(before);
  await page.keyboard.press("Control+Shift+z");
  await expect(neighbors).toHaveValue("9");
});
