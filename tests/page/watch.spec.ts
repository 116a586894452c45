// The watch over all other tests sees what it is there to see.
import { open } from "./support/page.ts";
import { expect, expectNoOverflow, test } from "./support/test.ts";

const SINS: [name: string, sin: () => void, told: RegExp][] = [
  ["an error on the console", () => console.error("oh"), /console error: oh/],
  ["a warning on the console", () => console.warn("oh"), /console warning: oh/],
  ["an uncaught error", () => void setTimeout(() => { throw new Error("oh"); }), /uncaught: Error: oh/],
  ["an unhandled rejection", () => void Promise.reject(new Error("oh")), /unhandled rejection: Error: oh/],
  ["a request to elsewhere", () => void fetch("https://handlens.example/").catch(() => undefined), /policy: connect-src refuses|another origin/],
  ["a request that is not a GET", () => void fetch("./index.html", { method: "POST", body: "rows" }).catch(() => undefined), /not a GET: POST/],
  ["a request for what is no file of the site", () => void fetch("./spy.gif?row=1").catch(() => undefined), /no file of the site: .*spy/],
  ["what the policy forbids", () => document.head.append(Object.assign(document.createElement("style"), { textContent: "b{}" })), /policy: style-src-elem refuses inline/],
];

for (const [name, sin, told] of SINS) {
  test(`sees ${name}`, async ({ page, watch }) => {
    await open(page);
    expect(watch.found).toEqual([]);
    await page.evaluate(sin);
    await expect.poll(() => watch.found.find((problem) => told.test(problem))).toBeDefined();
    watch.allow(/.*/s);
  });
}

test("sees what sticks out sideways", async ({ page }) => {
  await open(page);
  await page.evaluate(() => (document.body.style.width = "2000px"));
  await expect(expectNoOverflow(page)).rejects.toThrow(/sticks out/);
  await page.evaluate(() => (document.body.style.width = ""));
});
