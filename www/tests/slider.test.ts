import { expect, test } from "vitest";
import { fromSlider, toSlider, type NumberKind } from "../src/lib/slider";

const log: NumberKind = { type: "real", min: 1e-5, max: 1, default: 0.01, is_log: true };
const fromZero: NumberKind = { type: "real", min: 0, max: 10, default: 0.0001, is_log: true };
const linear: NumberKind = { type: "real", min: 0, max: 0.9, default: 0.25, is_log: false };
const few: NumberKind = { type: "integer", min: 1, max: 50, default: 5 };
const many: NumberKind = { type: "integer", min: 1, max: 1024, default: 32 };

test.each([log, fromZero, linear, few, many])("the ends of %j are reached", (kind) => {
  expect(fromSlider(kind, 0)).toBe(Number(kind.min));
  expect(fromSlider(kind, 1)).toBe(Number(kind.max));
  expect(toSlider(kind, Number(kind.min))).toBe(0);
  expect(toSlider(kind, Number(kind.max))).toBe(1);
});

test.each([[log, 0.01], [fromZero, 0.0001], [fromZero, 0], [linear, 0.25], [few, 5], [many, 32]] as const)(
  "%j at %d comes back",
  (kind, value) => expect(fromSlider(kind, toSlider(kind, value))).toBeCloseTo(value, 6),
);

test("whole numbers stay whole", () => {
  for (let at = 0; at <= 1; at += 0.01) expect(Number.isInteger(fromSlider(many, at))).toBe(true);
});
