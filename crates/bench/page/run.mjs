// Measures in Chromium: node run.mjs FOLDER '[{"variant","threads","id","scale","runs"} | {"peers":true,"id","data","runs"}, …]'
// FOLDER holds wasm/plain and wasm/threads, and what `data` names. Prints a JSON line a job: ours measured by worker.js, the
// npm packages beside this file by peers.js. Nothing is loaded from anywhere else.
import { createReadStream, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { chromium } from "@playwright/test";

const [folder, jobs] = [process.argv[2], JSON.parse(process.argv[3])];
const here = import.meta.dirname;
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm" };
const HEADERS = { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" };
// What the packages import by bare names.
const IMPORTS = {
  "apache-arrow": "/npm/apache-arrow/Arrow.dom.mjs",
  flatbuffers: "/npm/flatbuffers/mjs/flatbuffers.js",
  tslib: "/npm/tslib/tslib.es6.mjs",
};
const PAGE = `<!doctype html><title>bench</title><link rel="icon" href="data:,"><script type="importmap">${JSON.stringify({ imports: IMPORTS })}</script>`;

const file = (pathname) => {
  if (pathname === "/worker.js" || pathname === "/peers.js") return join(here, pathname);
  if (pathname.startsWith("/npm/")) return join(here, "node_modules", normalize(pathname.slice("/npm".length)));
  return join(folder, normalize(pathname));
};
const server = createServer((request, response) => {
  const { pathname } = new URL(request.url, "http://localhost");
  if (pathname === "/") return response.writeHead(200, { ...HEADERS, "content-type": "text/html" }).end(PAGE);
  const path = file(pathname);
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return response.writeHead(404).end();
  response.writeHead(200, { ...HEADERS, "content-type": TYPES[extname(path)] ?? "application/octet-stream" });
  createReadStream(path).pipe(response);
});
await new Promise((done) => server.listen(0, "127.0.0.1", done));

const ours = (job) =>
  new Promise((done) => {
    const worker = new Worker("/worker.js", { type: "module" });
    worker.onmessage = ({ data }) => (worker.terminate(), done(data));
    worker.onerror = (event) => done({ error: event.message });
    worker.postMessage(job);
  });
const peers = async (job) => {
  try {
    return await (await import("/peers.js")).measure(job);
  } catch (error) {
    return { error: String(error) };
  }
};

const browser = await chromium.launch({
  executablePath: process.env.HANDLENS_CHROMIUM,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
try {
  for (const job of jobs) {
    // A page for each, so that every workload starts afresh.
    const page = await browser.newPage();
    page.on("console", (message) => message.type() === "error" && console.error(message.text()));
    await page.goto(`http://127.0.0.1:${server.address().port}/`);
    console.log(JSON.stringify(await page.evaluate(job.peers ? peers : ours, job)));
    await page.close();
  }
} finally {
  await browser.close();
  server.close();
}
