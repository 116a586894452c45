// Where requests name tables and models.

import type { ModelId, TableId } from "./names.js";
import type { FigureSpec, Request } from "./protocol.js";

/** The request with every handle replaced. */
export async function mapHandles(
  request: Request,
  toTable: (table: TableId) => Promise<TableId>,
  toModel: (model: ModelId) => Promise<ModelId>,
): Promise<Request> {
  if (request.do === "train") {
    const { spec } = request;
    return { ...request, spec: { ...spec, table: await toTable(spec.table) } };
  }
  if (request.do === "figure") {
    return { ...request, figure: await mapFigure(request.figure, toTable, toModel) };
  }
  let mapped = request;
  if ("table" in mapped && typeof mapped.table === "number") {
    mapped = { ...mapped, table: await toTable(mapped.table) };
  }
  if ("model" in mapped) mapped = { ...mapped, model: await toModel(mapped.model) };
  return mapped;
}

async function mapFigure(
  figure: FigureSpec,
  toTable: (table: TableId) => Promise<TableId>,
  toModel: (model: ModelId) => Promise<ModelId>,
): Promise<FigureSpec> {
  if ("table" in figure) return { ...figure, table: await toTable(figure.table) };
  return { ...figure, model: await toModel(figure.model) };
}

/** Whether the request needs the rows that its model was trained on, not the model alone. */
export function isAboutRows(request: Request): boolean {
  return request.do === "step" || request.do === "evaluate" || request.do === "figure";
}
