import type { OpenLink } from "../links/link.js";
import type { Font, Threads } from "../messages.js";

/** How a lab is to be opened, everything filled in. */
export interface LinkOptions {
  /** `null`: as is usual on the platform. */
  worker: boolean | null;
  threads: Threads;
  fonts: Font[];
}

/** What differs between a browser and Node. */
export interface Platform {
  /** A function that opens an engine, again after each trap. */
  linkOpener(options: LinkOptions): OpenLink;
  /** The bytes of a shipped table. */
  readSample(file: string): Promise<Blob>;
}
