// One row as the requests that REST services of other projects know.
import type { Input } from "handlens";

export const REQUESTS = [
  { id: "predict", label: "Handlens: /predict" },
  { id: "v2", label: "Open Inference Protocol v2" },
  { id: "mlflow", label: "MLflow: /invocations" },
] as const;
export type Form = (typeof REQUESTS)[number]["id"];

export interface RowRequest {
  method: "POST";
  path: string;
  /** JSON. */
  body: string;
}

/** The request that asks the model `name` for the row. */
export function requestOf(form: Form, name: string, inputs: readonly Input[], row: ReadonlyMap<string, unknown>): RowRequest {
  const cells = inputs.map((input): [string, unknown] => [input.name, row.get(input.name) ?? null]);
  if (form === "predict") return post("/predict", { model: name, data: [Object.fromEntries(cells)] });
  if (form === "mlflow")
    return post("/invocations", { dataframe_split: { columns: cells.map(([column]) => column), data: [cells.map(([, value]) => value)] } });
  return post(`/v2/models/${name}/infer`, { inputs: cells.map(([column, value]) => tensor(column, value)) });
}

function post(path: string, body: unknown): RowRequest {
  return { method: "POST", path, body: JSON.stringify(body) };
}

function tensor(name: string, value: unknown): Record<string, unknown> {
  const datatype = typeof value === "number" ? "FP64" : typeof value === "boolean" ? "BOOL" : "BYTES";
  return { name, shape: [1], datatype, data: [value] };
}
