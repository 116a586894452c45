// The whole way of the data, as a person goes it: a table, a model, a judgment, a prediction, a file.
import { readFileSync } from "node:fs";
import { expect, test, type Page } from "@playwright/test";

const CSV = `height;weight;kind\n${Array.from({ length: 60 }, (_, i) => `${i % 2 ? 12 + (i % 5) : 3 + (i % 4)},5;${i % 7};${i % 2 ? "oak" : "=elm"}`).join("\n")}\n`;

/** Collects what must not happen: errors, and requests that leave the origin. */
function watch(page: Page): string[] {
  const found: string[] = [];
  page.on("console", (message) => message.type() === "error" && found.push(message.text()));
  page.on("pageerror", (error) => found.push(String(error)));
  page.on("request", (request) => {
    if (!/^(http:\/\/localhost:4173\/|blob:)/.test(request.url())) found.push(`request to ${request.url()}`);
  });
  return found;
}

const station = (page: Page, name: string) => page.getByRole("navigation").getByRole("button", { name: new RegExp(`^${name}`) });
const trained = (page: Page) => expect(page.getByRole("button", { name: "Train again" })).toBeVisible({ timeout: 30_000 });

async function open(page: Page, hash = ""): Promise<void> {
  await page.goto(`./${hash}`);
  await expect(page.locator("footer .run").first()).toBeVisible({ timeout: 30_000 });
}

test("on arrival a model trains without a click", async ({ page }) => {
  const found = watch(page);
  await open(page);
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Adelie, Chinstrap and Gentoo");
  await trained(page);
  await expect(station(page, "Judge")).toContainText("unseen rows");
  await expect.poll(() => isPainted(page)).toBe(true);
  expect(found).toEqual([]);
});

test("an own file goes all the way to a prediction", async ({ page }) => {
  const found = watch(page);
  await open(page);
  await station(page, "Data").click();
  await page.locator("aside input[type=file]").setInputFiles({ name: "trees.csv", mimeType: "text/csv", buffer: Buffer.from(CSV) });
  await expect(page.getByRole("heading", { level: 1, name: "trees.csv" })).toBeVisible();
  await expect(page.getByText("cells separated by semicolon")).toBeVisible();
  await page.getByRole("combobox", { name: "What to predict" }).selectOption({ label: "kind" });
  await station(page, "Train").click();
  await trained(page);
  await station(page, "Use").click();
  await expect(page.locator(".answer .said")).toHaveText(/oak|=elm/);
  await page.locator("aside input[type=file]").first().setInputFiles({ name: "new.csv", mimeType: "text/csv", buffer: Buffer.from("height;weight\n3,5;1\n14,5;2\n") });
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: /Download 2 predictions/ }).click()]);
  expect(readFileSync(await download.path(), "utf8")).toContain("'=elm");
  expect(found).toEqual([]);
});

test("a saved model is dropped back and predicts with the network off", async ({ page, context }) => {
  await open(page, "#sample=iris&algorithm=knn");
  await trained(page);
  await station(page, "Use").click();
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Download the model" }).click()]);
  const buffer = readFileSync(await download.path());
  await open(page);
  await context.setOffline(true);
  await station(page, "Use").click();
  await page.getByLabel("Choose a .safetensors file").setInputFiles({ name: "iris.safetensors", mimeType: "application/octet-stream", buffer });
  await expect(page.locator(".answer .said")).toHaveText(/setosa|versicolor|virginica/);
});

test("a bad file is told where it was given, and the page goes on", async ({ page }) => {
  await open(page);
  await station(page, "Data").click();
  await page.locator("aside input[type=file]").setInputFiles({ name: "photo.csv", mimeType: "text/csv", buffer: Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0]) });
  await expect(page.getByRole("alert")).toBeVisible();
  await page.getByRole("button", { name: /^Iris/ }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Iris" })).toBeVisible();
  await expect(page.getByRole("alert")).toHaveCount(0);
});

test("names that look like markup or prototypes stay text", async ({ page }) => {
  const found = watch(page);
  await open(page);
  const hostile = ["<img src=x onerror=alert(1)>", "__proto__", "constructor", "label"];
  const rows = Array.from({ length: 40 }, (_, i) => `${i},${i % 3},${i % 5},${i % 2 ? "</script><b>" : "toString"}`);
  await station(page, "Data").click();
  await page.locator("aside input[type=file]").setInputFiles({ name: "<b>.csv", mimeType: "text/csv", buffer: Buffer.from([hostile.join(","), ...rows].join("\n")) });
  await expect(page.getByRole("heading", { level: 1, name: "<b>.csv" })).toBeVisible();
  await station(page, "Train").click();
  await trained(page);
  await station(page, "Use").click();
  await expect(page.locator(".answer .said")).toHaveText(/toString|<\/script><b>/);
  expect(await page.evaluate(() => document.querySelectorAll("img, b b").length)).toBe(0);
  expect(found).toEqual([]);
});

test("keys alone lead through the page", async ({ page }) => {
  await open(page);
  await trained(page);
  await station(page, "Train").focus();
  await page.keyboard.press("ArrowDown");
  await expect(station(page, "Judge")).toHaveAttribute("aria-current", "step");
  await page.keyboard.press("End");
  await expect(station(page, "Use")).toBeFocused();
});

test("on a phone nothing sticks out", async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await open(page);
  for (const name of ["Data", "Prepare", "Train", "Judge", "Explain", "Use"]) {
    await station(page, name).click();
    await page.waitForTimeout(300);
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth), name).toBeLessThanOrEqual(0);
  }
});

/** Whether the decision surface is colored all over, not only dotted. */
function isPainted(page: Page): Promise<boolean> {
  return page.evaluate(async () => {
    const canvas = document.querySelector("canvas");
    if (!canvas || canvas.width === 0) return false;
    const copy = new OffscreenCanvas(canvas.width, canvas.height);
    const context = copy.getContext("2d");
    if (!context) return false;
    context.drawImage(await createImageBitmap(canvas), 0, 0);
    const { data } = context.getImageData(0, 0, copy.width, copy.height);
    const counts = new Map<number, number>();
    for (let i = 0; i < data.length; i += 404) {
      const color = (data[i] ?? 0) * 65536 + (data[i + 1] ?? 0) * 256 + (data[i + 2] ?? 0);
      counts.set(color, (counts.get(color) ?? 0) + 1);
    }
    return Math.max(...counts.values()) < 0.6 * (data.length / 404);
  });
}
