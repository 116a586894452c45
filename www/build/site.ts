// What makes the built page a site of its own: its policy, its headers, and its service worker
// with the list of all files.
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";
import { promisify } from "node:util";
import { build, type Plugin, type ResolvedConfig } from "vite";
import { brotliCompress, constants, gzip } from "node:zlib";
import { headers, headersFile, metaPolicy } from "./headers.ts";

/** Files of the site that are not the page's: neither cached nor listed. */
const NOT_LISTED = new Set(["_headers", "service-worker.js"]);
/** What is shorter when compressed; typefaces and pictures are so already. */
const COMPRESSIBLE = /\.(css|csv|html|js|svg|txt|wasm)$/;

export function site(): Plugin {
  let config: ResolvedConfig;
  return {
    name: "handlens-site",

    config: () => ({
      // The development server injects scripts and styles that the policy forbids, so it sends
      // only what threads need.
      server: { headers: isolation() },
      preview: { headers },
    }),

    configResolved(resolved) {
      config = resolved;
    },

    transformIndexHtml: {
      order: "post",
      handler(_html, { server }) {
        if (server) return [];
        const attrs = { "http-equiv": "Content-Security-Policy", content: metaPolicy() };
        return [{ tag: "meta", attrs, injectTo: "head-prepend" }];
      },
    },

    closeBundle: {
      sequential: true,
      order: "post",
      async handler(error) {
        if (error !== undefined || config.command !== "build") return;
        const folder = resolve(config.root, config.build.outDir);
        writeFileSync(join(folder, "_headers"), headersFile());
        await buildServiceWorker(config.root, folder);
        await compress(folder);
      },
    },
  };
}

function isolation(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => name.startsWith("Cross-Origin-")),
  );
}

/**
 * Builds `service-worker.js` at the root of the site. With `HANDLENS_SERVICE_WORKER=off` in the
 * environment it is one that removes itself and everything it kept: the way back.
 */
async function buildServiceWorker(root: string, folder: string): Promise<void> {
  const isOff = process.env["HANDLENS_SERVICE_WORKER"] === "off";
  const assets = listed(folder);
  const version = createHash("sha256").update(JSON.stringify(assets)).digest("hex").slice(0, 16);
  await build({
    configFile: false,
    root,
    publicDir: false,
    logLevel: "warn",
    define: { ASSETS: JSON.stringify(assets), BUILD: JSON.stringify(version) },
    build: {
      outDir: folder,
      emptyOutDir: false,
      target: "es2022",
      rolldownOptions: {
        input: join(root, isOff ? "src/service-worker-off.ts" : "src/service-worker.ts"),
        output: { entryFileNames: "service-worker.js", format: "es" },
      },
    },
  });
}

/** Puts beside every file what our server, and some hosts, send in its place: `.br` and `.gz`. */
async function compress(folder: string): Promise<void> {
  const paths = filesIn(folder).filter((path) => COMPRESSIBLE.test(path));
  for (const path of paths.map((path) => join(folder, path))) {
    const bytes = readFileSync(path);
    const [br, gz] = await Promise.all([
      promisify(brotliCompress)(bytes, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }),
      promisify(gzip)(bytes, { level: constants.Z_BEST_COMPRESSION }),
    ]);
    writeFileSync(`${path}.br`, br);
    writeFileSync(`${path}.gz`, gz);
  }
}

/** Every file of the site with the SHA-256 of its bytes, hexadecimal. */
function listed(folder: string): [path: string, digest: string][] {
  return filesIn(folder)
    .filter((path) => !NOT_LISTED.has(path))
    .map((path) => [path, createHash("sha256").update(readFileSync(join(folder, path))).digest("hex")]);
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .sort();
}
