// The page in a real browser, served by the native program with its headers.
import { defineConfig } from "@playwright/test";

const PORT = 4173;

export default defineConfig({
  testDir: ".",
  outputDir: "results",
  timeout: 60_000,
  workers: 1,
  reporter: "line",
  use: {
    baseURL: `http://localhost:${PORT}/`,
    launchOptions: {
      executablePath: process.env["HANDLENS_CHROMIUM"] ?? "/usr/bin/chromium",
      args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
    },
    viewport: { width: 1280, height: 820 },
  },
  webServer: {
    command: `cargo run --quiet --package handlens-server -- serve --site www/dist --port ${PORT}`,
    cwd: "../..",
    url: `http://localhost:${PORT}/`,
    timeout: 300_000,
    reuseExistingServer: true,
  },
});
