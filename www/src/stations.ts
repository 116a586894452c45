// The stations: each the stage and what can be changed there. The first view comes with the page,
// the others after it.
import type { Component } from "svelte";
import type { Station } from "./lib/plan";
import Train from "./stations/Train.svelte";
import TrainSide from "./stations/TrainSide.svelte";

export interface View {
  Stage: Component;
  Side: Component;
}

const LATER: Record<Exclude<Station, "train">, () => Promise<View>> = {
  data: async () => view(await Promise.all([import("./stations/Data.svelte"), import("./stations/DataSide.svelte")])),
  prepare: async () => view(await Promise.all([import("./stations/Prepare.svelte"), import("./stations/PrepareSide.svelte")])),
  judge: async () => view(await Promise.all([import("./stations/Judge.svelte"), import("./stations/JudgeSide.svelte")])),
  explain: async () => view(await Promise.all([import("./stations/Explain.svelte"), import("./stations/ExplainSide.svelte")])),
  use: async () => view(await Promise.all([import("./stations/Use.svelte"), import("./stations/UseSide.svelte")])),
};

const known = new Map<Station, View>([["train", { Stage: Train, Side: TrainSide }]]);

/** The station where it is there, else when it will be. */
export function viewOf(station: Station): View | Promise<View> {
  const view = known.get(station);
  if (view !== undefined || station === "train") return view ?? { Stage: Train, Side: TrainSide };
  return fetchStation(station);
}

/** Loads all that are not there yet. */
export function fetchStations(): void {
  for (const station of Object.keys(LATER) as (keyof typeof LATER)[]) {
    // Where it fails, the visit tries again.
    void fetchStation(station).catch(() => undefined);
  }
}

async function fetchStation(station: keyof typeof LATER): Promise<View> {
  const view = await LATER[station]();
  known.set(station, view);
  return view;
}

function view([stage, side]: [{ default: Component }, { default: Component }]): View {
  return { Stage: stage.default, Side: side.default };
}
