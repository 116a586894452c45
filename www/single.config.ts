// Builds the shell of a model's page: one file without a model, which an export then fills in.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { defineConfig, type Plugin } from "vite";
import { encode } from "./single/ascii85.ts";

const read = (path: string) => readFileSync(new URL(path, import.meta.url));
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
    enforce: "post",
    generateBundle(_options, bundle) {
      const files = Object.values(bundle);
      const chunk = files.find((file) => file.type === "chunk");
      const sheet = files.find((file) => file.type === "asset" && file.fileName.endsWith(".css"));
      if (chunk?.type !== "chunk" || sheet?.type !== "asset") throw new Error("Script or style of the single page was not built.");
      for (const name of Object.keys(bundle)) delete bundle[name];
      const [script, style] = [chunk.code.trim(), String(sheet.source).trim()];
      if (/<\/script|<!--/i.test(script)) throw new Error("The script would end its own element.");
      const core = encode(read("../pkg/wasm/predictor/handlens_bg.wasm.gz"));
      const parts: Record<string, string> = { script, style, policy: policy(script, style), core };
      const source = read("./single/index.html").toString().replace(/\{\{(\w+)\}\}/g, (_, name: string) => parts[name] ?? "");
      this.emitFile({ type: "asset", fileName: "single.html", source });
    },
  };
}

export default defineConfig({
  publicDir: false,
  plugins: [single()],
  build: {
    target: "es2023",
    outDir: "../pkg/wasm/single",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: false,
    rolldownOptions: { input: new URL("./single/main.ts", import.meta.url).pathname, output: { codeSplitting: false } },
  },
});
