// What is learnt from what: the plan, and its form in the link.
import type { PlaneAxes, Recipe, Setting, Settings, Task } from "handlens";

/** Where the rows come from. Rows of an own file never enter the link, only their digest. */
export type Source =
  | { kind: "sample"; id: string }
  | { kind: "generator"; id: string; settings: Settings; seed: number }
  | { kind: "file"; name: string; digest: string };

/** Everything that determines a run. Replaced as a whole, never changed in place. */
export interface Plan {
  source: Source;
  target: string | null;
  task: Task;
  algorithm: string;
  settings: Settings;
  recipe: Recipe;
  test_size: number;
  seed: number;
  axes: PlaneAxes;
}

/** What is done without a right answer; a target then only colors. */
export const NO_TARGET: readonly Task[] = ["clustering", "projection", "anomaly"];

export const STATIONS = ["data", "prepare", "train", "judge", "explain", "use"] as const;
export type Station = (typeof STATIONS)[number];

/** What a link may say; the rest is suggested by the core. */
export interface Link {
  source?: Source;
  plan: Partial<Omit<Plan, "source">>;
  station?: Station;
}

/** What a first visit shows: a net small enough to be seen through. */
export const FIRST: Link & { source: Source } = {
  source: { kind: "sample", id: "penguins" },
  plan: { algorithm: "mlp", settings: { hidden_layer_sizes: [8, 4] } },
};

/** Whether the starter is enough to begin with: on a first visit, and for a net on the same table. */
export function canStartSmall({ source, plan, station }: Link): boolean {
  if (source === undefined) return true;
  return isSameSource(source, FIRST.source) && plan.algorithm === FIRST.plan.algorithm && (station ?? "train") === "train";
}

/** Writes the plan as the part of the address after `#`. */
export function toLink(plan: Plan, station: Station): string {
  const q = new URLSearchParams();
  const { source } = plan;
  if (source.kind === "sample") q.set("sample", source.id);
  if (source.kind === "file") q.set("digest", source.digest);
  if (source.kind === "generator") {
    q.set("generator", source.id);
    for (const [name, value] of Object.entries(source.settings)) q.set(`g.${name}`, print(value));
    q.set("g.seed", String(source.seed));
  }
  q.set("task", plan.task);
  if (plan.target !== null) q.set("target", plan.target);
  q.set("algorithm", plan.algorithm);
  for (const [name, value] of Object.entries(plan.settings)) q.set(`p.${name}`, print(value));
  if (Object.keys(plan.recipe.settings).length > 0 || Object.keys(plan.recipe.columns).length > 0)
    q.set("recipe", JSON.stringify(plan.recipe));
  q.set("test", String(plan.test_size));
  q.set("seed", String(plan.seed));
  if (plan.axes.by !== "auto") q.set("axes", JSON.stringify(plan.axes));
  q.set("at", station);
  return q.toString();
}

/** Reads a link. What cannot be read is left out; the core checks every value again. */
export function fromLink(hash: string): Link {
  const q = new URLSearchParams(hash.replace(/^#/, ""));
  const link: Link = { plan: {} };
  const sample = q.get("sample");
  const generator = q.get("generator");
  if (sample !== null) link.source = { kind: "sample", id: sample };
  else if (generator !== null) {
    const settings = withPrefix(q, "g.");
    delete settings["seed"];
    link.source = { kind: "generator", id: generator, settings, seed: count(q.get("g.seed")) ?? 0 };
  }
  const task = q.get("task");
  if (task !== null && isTask(task)) link.plan.task = task;
  const target = q.get("target");
  if (target !== null) link.plan.target = target;
  const algorithm = q.get("algorithm");
  if (algorithm !== null) {
    link.plan.algorithm = algorithm;
    link.plan.settings = withPrefix(q, "p.");
  }
  const recipe = parse(q.get("recipe"));
  if (isObject(recipe)) link.plan.recipe = { settings: {}, columns: {}, ...recipe } as Recipe;
  const axes = parse(q.get("axes"));
  if (isObject(axes) && typeof axes["by"] === "string") link.plan.axes = axes as unknown as PlaneAxes;
  const test = Number(q.get("test") ?? "");
  if (q.has("test") && test >= 0 && test <= 0.9) link.plan.test_size = test;
  const seed = count(q.get("seed"));
  if (seed !== undefined) link.plan.seed = seed;
  const at = q.get("at");
  if (isStation(at)) link.station = at;
  return link;
}

export function isStation(text: string | null): text is Station {
  return STATIONS.some((station) => station === text);
}

/** Two sources that give the same rows. */
export function isSameSource(a: Source, b: Source): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** Two plans that give the same model, however it is looked at. */
export function isSamePlan(a: Plan, b: Plan): boolean {
  return JSON.stringify({ ...a, axes: null }) === JSON.stringify({ ...b, axes: null });
}

/** The value of an own key: names such as `constructor` are legal names of columns and settings. */
export function own<T>(object: { [key in string]?: T }, key: string): T | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

function print(value: Setting | undefined): string {
  return typeof value === "string" ? value : JSON.stringify(value ?? null);
}

function withPrefix(q: URLSearchParams, prefix: string): Settings {
  const entries = [...q].filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(entries.map(([name, text]) => [name.slice(prefix.length), setting(text)]));
}

function setting(text: string): Setting {
  const value = parse(text);
  if (typeof value === "number" || typeof value === "boolean") return value;
  if (Array.isArray(value) && value.every((v) => typeof v === "number")) return value;
  return text;
}

function parse(text: string | null): unknown {
  if (text === null) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function count(text: string | null): number | undefined {
  return text !== null && /^\d{1,10}$/.test(text) && Number(text) <= 0xffffffff ? Number(text) : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isTask(text: string): text is Task {
  return ["classification", "regression", ...NO_TARGET].includes(text);
}
