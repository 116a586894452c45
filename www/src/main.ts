import { mount } from "svelte";
import "./styles/fonts.css";
import "./styles/tokens.css";
import "./styles/base.css";
import App from "./App.svelte";
import { startOffline } from "./offline";
import { store } from "./lib/store.svelte";

const target = document.getElementById("app");
if (target) mount(App, { target });
void store.start();
void startOffline({
  // A reload would lose what was done here; before anything was, it costs nothing.
  mayReload: () => store.runs.length <= 1 && store.plan?.source.kind !== "file",
  onUpdate: (takeOver) => store.offerUpdate(takeOver),
});
