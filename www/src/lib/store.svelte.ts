// The one store: what is shown, and every action that changes it.
import type { Catalogue, ColumnType, Info, Lab, Model, PickleReport, ReadOptions, Setting, Suggestion, Table, TableSummary, TrainOptions } from "handlens";
import { openLab } from "./lab";
import { FIRST, NO_TARGET, canStartSmall, fromLink, isSamePlan, isSameSource, toLink, type Link, type Plan, type Source, type Station } from "./plan";
import { isAbort, toProblem, type Problem } from "./problem";
import { nameRun } from "./words";
import { Run, type Speed } from "./run.svelte";
import { isPickle } from "./pickle";
import { whileRunning } from "../offline";
import { Past } from "./past.svelte";

/** Overrides of what would be guessed. */
export type Options = Partial<ReadOptions>;

/** Runs kept in the session; the oldest unfinished thoughts go first. */
const MOST_RUNS = 24;
/** A finished run that was looked at for this long is kept when settings change, in ms. */
const SETTLED = 1500;
/** Trainings that will take longer wait for a click, in s. */
const LONG = 120;
/** Changes closer together than this are one step of undo, and one training, in ms. */
const CALM = 60;

class Store {
  lab = $state.raw<Lab | null>(null);
  /** Whether all that the core can do is known, not only what the starter can. */
  isWhole = $state(false);
  catalogue = $state.raw<Catalogue | null>(null);
  table = $state.raw<Table | null>(null);
  /** What is known of the table; it changes when a column is retyped. */
  summary = $state.raw<TableSummary | null>(null);
  suggestion = $state.raw<Suggestion | null>(null);
  plan = $state.raw<Plan | null>(null);
  run = $state.raw<Run | null>(null);
  runs = $state.raw<Run[]>([]);
  station = $state<Station>("train");
  speed = $state<Speed>("normal");
  problem = $state.raw<Problem | null>(null);
  /** What is being waited for, in words. */
  waiting = $state<string | null>("Waking the core");
  /** Another training is due: the run in view is not the plan's. */
  isDue = $state(false);
  /** A pickle that was dropped, and what it would run. */
  pickle = $state.raw<{ name: string; report: PickleReport } | null>(null);
  /** A passing remark. */
  notice = $state<string | null>(null);
  update = $state.raw<(() => Promise<boolean>) | null>(null);
  readonly past = new Past();

  #file: { blob: Blob; options: Options } | null = null;
  #settings = new Map<string, Plan["settings"]>();
  #restartTimer: ReturnType<typeof setTimeout> | undefined;
  #dialTimer: ReturnType<typeof setTimeout> | undefined;
  #generation = 0;
  #isStarting = false;
  #isStale = false;

  get info(): Info | null {
    const id = this.run?.plan === null ? this.run.summary?.algorithm : this.plan?.algorithm;
    return this.catalogue?.algorithms.find((info) => info.id === id) ?? null;
  }

  // ——— opening ———

