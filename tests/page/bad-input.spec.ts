// What goes wrong is told in a sentence where it was caused, and the page goes on.
import { type Page } from "@playwright/test";
import { artifact, dial, drop, heading, open, problem, read, sample, saveModel, table, trained, turn, upload, visit, type Upload } from "./support/page.ts";
import { expect, tell, test } from "./support/test.ts";

const PNG = Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52, 0, 0, 1, 0, 0, 0, 1, 0, 8, 6, 0, 0, 0, 0x5c, 0x72, 0xa8, 0x66]);
const ROWS = Array.from({ length: 40 }, (_, at) => `${at},${(at * 7) % 11},${at % 2 ? "yes" : "no"}`).join("\n");

/** The page is whole: another table is read and learned from, and no complaint is left. */
async function expectWorking(page: Page): Promise<void> {
  await read(page, sample("iris.csv"));
  await trained(page);
  await expect(page.getByRole("alert")).toHaveCount(0);
}

const UNREADABLE: { what: string; file: Upload; sentence: RegExp }[] = [
  { what: "an empty file", file: table("empty.csv", ""), sentence: /empty/i },
  { what: "a picture renamed", file: table("photo.csv", PNG), sentence: /PNG|picture|image|not .*text|binary/i },
];
for (const { what, file, sentence } of UNREADABLE) {
  test(`${what} is refused under Data`, async ({ page }) => {
    await open(page);
    await upload(page, file);
    await expect(problem(page)).toContainText(sentence);
    tell(what, await problem(page).innerText());
    await expectWorking(page);
  });
}

test("an unbalanced quote is told with its line", async ({ page }) => {
  await open(page);
  await upload(page, table("broken.csv", `a,b,label\n1,2,"x\n${ROWS}\n`));
  const told = page.getByRole("main").getByText(/quote/i);
  await page.getByRole("main").getByText(/thing.* to know/).or(told).first().click();
  await expect(told.first()).toBeVisible();
  tell("an unbalanced quote", (await told.first().innerText()).replaceAll(/\s+/g, " "));
  await expectWorking(page);
});

test("a table of one row has nothing to learn from", async ({ page }) => {
  await open(page);
  // A table that is read leads to Data: only then is Train asked for.
  await read(page, table("one.csv", "a,b,label\n1,2,x\n"));
  await visit(page, "Train");
  await expect(problem(page)).toContainText("a single row");
  tell("one row", await problem(page).innerText());
  await expectWorking(page);
});

test("a target of one class has nothing to tell apart", async ({ page }) => {
  await open(page);
  await upload(page, table("same.csv", `a,b,label\n${ROWS.replaceAll(/yes|no/g, "same")}\n`));
  await expect(heading(page)).toHaveText("same.csv");
  await page.getByLabel("What to predict").selectOption("column:label");
  await visit(page, "Train");
  await expect(problem(page)).toContainText(/class/i);
  tell("one class", await problem(page).innerText());
  await expectWorking(page);
});

test("more neighbors than rows are refused beside the dial", async ({ page }) => {
  await open(page, { sample: "iris", algorithm: "knn" });
  await trained(page);
  await turn(page, "Neighbors", 1000);
  const sentence = dial(page, "Neighbors").getByRole("alert");
  await expect(sentence).toContainText("112 training rows");
  tell("k larger than the rows", await sentence.innerText());
  await expect(dial(page, "Neighbors").getByRole("spinbutton")).toHaveAttribute("aria-invalid", "true");
  await turn(page, "Neighbors", 5);
  await trained(page);
  await expect(page.getByRole("alert")).toHaveCount(0);
});

test("a truncated model is refused under Use", async ({ page }) => {
  await open(page, { sample: "iris", algorithm: "knn" });
  await trained(page);
  const whole = await saveModel(page);
  for (const length of [whole.length - 100, 40, 0]) {
    await drop(page, artifact("half.safetensors", whole.subarray(0, length)));
    await expect(problem(page)).toContainText(/\w+ \w+.*\./);
    tell(`a model cut to ${length} bytes`, await problem(page).innerText());
    await drop(page, artifact("whole.safetensors", whole));
    await expect(page.getByText("whole.safetensors is loaded")).toBeVisible();
    await expect(page.getByRole("alert")).toHaveCount(0);
  }
  await expectWorking(page);
});
