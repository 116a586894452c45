// Builds the shell of a model's page: one file without a model, which an export then fills in.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { defineConfig, type Plugin } from "vite";

const text = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");
const hash = (part: string) => `'sha256-${createHash("sha256").update(part).digest("base64")}'`;

/** Nothing may be loaded from anywhere; only this script and this style may run. */
function policy(script: string, style: string): string {
  return [
    "default-src 'none'",
    `script-src ${hash(script)} 'wasm-unsafe-eval'`,
    `style-src ${hash(style)}`,
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
  ].join("; ");
}

/** Puts script, style and module into the one page, which is all that is written. */
function single(): Plugin {
  return {
    name: "handlens-single",
    generateBundle(_options, bundle) {
      const chunk = Object.values(bundle).find((file) => file.type === "chunk");
      if (chunk?.type !== "chunk") throw new Error("The script of the single page was not built.");
      for (const name of Object.keys(bundle)) delete bundle[name];
      const script = chunk.code.trim();
      if (/<\/script|<!--/i.test(script)) throw new Error("The script would end its own element.");
      const styles = ["src/styles/tokens.css", "src/styles/base.css", "single/single.css"];
      const style = styles.map((path) => text(`./${path}`)).join("").trim();
      const wasm = readFileSync(new URL("../pkg/wasm/predictor/handlens_bg.wasm", import.meta.url));
      const parts: Record<string, string> = { script, style, policy: policy(script, style), core: gzipSync(wasm, { level: 9 }).toString("base64") };
      const source = text("./single/index.html").replace(/\{\{(\w+)\}\}/g, (_, name: string) => parts[name] ?? "");
      this.emitFile({ type: "asset", fileName: "single.html", source });
    },
  };
}

export default defineConfig({
  publicDir: false,
  plugins: [single()],
  // The glue names its module by an address that this page never asks for.
  build: {
    target: "es2023",
    outDir: "../pkg/wasm/single",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: false,
    rolldownOptions: { input: new URL("./single/main.ts", import.meta.url).pathname, output: { codeSplitting: false } },
  },
});
