// The page's own thread stays free while a large table is learned from.
import { choose, open, read, station, table } from "./support/page.ts";
import { expect, tell, test } from "./support/test.ts";

const ROWS = 50_000;
/** Half of what a person begins to notice. */
const LONGEST_TASK_MS = 50;
const WATCHED_MS = 8_000;

/** Two noisy spirals in nine numbers, and a word. */
function large(): string {
  let state = 1;
  const random = () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
  const line = (row: number) => {
    const arm = row % 2;
    const turn = 6 * random();
    const [x, y] = [turn * Math.cos(turn + Math.PI * arm), turn * Math.sin(turn + Math.PI * arm)];
    const noise = Array.from({ length: 6 }, () => (10 * random()).toFixed(3));
    return [x.toFixed(3), y.toFixed(3), (x * y).toFixed(3), ...noise, ["red", "green", "blue"][row % 3], arm ? "left" : "right"].join(",");
  };
  return ["x,y,xy,a,b,c,d,e,f,color,arm", ...Array.from({ length: ROWS }, (_, row) => line(row))].join("\n");
}

declare global {
  interface Window {
    probe: { tasks: number[]; gaps: number[] };
  }
}

test(`no task of the page takes ${LONGEST_TASK_MS} ms while a net learns from ${ROWS} rows`, async ({ page }) => {
  await open(page);
  await read(page, table("spirals.csv", large()));
  await page.getByLabel("What to predict").selectOption("column:arm");
  await choose(page, "Neural network");
  await page.getByLabel("Speed").selectOption({ label: "fastest" });
  await expect(page.getByRole("contentinfo").getByRole("button", { pressed: true })).toContainText(/Neural network.*training/s);
  await expect(page.locator("figure .empty")).toHaveCount(0);
  await page.evaluate(() => {
    const probe = (window.probe = { tasks: [] as number[], gaps: [] as number[] });
    new PerformanceObserver((list) => probe.tasks.push(...list.getEntries().map((entry) => entry.duration))).observe({ type: "longtask" });
    let last = performance.now();
    const frame = () => {
      const now = performance.now();
      probe.gaps.push(now - last);
      last = now;
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
  const start = await page.evaluate(() => performance.now());
  await page.waitForFunction((until) => performance.now() > until || document.querySelector("footer em")?.textContent !== "training", start + WATCHED_MS);
  const { tasks, gaps } = await page.evaluate(() => window.probe);
  const took = gaps.reduce((sum, gap) => sum + gap, 0);
  tell("watched", `${Math.round(took)} ms, ${(await station(page, "Train").innerText()).replaceAll("\n", ", ")}`);
  tell("tasks of 50 ms and more", tasks.length === 0 ? "none" : tasks.map((ms) => `${ms} ms`).join(", "));
  tell("frames", `${gaps.length}, the longest gap ${Math.round(Math.max(...gaps))} ms`);
  expect(took).toBeGreaterThan(1000);
  expect(Math.max(0, ...tasks)).toBeLessThan(LONGEST_TASK_MS);
});
