// What the service worker and the page say to each other of a request over HTTP.

/** A request as the service worker passes it on. */
export interface Asked {
  method: string;
  /** Below the page's folder, with a slash in front. */
  path: string;
  contentType: string | null;
  body: ArrayBuffer;
}

/** What is answered. */
export interface Answered {
  status: number;
  contentType: string;
  /** The methods that the path takes, where the request had another. */
  allow: string | null;
  body: Uint8Array<ArrayBuffer>;
}

/** An answer that says why there is none. */
export function refusal(status: number, sentence: string): Answered {
  const body = new TextEncoder().encode(JSON.stringify({ error: sentence }));
  return { status, contentType: "application/json", allow: null, body };
}
