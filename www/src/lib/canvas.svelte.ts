// Drawings of one slot, in order: at most one under way, the newest wish next, the rest skipped.
import type { FigureSpec, FigureView, Lab, Probe, Style } from "handlens";
import { isAbort } from "./problem";

interface Wish {
  lab: Lab;
  canvas: HTMLCanvasElement;
  spec: FigureSpec;
  style: Style;
  version: number;
}

/** Drawing may take at most one part in this many of the worker's time. */
const SHARE = 3;
/** Pointer questions are asked at most this often, in ms. */
const ASK_EVERY = 30;

export class Canvas {
  info = $state.raw<FigureView | null>(null);
  probe = $state.raw<Probe | null>(null);
  trouble = $state<string | null>(null);
  isReady = $state(false);

  readonly #slot: string;
  readonly #every: number;
  #wish: Wish | null = null;
  #drawn: Wish | null = null;
  #isDrawing = false;
  #isStopped = false;
  #pointer: { x: number; y: number; style: Style } | null = null;
  #isAsking = false;

  constructor(slot: string, every: number) {
    this.#slot = slot;
    this.#every = every;
  }

  show(lab: Lab, canvas: HTMLCanvasElement, spec: FigureSpec, style: Style, version: number): void {
    this.#wish = { lab, canvas, spec, style, version };
    if (!this.#isDrawing) void this.#drawAll();
  }

  stop(): void {
    this.#isStopped = true;
    this.#wish = null;
  }

  async #drawAll(): Promise<void> {
    this.#isDrawing = true;
    while (this.#wish && !this.#isStopped) {
      const wish: Wish = this.#wish;
      this.#wish = null;
      const before = performance.now();
      await this.#draw(wish);
      const took = performance.now() - before;
      await new Promise((resolve) => setTimeout(resolve, Math.max(this.#every - took, (SHARE - 1) * took, 0)));
    }
    this.#isDrawing = false;
  }

  async #draw(wish: Wish): Promise<void> {
    const old = this.#drawn;
    const isSame = old !== null && old.version === wish.version && JSON.stringify(old.spec) === JSON.stringify(wish.spec);
    try {
      const view = isSame && this.info ? this.info : await wish.lab.figure(this.#slot, wish.spec);
      await view.draw(wish.style, wish.canvas);
      this.info = view;
      this.#drawn = wish;
      this.trouble = null;
      this.isReady = true;
    } catch (error) {
      // A model that was forgotten meanwhile has nothing to draw; the next wish is on its way.
      const isGone = typeof error === "object" && error !== null && "code" in error && error.code === "not_found";
      if (!isAbort(error) && !isGone) this.trouble = error instanceof Error ? error.message : String(error);
    }
  }

  /** Asks what lies under the pointer; only the latest place counts. */
  point(x: number, y: number, style: Style): void {
    this.#pointer = { x, y, style };
    if (!this.#isAsking && this.isReady) void this.#ask();
  }

  leave(): void {
    this.#pointer = null;
    this.probe = null;
  }

  async #ask(): Promise<void> {
    this.#isAsking = true;
    while (this.#pointer && this.info) {
      const { x, y, style }: { x: number; y: number; style: Style } = this.#pointer;
      this.#pointer = null;
      try {
        this.probe = await this.info.probe(style, x, y);
      } catch {
        this.probe = null;
      }
      await new Promise((resolve) => setTimeout(resolve, ASK_EVERY));
    }
    this.#isAsking = false;
  }
}
