// A plain host: the files of the site and nothing else, no headers, so the page is not isolated.
import { createReadStream, statSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import { SITE } from "./places.ts";

const TYPES: Record<string, string> = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".wasm": "application/wasm", ".svg": "image/svg+xml", ".csv": "text/csv", ".woff2": "font/woff2" };

export interface Bare {
  address: string;
  close(): Promise<void>;
}

export async function serveBare(): Promise<Bare> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    const path = join(SITE, normalize(pathname === "/" ? "/index.html" : decodeURIComponent(pathname)));
    if (!path.startsWith(SITE) || statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return void response.writeHead(404).end();
    response.writeHead(200, { "content-type": TYPES[extname(path)] ?? "application/octet-stream" });
    createReadStream(path).pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    address: `http://127.0.0.1:${port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