  async start(): Promise<void> {
    const link = fromLink(location.hash);
    if (link.station) this.station = link.station;
    await this.#try("data", "Waking the core", async () => {
      this.lab = await openLab(canStartSmall(link));
      this.lab.onWhole(() => void this.#learnWhole().catch((error: unknown) => this.report(error, "train")));
      this.lab.onRestart(() => (this.notice = "The core stopped unexpectedly and was started afresh. Your tables and runs are still here."));
      this.isWhole = this.lab.isWhole;
      this.catalogue = await this.lab.catalogue();
    });
    if (!this.catalogue) return;
    if (link.source) await this.open(link.source, link);
    else await this.open(FIRST.source, FIRST);
  }

  /** What only the whole core knows: every algorithm, and which of them fit the table. */
  async #learnWhole(): Promise<void> {
    const { lab, table } = this;
    if (!lab) return;
    this.catalogue = await lab.catalogue();
    const { plan } = this;
    if (table && plan) {
      const suggestion = await table.suggest({ task: plan.task, ...(plan.target !== null && { target: plan.target }) });
      if (table === this.table && plan.target === this.plan?.target && plan.task === this.plan.task) this.suggestion = suggestion;
    }
    this.isWhole = true;
  }

  /** Asks for the rest of the core now, as soon as something of it may be chosen. */
  wantWhole(): void {
    if (this.lab?.isWhole === false) void this.#try("train", null, () => this.lab?.whole() ?? Promise.resolve());
  }

  /** Whether a first training is seen, or never will be: what it does without may be fetched. */
  get isUnderWay(): boolean {
    const { run, problem } = this;
    return problem !== null || (run !== null && (run.version > 0 || run.note !== null || run.status === "loaded"));
  }

  async open(source: Source, link?: Link): Promise<void> {
    const lab = this.lab;
    if (!lab || source.kind === "file") return;
    await this.#try("data", "Opening the table", async () => {
      const table =
        source.kind === "sample"
          ? await lab.sample(source.id)
          : await lab.generate(source.id, source.settings, source.seed);
      this.#file = null;
      await this.#adopt(table, source, link);
    });
  }

  /** A generator with a dial turned: new rows, everything else as it was. Only the latest counts. */
  dial(source: Source): void {
    const { plan } = this;
    if (!plan) return;
    this.plan = { ...plan, source };
    clearTimeout(this.#dialTimer);
    this.#dialTimer = setTimeout(() => void this.open(source, { plan }), 80);
  }

  /** A dropped, chosen or pasted file: a table, a model that was saved before, or a pickle, which is only listed. */
  async openFile(blob: Blob, name: string, options: Options = {}): Promise<void> {
    if (name.toLowerCase().endsWith(".safetensors")) return this.openModel(blob, name);
    if (await isPickle(blob, name)) return this.listPickle(blob, name);
    const lab = this.lab;
    if (!lab) return;
    await this.#try("data", `Reading ${name}`, async () => {
      await lab.whole();
      const table = await lab.read(blob, { name, ...options });
      this.#file = { blob, options };
      this.station = "data";
      await this.#adopt(table, { kind: "file", name, digest: table.summary.digest });
    });
  }

  async openModel(blob: Blob, name: string): Promise<void> {
    const lab = this.lab;
    if (!lab) return;
    await this.#try("use", `Loading ${name}`, async () => {
      const model: Model = await lab.load(blob);
      const run = new Run(name.replace(/\.safetensors$/i, ""), null, null, model);
      await run.judge();
      this.#keepOrForget();
      this.runs = [...this.runs, run];
      this.run = run;
      this.station = "use";
      this.notice = `${name} is loaded and ready to predict.`;
    });
  }

  /** Shows what a pickle would run; what is on the page stays. */
  async listPickle(blob: Blob, name: string): Promise<void> {
    const lab = this.lab;
    if (!lab) return;
    await this.#try("data", `Listing ${name}`, async () => {
      await lab.whole();
      this.pickle = { name, report: await lab.inspectPickle(blob) };
    });
  }

  /** Reads the same file again as another dialect. */
  async reread(options: Options): Promise<void> {
    const source = this.plan?.source;
    if (this.#file && source?.kind === "file") await this.openFile(this.#file.blob, source.name, options);
  }

  get options(): Options {
    return this.#file?.options ?? {};
  }

  async retype(column: string, type: ColumnType): Promise<void> {
    const { table, plan } = this;
    if (!table || !plan) return;
    await this.#try("data", "Reading the column again", async () => {
      this.summary = await table.retype(column, type);
      const target = plan.target === column ? plan.target : (plan.target ?? undefined);
      this.suggestion = await table.suggest(target === undefined || NO_TARGET.includes(plan.task) ? { task: plan.task, ...(target && { target }) } : { target });
      await this.#follow(plan, plan.target === column);
    });
  }

  async #adopt(table: Table, source: Source, link?: Link): Promise<void> {
    const { target, task } = link?.plan ?? {};
    const suggestion = await table.suggest({ ...(target && { target }), ...(task && { task }) });
    this.#release(this.table, table);
    this.table = table;
    this.summary = table.summary;
    this.suggestion = suggestion;
    const algorithm = link?.plan.algorithm ?? firstAlgorithm(suggestion, this.#prefersNet(source));
    const plan: Plan = {
      target: suggestion.target,
      task: suggestion.task,
      algorithm,
      settings: {},
      recipe: suggestion.recipe,
      test_size: 0.25,
      seed: 42,
      axes: { by: "auto" },
      ...link?.plan,
      source,
    };
    this.#set(plan);
    this.#settings.clear();
    await this.restart();
  }

  /** The shipped tables start with the net, which is the nicest to watch. */
  #prefersNet(source: Source): boolean {
    return source.kind !== "file";
  }

  /** Keeps the algorithm where it still fits the suggestion. */
  async #follow(plan: Plan, isNewTarget: boolean): Promise<void> {
    const { suggestion } = this;
    if (!suggestion) return;
    const fits = suggestion.algorithms.some((fit) => fit.algorithm === plan.algorithm && fit.reason_against === null);
    const algorithm = fits ? plan.algorithm : firstAlgorithm(suggestion, false);
    this.#set({
      ...plan,
      target: suggestion.target,
      task: suggestion.task,
      algorithm,
      settings: fits ? plan.settings : (this.#settings.get(algorithm) ?? {}),
      recipe: isNewTarget ? suggestion.recipe : plan.recipe,
      axes: { by: "auto" },
    });
    await this.restart();
  }

  // ——— choosing ———

  async aim(target: string | null, task?: Plan["task"]): Promise<void> {
    const { table, plan } = this;
    if (!table || !plan) return;
    this.isDue = true;
    await this.#try("prepare", null, async () => {
      this.suggestion = await table.suggest({ ...(target !== null && { target }), ...(task && { task }) });
      await this.#follow(plan, true);
    });
    this.isDue = this.#isStarting || this.#restartTimer !== undefined;
  }

  choose(algorithm: string): void {
    const { plan } = this;
    if (!plan || plan.algorithm === algorithm) return;
    this.#settings.set(plan.algorithm, plan.settings);
    this.change({ algorithm, settings: this.#settings.get(algorithm) ?? {} });
  }

  set(name: string, value: Setting | undefined): void {
    const { plan } = this;
    if (!plan) return;
    const settings = Object.fromEntries(Object.entries(plan.settings).filter(([key]) => key !== name));
    this.change({ settings: value === undefined ? settings : { ...settings, [name]: value } });
  }

  change(patch: Partial<Plan>): void {
    if (!this.plan) return;
    this.#set({ ...this.plan, ...patch });
    this.restartSoon();
  }

  /** What spans the plane is only looked at: nothing is trained again. */
  look(axes: Plan["axes"]): void {
    if (this.plan) this.#set({ ...this.plan, axes });
  }

  undo(): void {
    void this.#travel(this.past.undo());
  }

  redo(): void {
    void this.#travel(this.past.redo());
  }

  async #travel(plan: Plan | null): Promise<void> {
    if (!plan) return;
    const known = this.runs.find((run) => run.plan !== null && run.status === "done" && isSamePlan(run.plan, plan));
    if (known) return this.#return(known, plan);
    const isHere = this.plan !== null && isSameSource(plan.source, this.plan.source);
    if (!isHere && plan.source.kind === "file") return this.#say("The file of that step is no longer open.");
    if (!isHere) return this.open(plan.source, { plan });
    const isSameAim = plan.target === this.plan?.target && plan.task === this.plan.task;
    this.plan = plan;
    if (!isSameAim && this.table)
      this.suggestion = await this.table.suggest(plan.target === null ? { task: plan.task } : { target: plan.target, task: plan.task });
    await this.restart();
  }

  #set(plan: Plan): void {
    this.past.add(plan);
    this.plan = plan;
  }

  // ——— training ———

  restartSoon(): void {
    clearTimeout(this.#restartTimer);
    this.isDue = true;
    this.#restartTimer = setTimeout(() => void this.restart(), CALM);
  }

  /** Starts the training of the plan. While one is being prepared, only the latest wish counts. */
  async restart(): Promise<void> {
    clearTimeout(this.#restartTimer);
    this.#restartTimer = undefined;
    this.#isStale = true;
    if (this.#isStarting) return;
    this.#isStarting = true;
    this.isDue = true;
    try {
      while (this.#isStale) {
        this.#isStale = false;
        await this.#begin();
      }
    } finally {
      this.#isStarting = false;
      this.isDue = this.#restartTimer !== undefined;
    }
  }

  async #begin(): Promise<void> {
    const { table, plan } = this;
    if (!table || !plan) return;
    this.run?.pause();
    const generation = ++this.#generation;
    await this.#try("train", null, async () => {
      const training = await table.train(specOf(plan));
      const run = new Run(nameRun(plan, this.info, training.summary.spec.settings ?? {}), plan, table, training);
      if (generation !== this.#generation) return run.forget();
      this.#keepOrForget();
      this.runs = [...this.runs, run];
      this.run = run;
      // What takes long is told first, and begins when it is asked for.
      if (training.summary.seconds > LONG) run.note = training.summary.notes.at(-1) ?? null;
      else this.play();
    });
  }

  play(): void {
    const { run } = this;
    if (!run) return;
    if (run.status === "done") return void this.restart();
    run.speed = this.speed;
    void this.#try("train", null, () => whileRunning(run.play()));
  }

  pause(): void {
    this.run?.pause();
  }

  step(): void {
    const { run } = this;
    if (run) void this.#try("train", null, () => run.step());
  }

  setSpeed(speed: Speed): void {
    this.speed = speed;
    if (this.run) this.run.speed = speed;
  }

  /** Returns to an earlier run: its picture and its settings. */
  async show(run: Run): Promise<void> {
    if (run === this.run) return;
    if (run.plan) this.past.add(run.plan);
    await this.#return(run, run.plan);
  }

  async #return(run: Run, plan: Plan | null): Promise<void> {
    clearTimeout(this.#restartTimer);
    this.#generation += 1;
    this.run?.pause();
    this.run = run;
    this.problem = null;
    const { table } = run;
    if (!plan || !table) return void (this.station = "use");
    const isNewAim = table !== this.table || plan.target !== this.plan?.target || plan.task !== this.plan?.task;
    this.#set(plan);
    this.table = table;
    this.summary = table.summary;
    if (isNewAim)
      this.suggestion = await table.suggest(plan.target === null ? { task: plan.task } : { target: plan.target, task: plan.task });
  }

  remove(run: Run): void {
    this.runs = this.runs.filter((other) => other !== run);
    run.forget();
    const next = this.runs.at(-1);
    if (run === this.run) this.run = null;
    if (this.run === null && next) void this.show(next);
  }

  /** A finished run that was looked at stays in the strip; a passing one makes room. */
  #keepOrForget(): void {
    const { run } = this;
    if (!run) return;
    const isSettled = run.status === "done" && performance.now() - run.doneAt > SETTLED;
    const isKept = run.status === "loaded" || isSettled;
    if (!isKept) {
      this.runs = this.runs.filter((other) => other !== run);
      run.forget();
    }
    for (const old of this.runs.slice(0, Math.max(0, this.runs.length - MOST_RUNS))) this.remove(old);
  }

  #release(old: Table | null, next: Table): void {
    if (!old || old === next || this.runs.some((run) => run.table === old && run.status === "done")) return;
    void Promise.resolve(old.forget()).catch(() => undefined);
  }

  // ——— trouble ———

  /** A new build waits: it takes over when the person says so. */
  offerUpdate(takeOver: () => Promise<boolean>): void {
    this.update = takeOver;
  }

  async takeUpdate(): Promise<void> {
    const isTaken = await this.update?.();
    if (isTaken === false) this.#say("A run is still under way in some tab. The new version waits for it.");
  }

  #say(text: string): void {
    this.notice = text;
  }

  report(error: unknown, at: Station): void {
    if (!isAbort(error)) this.problem = toProblem(error, at);
  }

  async #try(at: Station, waiting: string | null, work: () => Promise<void>): Promise<void> {
    if (waiting !== null) this.waiting = waiting;
    const generation = this.#generation;
    const before = this.problem;
    try {
      await work();
      // What went wrong elsewhere meanwhile stays told.
      if (this.problem === before && (before?.at === at || at === "train")) this.problem = null;
    } catch (error) {
      // What a superseded training says is of no interest any more.
      if (at !== "train" || generation === this.#generation || this.run?.isGone === false) this.report(error, at);
    } finally {
      if (waiting !== null) this.waiting = null;
    }
  }

  get link(): string {
    return this.plan ? `#${toLink(this.plan, this.station)}` : "";
  }
}

function specOf(plan: Plan): TrainOptions {
  const { target, task, algorithm, settings, recipe, test_size, seed } = plan;
  return { target, task, algorithm, settings, recipe, test_size, seed };
}

function firstAlgorithm(suggestion: Suggestion, prefersNet: boolean): string {
  const fitting = suggestion.algorithms.filter((fit) => fit.reason_against === null);
  const net = prefersNet ? fitting.find((fit) => fit.algorithm === "mlp") : undefined;
  return (net ?? fitting[0] ?? suggestion.algorithms[0])?.algorithm ?? "knn";
}

export const store = new Store();
