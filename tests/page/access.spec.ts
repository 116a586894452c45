// Every station in both themes, wide and on a phone: nothing serious for axe, nothing sticks out.
// A picture of each is left in tests/page/results/stations, for the eye.
import { createRequire } from "node:module";
import { join } from "node:path";
import { type Page } from "@playwright/test";
import type axe from "axe-core";
import { open, STATIONS, trained, visit } from "./support/page.ts";
import { RESULTS } from "./support/places.ts";
import { expect, tell, test } from "./support/test.ts";

const { source } = createRequire(import.meta.url)("axe-core") as typeof axe;
const SIZES = { wide: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } };

declare global {
  interface Window {
    axe: typeof axe;
  }
}

/** What axe holds against the page, one line a rule. */
async function violations(page: Page): Promise<string[]> {
  // As the inspector would: the policy of the page admits no scripts from outside.
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(source);
  const results = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  return results.violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, impact, nodes }) => `${impact} ${id}: ${nodes.slice(0, 4).map((node) => `${node.target.join(" ")} ${node.any[0]?.message ?? node.html.slice(0, 120)}`).join("; ")} (${nodes.length})`);
}

for (const [size, viewport] of Object.entries(SIZES))
  for (const theme of ["light", "dark"] as const)
    test(`every station, ${size}, ${theme}`, async ({ page }) => {
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
      await open(page);
      await trained(page);
      for (const name of STATIONS) {
        await visit(page, name);
        // A figure of the station before may be in its last drawing; the new ones are awaited.
        await expect(page.locator("figure .empty")).toHaveCount(0);
        await page.screenshot({ path: join(RESULTS, "stations", `${name.toLowerCase()}-${size}-${theme}.png`), fullPage: size === "phone" });
        const found = await violations(page);
        tell(`${name}, ${size}, ${theme}`, found.length === 0 ? "nothing serious" : `${found.length} rules`);
        expect.soft(found, name).toEqual([]);
      }
    });

test("the switch turns the theme and is remembered", async ({ page }) => {
  await page.emulateMedia({ colorScheme: "light" });
  await open(page);
  const color = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await color();
  await page.getByRole("button", { name: "Switch to dark" }).click();
  await expect.poll(color).not.toBe(light);
  const dark = await color();
  await page.reload();
  await expect(page.getByRole("button", { name: "Switch to light" })).toBeVisible();
  expect(await color()).toBe(dark);
});
