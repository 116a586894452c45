// The forms in which a model leaves the page for other programs.
import { writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import type { Page } from "@playwright/test";
import { open, saved, side, trained, visit } from "./support/page.ts";
import { expect, test } from "./support/test.ts";

const ROW = { sepal_length_cm: 6.1, sepal_width_cm: 2.9, petal_length_cm: 4.7, petal_width_cm: 1.4 };

interface Module {
  predict(row: Record<string, unknown>): { prediction: string; probabilities: Map<string, number> };
}

test("a model leaves as source code, which says what the page says", async ({ page }, info) => {
  await open(page, { sample: "iris", algorithm: "logistic" });
  await trained(page);
  await visit(page, "Use");
  await expect(page.locator(".answer")).toHaveAttribute("aria-busy", "false");
  for (const [name, value] of Object.entries(ROW)) await page.getByLabel(name).fill(String(value));
  await expect(page.locator(".form header")).toContainText("changed");
  await expect(page.locator(".answer")).toHaveAttribute("aria-busy", "false");
  const said = await page.locator(".answer").evaluate((answer) => [...answer.querySelectorAll("li")].map((bar) => bar.innerText.split("\n")));

  const { name, bytes } = await saved(page, side(page).getByRole("button", { name: "Download as JavaScript" }));
  expect(name).toBe("model.mjs");
  const file = info.outputPath(name);
  writeFileSync(file, bytes);
  const { predict } = (await import(pathToFileURL(file).href)) as Module;
  const { prediction, probabilities } = predict(ROW);
  expect(prediction).toBe(said[0]?.[0]);
  for (const [label = "", chance = ""] of said) {
    const shown = Number.parseFloat(chance.replace(/[<>]/, "")) / 100;
    // The page shows a tenth of a percent.
    expect(Math.abs((probabilities.get(label) ?? 0) - shown)).toBeLessThan(0.0011);
  }
});

/** Chromium asks after ten downloads of a tab whether there may be more, and nobody answers here. */
const DOWNLOADS_A_TAB = 8;

test("every form is offered, and each gives a file", async ({ page, context }) => {
  const buttonsOf = async (tab: Page) => {
    await open(tab, { sample: "iris", algorithm: "tree" });
    await trained(tab);
    await visit(tab, "Use");
    const buttons = side(tab).getByRole("button", { name: /^Download as / });
    await expect(buttons.first()).toBeVisible();
    return buttons;
  };
  let tab = page;
  let buttons = await buttonsOf(tab);
  const labels = await buttons.evaluateAll((all) => all.map((button) => button.getAttribute("aria-label") ?? ""));
  expect(labels).toContain("Download as Python");
  for (const [index, label] of labels.entries()) {
    if (index > 0 && index % DOWNLOADS_A_TAB === 0) {
      tab = await context.newPage();
      buttons = await buttonsOf(tab);
    }
    const { bytes } = await saved(tab, side(tab).getByRole("button", { name: label, exact: true }));
    expect(bytes.length, label).toBeGreaterThan(500);
    await expect(buttons.first()).toBeEnabled();
  }
});
