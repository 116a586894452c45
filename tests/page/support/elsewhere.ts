// The same core outside of a page: the package in Node, and the native program.
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Lab, type Recipe, type Settings, type Task } from "handlens";
import { NATIVE, SAMPLES } from "./places.ts";

/** All that determines a model. */
export interface Spec {
  sample: string;
  target: string | null;
  task: Task;
  algorithm: string;
  settings?: Settings;
  recipe?: Recipe;
}

/** The same everywhere, and said outright: a page would follow the suggestion for the table. */
export const RECIPE: Recipe = { settings: { impute: "mean", scale: "standard" }, columns: {} };
export const TEST_SIZE = 0.25;
export const SEED = 7;

/** The spec as a link to the page. */
export function toLink({ sample, target, task, algorithm, settings = {}, recipe = RECIPE }: Spec): Record<string, string> {
  const dials = Object.entries(settings).map(([name, value]) => [`p.${name}`, typeof value === "string" ? value : JSON.stringify(value)]);
  return { sample, task, ...(target !== null && { target }), algorithm, ...Object.fromEntries(dials), recipe: JSON.stringify(recipe), test: String(TEST_SIZE), seed: String(SEED) };
}

export async function trainInNode(lab: Lab, { sample, settings = {}, recipe = RECIPE, ...rest }: Spec): Promise<Buffer> {
  const table = await lab.sample(sample);
  const training = await table.train({ ...rest, settings, recipe, test_size: TEST_SIZE, seed: SEED });
  await training.finish();
  const bytes = Buffer.from(await training.save());
  await training.forget();
  await table.forget();
  return bytes;
}

export async function predictInNode(lab: Lab, model: Uint8Array, sample: string): Promise<string> {
  const table = await lab.sample(sample);
  const { csv } = await (await lab.load(model)).predictTable(table);
  return Buffer.from(csv).toString("utf8");
}

/** A folder of its own for the native program. */
export class Native {
  readonly #folder: string;
  readonly #program: string;
  readonly #env: NodeJS.ProcessEnv;
  private constructor(folder: string, program: string, env: NodeJS.ProcessEnv) {
    this.#folder = folder;
    this.#program = program;
    this.#env = env;
  }

  static async open(program = NATIVE, env: Record<string, string> = {}): Promise<Native> {
    const native = new Native(await mkdtemp(join(tmpdir(), "handlens-")), program, { ...process.env, ...env });
    return native;
  }

  async train({ sample, target, task, algorithm, settings = {}, recipe = RECIPE }: Spec): Promise<Buffer> {
    const dials = Object.entries(settings).flatMap(([name, value]) => ["-p", `${name}=${Array.isArray(value) ? value.join(",") : String(value)}`]);
    await writeFile(this.#at("recipe.json"), JSON.stringify(recipe));
    const aim = target === null ? [] : ["--target", target];
    await this.#run("train", `sample:${sample}`, ...aim, "--task", task, "--algorithm", algorithm, ...dials, "--recipe", this.#at("recipe.json"), "--seed", String(SEED), "--test-size", String(TEST_SIZE), "--out", this.#at("model"));
    return readFile(this.#at("model"));
  }

  async predict(model: Uint8Array, sample: string): Promise<string> {
    await writeFile(this.#at("asked"), model);
    await this.#run("predict", this.#at("asked"), join(SAMPLES, `${sample}.csv`), "--out", this.#at("answers.csv"));
    return readFile(this.#at("answers.csv"), "utf8");
  }

  close(): Promise<void> {
    return rm(this.#folder, { recursive: true });
  }

  #at(name: string): string {
    return join(this.#folder, name);
  }

  async #run(...options: string[]): Promise<void> {
    await promisify(execFile)(this.#program, options, { cwd: this.#folder, env: this.#env });
  }
}
