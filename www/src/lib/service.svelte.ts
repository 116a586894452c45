// The page's own REST service: the service worker hands requests of this page to the model in view.
import type { Model, ModelSummary } from "handlens";
import { refusal, type Answered, type Asked } from "./asked";
import { store } from "./store.svelte";

class Service {
  /** Whether requests of this page are answered. */
  isReady = $state(false);
  #name = $state<string | null>(null);

  constructor() {
    if (!("serviceWorker" in navigator)) return;
    const container = navigator.serviceWorker;
    const look = () => (this.isReady = container.controller !== null);
    look();
    container.addEventListener("controllerchange", look);
    container.addEventListener("message", ({ data, ports: [port] }: MessageEvent<Asked>) => {
      if (port !== undefined) void this.#answer(data).then((answered) => port.postMessage(answered));
    });
    container.startMessages();
  }

  /** The name by which paths know the model in view. */
  get name(): string {
    return this.#name ?? modelName(store.run?.summary ?? null);
  }

  set name(text: string) {
    this.#name = pathName(text);
  }

  async #answer({ method, path, contentType, body }: Asked): Promise<Answered> {
    const model: Model | null = store.run?.model ?? null;
    if (model === null) return refusal(503, "There is no model in this page yet. Train or load one.");
    try {
      return await model.ask({ name: this.name, method, path, contentType }, new Uint8Array(body));
    } catch (error) {
      return refusal(500, error instanceof Error ? error.message : "The model could not be asked.");
    }
  }
}

export const service = new Service();

/** What a model is called where a name must do for files and paths. */
export function modelName(summary: ModelSummary | null): string {
  return pathName([summary?.target, summary?.algorithm].filter(Boolean).join("-"));
}

/** A text as a name that paths can hold. */
export function pathName(text: string): string {
  const name = text.replaceAll(/[^A-Za-z0-9_.-]+/g, "-").replace(/^[-.]+/, "").slice(0, 100);
  return name === "" ? "model" : name;
}
