// What a person does with the page, and what they wait for.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, type Locator, type Page } from "@playwright/test";
import { SAMPLES } from "./places.ts";
import { expectNoOverflow } from "./test.ts";

export const STATIONS = ["Data", "Prepare", "Train", "Judge", "Explain", "Use"] as const;
export type Station = (typeof STATIONS)[number];

export interface Upload {
  name: string;
  mimeType: string;
  buffer: Buffer;
}

export const table = (name: string, content: string | Uint8Array): Upload => ({ name, mimeType: "text/csv", buffer: Buffer.from(content) });
export const artifact = (name: string, content: Uint8Array): Upload => ({ name, mimeType: "application/octet-stream", buffer: Buffer.from(content) });
export const sample = (file: string): Upload => table(file, readFileSync(join(SAMPLES, file)));

export const station = (page: Page, name: Station): Locator => page.getByRole("navigation").getByRole("button", { name: new RegExp(`^${name}`) });
export const heading = (page: Page): Locator => page.getByRole("heading", { level: 1 });
export const side = (page: Page): Locator => page.getByRole("complementary");
export const playButton = (page: Page, name: "Play" | "Pause" | "Train again"): Locator => page.getByRole("button", { name, exact: true });

/** Opens the page, by a link if `plan` is given. */
export async function open(page: Page, plan: Record<string, string> = {}): Promise<void> {
  const hash = new URLSearchParams(plan).toString();
  // The same address with another hash alone would not load the page again.
  if (page.url().startsWith("http")) await page.goto("about:blank");
  await page.goto(hash === "" ? "./" : `./#${hash}`);
  await expect(page.getByRole("contentinfo").getByRole("listitem").first()).toContainText(/%|ms| s/);
}

export async function visit(page: Page, name: Station): Promise<void> {
  await station(page, name).click();
  await expect(station(page, name)).toHaveAttribute("aria-current", "step");
  await expect(page.getByRole("main")).toHaveAttribute("data-station", name.toLowerCase());
  await expectNoOverflow(page, `in ${name}`);
}

/** Waits in Train until the run in view is done; as fast as it goes. */
export async function trained(page: Page, timeout = 60_000): Promise<void> {
  await visit(page, "Train");
  await page.getByLabel("Speed").selectOption({ label: "fastest" });
  // The run before stays in view, and may be done, until the new one begins.
  await expect(page.getByRole("main")).toHaveAttribute("aria-busy", "false");
  await expect(playButton(page, "Train again")).toBeVisible({ timeout });
  await expect(station(page, "Judge")).not.toContainText("not judged yet");
}

export async function choose(page: Page, label: string): Promise<void> {
  await visit(page, "Train");
  const runs = page.getByRole("contentinfo").getByRole("button", { pressed: true });
  await side(page).getByRole("button", { name: /change/ }).click();
  await side(page).getByRole("listitem").getByRole("button", { name: new RegExp(`^${label}`) }).click();
  await expect(runs).toContainText(label);
}

/** A dial of the algorithm, by its label. */
export const dial = (page: Page, label: string): Locator => side(page).locator(".field", { has: page.getByText(label, { exact: true }) });

export async function turn(page: Page, label: string, value: number): Promise<void> {
  await visit(page, "Train");
  await dial(page, label).getByRole("spinbutton").fill(String(value));
  await page.keyboard.press("Tab");
}

/** Chooses a table with the file chooser. */
export async function upload(page: Page, file: Upload): Promise<void> {
  await visit(page, "Data");
  await side(page).locator("input[type=file]").setInputFiles(file);
}

/** Chooses a table and waits until it is the one in view. */
export async function read(page: Page, file: Upload): Promise<void> {
  await upload(page, file);
  await expect(heading(page)).toHaveText(file.name);
}

/** Drops a file onto the middle of the page, with the events that a hand causes. */
export async function drop(page: Page, file: Upload): Promise<void> {
  const transfer = await page.evaluateHandle(
    ({ name, type, bytes }) => {
      const data = new DataTransfer();
      data.items.add(new File([Uint8Array.from(bytes)], name, { type }));
      return data;
    },
    { name: file.name, type: file.mimeType, bytes: [...file.buffer] },
  );
  const onto = page.getByRole("main");
  for (const event of ["dragenter", "dragover", "drop"]) await onto.dispatchEvent(event, { dataTransfer: transfer, bubbles: true, cancelable: true });
  await transfer.dispose();
}

/** What a click has the browser save. */
export async function saved(page: Page, button: Locator): Promise<{ name: string; bytes: Buffer }> {
  const [download] = await Promise.all([page.waitForEvent("download"), button.click()]);
  return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
}

export async function saveModel(page: Page): Promise<Buffer> {
  await visit(page, "Use");
  return (await saved(page, page.getByRole("button", { name: "Download the model" }))).bytes;
}

/** Predicts a whole file and returns the downloaded CSV. */
export async function predictFile(page: Page, file: Upload, { repeatsInput = true } = {}): Promise<string> {
  await visit(page, "Use");
  await page.getByLabel(/Choose a file to predict/).setInputFiles(file);
  const button = page.getByRole("button", { name: /^Download [\d,]+ predictions?/ });
  await expect(button).toBeEnabled();
  if (!repeatsInput) {
    await page.getByLabel("repeat the file's own columns").uncheck();
    await expect(button).toBeEnabled();
  }
  return (await saved(page, button)).bytes.toString("utf8");
}

/** The sentence of the one problem in view. */
export const problem = (page: Page): Locator => page.getByRole("main").getByRole("alert");
