// The page answers requests of HTTP itself, with the bytes that the native server answers.
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import type { Page } from "@playwright/test";
import { NATIVE } from "./support/places.ts";
import { open, saveModel, trained, visit } from "./support/page.ts";
import { expect, tell, test } from "./support/test.ts";

const NAME = "penguins";
const N_REQUESTS = 1000;

interface Sent {
  method: string;
  path: string;
  contentType: string | null;
  body: string | null;
}

/** `handlens serve` at a port of its own. */
class Server {
  private constructor(readonly address: string, private readonly child: ChildProcess) {}

  static async start(model: string): Promise<Server> {
    const child = spawn(NATIVE, ["serve", "--json", "--port", "0", `${NAME}=${model}`], { stdio: ["ignore", "pipe", "inherit"] });
    for await (const line of createInterface({ input: child.stdout })) {
      const address = /"address":"([^"]+)"/.exec(line)?.[1];
      if (address !== undefined) return new Server(address.replace(/\/$/, ""), child);
    }
    throw new Error("The server has not started.");
  }

  async ask({ method, path, contentType, body }: Sent): Promise<string> {
    const response = await fetch(this.address + path, { method, headers: contentType === null ? {} : { "Content-Type": contentType }, body });
    return JSON.stringify([response.status, response.headers.get("Content-Type"), response.headers.get("Allow"), await response.text()]);
  }

  stop(): void {
    this.child.kill("SIGTERM");
  }
}

/** All requests at once, each answered as `Server.ask` tells it. */
async function askPage(page: Page, requests: Sent[]): Promise<string[]> {
  return page.evaluate(async (all) => {
    const answers: string[] = [];
    for (const { method, path, contentType, body } of all) {
      const response = await fetch(`.${path}`, { method, headers: contentType === null ? {} : { "Content-Type": contentType }, body });
      answers.push(JSON.stringify([response.status, response.headers.get("Content-Type"), response.headers.get("Allow"), await response.text()]));
    }
    return answers;
  }, requests);
}

/** A row of which every seventh cell is missing and every eleventh word unknown. */
function row(at: number): Record<string, unknown> {
  const number = (low: number, high: number, step: number) => (at % 7 === step ? null : low + ((at * 7919 + step * 104729) % 1000) / 1000 * (high - low));
  return {
    island: at % 11 === 0 ? "nowhere" : ["Biscoe", "Dream", "Torgersen"][at % 3],
    bill_length_mm: number(32, 60, 1),
    bill_depth_mm: number(13, 22, 2),
    flipper_length_mm: number(172, 232, 3),
    body_mass_g: number(2700, 6300, 4),
    sex: at % 13 === 0 ? null : ["female", "male"][at % 2],
    year: 2007 + (at % 3),
  };
}

const post = (path: string, body: unknown, contentType = "application/json"): Sent => ({ method: "POST", path, contentType, body: typeof body === "string" ? body : JSON.stringify(body) });
const get = (path: string): Sent => ({ method: "GET", path, contentType: null, body: null });

/** Every form, one or several rows, and now and then what is refused. */
function request(at: number): Sent {
  const rows = Array.from({ length: 1 + (at % 4) }, (_, i) => row(at + i));
  const names = Object.keys(row(0));
  switch (at % 12) {
    case 0: return post("/predict", { data: rows });
    case 1: return post(`/v2/models/${NAME}/infer`, { id: `${at}`, inputs: names.map((name) => ({ name, shape: [rows.length], datatype: typeof row(1)[name] === "string" ? "BYTES" : "FP64", data: rows.map((one) => one[name]) })) });
    case 2: return post("/invocations", { dataframe_split: { columns: names, data: rows.map((one) => names.map((name) => one[name])) } });
    case 3: return post("/invocations", { dataframe_records: rows });
    case 4: return post("/invocations", { inputs: Object.fromEntries(names.map((name) => [name, rows.map((one) => one[name])])) });
    case 5: return post("/invocations", { instances: rows });
    case 6: return post("/invocations", [names.join(","), ...rows.map((one) => names.map((name) => one[name] ?? "").join(","))].join("\n"), "text/csv");
    case 7: return get(["/v2", "/v2/health/live", "/v2/health/ready", `/v2/models/${NAME}`, `/v2/models/${NAME}/ready`, "/ping", "/health", "/version", "/openapi.json"][at % 9] ?? "/v2");
    case 8: return post("/predict", { model: NAME, data: rows });
    default: return post(`/predict`, { model: NAME, data: [row(at)] });
  }
}

