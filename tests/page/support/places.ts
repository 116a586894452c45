// Where the built parts lie.
import { fileURLToPath } from "node:url";
import { resolve } from "node:path";

export const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
export const SAMPLES = resolve(ROOT, "samples");
/** Pictures for the eye and figures for the record; not in the repository. */
export const RESULTS = resolve(ROOT, "tests/page/results");
export const SITE = resolve(ROOT, process.env["HANDLENS_SITE"] ?? "www/dist");
const target = resolve(ROOT, process.env["CARGO_TARGET_DIR"] ?? "target");
const program = `handlens${process.platform === "win32" ? ".exe" : ""}`;
export const NATIVE = resolve(ROOT, process.env["HANDLENS_NATIVE"] ?? `${target}/server/${program}`);
/** The same, hardly optimized. */
export const NATIVE_DEBUG = resolve(ROOT, process.env["HANDLENS_NATIVE_DEBUG"] ?? `${target}/debug/${program}`);
