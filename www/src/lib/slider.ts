// Where a number stands on its slider, from 0 to 1, and back.
import type { Kind } from "handlens";

export type NumberKind = Extract<Kind, { type: "integer" | "real" }>;

/** Decades below the largest value that a log slider spans where the range starts at zero. */
const DECADES = 7;
/** A whole-number range wider than this moves by factors too: the small numbers matter most. */
const WIDE = 200;

/** The smallest positive value of a log slider; `null` on a linear one. */
function logStart(kind: NumberKind): number | null {
  const min = Number(kind.min);
  const max = Number(kind.max);
  if (kind.type === "integer") return max - min > WIDE && min >= 0 ? Math.max(1, min) : null;
  if (!kind.is_log) return null;
  return min > 0 ? min : max / 10 ** DECADES;
}

/** Zero has a notch of its own at the left end of a log slider. */
const NOTCH = 0.02;

export function toSlider(kind: NumberKind, value: number): number {
  const min = Number(kind.min);
  const max = Number(kind.max);
  const start = logStart(kind);
  if (start === null) return clamp((value - min) / (max - min || 1));
  const notch = min < start ? NOTCH : 0;
  if (value < start) return 0;
  return clamp(notch + ((1 - notch) * Math.log(value / start)) / Math.log(max / start));
}

export function fromSlider(kind: NumberKind, at: number): number {
  const min = Number(kind.min);
  const max = Number(kind.max);
  const start = logStart(kind);
  if (start === null) {
    const value = min + at * (max - min);
    return kind.type === "integer" ? Math.round(value) : tidy(value, (max - min) / 1000, min, max);
  }
  const notch = min < start ? NOTCH : 0;
  if (notch > 0 && at < notch) return min;
  const value = start * (max / start) ** ((at - notch) / (1 - notch));
  if (kind.type === "integer") return Math.min(max, Math.max(min, Math.round(value)));
  return Math.min(max, Math.max(min, Number(value.toPrecision(2))));
}

/** The value to as many digits as a step of the slider can tell apart. */
function tidy(value: number, step: number, min: number, max: number): number {
  const digits = Math.min(12, Math.max(0, Math.ceil(-Math.log10(step))));
  return Math.min(max, Math.max(min, Number(value.toFixed(digits))));
}

function clamp(share: number): number {
  return Number.isFinite(share) ? Math.min(1, Math.max(0, share)) : 0;
}
