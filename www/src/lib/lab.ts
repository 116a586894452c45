// The core, opened once: a worker with the wasm module, and the page's typeface for its figures.
import inter from "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2?url";
import { Lab } from "handlens";

export function openLab(): Promise<Lab> {
  const font = (url: string) => ({ family: "Inter Variable", source: new URL(url, location.href).href, weight: "100 900" });
  return Lab.open({ fonts: [font(inter)] });
}
