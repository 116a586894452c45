import type { Request, Response, Style } from "./protocol.js";

/** A session in the memory of a wasm instance, as the generated glue gives it. */
export interface Core {
  handle(request: Request, bytes?: Uint8Array | null): Reply;
  draw(slot: string, style: Style, canvas: OffscreenCanvas): void;
  crash(): void;
}

/** An answer and the bulk bytes beside it. */
export interface Reply {
  response: Response;
  bytes?: Uint8Array<ArrayBuffer>;
}

/** The module that the build writes into `wasm/`. */
export interface Glue {
  Core: new () => Core;
  version(): string;
  lastPanic(): string | undefined;
  reportPanicsTo(channel: string): void;
}

/** The module with threads. */
export interface ThreadsGlue extends Glue {
  initThreadPool(nThreads: number): Promise<unknown>;
}
