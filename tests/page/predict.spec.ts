// The package's predict-only entry in a page without a bundler: its example, as it is shipped.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { trainInNode } from "./support/elsewhere.ts";
import { artifact } from "./support/page.ts";
import { ROOT } from "./support/places.ts";
import { expect, listen, test } from "./support/test.ts";
import { Lab } from "handlens";

test("the example page of handlens/predict answers with a model that is chosen", async ({ browser }) => {
  const lab = await Lab.open();
  const bytes = await trainInNode(lab, { sample: "iris", target: "species", task: "classification", algorithm: "knn" });
  const model = await lab.load(bytes);
  const { record } = await model.exampleRecord();
  const expected = await model.predict([record]);
  lab.close();

  const context = await browser.newContext();
  const found: string[] = [];
  await listen(context, (problem) => found.push(problem));
  await context.route("**", (route) => {
    const file = join(ROOT, "pkg", new URL(route.request().url()).pathname);
    if (existsSync(file)) return route.fulfill({ path: file });
    // Browsers ask for it by themselves.
    if (!file.endsWith("favicon.ico")) found.push(`a request for ${file}`);
    return route.fulfill({ status: 204 });
  });
  const page = await context.newPage();
  await page.goto("http://localhost/example/predict.html");
  await page.getByLabel("A model saved").setInputFiles(artifact("iris.safetensors", bytes));
  await expect(page.getByRole("status")).toContainText("prediction");
  const { row, ...answer } = JSON.parse((await page.getByRole("status").textContent()) ?? "");
  expect(row).toEqual(record);
  expect({ is: "predictions", ...answer }).toEqual(expected);
  await context.close();
  expect(found).toEqual([]);
});
