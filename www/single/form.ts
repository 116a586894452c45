// The form of one row: a field for each input, which begins with what is typical.
import type { Input } from "../../pkg/src/protocol.ts";
import { number } from "../src/lib/format.ts";
import { element } from "./dom.ts";

/** The form's fields; `onchange` is told every value, `null` for a gap. */
export function fields(inputs: Input[], onchange: (name: string, value: unknown) => void): HTMLElement[] {
  return inputs.map((input, index) => field(input, `input-${index}`, (value) => onchange(input.name, value)));
}

function field(input: Input, id: string, onchange: (value: unknown) => void): HTMLElement {
  const hint = element("small", { id: `${id}-hint` });
  const told = (value: unknown) => {
    hint.textContent = hintOf(input, value);
    hint.classList.toggle("beyond", isBeyond(input, value));
    onchange(value);
  };
  hint.textContent = hintOf(input, input.typical);
  const options = optionsOf(input);
  const control = options.length === 0 ? typed(input, told) : chosen(input, options, told);
  for (const [name, value] of Object.entries({ id, class: "input", "aria-describedby": hint.id })) control.setAttribute(name, value);
  control.value = input.typical === null ? "" : String(input.typical);
  return element("div", { class: "field" }, element("label", { for: id }, input.name), control, hint);
}

const optionsOf = ({ column_type, levels }: Input): string[] =>
  column_type === "number" ? [] : column_type === "boolean" ? ["true", "false"] : levels.filter((level) => level !== "");

function typed({ column_type }: Input, onchange: (value: unknown) => void): HTMLInputElement {
  const isNumber = column_type === "number";
  const control = element("input", { placeholder: "missing", ...(isNumber ? { type: "number", step: "any" } : { type: "text" }) });
  control.addEventListener("input", () => {
    const { valueAsNumber, value } = control;
    if (isNumber) onchange(Number.isFinite(valueAsNumber) ? valueAsNumber : null);
    else onchange(value === "" ? null : value);
  });
  return control;
}

function chosen({ column_type }: Input, options: string[], onchange: (value: unknown) => void): HTMLSelectElement {
  const control = element("select", {}, element("option", { value: "" }, "missing"));
  control.append(...options.map((option) => element("option", { value: option }, option)));
  control.addEventListener("change", () => {
    const { value } = control;
    onchange(value === "" ? null : column_type === "boolean" ? value === "true" : value);
  });
  return control;
}

const isBeyond = ({ range }: Input, value: unknown): boolean => range !== null && typeof value === "number" && (value < range[0] || value > range[1]);

function hintOf(input: Input, value: unknown): string {
  if (input.range === null) return "";
  const seen = `${number(input.range[0])} to ${number(input.range[1])}`;
  return isBeyond(input, value) ? `beyond what was learnt: ${seen}` : seen;
}
