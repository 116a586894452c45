import { readFileSync, readdirSync } from "node:fs";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig, type Plugin } from "vite";
import { fonts } from "./build/fonts.ts";
import { site } from "./build/site.ts";

const SAMPLES = new URL("../samples/", import.meta.url);

/** Publishes the sample tables beside the page, where the package asks for them. */
function samples(): Plugin {
  const read = (name: string) => readFileSync(new URL(name, SAMPLES));
  const names = readdirSync(SAMPLES).filter((name) => name.endsWith(".csv"));
  return {
    name: "handlens-samples",
    generateBundle() {
      for (const name of names) this.emitFile({ type: "asset", fileName: `samples/${name}`, source: read(name) });
    },
    configureServer(server) {
      server.middlewares.use((request, response, next) => {
        const name = names.find((name) => request.url?.endsWith(`/samples/${name}`));
        if (name === undefined) return next();
        response.setHeader("content-type", "text/csv; charset=utf-8").end(read(name));
      });
    },
  };
}

/** Publishes the page that models go into, which `single.config.ts` has built. */
function shell(): Plugin {
  const read = () => readFileSync(new URL("../pkg/wasm/single/single.html", import.meta.url));
  return {
    name: "handlens-shell",
    generateBundle() {
      this.emitFile({ type: "asset", fileName: "single.html", source: read() });
    },
    configureServer(server) {
      server.middlewares.use((request, response, next) => {
        if (!request.url?.endsWith("/single.html")) return next();
        response.setHeader("content-type", "text/html; charset=utf-8").end(read());
      });
    },
  };
}

// Paths are relative, so the built page works in any folder of any static host.
export default defineConfig({
  base: "./",
  plugins: [fonts(import.meta.dirname), svelte(), samples(), shell(), site()],
  build: { target: "es2023", assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  worker: { format: "es" },
});
