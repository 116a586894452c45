// onnxruntime-web in a page of its own: a server for it and for the files of a folder, and a run
// of a graph beside what was said of the same rows.
import { createReadStream, statSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize, resolve } from "node:path";
import type { Page } from "@playwright/test";
import { ROOT } from "./places.ts";

const TYPES: Record<string, string> = { ".mjs": "text/javascript", ".wasm": "application/wasm", ".json": "application/json" };
/** Distances of so many rows to those of the training fit into the memory of a wasm module. */
const BATCH = 2_000;

/** Cells by column: `null` is a gap. */
export type Columns = Record<string, (number | string | null)[]>;

/** How far a graph is from what it should say. */
export interface Compared {
  rows: number;
  differing: number;
  /** The largest difference of a number: absolute below 1, relative above. */
  largest: number;
}

export interface Runtime {
  address: string;
  close(): Promise<void>;
}

/** Serves onnxruntime-web under `/runtime` and a folder under `/files`. */
export async function serveRuntime(folder: string): Promise<Runtime> {
  const folders: Record<string, string> = { runtime: resolve(ROOT, "node_modules/onnxruntime-web/dist"), files: folder };
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    if (pathname === "/") return void response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>graphs</title><link rel=icon href=data:,>");
    const [, first = "", ...rest] = normalize(decodeURIComponent(pathname)).split("/");
    const path = join(folders[first] ?? ROOT, ...rest);
    if (!(first in folders) || statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return void response.writeHead(404).end();
    response.writeHead(200, { "content-type": TYPES[extname(path)] ?? "application/octet-stream" });
    createReadStream(path).pipe(response);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  return { address: `http://127.0.0.1:${port}/`, close: () => new Promise((done) => (server.close(() => done()), server.closeAllConnections())) };
}

/** Runs `/files/NAME.onnx` on the rows of `asked.json` and compares with `/files/NAME.json`. */
export function compareInPage(page: Page, name: string): Promise<Compared> {
  return page.evaluate(
    async ([name, batch]) => {
      interface Tensor { readonly data: ArrayLike<unknown> }
      interface Session {
        readonly inputMetadata: { name: string; type: string }[];
        run(feeds: Record<string, Tensor>): Promise<Record<string, Tensor>>;
      }
      interface Ort {
        env: { logLevel: string; wasm: { numThreads: number; wasmPaths: string } };
        Tensor: new (type: string, data: unknown, dims: number[]) => Tensor;
        InferenceSession: { create(bytes: ArrayBuffer, options: object): Promise<Session> };
      }
      const at = "/runtime/ort.wasm.min.mjs";
      const ort = (await import(at)) as Ort;
      ort.env.wasm.numThreads = 1;
      ort.env.wasm.wasmPaths = "/runtime/";
      ort.env.logLevel = "error";
      const file = async (path: string) => fetch(`/files/${path}`);
      const asked = (await (await file("asked.json")).json()) as Columns;
      const said = (await (await file(`${name}.json`)).json()) as { columns: string[]; answers: Record<string, (string | number)[]> };
      const session = await ort.InferenceSession.create(await (await file(`${name}.onnx`)).arrayBuffer(), { executionProviders: ["wasm"] });

      const column = (of: string, from: number) => (asked[of] ?? []).slice(from, from + batch);
      const number = (cell: unknown) => (cell === null ? NaN : (cell as number));
      const isMatrix = session.inputMetadata.length === 1 && session.inputMetadata[0]?.name === "x";
      const feedsAt = (from: number): Record<string, Tensor> => {
        if (isMatrix) {
          const columns = said.columns.map((of) => column(of, from));
          const n = columns[0]?.length ?? 0;
          const x = Float64Array.from({ length: n * columns.length }, (_, i) => number(columns[i % columns.length]?.[Math.floor(i / columns.length)]));
          return { x: new ort.Tensor("float64", x, [n, columns.length]) };
        }
        return Object.fromEntries(
          session.inputMetadata.map(({ name, type }) => {
            const cells = column(name, from);
            const data = type === "float64" ? Float64Array.from(cells, number) : cells.map((cell) => cell ?? "");
            return [name, new ort.Tensor(type, data, [cells.length])];
          }),
        );
      };

      const found: Compared = { rows: 0, differing: 0, largest: 0 };
      const isNumber = (of: string) => of !== "prediction" || typeof said.answers[of]?.[0] === "number";
      const compare = (of: string, ours: string | number, theirs: unknown) => {
        if (!isNumber(of)) found.differing += Number(ours !== String(typeof theirs === "number" ? Boolean(theirs) : theirs));
        else {
          const gap = Math.abs(Number(ours) - Number(theirs)) / Math.max(1, Math.abs(Number(ours)));
          // What is not a number is no less than anything.
          found.largest = gap <= found.largest ? found.largest : Number.isNaN(gap) ? Infinity : gap;
        }
      };
      const total = Object.values(asked)[0]?.length ?? 0;
      for (let from = 0; from < total; from += batch) {
        const results = await session.run(feedsAt(from));
        const names = Object.keys(said.answers);
        if (Object.keys(results).length !== names.length) throw new Error(`answers: ${Object.keys(results).join()}, expected: ${names.join()}`);
        for (const of of names) {
          const theirs = results[of === "prediction" && "label" in results ? "label" : of]?.data;
          if (theirs === undefined) throw new Error(`no answer ${of} among ${Object.keys(results).join()}`);
          for (let row = 0; row < theirs.length; row++) compare(of, said.answers[of]?.[from + row] ?? "", theirs[row]);
          if (of === names[0]) found.rows += theirs.length;
        }
      }
      return found;
    },
    [name, BATCH] as const,
  );
}
