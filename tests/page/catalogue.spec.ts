// Every algorithm is chosen by its family, trains in the page, and shows its own picture.
import { expect, type Locator, type Page } from "@playwright/test";
import { open, side, station, trained, visit } from "./support/page.ts";
import { test } from "./support/test.ts";

const TASKS: Record<string, Record<string, string>> = {
  classification: { sample: "penguins", target: "species" },
  regression: { sample: "diabetes", target: "disease_progression" },
  clustering: { sample: "penguins" },
  projection: { sample: "iris" },
  anomaly: { sample: "penguins" },
};

const chooser = (page: Page): Locator => side(page).getByRole("button", { name: /change|close/ });

/** The ids of all algorithms that the chooser offers, in its order. */
async function offered(page: Page): Promise<string[]> {
  await chooser(page).click();
  const ids = await side(page).locator("[data-algorithm]").evaluateAll((buttons) => buttons.map((button) => button.getAttribute("data-algorithm") ?? ""));
  await page.keyboard.press("Escape");
  return ids;
}

async function pick(page: Page, id: string): Promise<void> {
  await chooser(page).click();
  await side(page).getByRole("searchbox").fill("");
  await side(page).locator(`[data-algorithm="${id}"]`).click();
  await expect(side(page).getByRole("searchbox")).toHaveCount(0);
}

for (const [task, plan] of Object.entries(TASKS))
  test(`every algorithm for ${task} trains through the chooser and shows its picture`, async ({ page }) => {
    test.setTimeout(300_000);
    await open(page, { ...plan, task });
    await visit(page, "Train");
    await page.getByLabel("Speed").selectOption({ label: "fastest" });
    for (const id of await offered(page)) {
      await test.step(id, async () => {
        await pick(page, id);
        await trained(page);
        const pictures = page.getByRole("main").locator("figure");
        for (const picture of await pictures.all()) await expect(picture.locator("canvas")).toHaveAttribute("aria-label", /\. /);
        await expect(pictures.locator("p.empty")).toHaveCount(0);
        await visit(page, "Explain");
        await expect(page.getByRole("main").locator("canvas")).toHaveAttribute("aria-label", /\. /);
        await visit(page, "Train");
      });
    }
    await expect(station(page, "Judge")).not.toContainText("not judged yet");
  });

test("the chooser is searched and walked by keyboard", async ({ page }) => {
  await open(page);
  await visit(page, "Train");
  await chooser(page).focus();
  await page.keyboard.press("Enter");
  await expect(side(page).locator('[data-algorithm="knn"]')).toBeVisible();
  await page.keyboard.type("nearest");
  await page.keyboard.press("ArrowDown");
  await expect(side(page).locator(":focus")).toHaveAttribute("data-algorithm", "knn");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await expect(side(page)).toContainText(/Avoid it/);
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Enter");
  await expect(side(page).getByRole("button", { name: /change/ })).toContainText("Nearest neighbors");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Escape");
  await expect(side(page).getByRole("searchbox")).toHaveCount(0);
});
