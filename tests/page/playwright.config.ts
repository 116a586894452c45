// The page in a real browser, as it is served: by the native program, with its headers.
//
//   npx playwright test --config tests/page/playwright.config.ts [name of a spec]
//
// Needs `www/dist`, `pkg/dist` and `target/server/handlens`; `cargo xtask test --only page` sees to
// the last. HANDLENS_CHROMIUM, HANDLENS_SITE and HANDLENS_NATIVE name others.
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { defineConfig } from "@playwright/test";
import { NATIVE, ROOT, SITE } from "./support/places.ts";

const isRoot = process.getuid?.() === 0;
// The machine may have no way out; the flags keep the browser from trying.
const QUIET = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

function chromium(): string {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  const candidates = ["chromium", "chromium-browser", "google-chrome"].flatMap((name) => folders.map((folder) => join(folder, name)));
  return process.env["HANDLENS_CHROMIUM"] ?? candidates.find((path) => existsSync(path)) ?? "/usr/bin/chromium";
}

export default defineConfig({
  testDir: ".",
  // Emptied at every start, so pictures to look at lie beside it.
  outputDir: "results/failures",
  timeout: 120_000,
  expect: { timeout: 30_000 },
  workers: 1,
  retries: 0,
  reporter: "list",
  use: {
    baseURL: process.env["HANDLENS_ADDRESS"],
    actionTimeout: 30_000,
    viewport: { width: 1440, height: 900 },
    screenshot: "only-on-failure",
    launchOptions: { executablePath: chromium(), args: isRoot ? ["--no-sandbox", ...QUIET] : QUIET },
  },
  webServer: {
    // Any free port: the program tells it, and its name in the pattern makes it HANDLENS_ADDRESS.
    command: `"${NATIVE}" serve --json --port 0 --site "${SITE}"`,
    cwd: ROOT,
    wait: { stdout: /"address":"(?<handlens_address>[^"]+)"/ },
    timeout: 30_000,
    gracefulShutdown: { signal: "SIGTERM", timeout: 5_000 },
  },
});
