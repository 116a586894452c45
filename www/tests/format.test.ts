import { expect, test } from "vitest";
import { duration, list, number, percent, share } from "../src/lib/format";

test.each([
  [0, "0"], [0.1 + 0.2, "0.3"], [1234.5678, "1235"], [123456.7, "123,457"], [1e-9, "1e−9"], [-0.5, "−0.5"], [3, "3"],
])("number %d is %s", (value, text) => expect(number(value)).toBe(text));

test("shares and percents", () => {
  expect(percent(0.98612)).toBe("98.6 %");
  expect(percent(1)).toBe("100 %");
  expect(share(1, 100_000)).toBe("< 0.1 %");
  expect(share(0, 10)).toBe("0 %");
});

test("durations and lists", () => {
  expect([duration(0.2), duration(12.4), duration(3400), duration(125_000)]).toEqual(["< 1 ms", "12 ms", "3.4 s", "2 min"]);
  expect([list([]), list(["a"]), list(["a", "b", "c"])]).toEqual(["", "a", "a, b and c"]);
});
