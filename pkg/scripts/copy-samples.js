// The package carries its own copy of the sample tables, for `lab.sample` in Node.
import { copyFile, mkdir, readdir } from "node:fs/promises";

const from = new URL("../../samples/", import.meta.url);
const to = new URL("../samples/", import.meta.url);

await mkdir(to, { recursive: true });
for (const name of await readdir(from)) await copyFile(new URL(name, from), new URL(name, to));
