// The table of what an answer hangs on: a row for each input, with a curve of what it could do.
import type { Effect, Measure } from "./effects.ts";
import { chance, number, setting } from "../src/lib/format.ts";
import type { Setting } from "../../pkg/src/protocol.ts";
import { element, shape, small } from "./dom.ts";

/** More rows than this are not read. */
const MOST_ROWS = 12;
/** The box of a curve, with room for its dot. */
const [WIDTH, HEIGHT, EDGE] = [120, 30, 4];

/** The parts of the section, given the effects, largest first. */
export function hangsParts(effects: Effect[], measure: Measure): HTMLElement[] {
  const shown = effects.slice(0, MOST_ROWS);
  if (shown.length === 0) return [small("It has no input that could be tried one by one.")];
  const scale = scaleOf(shown, measure);
  const isTypical = shown.every(({ value, input }) => value === input.typical);
  const rows = shown.map((effect) => {
    // The roles are said, for on a phone the rows are laid out as no table is.
    const name = element("th", { scope: "row", role: "rowheader" }, effect.input.name, element("small", {}, valueText(effect.value)));
    const cells = [curve(effect, measure, scale), rangeText(effect, measure)].map((content) => element("td", { role: "cell" }, content));
    if (!isTypical) cells.push(element("td", { role: "cell", class: effect.value === effect.input.typical ? "same" : "other" }, typicalText(effect, measure)));
    return element("tr", { role: "row" }, name, ...cells);
  });
  const head = ["Input", "Its curve", "Over all that was seen", ...(isTypical ? [] : ["If it were typical"])].map((text) => element("th", { scope: "col" }, text));
  const rest = effects.length - shown.length;
  const table = element("table", { role: "table" }, element("caption", {}, captionOf(measure)), element("thead", {}, element("tr", {}, ...head)), element("tbody", { role: "rowgroup" }, ...rows));
  return [table, ...(rest > 0 ? [small(`The ${rest} other inputs move it less.`)] : [])];
}

function captionOf({ kind, of }: Measure): string {
  const followed = {
    chance: `How the chance of “${of}” moves`,
    number: "How the answer moves",
    score: "How the score moves",
    distance: "How far the place moves",
    words: `Where the answer stays “${of}”, in color, and where it does not,`,
  }[kind];
  const mark = kind === "words" ? "stroke" : "dot";
  return `${followed} while one input runs over all that was seen of it and the others stay. The ${mark} is the row above. What two inputs do together is not shown.`;
}

const valueText = (value: unknown): string => (value === null || value === undefined ? "missing" : setting(value as Setting));

const numberText = (value: number, { kind }: Measure): string => (kind === "chance" ? chance(value) : number(value, 3));

function rangeText(effect: Effect, measure: Measure): string {
  const [nTried, nLevels] = [effect.tried.length, effect.input.levels.length];
  return moveText(effect, measure) + (nTried < nLevels ? `, of ${nTried} of ${nLevels} levels` : "");
}

function moveText({ numbers, words, size }: Effect, measure: Measure): string {
  if (measure.kind === "words") return size === 0 ? `always ${measure.of}` : `also ${[...new Set(words)].filter((other) => other !== measure.of).join(", ")}`;
  const known = [...numbers, measure.now].filter((value) => value !== null);
  const [low, high] = [Math.min(...known), Math.max(...known)].map((value) => numberText(value, measure));
  return low === high ? `stays ${low}` : `${low} to ${high}`;
}

function typicalText({ value, input, typical }: Effect, measure: Measure): string {
  if (value === input.typical) return "it is typical";
  const then = measure.kind === "words" || typical.number === null ? typical.words : numberText(typical.number, measure);
  return `${valueText(input.typical)}: ${then}`;
}

/** Lowest and highest of all curves, so that their heights compare; a chance has its own. */
function scaleOf(effects: Effect[], { kind, now }: Measure): [number, number] {
  if (kind === "chance") return [0, 1];
  const known = [...effects.flatMap(({ numbers }) => numbers), now].filter((value) => value !== null);
  return [Math.min(...known), Math.max(...known)];
}

function curve(effect: Effect, measure: Measure, [low, high]: [number, number]): SVGElement {
  const box = { class: "spark", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, "aria-hidden": "true" };
  const n = effect.tried.length;
  const step = (WIDTH - 2 * EDGE) / n;
  if (measure.kind === "words") {
    const parts = effect.words.map((words, at) => shape("rect", { class: words === measure.of ? "same" : "other", x: String(EDGE + at * step), y: "11", width: String(step), height: "8" }));
    const at = placeOf(effect);
    const mark = at === null ? [] : [shape("path", { d: `M${EDGE + (at + 0.5) * step} 8v14` })];
    return shape("svg", box, ...parts, ...mark);
  }
  const y = (value: number) => (high === low ? HEIGHT / 2 : HEIGHT - EDGE - ((HEIGHT - 2 * EDGE) * (value - low)) / (high - low));
  const isLine = effect.input.range !== null && n > 1;
  const x = (at: number) => (isLine ? EDGE + ((WIDTH - 2 * EDGE) * at) / (n - 1) : EDGE + (at + 0.5) * step);
  const path = effect.numbers.map((value, at) => {
    if (value === null) return "";
    if (!isLine) return `M${x(at) - step / 3} ${y(value)}h${(2 * step) / 3}`;
    const isStart = at === 0 || effect.numbers[at - 1] === null;
    return `${isStart ? "M" : "L"}${x(at)} ${y(value)}`;
  });
  const place = placeOf(effect);
  const dot = place === null || measure.now === null ? [] : [shape("circle", { cx: String(x(place)), cy: String(y(measure.now)), r: "3.5" })];
  return shape("svg", box, shape("path", { d: path.join("") }), ...dot);
}

/** Where the row's own value lies among those tried; `null` where it does not. */
function placeOf({ input: { range }, value, tried }: Effect): number | null {
  if (range === null || range[0] === range[1]) {
    const at = tried.indexOf(value);
    return at < 0 ? null : at;
  }
  if (typeof value !== "number") return null;
  const share = (value - range[0]) / (range[1] - range[0]);
  return Math.min(1, Math.max(0, share)) * (tried.length - 1);
}
