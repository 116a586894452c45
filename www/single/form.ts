// The form of one row: a field for each input, which begins with what is typical.
import type { Input } from "../../pkg/src/protocol.ts";
import { number } from "../src/lib/format.ts";
import { element } from "./dom.ts";

/** A field; `onchange` is told every value, `null` for a gap. */
export function field(input: Input, id: string, onchange: (value: unknown) => void): HTMLElement {
  const control = controlOf(input, id, onchange);
  const hint = element("small", { id: `${id}-hint` }, hintOf(input));
  control.setAttribute("aria-describedby", hint.id);
  return element("div", { class: "field" }, element("label", { for: id }, input.name), control, hint);
}

function controlOf(input: Input, id: string, onchange: (value: unknown) => void): HTMLInputElement | HTMLSelectElement {
  const options = input.column_type === "boolean" ? ["true", "false"] : input.levels;
  const typical = input.typical === null ? "" : String(input.typical);
  if (input.column_type === "number" || options.length === 0) {
    const isNumber = input.column_type === "number";
    const attributes = { id, class: "input", placeholder: "missing", ...(isNumber ? { type: "number", step: "any" } : { type: "text" }) };
    const control = element("input", attributes);
    control.value = typical;
    control.addEventListener("input", () => {
      const { valueAsNumber, value } = control;
      onchange(isNumber ? (Number.isFinite(valueAsNumber) ? valueAsNumber : null) : value === "" ? null : value);
    });
    return control;
  }
  const control = element("select", { id, class: "input" }, element("option", { value: "" }, "missing"));
  control.append(...options.filter((option) => option !== "").map((option) => element("option", { value: option }, option)));
  control.value = typical;
  control.addEventListener("change", () => {
    const { value } = control;
    onchange(value === "" ? null : input.column_type === "boolean" ? value === "true" : value);
  });
  return control;
}

function hintOf({ range, levels, column_type }: Input): string {
  if (range !== null) return `${number(range[0])} to ${number(range[1])} seen`;
  return column_type === "category" && levels.length > 0 ? `${levels.length} levels` : "";
}
