// Measures workloads in Chromium: node run.mjs FOLDER '[{"variant","threads","id","scale","runs"}, …]'
// FOLDER holds wasm/plain and wasm/threads. Prints a JSON line a job.
import { createReadStream, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { chromium } from "@playwright/test";

const [folder, jobs] = [process.argv[2], JSON.parse(process.argv[3])];
const here = import.meta.dirname;
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".wasm": "application/wasm" };
const HEADERS = { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" };

const server = createServer((request, response) => {
  const { pathname } = new URL(request.url, "http://localhost");
  if (pathname === "/") return response.writeHead(200, { ...HEADERS, "content-type": "text/html" }).end("<!doctype html><title>bench</title>");
  const path = normalize(join(pathname === "/worker.js" ? here : folder, pathname));
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return response.writeHead(404).end();
  response.writeHead(200, { ...HEADERS, "content-type": TYPES[extname(path)] ?? "application/octet-stream" });
  createReadStream(path).pipe(response);
});
await new Promise((done) => server.listen(0, "127.0.0.1", done));

const browser = await chromium.launch({
  executablePath: process.env.HANDLENS_CHROMIUM,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
try {
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  for (const job of jobs) {
    const answer = await page.evaluate(
      (job) =>
        new Promise((done) => {
          const worker = new Worker("/worker.js", { type: "module" });
          worker.onmessage = ({ data }) => (worker.terminate(), done(data));
          worker.onerror = (event) => done({ error: event.message });
          worker.postMessage(job);
        }),
      job,
    );
    console.log(JSON.stringify(answer));
  }
} finally {
  await browser.close();
  server.close();
}
