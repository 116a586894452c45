// What the page says of the state of things, in words.
import type { Info, Scores, Settings, Table, TableSummary } from "handlens";
import { count, duration, headline, list, metricValue, namedScore, number, plural, words } from "./format";
import { own, type Plan, type Source } from "./plan";
import type { Run } from "./run.svelte";

/** The article before a label: a net, an island. */
export function article(label: string): string {
  return /^[aeiou]/i.test(label) ? "an" : "a";
}

/** The dial that tells runs of an algorithm apart, by its usual letter. */
const SIGNS: Record<string, string> = { n_neighbors: "k", n_clusters: "k", C: "C", alpha: "α" };

/** A short name that tells the run from its neighbors. */
export function nameRun(plan: Plan, info: Info | null, settings: Settings): string {
  const label = info?.label ?? plan.algorithm;
  const layers = own(settings, "hidden_layer_sizes");
  if (Array.isArray(layers)) return `${label} ${layers.join("·")}`;
  const dial = Object.keys(SIGNS).find((name) => own(settings, name) !== undefined);
  const value = dial === undefined ? undefined : own(settings, dial);
  if (dial === undefined || typeof value !== "number" || value < 1e-6) return label;
  return `${label}, ${SIGNS[dial]}\u00a0=\u00a0${number(value, 3)}`;
}

export function nameSource(source: Source, table: Table | null): string {
  if (source.kind === "file") return source.name;
  return table?.summary.name ?? source.id;
}

/** The headline of the stage. */
export function title(run: Run, plan: Plan): string {
  const isDone = run.status === "done";
  const target = words(plan.target ?? "");
  const labels = run.training?.labels ?? [];
  const learns = isDone ? "Learned" : "Learning";
  switch (plan.task) {
    case "classification":
      if (labels.length > 0 && labels.length <= 4 && labels.join("").length < 44)
        return `${learns} to tell ${list(labels)} apart`;
      return `${learns} to tell ${count(labels.length)} classes of ${target} apart`;
    case "regression":
      return `${learns} to estimate ${target}`;
    case "clustering":
      return isDone ? "Groups that the rows fall into" : "Finding groups among the rows";
    case "projection":
      if (plan.algorithm === "pca") return `${plural(run.training?.features.length ?? 0, "feature")} seen from their widest side`;
      return `${isDone ? "A map" : "Drawing a map"} of ${plural(run.training?.n_train ?? 0, "row")}`;
    case "anomaly":
      return isDone ? "Rows unlike the others" : "Looking for rows unlike the others";
  }
}

/** How to read the picture below the headline. */
export function lede(run: Run, plan: Plan): string {
  const unseen = (run.training?.n_test ?? 0) > 0 ? " Rings are rows it has never seen." : "";
  switch (plan.task) {
    case "classification":
      return `Each color is what the model believes at that place, paler where it doubts.${plan.algorithm === "svm" ? ` Circled rows are the support vectors${labels(run) === 2 ? "; dashed is the margin" : ""}.` : ""}${unseen}`;
    case "regression":
      if (run.training?.features.length === 1) return `The line is what the model expects.${unseen}`;
      return `The color is the number that the model expects at that place; points carry the true one.${unseen}`;
    case "clustering":
      return `Each color is a group.${own(MARKS, plan.algorithm) ?? ""}`;
    case "projection":
      if (plan.algorithm === "pca") return "Every row at its place on the two axes along which the rows differ most.";
      return "Rows that are alike come together. How far groups are apart, and which way is up, means little.";
    case "anomaly":
      return "The darker a place, the more unusual a row would be there. Circled rows lie beyond the threshold.";
  }
}

function labels(run: Run): number {
  return run.training?.labels.length ?? 0;
}

/** What a method that finds groups marks in the plane. */
const CENTERS = " Crosses are the centers, and the trails the way they came.";
const NOISE = " Gray rows belong to none.";
const MARKS: Record<string, string> = {
  kmeans: CENTERS,
  minibatch_kmeans: CENTERS,
  dbscan: `${NOISE} Circled are the rows from which it spreads, in the end all in dense places.`,
  hdbscan: NOISE,
  gaussian_mixture: " Ellipses are the components, at one and two standard deviations.",
};

export interface Line {
  text: string[];
  isDone: boolean;
}

export function dataLine(summary: TableSummary | null): Line {
  if (!summary) return { text: ["no table yet"], isDone: false };
  const { n_rows, columns } = summary;
  const gaps = columns.reduce((sum, column) => sum + column.n_missing, 0);
  const gappy = columns.filter((column) => column.n_missing > 0).length;
  const second = gaps === 0 ? "no gaps" : `${plural(gaps, "gap")} in ${plural(gappy, "column")}`;
  return { text: [`${plural(n_rows, "row")}, ${plural(columns.length, "column")}`, second], isDone: true };
}

export function prepareLine(run: Run | null): Line {
  const training = run?.training;
  if (!training) return { text: run?.summary ? [plural(run.summary.features.length, "feature")] : ["nothing prepared"], isDone: false };
  const dropped = training.notes.find((note) => /dropped|left out/i.test(note));
  const text = [`${plural(training.steps.length, "step")}, ${plural(training.features.length, "feature")}`];
  text.push(dropped ? short(dropped) : `${count(training.n_train)} to learn, ${count(training.n_test)} unseen`);
  return { text, isDone: true };
}

export function trainLine(run: Run | null, info: Info | null): Line {
  if (!run) return { text: ["nothing trained"], isDone: false };
  const label = info?.label ?? run.name;
  if (run.status === "loaded") return { text: [label, "loaded from a file"], isDone: true };
  const progress = run.progress?.progress;
  if (!progress) return { text: [label, run.status === "failed" ? "could not start" : "getting ready"], isDone: false };
  const where = `${info?.unit ?? "step"} ${number(Math.floor(progress.position))} / ${number(progress.total)}`;
  const loss = progress.loss === null ? [] : [`loss ${number(progress.loss, 3)}`];
  if (run.status === "done") return { text: [`${label}, ${duration(run.took)}`, ...loss], isDone: true };
  return { text: [label, [where, ...loss].join(", ")], isDone: false };
}

export function judgeLine(run: Run | null): Line {
  const evaluation = run?.evaluation;
  const scores: Scores | null | undefined = evaluation?.test ?? evaluation?.train;
  const metric = scores && headline(scores);
  if (!evaluation || !scores || !metric) return { text: ["not judged yet"], isDone: false };
  const rows = evaluation.test ? `${count(scores.n_samples)} unseen rows` : "seen rows only";
  const baseline = metric.baseline === null ? [] : [`baseline ${metricValue(metric, metric.baseline)}`];
  return { text: [`${namedScore(metric)}, ${rows}`, ...baseline], isDone: run?.status === "done" || run?.status === "loaded" };
}

export function explainLine(run: Run | null): Line {
  const rows = run?.summary?.coefficients?.filter((row) => row.name !== "intercept") ?? [];
  if (rows.length > 0) return { text: [`${plural(rows.length, "weight")} to read`], isDone: run?.status === "done" };
  const facts = run?.summary?.facts.length ?? 0;
  return { text: [facts > 0 ? plural(facts, "fact") : "nothing yet"], isDone: false };
}

export function useLine(run: Run | null): Line {
  if (!run) return { text: ["no model yet"], isDone: false };
  if (run.status === "loaded") return { text: ["ready, from a file"], isDone: true };
  return { text: [run.status === "done" ? "ready to predict" : "predicts as it learns", run.isSaved ? "saved" : "not saved yet"], isDone: run.isSaved };
}

function short(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
