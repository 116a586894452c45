// What went wrong, and where on the page it is told.
import { HandlensError } from "handlens";
import type { Station } from "./plan";

export interface Problem {
  /** The station where it arose. */
  at: Station;
  /** The stable name, for machines. */
  code: string;
  message: string;
  line: number | null;
  column: string | null;
  field: string | null;
}

export function toProblem(error: unknown, at: Station): Problem {
  if (error instanceof HandlensError) {
    const { line, column, field } = error.place ?? {};
    return {
      at,
      code: error.code,
      message: error.message,
      line: line ?? null,
      column: column ?? null,
      field: field ?? null,
    };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { at, code: "page", message, line: null, column: null, field: null };
}

/** Whether a call was given up on purpose. */
export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}
