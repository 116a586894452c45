import type { Place } from "./protocol.js";

/** What a failed call says on its way from the core: plain data. */
export interface Failure {
  code: string;
  message: string;
  place: Place | null;
}

/** A failed call: a sentence for the reader, a stable `code` for programs, and the `place`. */
export class HandlensError extends Error {
  override readonly name = "HandlensError";
  /** The stable name of what went wrong, such as `bad_setting` or `not_a_table`. */
  readonly code: string;
  /** Line, column or field that is at fault, where it is known. */
  readonly place: Place | null;

  constructor(failure: Failure) {
    super(failure.message);
    this.code = failure.code;
    this.place = failure.place;
  }
}

/** The core stopped in the middle of a call and is of no further use. Never leaves the package. */
export class Trap extends Error {
  override readonly name = "Trap";
  /** Whether we stopped it ourselves, because nobody waits for the answer any more. */
  readonly isAskedFor: boolean;

  constructor(message: string, isAskedFor = false) {
    super(message);
    this.isAskedFor = isAskedFor;
  }
}

/** The failure that the core threw, or `null` where something else was thrown: a trap. */
export function failureOf(thrown: unknown): Failure | null {
  if (thrown instanceof HandlensError) {
    return { code: thrown.code, message: thrown.message, place: thrown.place };
  }
  if (typeof thrown !== "object" || thrown === null || thrown instanceof Error) return null;
  if (!("code" in thrown) || typeof thrown.code !== "string") return null;
  if (!("message" in thrown) || typeof thrown.message !== "string") return null;
  const place = "place" in thrown ? (thrown.place as Place | null) : null;
  return { code: thrown.code, message: thrown.message, place };
}

/** An error of the package itself. */
export function refusal(code: string, message: string, field?: string): HandlensError {
  const place = field === undefined ? null : { line: null, column: null, field };
  return new HandlensError({ code, message, place });
}
