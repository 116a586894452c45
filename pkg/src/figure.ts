import type { Client, ResponseOf } from "./client.js";
import { refusal } from "./error.js";
import type { FigureWish } from "./names.js";
import type { FigureSpec, Probe, Style } from "./protocol.js";

/** Theme and size of a picture; what is absent has its default. */
export type Look = Partial<Style>;

/** A canvas that shows figures; it must not have a context of another kind. */
export type Screen = HTMLCanvasElement | OffscreenCanvas;

/** A figure in its slot: its words, and the ways to see it. */
export class FigureView {
  readonly slot: string;
  /** Heading. */
  readonly title: string;
  /** What the axes are, and what is held fixed. */
  readonly subtitle: string;
  /** What it shows, in a sentence: the text alternative. */
  readonly description: string;
  readonly #client: Client;

  private constructor(client: Client, slot: string, words: ResponseOf<"figure">) {
    this.#client = client;
    this.slot = slot;
    this.title = words.title;
    this.subtitle = words.subtitle;
    this.description = words.description;
  }

  /** Computes a figure; it replaces what was in the slot. */
  static async compute(
    client: Client,
    slot: string,
    wish: FigureWish,
    signal?: AbortSignal,
  ): Promise<FigureView> {
    // The core fills in what is absent; the declared type knows only the whole.
    const figure = wish as FigureSpec;
    const words = await client.ask("figure", { do: "figure", slot, figure }, { signal });
    return new FigureView(client, slot, words);
  }

  /** Draws it where the core runs and shows the picture on `canvas`. */
  draw(style: Look, canvas: Screen, signal?: AbortSignal): Promise<void> {
    return draw(this.#client, this.slot, style, canvas, signal);
  }

  /** It as a whole SVG document. */
  svg(style: Look = {}): Promise<string> {
    return svg(this.#client, this.slot, style);
  }

  /** What lies at a place, in CSS pixels from the top left. */
  probe(style: Look, x: number, y: number, signal?: AbortSignal): Promise<Probe | null> {
    return probe(this.#client, this.slot, style, { x, y }, signal);
  }

  /** It as a table. */
  table(): Promise<{ headers: string[]; rows: string[][] }> {
    return figureTable(this.#client, this.slot);
  }
}

export async function draw(
  client: Client,
  slot: string,
  style: Look,
  canvas: Screen,
  signal?: AbortSignal,
): Promise<void> {
  const bitmap = await client.bridge.draw(slot, complete(style), signal);
  const context = canvas.getContext("bitmaprenderer") as ImageBitmapRenderingContext | null;
  if (context === null) {
    bitmap.close();
    throw refusal("drawing", "The canvas already has a context of another kind. Use a fresh one.");
  }
  if (canvas.width !== bitmap.width) canvas.width = bitmap.width;
  if (canvas.height !== bitmap.height) canvas.height = bitmap.height;
  context.transferFromImageBitmap(bitmap);
}

export async function svg(client: Client, slot: string, style: Look): Promise<string> {
  return (await client.ask("svg", { do: "svg", slot, style: complete(style) })).svg;
}

export async function probe(
  client: Client,
  slot: string,
  style: Look,
  { x, y }: { x: number; y: number },
  signal?: AbortSignal,
): Promise<Probe | null> {
  const request = { do: "probe", slot, style: complete(style), x, y } as const;
  return (await client.ask("probe", request, { signal })).probe;
}

export async function figureTable(
  client: Client,
  slot: string,
): Promise<{ headers: string[]; rows: string[][] }> {
  const { headers, rows } = await client.ask("figure_table", { do: "figure_table", slot });
  return { headers, rows };
}

/** The core fills in what is absent; its declared type knows only the whole. */
function complete(style: Look): Style {
  return style as Style;
}