/** What a server must refuse in words. Chromium tells of each in its console. */
const REFUSED: Sent[] = [
  post("/predict", "{"), post("/predict", { model: "other", data: [row(1)] }), post("/predict", { data: [] }), post("/predict", { data: [{ bill_length_mm: "wide" }] }),
  post("/predict", "a=1", "text/plain"), post("/invocations", { rows: [] }), post("/v2/models/other/infer", {}), get("/v2/models/other"), get("/predict"), get("/v2/nowhere"),
];

test("a thousand requests get the native server's bytes, and the panel shows one of them live", async ({ page, watch }, info) => {
  watch.allow(/Failed to load resource/);
  await open(page, { sample: "penguins", algorithm: "logistic" });
  await trained(page);
  const model = info.outputPath(`${NAME}.safetensors`);
  writeFileSync(model, await saveModel(page));
  await page.evaluate(async () => void (await navigator.serviceWorker.ready));
  const panel = page.getByRole("region", { name: "Over REST" });
  await panel.getByLabel("called").fill(NAME);
  await panel.getByLabel("called").press("Tab");
  await expect(panel.locator("[data-answer]")).toContainText("prediction");

  const server = await Server.start(model);
  try {
    const requests = [...Array.from({ length: N_REQUESTS - REFUSED.length }, (_, at) => request(at)), ...REFUSED];
    const ours = await askPage(page, requests);
    let nRefused = 0;
    for (const [at, sent] of requests.entries()) {
      const theirs = await server.ask(sent);
      expect(ours[at], JSON.stringify(sent)).toBe(theirs);
      if (!theirs.startsWith("[200,")) nRefused += 1;
    }
    expect(nRefused).toBe(REFUSED.length);
    tell("REST", `${requests.length} requests of the page, byte for byte as natively, ${nRefused} of them refused`);

    // What the panel shows is what other programs get.
    await panel.getByLabel("Address of the server").fill(server.address);
    for (const form of ["predict", "v2", "mlflow"]) {
      await panel.getByLabel("Form of the request").selectOption(form);
      await expect(panel.locator("[data-answer]")).toHaveAttribute("data-form", form);
      const shown = await panel.locator("[data-answer]").getAttribute("data-answer");
      for (const [language, run] of Object.entries(PROGRAMS)) {
        await panel.locator(".tabs").getByText(language, { exact: true }).click();
        expect(run(await panel.locator(".program").innerText(), info.outputPath("program")).trimEnd(), language).toBe(shown?.trimEnd());
      }
    }
  } finally {
    server.stop();
  }
});

const PROGRAMS: Record<string, (text: string, file: string) => string> = {
  curl: (text) => execFileSync("bash", ["-c", text], { encoding: "utf8" }),
  fetch: (text) => execFileSync("node", ["--input-type=module", "-e", text], { encoding: "utf8" }),
  Python: (text) => execFileSync("python3", ["-c", text], { encoding: "utf8" }),
  Rust: (text, file) => {
    writeFileSync(`${file}.rs`, text);
    execFileSync("rustc", ["--edition", "2021", "-D", "warnings", "-o", file, `${file}.rs`]);
    return execFileSync(file, { encoding: "utf8" });
  },
};

test("the panel works without a network, and says what is wrong with a request", async ({ page, context, watch }) => {
  watch.allow(/Failed to load resource/);
  await open(page, { sample: "iris", algorithm: "knn" });
  await trained(page);
  await page.evaluate(async () => void (await navigator.serviceWorker.ready));
  await context.setOffline(true);
  await visit(page, "Use");
  const panel = page.getByRole("region", { name: "Over REST" });
  await expect(panel.locator("[data-answer]")).toContainText("probabilities");
  await panel.getByLabel("Body of the request").fill("{");
  await expect(panel.locator("[data-answer]")).toContainText("not JSON");
  await expect(panel.getByText("400")).toBeVisible();
  await panel.getByRole("button", { name: "as in the form" }).click();
  await expect(panel.locator("[data-answer]")).toContainText("probabilities");
});
