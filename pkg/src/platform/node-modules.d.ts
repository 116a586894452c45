// The two functions of Node that we call; declared here so that nothing need be installed.
declare module "node:fs/promises" {
  export function readFile(file: URL): Promise<Uint8Array<ArrayBuffer>>;
}
