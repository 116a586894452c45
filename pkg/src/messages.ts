// What crosses between the caller and the place where the core runs: plain data only.

import type { Reply } from "./core.js";
import type { Failure } from "./error.js";
import type { ModelId } from "./names.js";
import type { Request, StepReport, Style } from "./protocol.js";

/** A typeface for the text of figures; `source` is a URL of the page's own origin. */
export interface Font {
  family: string;
  source: string;
  weight?: string;
  style?: string;
}

/** Whether to use the module with threads. */
export type Threads = "auto" | "on" | "off";

/**
 * What to load: the starter, which is small and begins a first training; the whole core; or the
 * whole core behind a starter that is at work, which is in no hurry.
 */
export type Part = "starter" | "whole" | "behind";

/** Everything that can be asked of an engine. */
export type Call =
  | { kind: "open"; part: Part; threads: Threads; fonts: Font[]; panicChannel: string | null }
  | { kind: "request"; request: Request; bytes: Uint8Array<ArrayBuffer> | null }
  | { kind: "advance"; model: ModelId; budgetMs: number; maxSteps: number }
  | { kind: "draw"; slot: string; style: Style }
  | { kind: "crash" };

/** What is answered to each kind of call. */
export interface Answers {
  open: { version: string; threads: number };
  request: Reply;
  /** The failure, if any, happened after the reported steps. */
  advance: { reports: StepReport[]; failure: Failure | null };
  draw: { bitmap: ImageBitmap };
  crash: Record<string, never>;
}

/** The call of a kind. */
export type CallOf<K extends Call["kind"]> = Extract<Call, { kind: K }>;

/** A numbered call, on its way to the worker. */
export interface Question {
  id: number;
  call: Call;
}

/** The answer to it, on its way back: the core answered, refused, or stopped for ever. */
export type Outcome =
  | { id: number; is: "answer"; answer: Answers[Call["kind"]] }
  | { id: number; is: "failure"; failure: Failure }
  | { id: number; is: "trap"; text: string };
