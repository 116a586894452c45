// The core, opened once: a worker with the wasm module, and the page's typeface for its figures.
import inter from "../../fonts/inter.woff2?url";
import { Lab } from "handlens";

/** Opens the whole core, or the starter where that is enough to begin with. */
export function openLab(starter: boolean): Promise<Lab> {
  const font = (url: string) => ({ family: "Inter Variable", source: new URL(url, location.href).href, weight: "400 700" });
  return Lab.open({ starter, fonts: [font(inter)] });
}
