import type { Opener } from "../links/link.js";
import type { Font, Threads } from "../messages.js";

/** How a lab is to be opened, everything filled in. */
export interface LinkOptions {
  /** `null`: as is usual on the platform. */
  worker: boolean | null;
  threads: Threads;
  fonts: Font[];
  /** Whether to begin with the starter where there is one. */
  starter: boolean;
}

/** What differs between a browser and Node. */
export interface Platform {
  /** What opens engines. */
  opener(options: LinkOptions): Opener;
  /** The bytes of a shipped table. */
  readSample(file: string): Promise<Blob>;
  /** The page without a model, which an export fills in. */
  readShell(): Promise<Blob>;
}
