// Tables of one's own with what real ones have: other separators, formulas, hostile names.
import { heading, open, predictFile, read, station, table, trained, visit } from "./support/page.ts";
import { expect, test } from "./support/test.ts";

test("a table with semicolons and classes like formulas goes all the way to a prediction", async ({ page }) => {
  const rows = Array.from({ length: 60 }, (_, i) => `${i % 2 ? 12 + (i % 5) : 3 + (i % 4)},5;${i % 7};${i % 2 ? "oak" : "=elm"}`);
  await open(page);
  await read(page, table("trees.csv", ["height;weight;kind", ...rows, ""].join("\n")));
  await expect(page.getByText("cells separated by semicolon")).toBeVisible();
  await page.getByLabel("What to predict").selectOption({ label: "kind" });
  await trained(page);
  await visit(page, "Use");
  await expect(page.locator(".answer .said")).toHaveText(/oak|=elm/);
  const csv = await predictFile(page, table("new.csv", "height;weight\n3,5;1\n14,5;2\n"));
  expect(csv).toContain("'=elm");
});

test("names that look like markup or prototypes stay text", async ({ page }) => {
  const names = ["<img src=x onerror=alert(1)>", "__proto__", "constructor", "label"];
  const rows = Array.from({ length: 40 }, (_, i) => `${i},${i % 3},${i % 5},${i % 2 ? "</script><b>" : "toString"}`);
  await open(page);
  await read(page, table("<b>.csv", [names.join(","), ...rows].join("\n")));
  await trained(page);
  await visit(page, "Use");
  await expect(page.locator(".answer .said")).toHaveText(/toString|<\/script><b>/);
  expect(await page.evaluate(() => document.querySelectorAll("img, b b").length)).toBe(0);
});

test("a pasted table is read, too", async ({ page }) => {
  await open(page);
  await page.evaluate(() => {
    const data = new DataTransfer();
    data.setData("text/plain", Array.from({ length: 30 }, (_, i) => `${i}\t${i * i}`).join("\n"));
    document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true }));
  });
  await expect(heading(page)).toHaveText("pasted.csv");
  await expect(station(page, "Data")).toContainText("30 rows, 2 columns");
  await trained(page);
});
