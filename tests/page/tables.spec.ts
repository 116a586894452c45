// Other questions: a number, groups, many classes.
import { open, station, trained, turn, visit } from "./support/page.ts";
import { expect, tell, test } from "./support/test.ts";

test("diabetes: a linear regression shows its coefficients with their errors", async ({ page }) => {
  await open(page, { sample: "diabetes", algorithm: "linear" });
  await trained(page);
  await visit(page, "Judge");
  const r2 = page.getByRole("row", { name: /^R²/ });
  await expect(r2).toBeVisible();
  tell("R², unseen", (await r2.getByRole("cell").first().innerText()).trim());
  await visit(page, "Explain");
  await expect(page.getByRole("main").getByRole("row")).toHaveCount(1 + 10 + 1);
  await expect(page.getByRole("row", { name: /^bmi/ })).toContainText(/\d/);
  for (const name of ["Weight", "± error", "p"]) await expect(page.getByRole("columnheader", { name: new RegExp(`^${name}`) }).first()).toBeVisible();
});

test("iris without a target: k-means finds groups around centroids", async ({ page }) => {
  await open(page, { sample: "iris", at: "data" });
  await page.getByLabel("What to predict").selectOption("task:clustering");
  await trained(page);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Groups that the rows fall into");
  await turn(page, "Clusters", 3);
  await trained(page);
  await expect(page.locator("figure .empty")).toHaveCount(0);
  await expect(page.locator("figure canvas").first()).toHaveAttribute("aria-label", /3 centroids with their ways/);
  await page.getByRole("button", { name: /as a table$/ }).first().click();
  const plane = page.getByRole("dialog").getByRole("row");
  await expect(plane).toHaveCount(1 + 150);
  await page.getByRole("dialog").getByRole("button", { name: "Close" }).click();
  await expect(station(page, "Judge")).toContainText(/Silhouette|inertia/i);
});

test("digits: a net reads at least 96 of 100 unseen digits", async ({ page }) => {
  await open(page, { sample: "digits", algorithm: "mlp" });
  await trained(page, 100_000);
  const line = await station(page, "Judge").innerText();
  tell("digits", line.replaceAll("\n", ", "));
  expect(Number.parseFloat(/([\d.]+) ±/.exec(line)?.[1] ?? "0")).toBeGreaterThanOrEqual(96);
});
