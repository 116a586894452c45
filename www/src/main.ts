import { mount } from "svelte";
import "./styles/fonts.css";
import "./styles/tokens.css";
import "./styles/base.css";
import App from "./App.svelte";
import { afterFirstStep } from "./lib/later.svelte";
import { store } from "./lib/store.svelte";
import { startOffline } from "./offline";
import { fetchStations } from "./stations";

const target = document.getElementById("app");
if (target) mount(App, { target });
void store.start();
afterFirstStep(async () => {
  fetchStations();
  // Where it fails, the next call that needs the whole core tries again and says why.
  await store.lab?.fetchWhole().catch(() => undefined);
  await startOffline({
    // A reload would lose what was done here; before anything was, it costs nothing.
    mayReload: () => store.runs.length <= 1 && store.plan?.source.kind !== "file",
    onUpdate: (takeOver) => store.offerUpdate(takeOver),
  });
});
