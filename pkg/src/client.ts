import type { Bridge } from "./bridge.js";
import type { Reply } from "./core.js";
import { refusal } from "./error.js";
import type { Request, Response } from "./protocol.js";

/** The response of a kind. */
export type ResponseOf<K extends Response["is"]> = Extract<Response, { is: K }>;

/** Typed requests over the bridge: what tables, models and figures are made of. */
export class Client {
  readonly bridge: Bridge;

  constructor(bridge: Bridge) {
    this.bridge = bridge;
  }

  /** Makes a request whose response is of the kind `is`. */
  async ask<K extends Response["is"]>(
    is: K,
    request: Request,
    { bytes, signal }: { bytes?: Blob; signal?: AbortSignal | undefined } = {},
  ): Promise<ResponseOf<K>> {
    const reply = await this.bridge.request({ request, bytes: bytes ?? null }, signal);
    return expectKind(reply, is);
  }

  /** Makes a request that is answered by bytes. */
  async askBytes(request: Request, bytes?: Blob): Promise<Reply & { bytes: Uint8Array<ArrayBuffer> }> {
    const reply = await this.bridge.request({ request, bytes: bytes ?? null });
    if (reply.bytes === undefined) throw unexpected(`${request.do} was answered without bytes`);
    return { ...reply, bytes: reply.bytes };
  }
}

/** The response, if it is of the kind `is`. */
export function expectKind<K extends Response["is"]>(reply: Reply, is: K): ResponseOf<K> {
  if (reply.response.is !== is) throw unexpected(`expected ${is}, found ${reply.response.is}`);
  return reply.response as ResponseOf<K>;
}

function unexpected(what: string): Error {
  return refusal("internal", `The core and the package do not belong together: ${what}.`);
}
